package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"time"

	"loket/kiosk/disk"
)

// Folder looks whether a data folder is there, is for its owner alone, and takes a
// file. It reports whether the rest can be looked at.
func (r *Report) Folder(dir string) bool {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		r.Wrong("folder", "give the right --data, or set this machine up", "%s cannot be read: %v", dir, err)
		return false
	case !info.IsDir():
		r.Wrong("folder", "give the folder that holds it as --data", "%s is a file", dir)
		return false
	}
	switch others, err := disk.Others(dir); {
	case err != nil:
		r.Wrong("folder", "run the doctor as who runs the program", "who may look into %s cannot be seen: %v", dir, err)
		return true
	case others.Everybody:
		r.Wrong("folder", disk.Shut(dir), "%s may look into %s", others, dir)
		return true
	case !others.Alone():
		r.Note("folder", disk.Shut(dir)+", unless that is meant", "%s may look into %s", others, dir)
		return true
	}
	if owner := disk.Stranger(dir); owner != "" {
		r.Note("folder", "run the doctor as that user, so that it sees what the program sees", "%s belongs to %s, not to the one who asks", dir, owner)
		return true
	}
	if err := takes(dir); err != nil {
		r.Wrong("folder", "look whether the disk is mounted read-only, or full", "%s takes no file: %v", dir, err)
		return true
	}
	r.Well("folder", "%s is for its owner alone and takes files", dir)
	return true
}

// takes writes a file into dir, and takes it away.
func takes(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("doctor\n")
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// Disk looks whether the disk under dir has room: least in bytes, and scarce in per
// cent, under which it is wrong; it notes less than twice as much.
func (r *Report) Disk(dir string, least uint64, scarce uint64) {
	free, size, err := disk.Room(dir)
	if err != nil {
		r.Wrong("disk", "look whether the disk is mounted", "how much is free cannot be read: %v", err)
		return
	}
	r.disk(free, size, least, scarce)
}

func (r *Report) disk(free, size, least, scarce uint64) {
	const next = "make room: old backups and logs first, never a file of the data folder"
	if disk := max(least, size/100*scarce); free < disk {
		r.Wrong("disk", next, "%d MB of %d MB are free, %d MB must be", free>>20, size>>20, disk>>20)
	} else if free < 2*disk {
		r.Note("disk", next, "%d MB of %d MB are free; under %d MB nothing is taken any more", free>>20, size>>20, disk>>20)
	} else {
		r.Well("disk", "%d MB of %d MB are free", free>>20, size>>20)
	}
}

// made is when this program cannot have been running yet.
var made = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Clock looks whether the clock can be right: not before this program was written, nor
// before the newest thing that is known to have happened (the zero time for none),
// and followed by NTP as far as this machine tells.
func (r *Report) Clock(ctx context.Context, now, newest time.Time) {
	switch {
	case now.Before(made):
		r.Wrong("clock", setClock, "it says %s, which is before this program was written", now.Format(time.DateOnly))
		return
	case now.Before(newest.Add(-5 * time.Minute)):
		r.Wrong("clock", setClock, "it says %s, but something happened here at %s", now.UTC().Format(time.RFC3339), newest.UTC().Format(time.RFC3339))
		return
	}
	ctx, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	switch follows, known := followsNTP(ctx); {
	case known && follows:
		r.Well("clock", "it says %s, and follows NTP", now.UTC().Format(time.RFC3339))
	case known:
		r.Note("clock", setNTP+", and see that a time server can be reached", "it says %s, and follows no NTP", now.UTC().Format(time.RFC3339))
	default:
		r.Note("clock", "", "it says %s; whether it follows NTP this machine does not tell", now.UTC().Format(time.RFC3339))
	}
}

// How long before its end a certificate is noted.
const renew = 21 * 24 * time.Hour

// Certificate looks how long a TLS certificate lasts.
func (r *Report) Certificate(c *x509.Certificate, now time.Time) {
	const next = "renew it, and restart what serves it"
	switch left := c.NotAfter.Sub(now); {
	case now.Before(c.NotBefore):
		r.Wrong("certificate", "look at the clock, and at which certificate is served", "it holds only from %s on", c.NotBefore.Format(time.DateOnly))
	case left <= 0:
		r.Wrong("certificate", next, "it ended on %s", c.NotAfter.Format(time.DateOnly))
	case left < renew:
		r.Note("certificate", next, "it ends on %s, in %d days", c.NotAfter.Format(time.DateOnly), int(left.Hours()/24))
	default:
		r.Well("certificate", "it holds until %s", c.NotAfter.Format(time.DateOnly))
	}
}
