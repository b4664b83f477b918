package main

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// postgresOn is where PostgreSQL's data lie: on a disk, which /tmp may not be, and where
// the user postgres can come.
const postgresOn = "/var/tmp"

// hubs compares two hubs on one PostgreSQL with one, under the same thousand kiosks.
func (c *comparison) hubs(ctx context.Context) error {
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		return err
	}
	kiosks, each, clients := 1000, 10, 64
	if c.quick {
		kiosks = 50
	}
	server, err := casebooktest.New(ctx, postgresOn)
	if err != nil {
		return err
	}
	defer server.Stop()
	folder := c.path("hubs")
	if err := server.Do(ctx, "postgres", "create database enrolled"); err != nil {
		return err
	}
	senders, err := enlistAll(ctx, server.URL("enrolled"), folder, kiosks)
	if err != nil {
		return err
	}
	if err := write(senders, catalogue, each); err != nil {
		return err
	}
	size := len(senders[0].envelopes[0].Bytes)
	for _, together := range []int{1, each} {
		all, err := requests(senders, together)
		if err != nil {
			return err
		}
		next := dealt(all, clients)
		var two, one figures
		err = c.runs(func(keep bool) error {
			for _, side := range []struct {
				hubs int
				to   *figures
			}{{2, &two}, {1, &one}} {
				persec, err := c.hubsTake(ctx, server, folder, side.hubs, load{clients: clients, most: 5 * time.Minute, next: next}, kiosks*each)
				if err != nil {
					return fmt.Errorf("%d hubs: %w", side.hubs, err)
				}
				if keep {
					*side.to = append(*side.to, persec)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		what := fmt.Sprintf("two hubs on one PostgreSQL, %s kiosks, records of %d bytes one by one, %d clients", thousands(kiosks), size, clients)
		if together > 1 {
			what = fmt.Sprintf("the same, in batches of %d", together)
		}
		c.add(row{name: "hubs", what: what, ours: two, theirs: one, unit: "/s", theirName: "one hub on it"})
	}
	c.note(fmt.Sprintf("after each run of the hubs on PostgreSQL its database had each of the %s records once", thousands(kiosks*each)))
	return nil
}

// hubsTake runs a load against hubs on a fresh database, whose kiosks are enrolled, and
// returns records a second. Each of so many must be there once afterwards.
func (c *comparison) hubsTake(ctx context.Context, server *casebooktest.Server, folder string, n int, l load, records int) (float64, error) {
	for _, statement := range []string{"create database run template enrolled", "checkpoint"} {
		if err := server.Do(ctx, "postgres", statement); err != nil {
			return 0, err
		}
	}
	defer server.Do(context.WithoutCancel(ctx), "postgres", "drop database run with (force)")
	for range n {
		address, err := free()
		if err != nil {
			return 0, err
		}
		p, err := start(ctx, nil, c.bin("hub"), "serve", "--data", folder, "--database", server.URL("run"), "--listen", address)
		if err != nil {
			return 0, err
		}
		defer p.stop()
		p.address = address
		if err := p.serving("/readyz"); err != nil {
			return 0, err
		}
		l.addresses = append(l.addresses, address)
	}
	began := time.Now()
	if _, err := l.run(); err != nil {
		return 0, err
	}
	took := time.Since(began)
	db, err := sql.Open("pgx", server.URL("run"))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var there, distinct int
	if err := db.QueryRowContext(ctx, `select count(*), count(distinct sha256) from envelope where level = 'stored'`).Scan(&there, &distinct); err != nil {
		return 0, err
	}
	if there != records || distinct != records {
		return 0, fmt.Errorf("of %d records %d are there, %d of them once", records, there, distinct)
	}
	return float64(records) / took.Seconds(), nil
}

// enlistAll makes a hub in a database and enrols kiosks at it, past the limits that
// strangers have over HTTP.
func enlistAll(ctx context.Context, database, dir string, n int) (all []*sender, err error) {
	book, err := casebook.OpenPostgres(ctx, database)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	h, err := hubOn(ctx, book, dir)
	if err != nil {
		return nil, err
	}
	for range n {
		code, err := h.AddKiosk(ctx, "ntt")
		if err != nil {
			return nil, err
		}
		public, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		ask, err := seal.NewEnrolRequest(code, public)
		if err != nil {
			return nil, err
		}
		reply, err := h.Enrol(ctx, ask)
		if err != nil {
			return nil, err
		}
		a, err := seal.OpenAnswer(code, ask, reply)
		if err != nil {
			return nil, err
		}
		all = append(all, &sender{Enrolment: &enrol.Enrolment{Kiosk: a.Kiosk, Office: a.Office, Bundle: h.Keys.Bundle, Key: key}, step: track.Key(a.Ratchet)})
	}
	return all, nil
}

// hubOn ties a hub to a casebook, with the keys of a folder.
func hubOn(ctx context.Context, book *casebook.Casebook, dir string) (*hub.Hub, error) {
	keys, err := hub.OpenKeys(filepath.Join(dir, "keys"), "", "http://127.0.0.1")
	if err != nil {
		return nil, err
	}
	data, err := hub.LoadData(ctx, book, assets.In(dir))
	if err != nil {
		return nil, err
	}
	return hub.New(book, keys, data, time.Now, slog.New(slog.DiscardHandler)), nil
}
