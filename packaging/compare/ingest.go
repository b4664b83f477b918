package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/kiosk/form"
)

// contender is one side of a comparison of what servers take: it starts on a fresh copy
// of a folder, takes a load and stops.
type contender struct {
	folder string
	serve  func(context.Context, string) (*process, error)
	next   func(client, n int) []byte
	each   int // records a request
}

// takes runs a load against a contender and returns records a second.
func (c *comparison) takes(ctx context.Context, x contender, clients int) (float64, error) {
	dir := c.path("run")
	if err := copied(x.folder, dir); err != nil {
		return 0, err
	}
	p, err := x.serve(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	persec, err := load{addresses: []string{p.address}, clients: clients, most: c.most, next: x.next}.run()
	if err != nil {
		return 0, fmt.Errorf("%s, %d clients: %w", filepath.Base(x.folder), clients, err)
	}
	return persec * float64(x.each), nil
}

// ingest compares what the hub takes with PocketBase and with a bare loop.
func (c *comparison) ingest(ctx context.Context) error {
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		return err
	}
	kiosks, each := 32, 800
	if c.quick {
		each = 100
	}
	folder, bareFolder, pbFolder := c.path("hub"), c.path("bare"), c.path("pocketbase")
	senders, err := c.enlist(ctx, folder, kiosks)
	if err != nil {
		return err
	}
	if err := write(senders, catalogue, each); err != nil {
		return err
	}
	if err := c.keysForBare(folder, bareFolder, senders); err != nil {
		return err
	}
	if _, err := c.makePocketBase(ctx, pbFolder, 0); err != nil {
		return err
	}
	singles, err := requests(senders, 1)
	if err != nil {
		return err
	}
	batches, err := requests(senders, 100)
	if err != nil {
		return err
	}
	one, hundred := create(), createBatch(100)
	pocket := func(durable bool) func(context.Context, string) (*process, error) {
		return func(ctx context.Context, dir string) (*process, error) { return c.pocketBase(ctx, dir, durable) }
	}
	bare := func(ctx context.Context, dir string) (*process, error) { return c.bare(ctx, "bare-commit", dir) }
	size := len(senders[0].envelopes[0].Bytes)
	for _, clients := range []int{1, 8, 32} {
		all := []contender{
			{folder, c.serveHub, dealt(singles, clients), 1},
			{pbFolder, pocket(false), func(int, int) []byte { return one }, 1},
			{pbFolder, pocket(true), func(int, int) []byte { return one }, 1},
			{bareFolder, bare, dealt(singles, clients), 1},
		}
		got, err := c.interleaved(ctx, all, clients)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("ingest, single records of %d bytes, signed and durable, %d clients", size, clients)
		least := func(x float64) float64 {
			if clients == 32 {
				return x
			}
			return 0
		}
		c.add(row{name: "ingest", what: what, ours: got[0], theirs: got[1], unit: "/s", theirName: "PocketBase as it comes (not durable)", least: least(2.5)},
			row{name: "ingest full", what: "the same", ours: got[0], theirs: got[2], unit: "/s", theirName: "PocketBase, synchronous=FULL", least: least(4)},
			row{name: "ingest bare", what: "the same", ours: got[0], theirs: got[3], unit: "/s", theirName: "bare group-commit loop, same checks", least: least(0.8)})
	}
	got, err := c.interleaved(ctx, []contender{
		{folder, c.serveHub, dealt(batches, 4), 100},
		{pbFolder, pocket(false), func(int, int) []byte { return hundred }, 100},
	}, 4)
	if err != nil {
		return err
	}
	c.add(row{name: "batches", what: "ingest, batches of 100, 4 clients", ours: got[0], theirs: got[1], unit: "/s", theirName: "PocketBase /api/batch", least: 3})

	// Growth: the same load on hubs that hold more and more.
	sizes := c.hubSizes()
	grown := growth{what: "ingest, 8 clients, cases in the hub", sizes: sizes, unit: "/s", runs: make([]figures, len(sizes)), name: "ingest growth"}
	next := dealt(singles, 8)
	err = c.runs(func(keep bool) error {
		for i, n := range sizes {
			persec, err := c.takes(ctx, contender{c.path(fmt.Sprint("hub-", n)), c.serveHub, next, 1}, 8)
			if err != nil {
				return err
			}
			if keep {
				grown.runs[i] = append(grown.runs[i], persec)
			}
		}
		return nil
	}, func() error {
		for _, n := range sizes {
			dir := c.path(fmt.Sprint("hub-", n))
			if err := copied(folder, dir); err != nil {
				return err
			}
			known, err := fill(ctx, dir, senders[0], catalogue, n)
			if err != nil {
				return err
			}
			c.known[n] = known
		}
		return nil
	})
	c.senders, c.singles = senders, singles
	c.grown = append(c.grown, grown)
	return err
}

// hubSizes are how many cases the hubs hold that show how things grow.
func (c *comparison) hubSizes() []int {
	if c.quick {
		return []int{10, 100, 1000}
	}
	return []int{100, 1000, 10_000, 100_000}
}

// interleaved runs contenders in turn and returns the figures of each.
func (c *comparison) interleaved(ctx context.Context, all []contender, clients int) ([]figures, error) {
	got := make([]figures, len(all))
	err := c.runs(func(keep bool) error {
		for i, x := range all {
			persec, err := c.takes(ctx, x, clients)
			if err != nil {
				return err
			}
			if keep {
				got[i] = append(got[i], persec)
			}
		}
		return nil
	})
	return got, err
}

// keysForBare gives the bare loop the hub's acknowledgement key and the kiosks'.
func (c *comparison) keysForBare(hubDir, dir string, senders []*sender) error {
	keys, err := hub.OpenKeys(filepath.Join(hubDir, "keys"), "", "http://127.0.0.1")
	if err != nil {
		return err
	}
	kiosks := map[string][]byte{}
	for _, s := range senders {
		kiosks[s.Kiosk] = s.Key[32:]
	}
	b, err := json.Marshal(map[string]any{"Kiosks": kiosks, "Ack": []byte(keys.Ack)})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "keys.json"), b, 0o600)
}

// tracking compares the page that a QR code leads to.
func (c *comparison) tracking(ctx context.Context) error {
	size := 1000
	known := c.known[size]
	folder := c.path(fmt.Sprint("hub-", size))
	p, err := c.serveHub(ctx, folder)
	if err != nil {
		return err
	}
	defer p.stop()
	page, err := fetched(p.address, lookUp(known[0], false))
	if err != nil {
		return err
	}
	c.note(fmt.Sprintf("the tracking page is %d bytes of HTML; nginx serves the same bytes from a file", len(page)))
	pbFolder, bareFolder := c.path("pocketbase-read"), c.path("bare-look-up")
	ids, err := c.makePocketBase(ctx, pbFolder, size)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(bareFolder, 0o700); err != nil {
		return err
	}
	if err := makeBareLookUp(ctx, bareFolder, known); err != nil {
		return err
	}
	pb, err := c.pocketBase(ctx, pbFolder, false)
	if err != nil {
		return err
	}
	defer pb.stop()
	bare, err := c.bare(ctx, "bare-look-up", bareFolder)
	if err != nil {
		return err
	}
	defer bare.stop()
	ng, err := c.nginx(ctx, page)
	if err != nil {
		return err
	}
	defer ng.stop()
	var pages, programs, records [][]byte
	for _, k := range known {
		pages, programs = append(pages, lookUp(k, false)), append(programs, lookUp(k, true))
	}
	for _, id := range ids {
		records = append(records, read(id))
	}
	static := request("GET", "/page.html", "127.0.0.1", nil, nil)
	const clients = 32
	turn := func(all [][]byte) func(client, n int) []byte {
		return func(client, n int) []byte { return all[(client*31+n)%len(all)] }
	}
	look := func(p *process, next func(client, n int) []byte) (float64, error) {
		return load{addresses: []string{p.address}, clients: clients, most: c.most, next: next, networks: 50}.run()
	}
	var html, program, busy, pocket, bareRuns, nginx figures
	err = c.runs(func(keep bool) error {
		for _, x := range []struct {
			to   *figures
			p    *process
			next func(client, n int) []byte
		}{
			{&html, p, turn(pages)}, {&pocket, pb, turn(records)}, {&bareRuns, bare, turn(pages)}, {&nginx, ng, func(int, int) []byte { return static }}, {&program, p, turn(programs)},
		} {
			persec, err := look(x.p, x.next)
			if err != nil {
				return fmt.Errorf("%s: %w", x.p.name, err)
			}
			if keep {
				*x.to = append(*x.to, persec)
			}
		}
		persec, err := c.whileIngesting(ctx, folder, func(p *process) (float64, error) { return look(p, turn(pages)) })
		if keep {
			busy = append(busy, persec)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.add(row{name: "tracking", what: "tracking page of a case, 32 clients", ours: html, theirs: pocket, unit: "/s", theirName: "PocketBase, one record as JSON", least: 2.5},
		row{name: "tracking bare", what: "the same", ours: html, theirs: bareRuns, unit: "/s", theirName: "net/http and one SQLite look-up, JSON", least: 0.7},
		row{name: "tracking nginx", what: "the same", ours: html, theirs: nginx, unit: "/s", theirName: "nginx, the same page from a file"},
		row{name: "tracking program", what: "the same answer as JSON, for a program", ours: program, theirs: pocket, unit: "/s", theirName: "PocketBase, one record as JSON", least: 2.5},
		row{name: "tracking busy", what: fmt.Sprintf("tracking page while %d reports a second come in", ingestRate), ours: busy, theirs: html, unit: "/s", theirName: "while none come", least: 0.5})

	sizes := c.hubSizes()
	grown := growth{what: "tracking page, 32 clients, cases in the hub", sizes: sizes, unit: "/s", runs: make([]figures, len(sizes)), name: "tracking growth"}
	var hubs []*process
	defer func() {
		for _, p := range hubs {
			p.stop()
		}
	}()
	p.stop()
	err = c.runs(func(keep bool) error {
		for i, n := range sizes {
			var all [][]byte
			for _, k := range c.known[n][:min(n, 5000)] {
				all = append(all, lookUp(k, false))
			}
			persec, err := look(hubs[i], turn(all))
			if err != nil {
				return err
			}
			if keep {
				grown.runs[i] = append(grown.runs[i], persec)
			}
		}
		return nil
	}, func() error {
		for _, n := range sizes {
			p, err := c.serveHub(ctx, c.path(fmt.Sprint("hub-", n)))
			if err != nil {
				return err
			}
			hubs = append(hubs, p)
		}
		return nil
	})
	c.grown = append(c.grown, grown)
	return err
}

// ingestRate is how many reports a second come in while pages are looked at: as many
// as 30,000 kiosks bring of which each takes one a minute.
const ingestRate = 500

// whileIngesting looks at pages of a hub that takes reports at the same time.
func (c *comparison) whileIngesting(ctx context.Context, folder string, look func(*process) (float64, error)) (float64, error) {
	dir := c.path("run")
	if err := copied(folder, dir); err != nil {
		return 0, err
	}
	p, err := c.serveHub(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	stop, ended := make(chan struct{}), make(chan error, 1)
	const clients = 8
	go func() {
		_, err := load{addresses: []string{p.address}, clients: clients, most: c.most * 2, next: dealt(c.singles, clients), every: time.Second * clients / ingestRate, stop: stop}.run()
		ended <- err
	}()
	persec, err := look(p)
	close(stop)
	if err2 := <-ended; err == nil {
		err = err2
	}
	return persec, err
}
