package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk/disk"
	"loket/kiosk/doctor"
	"loket/store/casebook"
)

type doctorCommand struct {
	dataFlag
	jsonFlag
	Address string `placeholder:"URL" help:"Where serve listens, such as http://127.0.0.1:8080: whether it is ready, and its certificate."`
	TLSCert string `type:"path" placeholder:"FILE" help:"The certificate that serve is given: how long it lasts."`
}

// Run looks and changes nothing: it opens the database for reading, makes no keys,
// and works beside serve. It ends with an error if something must be mended.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	r := new(doctor.Report)
	now := s.now()
	if r.Folder(c.Data) {
		newest := c.database(ctx, r, now)
		c.keys(r)
		r.Disk(c.Data, 0, 5) // as hub.Ready has it
		r.Clock(ctx, now, newest)
	}
	if c.TLSCert != "" {
		if cert, err := readCertificate(c.TLSCert); err != nil {
			r.Wrong("certificate", "give the file that serve is given as --tls-cert", "it cannot be read: %v", err)
		} else {
			r.Certificate(cert, now)
		}
	}
	if c.Address != "" {
		c.serve(ctx, r, now)
	}
	if err := r.Write(s.out, c.JSON); err != nil {
		return err
	}
	return r.Verdict()
}

// database looks at the casebook, and returns when the newest thing in it happened.
func (c *doctorCommand) database(ctx context.Context, r *doctor.Report, now time.Time) (newest time.Time) {
	const restore = "keep the file, and put the newest backup in its place: stop serve, then hub restore (docs/backup.md)"
	look, place := casebook.OpenToLook, c.Data
	if c.Database != "" {
		look, place = casebook.LookPostgres, c.Database
	}
	book, err := look(ctx, place)
	if errors.Is(err, fs.ErrNotExist) {
		r.Wrong("database", "give the right --data; a new hub gets its database from hub serve", "there is no casebook.db in %s", c.Data)
		return newest
	}
	if err != nil {
		r.Wrong("database", restore, "it does not open: %v", err)
		return newest
	}
	defer book.Close()
	if err := book.QuickCheck(ctx); err != nil {
		r.Wrong("database", restore, "%v", err)
		return newest
	}
	r.Well("database", "it opens and is whole")
	switch has, knows, err := book.Schema(ctx); {
	case err != nil:
		r.Wrong("schema", restore, "it cannot be read: %v", err)
		return newest
	case has > knows:
		r.Wrong("schema", "install the version that wrote this database, or a later one", "the database has schema %d, this program knows %d", has, knows)
		return newest
	case has < knows:
		r.Note("schema", "start hub serve of this version, which brings it up to date; then ask again", "the database has schema %d, this program works with %d", has, knows)
		return newest
	default:
		r.Well("schema", "%d, as this program works with", has)
	}
	if newest, err = c.inside(ctx, r, book, now); err != nil {
		r.Wrong("database", restore, "it cannot be read: %v", err)
	}
	return newest
}

// backupsEvery is how old the newest backup may be: a night's, and two hours.
const backupsEvery = 26 * time.Hour

// inside looks at what stands in the database.
func (c *doctorCommand) inside(ctx context.Context, r *doctor.Report, book *casebook.Casebook, now time.Time) (newest time.Time, err error) {
	meta, err := book.Meta(ctx)
	if err != nil {
		return newest, err
	}
	const next = "run hub backup each night, onto another machine (docs/backup.md)"
	switch age := now.Sub(meta.BackupAt); {
	case meta.BackupAt.IsZero():
		r.Wrong("backup", next, "there is none yet of this database")
	case age > backupsEvery:
		r.Wrong("backup", next, "the newest is of %s, %d hours old", meta.BackupAt.Format(time.RFC3339), int(age.Hours()))
	default:
		r.Well("backup", "the newest is of %s and holds every envelope up to %d", meta.BackupAt.Format(time.RFC3339), meta.Watermark)
	}
	alarms, err := book.Alarms(ctx)
	if err != nil {
		return newest, err
	}
	var open []string
	for _, a := range alarms {
		if a.NotedAt == nil {
			open = append(open, fmt.Sprintf("%s of %s", a.Kind, a.Kiosk))
		}
	}
	if len(open) > 0 {
		slices.Sort(open)
		r.Wrong("alarms", "hub alarms says more; close them on the desk with what was done", "%d are open: %s", len(open), strings.Join(slices.Compact(open), ", "))
	} else {
		r.Well("alarms", "none is open")
	}
	if err := officers(ctx, r, book); err != nil {
		return newest, err
	}
	kiosks, err := book.Kiosks(ctx)
	if err != nil {
		return newest, err
	}
	for _, k := range kiosks {
		if k.LastSeen != nil && k.LastSeen.After(newest) {
			newest = *k.LastSeen
		}
	}
	last, err := book.LastAudited(ctx, 1)
	for _, e := range last {
		if e.At.After(newest) {
			newest = e.At
		}
	}
	return newest, err
}

func officers(ctx context.Context, r *doctor.Report, book *casebook.Casebook) error {
	all, err := book.Officers(ctx)
	if err != nil {
		return err
	}
	without := 0
	for _, o := range all {
		if o.OTPSince.IsZero() {
			without++
		}
	}
	switch {
	case len(all) == 0:
		r.Note("officers", "hub officer add lets one in", "nobody can log in to the desk")
	case without > 0:
		r.Note("officers", "they turn it on under /desk/security", "%d of %d have no second factor", without, len(all))
	default:
		r.Well("officers", "all %d have a second factor", len(all))
	}
	return nil
}

// keys looks whether the keys are there, for their owner alone, and belong together.
func (c *doctorCommand) keys(r *doctor.Report) {
	const back = "put them back from where they are kept apart, before serve makes new ones that open nothing (docs/keys.md)"
	dir := filepath.Join(c.Data, keysFolder)
	secret, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil {
		r.Wrong("keys", back, "%v", err)
		return
	}
	var missing []string
	for _, name := range []string{"ack.key", "filing.key", "tracking.key", "bundle.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			missing = append(missing, name)
		}
	}
	if !slices.ContainsFunc(secret, func(f string) bool { return strings.HasPrefix(filepath.Base(f), "recipient") }) {
		missing = append(missing, "recipient.key")
	}
	if len(missing) > 0 {
		r.Wrong("keys", back, "missing in %s: %s", dir, strings.Join(missing, ", "))
		return
	}
	var loose, shut []string
	for _, f := range append(secret, dir) {
		if others, err := disk.Others(f); err != nil || !others.Alone() {
			loose, shut = append(loose, f), append(shut, disk.Shut(f))
		}
	}
	if len(loose) > 0 {
		r.Wrong("keys", strings.Join(shut, "; ")+"; if somebody may have read them: docs/keys.md", "others may read %d of them", len(loose))
		return
	}
	k, err := hub.OpenKeys(dir, "", "") // all are there: it makes none
	if err == nil {
		err = k.Acknowledges()
	}
	if err == nil && !slices.ContainsFunc(k.Bundle.Recipients, k.Opens) {
		err = errors.New("no key here opens what kiosks seal")
	}
	if err != nil {
		r.Wrong("keys", back, "%v", err)
		return
	}
	r.Well("keys", "all are there, for their owner alone, and are those that kiosks know")
	if _, err := os.Stat(filepath.Join(dir, "root.key")); err == nil {
		r.Note("root key", "move it to a stick that is kept apart: hub keys init --root", "it lies on this machine, where it is not needed")
	}
}

// serve asks the running hub.
func (c *doctorCommand) serve(ctx context.Context, r *doctor.Report, now time.Time) {
	const next = "start hub serve, or look at its log; give the address it says it listens on"
	ctx, done := context.WithTimeout(ctx, 15*time.Second)
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Address, "/")+"/readyz", nil)
	if err != nil {
		r.Wrong("serve", next, "%v", err)
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var untrusted *tls.CertificateVerificationError
		if errors.As(err, &untrusted) {
			if len(untrusted.UnverifiedCertificates) > 0 && now.After(untrusted.UnverifiedCertificates[0].NotAfter) {
				r.Certificate(untrusted.UnverifiedCertificates[0], now)
				return
			}
			r.Wrong("certificate", "give the name that the certificate is for, or install its authority's certificate", "%v", untrusted.Err)
			return
		}
		r.Wrong("serve", next, "nobody answers: %v", err)
		return
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	says := strings.Join(strings.Split(strings.TrimSpace(string(b)), "\n"), "; ")
	switch {
	case err != nil:
		r.Wrong("serve", next, "the answer is cut short: %v", err)
	case resp.StatusCode == http.StatusOK && says == "ok":
		r.Well("serve", "it listens at %s and is ready", c.Address)
	case resp.StatusCode == http.StatusServiceUnavailable:
		r.Wrong("serve", "mend that; its log says more", "it is not ready: %s", says)
	default:
		r.Wrong("serve", next, "who answers at %s is no hub (%d)", c.Address, resp.StatusCode)
	}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 && c.TLSCert == "" {
		r.Certificate(resp.TLS.PeerCertificates[0], now)
	}
}

// readCertificate reads the first certificate of a PEM file.
func readCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, fmt.Errorf("%s holds no certificate", path)
}
