package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/enrol"
	"loket/kiosk/form"
	"loket/kiosk/seal"
	"loket/kiosk/track"
	"loket/store/casebook"
)

const envelopesPath = "/api/v1/envelopes"

// serveHub starts the hub on a data folder.
func (c *comparison) serveHub(ctx context.Context, dir string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, nil, c.bin("hub"), "serve", "--data", dir, "--listen", address)
	if err != nil {
		return nil, err
	}
	p.address = address
	return p, p.serving("/readyz")
}

// sender is a kiosk in software, with what it will send.
type sender struct {
	*enrol.Enrolment
	step      track.Key
	envelopes []seal.Envelope
	known     []pair // of them
}

// pair is what a visitor types to follow a report.
type pair struct {
	number kiosk.Number
	code   kiosk.Code
}

// enlist makes a hub's folder with enrolled kiosks.
func (c *comparison) enlist(ctx context.Context, dir string, n int) ([]*sender, error) {
	p, err := c.serveHub(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var all []*sender
	for range n {
		code, err := command(ctx, nil, c.bin("hub"), "kiosk", "add", "--data", dir, "--office", "ntt")
		if err != nil {
			return nil, err
		}
		e, first, err := enrol.Request(ctx, http.DefaultClient, "http://"+p.address, code)
		if err != nil {
			return nil, err
		}
		all = append(all, &sender{Enrolment: e, step: first})
	}
	return all, nil
}

// write seals n reports of each kiosk.
func write(senders []*sender, catalogue *form.Catalogue, n int) error {
	errs := make([]error, len(senders))
	var owned sync.WaitGroup
	place := make(chan struct{}, runtime.NumCPU())
	for i, s := range senders {
		owned.Go(func() {
			place <- struct{}{}
			defer func() { <-place }()
			errs[i] = s.write(catalogue, uint64(i+1), n)
		})
	}
	owned.Wait()
	return errors.Join(errs...)
}

func (s *sender) write(catalogue *form.Catalogue, seed uint64, n int) error {
	sealer, err := seal.NewSealer(s.Kiosk, "compare", s.Key, s.Bundle)
	if err != nil {
		return err
	}
	slot := seal.Slot{Epoch: strings.Repeat("ab", 8)}
	used := map[kiosk.Number]bool{}
	for i := range n {
		d := catalogue.Example("complaint", seed, i, time.Now())
		number := kiosk.Number("")
		for number == "" || used[number] {
			if number, err = track.NewNumber(s.Kiosk, rand.Reader); err != nil {
				return err
			}
		}
		used[number] = true
		p := pair{number, s.step.Code(number)}
		slot.Seq++
		e, err := sealer.Seal(seal.NewID(), slot, kiosk.Report{Number: p.number, Code: p.code, Form: catalogue.Form(d.Form).Ref(), Language: d.Language,
			Identity: d.Identity, Office: s.Office, At: kiosk.Moment{At: time.Now()}, Answers: d.Answers})
		if err != nil {
			return err
		}
		s.envelopes, s.known = append(s.envelopes, e), append(s.known, p)
		slot.Prev, s.step = e.SHA256, s.step.Next()
	}
	return nil
}

// batch is the request that brings some of the kiosk's envelopes.
func (s *sender) batch(from, to int) ([]byte, error) {
	var raw [][]byte
	for _, e := range s.envelopes[from:to] {
		raw = append(raw, e.Bytes)
	}
	var body bytes.Buffer
	if err := seal.WriteBatch(&body, raw); err != nil {
		return nil, err
	}
	return request(http.MethodPost, envelopesPath, "127.0.0.1", s.header(body.Bytes()), body.Bytes()), nil
}

func (s *sender) header(body []byte) map[string]string {
	return map[string]string{"Content-Type": seal.BatchType, "Loket-Kiosk": s.Kiosk,
		"Loket-Signature": base64.StdEncoding.EncodeToString(seal.SignRequest(s.Key, http.MethodPost, envelopesPath, body))}
}

// requests are those of every kiosk, each with so many envelopes, signed beforehand.
func requests(senders []*sender, each int) ([][][]byte, error) {
	all := make([][][]byte, len(senders))
	for i, s := range senders {
		for from := 0; from+each <= len(s.envelopes); from += each {
			b, err := s.batch(from, from+each)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], b)
		}
	}
	return all, nil
}

// dealt gives every client kiosks of its own: it sends all of one, then of the next.
func dealt(all [][][]byte, clients int) func(client, n int) []byte {
	mine := make([][][]byte, clients)
	for i, kiosk := range all {
		mine[i%clients] = append(mine[i%clients], kiosk...)
	}
	return func(client, n int) []byte {
		if n < len(mine[client]) {
			return mine[client][n]
		}
		return nil
	}
}

// lookUp is the request of somebody who types number and code.
func lookUp(p pair, program bool) []byte {
	accept := "text/html"
	if program {
		accept = "application/json"
	}
	body := url.Values{"number": {string(p.number)}, "code": {string(p.code)}}.Encode()
	return request(http.MethodPost, "/t", "127.0.0.1", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}, []byte(body))
}

// fill puts n cases of a kiosk into a hub's folder, past sealing and past the disk, in
// the ways that the hub itself uses.
func fill(ctx context.Context, dir string, s *sender, catalogue *form.Catalogue, n int) (known []pair, err error) {
	book, err := casebook.OpenHasty(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	h, err := hubOn(ctx, book, dir)
	if err != nil {
		return nil, err
	}
	if err := h.Current(ctx); err != nil { // or all would be counted anew at the first start
		return nil, err
	}
	first := s.envelopes[0]
	slot := seal.Slot{Epoch: strings.Repeat("cd", 8)}
	used := map[kiosk.Number]bool{}
	step := s.step
	const together = 500
	for len(known) < n {
		var arrivals []hub.Arrival
		var pairs []pair
		for range min(together, n-len(known)) {
			number := kiosk.Number("")
			for number == "" || used[number] {
				if number, err = track.NewNumber(s.Kiosk, rand.Reader); err != nil {
					return nil, err
				}
			}
			used[number] = true
			slot.Seq++
			a := hub.Arrival{Bytes: bytes.Clone(first.Bytes), Kiosk: s.Kiosk, Level: seal.LevelStored, At: time.Now(), Header: first.Header}
			rand.Read(a.SHA256[:])
			a.Header.ID, a.Header.Epoch, a.Header.Seq, a.Header.Number = seal.NewID(), slot.Epoch, slot.Seq, number
			a.Header.Prev = fmt.Sprintf("%x", slot.Prev)
			slot.Prev = a.SHA256
			arrivals, pairs = append(arrivals, a), append(pairs, pair{number, step.Code(number)})
		}
		held, _, err := book.Accept(ctx, arrivals)
		if err != nil {
			return nil, err
		}
		var opened []hub.Opening
		for i, x := range held {
			d := catalogue.Example("complaint", 7, len(known)+i, time.Now())
			opened = append(opened, hub.Opening{HubSeq: x.HubSeq, Case: hub.Case{Number: pairs[i].number, Form: catalogue.Form(d.Form).Ref(), Language: d.Language, Identity: d.Identity,
				Office: s.Office, FiledAt: time.Now(), Status: kiosk.Received, Handling: hub.Handling{Unit: s.Office}, Anonim: d.Identity != kiosk.Named,
				Rahasia: d.Identity == kiosk.Confidential, Answers: d.Answers, CodeMAC: h.Keys.CodeMAC(pairs[i].number, pairs[i].code), Edition: 1}})
		}
		if err := book.OpenCases(ctx, opened); err != nil {
			return nil, err
		}
		known = append(known, pairs...)
	}
	return known, nil
}
