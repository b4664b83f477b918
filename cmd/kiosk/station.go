package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"loket/assets"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/published"
	"loket/kiosk/receipt"
	"loket/kiosk/seal"
	"loket/kiosk/staff"
	"loket/kiosk/upload"
	"loket/kiosk/visit"
	"loket/kiosk/words"
	"loket/kiosk/workday"
	"loket/store/queue"
)

var (
	_ visit.Queue  = (*queue.Queue)(nil)
	_ upload.Queue = (*queue.Queue)(nil)
)

// errInUse says that another window holds this data folder.
var errInUse = errors.New("another kiosk window is open on this data folder")

// station is an enrolled kiosk, wired together: the only place that knows
// every room.
type station struct {
	dir       string
	config    *config
	enrolment *enrol.Enrolment
	catalogue *form.Catalogue
	words     *words.Catalogue
	receipts  *receipt.Renderer
	queue     *queue.Queue
	unchained bool // the queue was salvaged without its ratchet: nothing new is taken
	counter   *visit.Counter
	data      data        // what the hub put in place of what is embedded
	door      *staff.Door // to the receptionist's part
	stale     atomic.Bool // what the window was made with has changed
}

// openStation opens the kiosk kept in dir.
func openStation(ctx context.Context, dir string, now func() time.Time) (*station, error) {
	s := &station{dir: dir}
	var err error
	if s.config, err = loadConfig(dir); err != nil {
		return nil, err
	}
	if s.enrolment, err = enrol.Load(dir); err != nil {
		return nil, err
	}
	if err := s.data.read(dir, s.enrolment); err != nil {
		slog.Error("what is embedded is used in place of the hub's catalogue", "err", err)
	}
	files := s.data.files.Over(assets.In(dir))
	if s.catalogue, err = form.Load(files); err != nil {
		return nil, err
	}
	if s.words, err = words.Load(files); err != nil {
		return nil, err
	}
	if s.receipts, err = receipt.NewRenderer(assets.Files, s.words); err != nil {
		return nil, err
	}
	calendar, err := workday.Load(files)
	if err != nil {
		return nil, err
	}
	if calendar, err = withDays(calendar, dir); err != nil {
		slog.Error("days off that the hub told of are not counted until it tells again", "err", err)
	}
	office, ok := s.catalogue.Office(s.enrolment.Office)
	if !ok {
		return nil, usageError{fmt.Errorf("the hub enrolled this kiosk for the office %q, which this version does not know; a ministry of your own has its offices.toml in both data folders", s.enrolment.Office)}
	}
	sealer, err := seal.NewSealer(s.enrolment.Kiosk, version, s.enrolment.Key, s.enrolment.Bundle)
	if err != nil {
		return nil, err
	}
	if s.queue, err = queue.Open(ctx, dir, now); err != nil {
		return nil, err
	}
	switch _, err := s.queue.Head(ctx); {
	case errors.Is(err, queue.ErrNotEnrolled):
		s.unchained = true
	case err != nil:
		return nil, errors.Join(err, s.queue.Close())
	}
	if s.door, err = staff.Open(dir, now); err != nil {
		slog.Error("no receptionist is known until the hub is reached", "err", err)
	}
	s.counter = &visit.Counter{
		Kiosk: s.enrolment.Kiosk, Office: office, PublicURL: s.enrolment.Bundle.PublicURL,
		Catalogue: s.catalogue, Calendar: calendar, Sealer: sealer, Queue: s.queue, Now: now,
	}
	return s, nil
}

// shelf returns where this station keeps the list of published information.
func (s *station) shelf(log *slog.Logger) (*upload.Shelf, error) {
	vocabulary, err := published.Load(assets.Files)
	if err != nil {
		return nil, err
	}
	otherwise := &published.List{}
	if s.config.Published.Example {
		if otherwise, err = vocabulary.Example(assets.Files); err != nil {
			return nil, err
		}
	}
	shelf := &upload.Shelf{File: filepath.Join(s.dir, "published.json"), Hub: s.enrolment.Hub, HubID: s.enrolment.Bundle.Hub, AckKey: s.enrolment.Bundle.AckKey,
		Vocabulary: vocabulary, Client: upload.NewClient(), Log: log}
	shelf.Open(otherwise)
	return shelf, nil
}

// Close ends the use of the station.
func (s *station) Close() error { return s.queue.Close() }

// uploader returns the uploader of this station.
func (s *station) uploader(log *slog.Logger) *upload.Uploader {
	return &upload.Uploader{
		Hub: s.enrolment.Hub, Kiosk: s.enrolment.Kiosk, Key: s.enrolment.Key, AckKey: s.enrolment.Bundle.AckKey,
		Queue: s.queue, Client: upload.NewClient(), Now: s.counter.Now, Log: log,
		Bundle: func() int { return s.enrolment.Bundle.Version },
		NewBundle: func(b seal.Signed) error {
			if err := s.enrolment.Renew(s.dir, b); err != nil {
				return err
			}
			log.Info("reports are sealed for other keys from now on", "bundle", s.enrolment.Bundle.Version)
			return s.counter.Sealer.Renew(s.enrolment.Bundle)
		},
		Catalogue: s.data.seen,
		NewCatalogue: func(c seal.Signed) error {
			version, err := s.data.take(s.dir, s.enrolment, c)
			if err == nil {
				log.Info("another catalogue is used from the next visit on", "version", version)
				s.stale.Store(true)
			}
			return err
		},
		Lock: func(ctx context.Context) (func(), error) {
			lock := flock.New(filepath.Join(s.dir, "upload.lock"))
			if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
				return nil, err
			}
			return func() { lock.Unlock() }, nil
		},
	}
}
