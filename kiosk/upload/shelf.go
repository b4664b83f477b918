package upload

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"loket/kiosk/disk"
	"loket/kiosk/published"
	"loket/kiosk/seal"
)

const (
	listPath  = "/api/v1/published"
	listBytes = 32 << 20 // base64 of the largest list, with room
	lookAgain = time.Hour
)

// ErrOlder says that the hub sent a list older than the one that is here.
var ErrOlder = errors.New("the hub's list is older than this one")

// Shelf keeps the list of published information at the kiosk: the last one that
// the hub signed, on disk, and in memory ready to be searched. A list that is
// damaged, another hub's or older never takes its place.
type Shelf struct {
	File       string // of the signed list
	Hub        string // base URL
	HubID      string
	AckKey     ed25519.PublicKey
	Vocabulary *published.Vocabulary
	Client     *http.Client // see [NewClient]
	Log        *slog.Logger

	index atomic.Pointer[published.Index]
}

// Open takes up the list that was kept, or otherwise while there is none.
func (s *Shelf) Open(otherwise *published.List) {
	s.index.Store(published.NewIndex(s.Vocabulary, otherwise))
	b, err := os.ReadFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		_, err = s.take(b)
	}
	if err != nil {
		s.Log.Warn("the list of published information that was kept is not used", "err", err)
	}
}

// Index is the newest list.
func (s *Shelf) Index() *published.Index { return s.index.Load() }

// take makes a signed list the newest; it reports whether it is newer.
func (s *Shelf) take(b []byte) (bool, error) {
	var signed seal.Signed
	if err := json.Unmarshal(b, &signed); err != nil {
		return false, fmt.Errorf("list: %w", seal.ErrMalformed)
	}
	l, err := seal.OpenList(s.AckKey, s.HubID, signed)
	if err != nil {
		return false, err
	}
	switch have := s.index.Load().List().Version; {
	case l.Version < have:
		return false, ErrOlder
	case l.Version == have:
		return false, nil
	}
	list := &published.List{Version: l.Version}
	if err := json.Unmarshal(l.Items, &list.Items); err != nil {
		return false, fmt.Errorf("list: %w", seal.ErrMalformed)
	}
	s.index.Store(published.NewIndex(s.Vocabulary, list))
	return true, nil
}

// Fetch asks the hub for a newer list and keeps it. It reports whether there was
// one. It returns [ErrOlder], [seal.ErrSignature], [seal.ErrForeign] or
// [seal.ErrMalformed] for one that is not taken, and the list here stays.
func (s *Shelf) Fetch(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Hub+listPath, nil)
	if err != nil {
		return false, err
	}
	if have := s.index.Load().List().Version; have > 0 {
		req.Header.Set("If-None-Match", fmt.Sprintf(`"%s-%d"`, s.HubID, have))
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return false, fmt.Errorf("reach the hub: %w", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified, resp.StatusCode == http.StatusNotFound && isJSON(resp.Header): // none yet
		return false, nil
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		return false, &busyError{status: resp.StatusCode, after: retryAfter(resp.Header)}
	case resp.StatusCode != http.StatusOK:
		return false, fmt.Errorf("answer %d: %w", resp.StatusCode, ErrNotHub)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, listBytes))
	if err != nil {
		return false, fmt.Errorf("read the hub's answer: %w", err)
	}
	newer, err := s.take(b)
	if err != nil || !newer {
		return false, err
	}
	if err := disk.Write(s.File, b); err != nil {
		return true, fmt.Errorf("keep the list: %w", err)
	}
	return true, nil
}

// Run fetches the list now and every hour, and sooner after a failure, until ctx
// ends.
func (s *Shelf) Run(ctx context.Context) {
	failures := 0
	for {
		wait := lookAgain + rand.N(lookAgain/4) // not every kiosk at once
		if newer, err := s.Fetch(ctx); err != nil && ctx.Err() == nil {
			failures++
			wait = pause(failures, err)
			s.Log.Warn("published information", "err", err, "again_in", wait.Round(time.Second))
		} else if failures = 0; newer {
			l := s.Index().List()
			s.Log.Info("published information", "version", l.Version, "items", len(l.Items))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
