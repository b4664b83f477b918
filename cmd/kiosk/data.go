package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"loket/assets"
	"loket/kiosk/catalogue"
	"loket/kiosk/disk"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/workday"
)

// data is what the hub put in place of what is embedded. It stays signed on the disk,
// and counts only where all of it can be used: otherwise the last good one stays, or
// what is embedded.
type data struct {
	mu      sync.Mutex
	version int64 // taken up, the window uses it once it is made anew
	files   catalogue.Files
	refused int64  // version that cannot be used
	why     string // it cannot
}

const dataFile = "catalogue.json"

// mostData is how large the file may be, in bytes.
const mostData = 4 << 20

// Errors of a catalogue that is not taken up.
var errOlderData = errors.New("the catalogue is older than the one in use")

// read reads the catalogue kept in dir; none is no error.
func (d *data) read(dir string, e *enrol.Enrolment) error {
	f, err := os.Open(filepath.Join(dir, dataFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var signed seal.Signed
	if err := json.NewDecoder(io.LimitReader(f, mostData)).Decode(&signed); err != nil {
		return fmt.Errorf("%s: %w", dataFile, err)
	}
	c, err := usable(dir, e, signed)
	if err != nil {
		d.refused, d.why = c.Version, err.Error()
		return fmt.Errorf("%s: %w", dataFile, err)
	}
	d.version, d.files = c.Version, c.Files
	return nil
}

// usable opens a catalogue and tries whether this kiosk can work with it.
func usable(dir string, e *enrol.Enrolment, signed seal.Signed) (seal.Catalogue, error) {
	c, err := seal.OpenCatalogue(e.Bundle.AckKey, e.Bundle.Hub, signed)
	if err != nil {
		return c, err
	}
	base := assets.In(dir)
	if err := catalogue.Check(base, c.Files); err != nil {
		return c, err
	}
	forms, err := form.Load(catalogue.Files(c.Files).Over(base))
	if err != nil {
		return c, err
	}
	if _, known := forms.Office(e.Office); !known {
		return c, fmt.Errorf("offices.toml: there is no office %q, in which this kiosk stands", e.Office)
	}
	return c, nil
}

// daysFile holds the days off that the hub told of beside the catalogue's.
const daysFile = "days_off.json"

// withDays is a calendar and the days off kept in dir; none is no error.
func withDays(c *workday.Calendar, dir string) (*workday.Calendar, error) {
	b, err := os.ReadFile(filepath.Join(dir, daysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	var days []seal.DayOff
	if err == nil {
		err = json.Unmarshal(b, &days)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", daysFile, err)
	}
	return counted(c, days)
}

// counted is a calendar and more days off.
func counted(c *workday.Calendar, days []seal.DayOff) (*workday.Calendar, error) {
	var all []workday.Holiday
	for _, d := range days {
		date, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			return c, err
		}
		all = append(all, workday.Holiday{Date: date, Name: d.Name, Kind: workday.Kind(d.Kind), Office: d.Office})
	}
	with, err := c.With(all...)
	if err != nil {
		return c, err
	}
	return with, nil
}

// takeDays keeps the days off that the hub tells of; it reports whether they differ
// from those before.
func (s *station) takeDays(days []seal.DayOff) (bool, error) {
	if _, err := counted(s.counter.Calendar, days); err != nil {
		return false, err
	}
	b, err := json.Marshal(days)
	if err != nil {
		return false, err
	}
	path := filepath.Join(s.dir, daysFile)
	before, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(before, b), errors.Is(err, fs.ErrNotExist) && len(days) == 0:
		return false, nil
	}
	return true, disk.Write(path, b)
}

// seen is the newest version that was taken up or refused.
func (d *data) seen() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(d.version, d.refused)
}

// state is what the hub is told: the version in use, and why a later one is not.
func (d *data) state() (version int64, refused string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.version, d.why
}

// take keeps a catalogue for the next window, or says why it cannot be used.
func (d *data) take(dir string, e *enrol.Enrolment, signed seal.Signed) (int64, error) {
	c, err := usable(dir, e, signed)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil && c.Version <= d.version {
		err = errOlderData
	}
	var b []byte
	if err == nil {
		if b, err = json.Marshal(signed); err == nil && len(b) > mostData {
			err = catalogue.ErrLarge
		}
	}
	if err == nil {
		err = disk.Write(filepath.Join(dir, dataFile), b)
	}
	if err != nil {
		d.refused, d.why = max(d.refused, c.Version), plain(err.Error())
		return 0, err
	}
	d.version, d.refused, d.why = c.Version, 0, ""
	return c.Version, nil
}

// plain is an error in one line that the hub takes.
func plain(s string) string {
	line := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		line = append(line, r)
	}
	for len(string(line)) > 300 {
		line = line[:len(line)-1]
	}
	return string(line)
}
