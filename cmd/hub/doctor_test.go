package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket/kiosk/doctor"
)

// wellHub is the folder of a hub of which nothing must be mended.
func wellHub(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "hub")
	for _, args := range [][]string{
		{"officer", "add", "--data", dir, "--name", "petugas", "--password-stdin"},
		{"backup", "--data", dir, filepath.Join(t.TempDir(), "copy.db")},
	} {
		if code, _, errs := hubCommand(t, "a long password\n", args...); code != 0 {
			t.Fatalf("%v: %d %s", args, code, errs)
		}
	}
	return dir
}

// examined runs the doctor and returns the findings by check.
func examined(t *testing.T, args ...string) (code int, found map[string]doctor.Finding) {
	t.Helper()
	code, out, _ := hubCommand(t, "", append([]string{"doctor", "--json"}, args...)...)
	var said struct {
		Well     bool
		Findings []doctor.Finding
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Well != (code == 0) {
		t.Fatalf("%d %q: %v", code, out, err)
	}
	found = map[string]doctor.Finding{}
	for _, f := range said.Findings {
		if _, twice := found[f.Check]; twice {
			t.Errorf("%s was found twice: %s", f.Check, out)
		}
		if found[f.Check] = f; f.State == doctor.Wrong && f.Next == "" || f.Says == "" {
			t.Errorf("%+v says not enough", f)
		}
	}
	return code, found
}

func TestDoctorOfAWellHub(t *testing.T) {
	dir := wellHub(t)
	o := serve(t, dir)
	before := list(t, dir)
	code, found := examined(t, "--data", dir, "--address", o.base)
	for _, check := range []string{"folder", "database", "schema", "backup", "alarms", "keys", "disk", "serve"} {
		if found[check].State != doctor.Well {
			t.Errorf("%+v", found[check])
		}
	}
	if found["officers"].State != doctor.Note || found["clock"].State == doctor.Wrong || code != 0 {
		t.Errorf("%d %+v", code, found)
	}
	code, out, errs := hubCommand(t, "", "doctor", "--data", dir)
	if code != 0 || strings.Count(out, "\n") != len(found)-1 || errs != "" || !strings.Contains(out, "well   database     it opens and is whole\n") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if after := list(t, dir); after != before {
		t.Errorf("the doctor changed the folder: %s → %s", before, after)
	}
}

// list are the names in a folder.
func list(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*", "keys/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return strings.Join(names, " ")
}

func TestDoctorNamesWhatIsWrong(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	change := func(statement string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "casebook.db"))
			must(t, err)
			_, err = db.Exec(statement)
			must(t, err)
			must(t, db.Close())
		}
	}
	for name, x := range map[string]struct {
		spoil func(t *testing.T, dir string)
		check string
		says  string // and what to do
	}{
		"others may look": {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o755)) }, "folder", "chmod 700"},
		"no folder":       {func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) }, "folder", "no such file"},
		"no database":     {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "casebook.db"))) }, "database", "there is no casebook.db"},
		"damaged":         {damage, "database", "hub restore"},
		"no database at all": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "casebook.db"), []byte(strings.Repeat("rubbish ", 2000)), 0o600))
		}, "database", "hub restore"},
		"a later program":  {change(`insert into goose_db_version (version_id, is_applied) values (999, 1)`), "schema", "install the version"},
		"no backup":        {change(`update meta set backup_at = 0`), "backup", "none yet"},
		"an old backup":    {change(`update meta set backup_at = backup_at - 100000`), "backup", "27 hours old"},
		"an alarm":         {change(`insert into alarm (kiosk, kind, epoch, seq, reports, reason, first_at, last_at) values ('K7', 'fork', 'e', 1, 1, '', 1, 1)`), "alarms", "1 are open: fork of K7"},
		"a clock put back": {change(`insert into audit (n, at, actor, act, object, detail, hash) values (1000, 4000000000, '', 'login', '', '', x'00')`), "clock", "timedatectl"},
		"no key":           {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "keys", "ack.key"))) }, "keys", "missing in"},
		"no recipient":     {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "keys", "recipient.key"))) }, "keys", "recipient.key"},
		"another key": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "keys", "ack.key"), []byte(strings.Repeat("ab", 32)), 0o600))
		}, "keys", "not the one that kiosks pin"},
		"half a key": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "keys", "ack.key"), []byte("ab"), 0o600))
		}, "keys", "holds no key"},
		"a key for all": {func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, "keys", "ack.key"), 0o644)) }, "keys", "chmod 600 "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := wellHub(t)
			x.spoil(t, dir)
			code, found := examined(t, "--data", dir)
			f := found[x.check]
			if code != exitFailed || f.State != doctor.Wrong || !strings.Contains(f.Says+" → "+f.Next, x.says) {
				t.Errorf("%d %+v", code, found)
			}
			for check, f := range found {
				if check != x.check && f.State == doctor.Wrong {
					t.Errorf("%+v is wrong too", f)
				}
			}
			if _, _, errs := hubCommand(t, "", "doctor", "--data", dir); errs != "hub: one thing must be mended\n" {
				t.Errorf("%q", errs)
			}
			if name == "no key" {
				if _, err := os.Stat(filepath.Join(dir, "keys", "ack.key")); err == nil {
					t.Error("the doctor made a key")
				}
			}
		})
	}
}

// damage writes over the middle of the database.
func damage(t *testing.T, dir string) {
	path := filepath.Join(dir, "casebook.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4 * 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorAsksTheRunningHub(t *testing.T) {
	dir := wellHub(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusServiceUnavailable)
	}))
	defer full.Close()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>log in")) }))
	defer portal.Close()
	foreign := httptest.NewTLSServer(http.NotFoundHandler())
	defer foreign.Close()
	for _, x := range []struct{ address, check, says string }{
		{nobody, "serve", "nobody answers"}, {full.URL, "serve", "not ready: the disk is full"}, {portal.URL, "serve", "is no hub"}, {foreign.URL, "certificate", "authority"}, {"%", "serve", ""},
	} {
		code, found := examined(t, "--data", dir, "--address", x.address)
		if f := found[x.check]; code != exitFailed || f.State != doctor.Wrong || !strings.Contains(f.Says+f.Next, x.says) {
			t.Errorf("%s: %d %+v", x.address, code, found)
		}
	}
}

func TestDoctorReadsTheCertificate(t *testing.T) {
	dir := wellHub(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for until, want := range map[time.Duration]doctor.State{-time.Hour: doctor.Wrong, 7 * 24 * time.Hour: doctor.Note, 90 * 24 * time.Hour: doctor.Well} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().Add(until)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "cert.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, found := examined(t, "--data", dir, "--tls-cert", file); found["certificate"].State != want || (code == 0) != (want != doctor.Wrong) {
			t.Errorf("%v: %d %+v", until, code, found["certificate"])
		}
	}
	if code, found := examined(t, "--data", dir, "--tls-cert", filepath.Join(dir, "casebook.db")); code != exitFailed || !strings.Contains(found["certificate"].Says, "no certificate") {
		t.Errorf("%d %+v", code, found["certificate"])
	}
}
