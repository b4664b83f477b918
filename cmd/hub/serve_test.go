package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// said is what a program says, while it says it.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Who is slow, or sends too much, is sent away, and others are served meanwhile.
func TestSlowAndLargeClients(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var errs said
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, nil, io.Discard, &errs)
	}()
	var base string
	for end := time.Now().Add(20 * time.Second); base == ""; time.Sleep(20 * time.Millisecond) {
		if _, after, ok := strings.Cut(errs.String(), "listening on "); ok && strings.Contains(after, "\n") {
			base = strings.TrimSpace(after)
		}
		if time.Now().After(end) {
			t.Fatal(errs.String())
		}
	}
	address := strings.TrimPrefix(base, "http://")
	var slow []net.Conn
	for range 50 { // headers that never end
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /t HTTP/1.1\r\nHost: hub\r\nX-A: "); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	if resp, err := http.Get(base + "/t"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("others are not served meanwhile: %v", err)
	}
	began := time.Now()
	for _, c := range slow {
		if err := c.SetReadDeadline(began.Add(40 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatalf("after %v a slow client is still there: %v", time.Since(began), err)
		}
	}
	for name, x := range map[string]struct {
		request string
		want    []int
	}{
		"large header": {"GET /t HTTP/1.1\r\nHost: hub\r\nX-A: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", []int{http.StatusRequestHeaderFieldsTooLarge}},
		"large form":   {fmt.Sprintf("POST /t HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\nnumber=%s", 200<<10+7, strings.Repeat("a", 200<<10)), []int{http.StatusRequestEntityTooLarge, http.StatusBadRequest, http.StatusOK}},
		"large batch":  {fmt.Sprintf("POST /api/v1/envelopes HTTP/1.1\r\nHost: hub\r\nLoket-Kiosk: K7\r\nLoket-Signature: AA==\r\nContent-Length: %d\r\n\r\n", int64(1)<<40), []int{http.StatusRequestEntityTooLarge}},
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		go func() { // it may hang up while we still write
			io.WriteString(c, x.request)
			if name == "large batch" {
				io.Copy(c, zeros{})
			}
		}()
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		got := 0
		if err == nil {
			got = resp.StatusCode
		}
		ok := false
		for _, want := range x.want {
			ok = ok || got == want
		}
		if !ok {
			t.Errorf("%s: answer %d, %v", name, got, err)
		}
		c.Close()
	}
	stop()
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("it ends with %d: %s", code, errs.String())
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not end")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
