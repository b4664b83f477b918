package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests that were made beforehand, over connections that stay open, and
// reads answers without a client's comforts: the two processors are the servers'.
type load struct {
	addresses []string // clients take them in turn
	clients   int
	most      time.Duration // how long a run lasts
	// next is the request that a client sends as its nth, nil where it has no more.
	next func(client, n int) []byte
	// networks is how many requests a connection sends before another from the next
	// network takes its place; 0 keeps the first.
	networks int
	// every paces each client; 0 sends one as soon as the one before is answered.
	every time.Duration
	stop  <-chan struct{} // ends a run early; may be nil
}

// run returns how many requests were answered with 200 a second.
func (l load) run() (float64, error) {
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var owned sync.WaitGroup
	began := time.Now()
	end := began.Add(l.most)
	for client := range l.clients {
		owned.Go(func() {
			n, err := l.client(client, end, &failed)
			done.Add(int64(n))
			if err != nil {
				err = fmt.Errorf("client %d after %d requests: %w", client, n, err)
				failed.CompareAndSwap(nil, &err)
			}
		})
	}
	owned.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// network counts the networks that connections came from: the hub allows each 60
// look-ups at once, as it does in the street, and 127.0.0.0/8 has 65,536 of them.
var network atomic.Uint32

func (l load) dial(client int) (net.Conn, error) {
	var d net.Dialer
	if l.networks > 0 {
		n := network.Add(1)
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, byte(n>>8), byte(n), 1)}
	}
	return d.Dial("tcp", l.addresses[client%len(l.addresses)])
}

func (l load) client(client int, end time.Time, failed *atomic.Pointer[error]) (n int, err error) {
	c, err := l.dial(client)
	if err != nil {
		return 0, err
	}
	defer func() { c.Close() }()
	r := bufio.NewReaderSize(c, 64<<10)
	var tick *time.Ticker
	if l.every > 0 {
		tick = time.NewTicker(l.every)
		defer tick.Stop()
	}
	for time.Now().Before(end) && failed.Load() == nil {
		if tick != nil {
			select {
			case <-tick.C:
			case <-l.stop:
				return n, nil
			}
		}
		if l.networks > 0 && n > 0 && n%l.networks == 0 {
			c.Close()
			if c, err = l.dial(client); err != nil {
				return n, err
			}
			r.Reset(c)
		}
		request := l.next(client, n)
		if request == nil {
			return n, nil
		}
		if _, err := c.Write(request); err != nil {
			return n, err
		}
		if err := answer(r); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// answer reads one answer and fails at anything but 200.
func answer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	ok := bytes.HasPrefix(line, []byte("HTTP/1.1 200"))
	status := string(line)
	length, chunked := -1, false
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length = number(value, 10)
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	if !ok {
		b, _ := r.Peek(min(r.Buffered(), 300))
		return fmt.Errorf("%s%s", status, b)
	}
	if !chunked {
		if length < 0 {
			return errors.New("an answer of unknown length")
		}
		_, err := r.Discard(length)
		return err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size := number(bytes.TrimRight(line, "\r\n"), 16)
		if size < 0 {
			return fmt.Errorf("chunk of %q", line)
		}
		if _, err := r.Discard(size + 2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func number(b []byte, base int) int {
	n, err := strconv.ParseUint(string(b), base, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// request is the bytes of one HTTP request.
func request(method, path, host string, header map[string]string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	for name, value := range header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}
