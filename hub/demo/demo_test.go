package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/kiosk"
	"loket/store/casebook"
	"loket/store/casebook/casebooktest"
)

// folder is a new data folder with the demo's offices.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	b, err := assets.Files.ReadFile(Offices)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "offices.toml"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open opens the hub of a folder by the demo's clock.
func open(t *testing.T, dir string) (*hub.Hub, *Clock, *bytes.Buffer) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var book *casebook.Casebook
	var err error
	if casebooktest.OnPostgres() {
		book = casebooktest.Open(t, dir)
	} else {
		book, err = casebook.OpenHasty(t.Context(), dir)
		must(err)
	}
	t.Cleanup(func() { book.Close() })
	keys, err := hub.OpenKeys(filepath.Join(dir, "keys"), "https://lacak.example.go.id", "")
	must(err)
	var log bytes.Buffer
	clock := new(Clock)
	data, err := hub.LoadData(t.Context(), book, assets.In(dir))
	must(err)
	return hub.New(book, keys, data, clock.Now, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))), clock, &log
}

func options(seed uint64, cases int) Options {
	return Options{Seed: seed, Cases: cases, Until: lastDay, Now: lastDay.Add(15 * time.Hour), Password: "a long password"}
}

// told is all of a hub's cases as text, without what chance gave: numbers and
// codes.
func told(t *testing.T, h *hub.Hub) (all []string) {
	t.Helper()
	cases := every(t, h)
	known := map[string]string{} // what a number stands for
	for _, c := range cases {
		known[string(c.Number)] = fmt.Sprint("report of ", c.FiledAt, c.Office)
	}
	plain := func(s string) string {
		if stands, ok := known[s]; ok {
			return stands
		}
		return s
	}
	for _, c := range cases {
		var b strings.Builder
		fmt.Fprintln(&b, c.FiledAt, c.ReceivedAt, c.SeenAt, c.Form, c.Language, c.Identity, c.Office, c.Unit, c.Assignee, c.Status, c.Outcome, c.Reason, c.Holder, c.Answer,
			c.Extended, c.Anonim, c.Rahasia, c.Lapor, c.Summary, plain(string(c.MergedInto)))
		for _, id := range slices.Sorted(maps.Keys(c.Answers)) {
			fmt.Fprintln(&b, id, plain(c.Answers[id]))
		}
		for _, e := range c.Events {
			fmt.Fprintln(&b, e.At, e.Kind, e.Officer, e.Status, e.Outcome, e.Reason, e.Said, e.Note, plain(e.Target))
		}
		all = append(all, b.String())
	}
	opinions, err := h.Store.Opinions(t.Context(), "survey", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range opinions {
		all = append(all, fmt.Sprint(o))
	}
	slices.Sort(all)
	return all
}

// every case, with its whole story.
func every(t *testing.T, h *hub.Hub) (all []hub.Case) {
	t.Helper()
	cases, err := h.Store.Cases(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		c, err := h.Store.Case(t.Context(), c.Number)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func TestAYear(t *testing.T) {
	ctx := t.Context()
	h, clock, log := open(t, folder(t))
	calls := 0
	o := options(1, 400)
	o.Progress = func(done, all int, day time.Time) {
		if calls++; done != calls || done > all || day.After(o.Now) {
			t.Errorf("%d of %d at %s, call %d", done, all, day, calls)
		}
	}
	filled, err := Fill(ctx, h, clock, assets.Files, o)
	if err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
	cases := every(t, h)
	if filled.Cases != len(cases) || len(cases) < 397 || len(filled.Officers) != len(Officers) || filled.Opinions < 1000 || calls != filled.Cases+filled.Opinions {
		t.Errorf("%+v, %d cases, %d calls", filled, len(cases), calls)
	}
	seen := map[string]int{} // what there is to show
	for _, c := range cases {
		lived(t, h, c)
		seen[string(c.Status)]++
		seen["outcome "+c.Form.Name+" "+c.Outcome]++
		seen["identity "+string(c.Identity)]++
		if c.SeenAt.IsZero() {
			seen["unseen"]++
		}
		if r, ok := h.Answering(c); ok && r.Late && !c.Status.Done() {
			seen["overdue"]++
		}
		if c.MergedInto != "" {
			seen["merged"]++
		}
		if c.Summary != "" {
			if seen["summary"]++; !hub.Public(c) {
				t.Errorf("%s has a summary and is not public", c.Number)
			}
		}
		if c.Lapor != "" {
			seen["number of LAPOR!"]++
		}
		if c.Extended > 0 {
			seen["extended"]++
		}
		if c.Assignee != "" && !c.Status.Done() {
			seen["work of "+c.Assignee]++
		}
		if c.Form.Name == "objection" && c.Answers["request"] != "" {
			seen["objection to a request"]++
			request, err := h.Store.Case(ctx, kiosk.Number(c.Answers["request"]))
			if err != nil || request.Form.Name != "information" || request.Office != c.Office || !request.FiledAt.Before(c.FiledAt) || request.Answers["name"] != c.Answers["name"] {
				t.Errorf("objection to %+v: %v", request, err)
			}
		}
		for _, e := range c.Events {
			seen["event "+string(e.Kind)]++
			if e.Note != "" {
				seen["note"]++
			}
		}
	}
	for _, what := range []string{"received", "verified", "in_progress", "answered", "returned", "not_ours", "archived", "closed", "unseen", "overdue", "merged", "number of LAPOR!", "summary", "extended",
		"objection to a request", "note", "event reply", "event solved", "event contested", "event hidden", "event forwarded", "event merged", "event holiday", "event note", "event identity",
		"outcome complaint solved", "outcome complaint partly", "outcome complaint unfounded", "outcome suggestion adopted", "outcome suggestion planned", "outcome suggestion not_adopted",
		"outcome information granted", "outcome information partial", "outcome information refused", "outcome information not_held",
		"outcome objection upheld", "outcome objection rejected", "identity named", "identity confidential", "identity anonymous", "work of " + Unit} {
		if seen[what] == 0 {
			t.Errorf("no %s in a year", what)
		}
	}
	t.Log(seen)
	if views, err := h.Store.Views(ctx, Verifier); err != nil || len(views) < 2 {
		t.Errorf("%v, %v", views, err)
	}
	changes, err := h.Store.Improvements(ctx)
	if err != nil || len(changes) < 4 || !slices.ContainsFunc(changes, func(i hub.Improvement) bool { return len(i.Cases) > 2 }) {
		t.Errorf("%+v, %v", changes, err)
	}
	if _, err := Fill(ctx, h, clock, assets.Files, options(1, 10)); !errors.Is(err, ErrCases) {
		t.Errorf("a second time: %v", err)
	}
	more := options(2, 30)
	more.More = true
	again, err := Fill(ctx, h, clock, assets.Files, more)
	if err != nil || len(again.Officers) > 0 {
		t.Fatalf("more: %+v, %v", again, err)
	}
	if now := every(t, h); len(now) != len(cases)+again.Cases || again.Cases == 0 {
		t.Errorf("%d cases, then %d more, are %d", len(cases), again.Cases, len(now))
	}
}

// lived checks that a case came about as the law and the hub allow.
func lived(t *testing.T, h *hub.Hub, c hub.Case) {
	t.Helper()
	l := h.Lifecycles.Kind(c.Form.Name)
	at, now := c.ReceivedAt, kiosk.Received
	for i, e := range c.Events {
		if e.At.Before(at) || e.At.After(h.Now()) {
			t.Errorf("%s: event %d at %s, after %s", c.Number, i, e.At, at)
		}
		if e.Status != now && !slices.Contains(l.Next(now), e.Status) {
			t.Errorf("%s: %s after %s", c.Number, e.Status, now)
		}
		at, now = e.At, e.Status
	}
	if now != c.Status || c.FiledAt.After(c.ReceivedAt) {
		t.Errorf("%s is %s, its story ends %s", c.Number, c.Status, now)
	}
	o := l.Outcome(c.Outcome)
	switch {
	case c.Status == kiosk.Answered && (o == nil || c.Answer == ""),
		o != nil && slices.Contains(o.Needs, "reason") && l.Reason(c.Reason) == nil,
		o != nil && slices.Contains(o.Needs, "holder") && c.Holder == "",
		c.Status == kiosk.Archived && l.Reason(c.Reason) == nil,
		c.Status != kiosk.Received && c.SeenAt.IsZero() && c.MergedInto == "":
		t.Errorf("%s is %s with outcome %q, reason %q, answer %q, seen %s", c.Number, c.Status, c.Outcome, c.Reason, c.Answer, c.SeenAt)
	}
	if _, problems := h.Catalogue.Check(kiosk.Draft{Form: c.Form.Name, Language: c.Language, Identity: c.Identity, Answers: c.Answers}, h.Local(c.Office, c.FiledAt)); len(problems) > 0 {
		t.Errorf("%s would not have been taken: %v", c.Number, problems)
	}
}

// The same seed fills two folders alike, but for numbers, codes and keys.
func TestTheSameSeedTheSameYear(t *testing.T) {
	var years [2][]string
	for i := range years {
		h, clock, _ := open(t, folder(t))
		if _, err := Fill(t.Context(), h, clock, assets.Files, options(5, 40)); err != nil {
			t.Fatal(err)
		}
		years[i] = told(t, h)
	}
	if !slices.Equal(years[0], years[1]) {
		for i := range years[0] {
			if years[0][i] != years[1][i] {
				t.Fatalf("%s\nand\n%s", years[0][i], years[1][i])
			}
		}
	}
	if len(years[0]) < 100 {
		t.Errorf("only %d", len(years[0]))
	}
}

// Nothing is invented about offices that there are.
func TestRealOfficesAreLeftAlone(t *testing.T) {
	h, clock, _ := open(t, t.TempDir())
	if _, err := Fill(t.Context(), h, clock, assets.Files, options(1, 10)); !errors.Is(err, ErrOffices) {
		t.Error(err)
	}
	if all := every(t, h); len(all) > 0 {
		t.Errorf("%d cases", len(all))
	}
}

// A demo of today holds nothing that has not happened yet.
func TestNothingIsAhead(t *testing.T) {
	h, clock, _ := open(t, folder(t))
	o := options(1, 100)
	o.Now = o.Until.Add(3 * time.Hour) // ten in the morning
	if _, err := Fill(t.Context(), h, clock, assets.Files, o); err != nil {
		t.Fatal(err)
	}
	for _, c := range every(t, h) {
		if c.ReceivedAt.After(o.Now) {
			t.Errorf("%s arrived at %s", c.Number, c.ReceivedAt)
		}
		lived(t, h, c)
	}
}

// Who stops it half-way gets an error, and no more is filed.
func TestItCanBeStopped(t *testing.T) {
	h, clock, _ := open(t, folder(t))
	ctx, stop := context.WithCancel(t.Context())
	o := options(1, 100)
	o.Progress = func(done, _ int, _ time.Time) {
		if done == 20 {
			stop()
		}
	}
	if filled, err := Fill(ctx, h, clock, assets.Files, o); !errors.Is(err, context.Canceled) || filled.Cases+filled.Opinions > 21 {
		t.Errorf("%+v, %v", filled, err)
	}
}
