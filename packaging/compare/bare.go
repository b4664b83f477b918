package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"loket/kiosk/seal"
)

// The bare programs: what the hub's work costs at least, with the same SQLite and the
// same checks, and nothing else that a hub does. They are this program, started anew.

// bareDatabase opens a database as the hub does.
func bareDatabase(dir string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
}

// bareCommit is the group-commit loop: an envelope a request, both signatures checked,
// stored in a transaction with whatever came meanwhile, a signed word back.
func bareCommit(ctx context.Context, dir, address string) error {
	db, err := bareDatabase(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `create table if not exists envelope (seq integer primary key, sha256 blob not null unique, id text not null unique, number text not null unique, bytes blob not null)`); err != nil {
		return err
	}
	var keys struct {
		Kiosks map[string][]byte // public keys by kiosk
		Ack    []byte            // private key
	}
	b, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &keys); err != nil {
		return err
	}
	type waiting struct {
		e    seal.Envelope
		done chan error
	}
	queue := make(chan waiting, 1024)
	go func() {
		insert, err := db.Prepare(`insert into envelope (sha256, id, number, bytes) values ($1, $2, $3, $4)`)
		if err != nil {
			panic(err)
		}
		for first := range queue {
			group := []waiting{first}
		more:
			for len(group) < 256 {
				select {
				case w := <-queue:
					group = append(group, w)
				default:
					break more
				}
			}
			tx, err := db.Begin()
			if err == nil {
				stmt := tx.Stmt(insert)
				for _, w := range group {
					if _, err = stmt.Exec(w.e.SHA256[:], w.e.Header.ID, string(w.e.Header.Number), w.e.Bytes); err != nil {
						break
					}
				}
				if err == nil {
					err = tx.Commit()
				} else {
					tx.Rollback()
				}
			}
			for _, w := range group {
				w.done <- err
			}
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST "+envelopesPath, func(w http.ResponseWriter, r *http.Request) {
		public := keys.Kiosks[r.Header.Get("Loket-Kiosk")]
		signature, err := base64.StdEncoding.DecodeString(r.Header.Get("Loket-Signature"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = seal.VerifyRequest(public, r.Method, r.URL.Path, body, signature)
		}
		var e seal.Envelope
		if err == nil {
			e, err = seal.Parse(body[min(4, len(body)):]) // behind its length
		}
		if err == nil {
			err = e.Verify(public)
		}
		if err == nil {
			done := make(chan error, 1)
			queue <- waiting{e, done}
			err = <-done
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"acks": []seal.Signed{seal.SignAck(keys.Ack, seal.Ack{Envelope: fmt.Sprintf("%x", e.SHA256), ID: e.Header.ID, StoredAt: time.Now(), Level: seal.LevelStored})}})
	})
	return serveBare(ctx, address, mux)
}

// bareLookUp answers one record of SQLite by its key, as JSON.
func bareLookUp(ctx context.Context, dir, address string) error {
	db, err := bareDatabase(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	find, err := db.PrepareContext(ctx, `select mac, status, filed_at, answers from cases where number = $1`)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /t", func(w http.ResponseWriter, r *http.Request) {
		number := r.PostFormValue("number")
		var mac []byte
		var status, answers string
		var filed int64
		if err := find.QueryRowContext(r.Context(), number).Scan(&mac, &status, &filed, &answers); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if sum := sha256.Sum256([]byte(number + r.PostFormValue("code"))); string(mac) != string(sum[:]) {
			http.Error(w, "wrong code", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"number": number, "status": status, "received": filed})
	})
	return serveBare(ctx, address, mux)
}

// makeBareLookUp fills the database of bareLookUp.
func makeBareLookUp(ctx context.Context, dir string, known []pair) error {
	db, err := bareDatabase(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `create table cases (number text primary key, mac blob not null, status text not null, filed_at integer not null, answers text not null) without rowid`); err != nil {
		return err
	}
	for _, p := range known {
		sum := sha256.Sum256([]byte(string(p.number) + string(p.code)))
		if _, err := tx.ExecContext(ctx, `insert into cases values ($1, $2, 'received', $3, $4)`, string(p.number), sum[:], time.Now().Unix(), body4K[:1024]); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func serveBare(ctx context.Context, address string, handler http.Handler) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	return server.Serve(l)
}

// bare starts one of the bare programs.
func (c *comparison) bare(ctx context.Context, what, dir string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, nil, program, what, dir, address)
	if err != nil {
		return nil, err
	}
	p.address = address
	return p, p.serving("/readyz")
}
