package web_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"loket/hub"
	"loket/hub/demo"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// typing is what a keyboard sends. A letter comes with its key, so that a page
// that takes the key for itself does not get the letter as well.
type typing string

func (text typing) Do(ctx context.Context) error {
	for _, r := range text {
		events := kb.Encode(r)
		if len(events) == 3 {
			events[0].Text = events[1].Text
			events = slices.Delete(events, 1, 2)
		}
		for _, e := range events {
			if err := e.Do(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// keys types on a keyboard; there is no mouse.
func (p *tab) keys(text string) { p.t.Helper(); p.do(typing(text)) }

// back presses the tab key the other way round.
func (p *tab) back() {
	p.t.Helper()
	p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(input.ModifierShift)))
}

// leads types and waits for the page that it leads to.
func (p *tab) leads(text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, typing(text)); err != nil {
		p.t.Fatalf("%q led nowhere: %v", text, err)
	}
}

// at says whether what has the focus is one of these.
func (p *tab) at(selector string) (there bool) {
	p.t.Helper()
	p.eval(fmt.Sprintf(`document.activeElement.matches(%q)`, selector), &there)
	return there
}

// tabTo presses the tab key until what has the focus is one of these.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	for range 150 {
		if p.keys(kb.Tab); p.at(selector) {
			return
		}
	}
	p.t.Fatalf("the tab key does not reach %s", selector)
}

// choose goes down a list until it says so.
func (p *tab) choose(value string) {
	p.t.Helper()
	for range 40 {
		var chosen string
		if p.eval(`document.activeElement.value`, &chosen); chosen == value {
			return
		}
		p.keys(kb.ArrowDown)
	}
	p.t.Fatalf("the list never says %q", value)
}

// An officer who has no mouse: from logging in to logging out.
func TestAnOfficerWithKeysAlone(t *testing.T) {
	o := newOffice(t)
	o.filed("suggestion", kiosk.Answers{"title": "Kursi untuk lansia"})
	c := o.filed("complaint", kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."})
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	p := o.chromium(1280, 720)
	p.do(emulation.SetFocusEmulationEnabled(true), dom.Disable())
	p.open("/desk/login")
	p.eval(`new Promise(done => { const wait = () => document.activeElement.id === "name" ? done(true) : setTimeout(wait, 5); wait(); })`, nil)
	p.keys("petugas" + kb.Tab + "a long password")
	p.leads(kb.Enter)
	p.sees("Kotak masuk")

	// The way past the menu.
	p.keys(kb.Tab)
	if !p.at(".skip") {
		t.Error("the first stop is not the way past the menu")
	}
	p.keys(kb.Enter)
	if p.keys(kb.Tab); !p.at("main *") {
		t.Error("the way past the menu leads elsewhere")
	}

	// Filters open, and find.
	p.tabTo("[role=search] summary")
	p.keys(" ")
	p.tabTo("#status")
	p.choose("received")
	p.keys("/") // in a list that is typing, no shortcut
	if !p.at("#status") {
		t.Error("a letter typed into a list is a shortcut")
	}
	p.keys(kb.Escape)
	p.keys("/tutup")
	p.leads(kb.Enter)
	if text := p.text(); !strings.Contains(text, "Loket tutup") || strings.Contains(text, "Kursi untuk lansia") {
		t.Errorf("the search: %s", text)
	}

	// The shortcuts are told, and the focus comes back.
	p.tabTo("#keys-open")
	p.keys(" ")
	for range 6 {
		if p.keys(kb.Tab); !p.at("dialog *, dialog, body") { // body: the browser's own controls
			t.Error("the dialog lets the focus out")
		}
	}
	if p.keys(kb.Escape); !p.at("#keys-open") {
		t.Error("after the dialog the focus is lost")
	}

	// The case: answered, taken back, answered again.
	p.keys("j")
	p.leads(kb.Enter)
	answer := func() {
		p.keys("a")
		p.keys("Sudah buka.")
		p.tabTo("#status")
		p.choose("answered")
		p.tabTo("#outcome")
		p.choose("solved")
		p.tabTo("#decide > button")
		p.leads(" ")
		p.sees("Tersimpan.", "Urungkan")
		if got := o.current(c.Number); got.Status != kiosk.Answered || got.Answer != "Sudah buka." {
			t.Errorf("%+v", got)
		}
	}
	answer()
	p.leads("z")
	if got := o.current(c.Number); got.Status != kiosk.Received || got.Answer != "" {
		t.Errorf("taken back: %+v", got)
	}
	answer()

	// Several at once.
	p.leads("u")
	p.tabTo("#every input")
	p.keys(" ")
	p.tabTo("button[value=take]")
	p.leads(kb.Enter)
	if got := o.all(); got[0].Assignee != "petugas" {
		t.Errorf("%+v", got[0].Handling)
	}

	// Out. From the foot of the page back to the menu, the other way round.
	for !p.at(`form[action="/desk/logout"] button`) {
		p.back()
	}
	p.leads(kb.Enter)
	p.sees("Kata sandi")
	p.quiet("keys alone")
}

// A visitor who has no mouse and one who has no scripts: both read how the days
// were counted, and complete the report.
func TestAVisitorWithKeysAloneOrWithoutScripts(t *testing.T) {
	o := newOffice(t)
	var held []kiosk.Code
	var cases []kiosk.Number
	for range 2 {
		e, n, code := o.answered("information", kiosk.Answers{"information": "Anggaran 2025", "name": "Pemohon Satu"})
		o.send(e)
		o.opened(n)
		if err := o.hub.Update(t.Context(), anybody, hub.Change{Number: n, Edition: o.current(n).Edition, Decision: lifecycle.Decision{Status: kiosk.Returned, Answer: "Mohon kirim foto KTP yang terbaca."}}); err != nil {
			t.Fatal(err)
		}
		held, cases = append(held, code), append(cases, n)
	}
	check := func(n kiosk.Number) {
		t.Helper()
		if c := o.current(n); c.Status != kiosk.InProgress || c.Events[len(c.Events)-1].Said != "Fotonya saya kirim." {
			t.Errorf("%s: %+v", c.Status, c.Events)
		}
	}

	p := o.chromium(360, 780)
	p.do(emulation.SetFocusEmulationEnabled(true), dom.Disable())
	p.open("/t?lang=id")
	p.tabTo("#number")
	p.keys(string(cases[0]) + kb.Tab + string(held[0]))
	p.leads(kb.Enter)
	p.sees("Perlu dilengkapi")
	p.tabTo(".clock summary")
	p.keys(" ")
	p.sees("hari diterima")
	for !p.at(".say textarea") {
		p.back()
	}
	p.keys("Fotonya saya kirim." + kb.Tab)
	p.leads(" ")
	p.sees("Tersimpan. Terima kasih.")
	check(cases[0])

	p.do(emulation.SetScriptExecutionDisabled(true))
	p.open("/t?lang=id")
	p.fill("#track", "", "number", string(cases[1]), "code", string(held[1]))
	p.sees("Perlu dilengkapi")
	p.fill("form.say", "", "said", "Fotonya saya kirim.")
	p.sees("Tersimpan. Terima kasih.")
	check(cases[1])
	p.quiet("the visitor")
}

// look says of what has the focus whether it is seen: nothing lies over all of
// it, and something shows that it has the focus.
const look = `(() => {
	const e = document.activeElement, own = e => e.tagName + (e.id && "#" + e.id) + " " + (e.innerText || e.getAttribute("aria-label") || e.value || "").trim().slice(0, 40);
	if (e === document.body) return null;
	stops.push(e);
	const s = getComputedStyle(e), b = e.getBoundingClientRect();
	const three = (from, to) => [from + 3, (from + to) / 2, to - 3], x = three(Math.max(b.left, 0), Math.min(b.right, innerWidth)), y = three(Math.max(b.top, 0), Math.min(b.bottom, innerHeight));
	const seen = x.some(x => y.some(y => { const top = document.elementFromPoint(x, y); return top && (e.contains(top) || top.contains(e) && !["fixed", "sticky"].includes(getComputedStyle(top).position) || top.closest("label")?.contains(e)); }));
	if (!seen) faults.push("hidden under something: " + own(e));
	if (s.outlineStyle === "none" || !(parseFloat(s.outlineWidth) > 0)) faults.push("no visible focus: " + own(e));
	if (e.tabIndex > 0) faults.push("an order of its own: " + own(e));
	const target = e.closest("label") || e, box = target.getBoundingClientRect();
	if (s.display !== "inline" && !(e.matches(".wide")) && (box.width < 43.9 || box.height < 43.9)) small.push(e.tagName + "." + e.className + " " + Math.round(box.width) + "×" + Math.round(box.height));
	return own(e);
})()`

// roundabout goes through a page with the tab key and back, at the width of a
// phone, and fails for what is not seen there, for an order that is not the
// page's, and where the focus does not get on.
func (p *tab) roundabout(where string, small map[string]string) {
	p.t.Helper()
	p.eval(`window.faults = [], window.stops = [], window.small = []; scrollTo(0, 0)`, nil)
	walk := func(step func()) (stops int) {
		for ; stops < 400; stops++ {
			step()
			var name *string
			if p.eval(look, &name); name == nil && stops > 0 {
				return stops
			}
		}
		p.t.Errorf("%s: the tab key does not come to an end", where)
		return stops
	}
	there := walk(func() { p.keys(kb.Tab) })
	var told struct {
		Faults, Small []string
		Last          int
	}
	p.eval(`({Last: stops.length, Faults: stops.slice(1).filter((e, i) => e !== stops[i] && !(stops[i].compareDocumentPosition(e) & 4)).map(e => "out of order: " + e.tagName + " " + (e.innerText || e.id).slice(0, 40))})`, &told)
	faults := told.Faults
	if back := walk(p.back); back != there {
		p.t.Errorf("%s: %d stops there, %d back", where, there, back)
	}
	p.eval(`({Faults: [...new Set(faults)], Small: small})`, &told)
	for i, f := range append(faults, told.Faults...) {
		if i == 5 {
			break
		}
		p.t.Errorf("%s by keyboard: %s", where, f)
	}
	for _, s := range told.Small {
		small[s] = where
	}
}

// Every page that stands in a role's menu, of a ministry in the middle of its
// year, in English on a phone; and each kind of page by keyboard.
func TestEveryRoleOnAPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of a real browser")
	}
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	o := demoOffice(t, 60)
	p := o.chromium(360, 780)
	p.do(emulation.SetFocusEmulationEnabled(true), dom.Disable())
	small, walked := map[string]string{}, map[string]bool{}
	visit := func(who, path string) {
		p.open(path)
		where := fmt.Sprintf("%s as %s", path, who)
		var over int
		if p.eval(`document.querySelectorAll("details").forEach(d => { d.open = true }); document.documentElement.scrollWidth - innerWidth`, &over); over > 0 {
			var widest string
			p.eval(`[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.className + " " + (e.innerText || "").slice(0, 60)).pop() || ""`, &widest)
			t.Errorf("%s scrolls sideways by %d px: %s", where, over, widest)
		}
		var found []finding
		p.do(chromedp.Evaluate(string(axe)+";0", nil))
		p.eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]}).then(r => r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target, HTML: n.html}))})))`, &found)
		for _, f := range found {
			if f.Impact == "serious" || f.Impact == "critical" {
				t.Errorf("%s: %s (%s): %v %.200s", where, f.ID, f.Help, f.Nodes[0].Target, f.Nodes[0].HTML)
			}
		}
		if kind := numbered.ReplaceAllString(path, "N"); !walked[kind] {
			walked[kind] = true
			p.roundabout(where, small)
		}
		p.quiet(where)
	}
	var paths []string
	for _, path := range []string{"/", "/t", "/statistics", "/changes"} {
		visit("a visitor", path+"?lang=en")
	}
	for _, officer := range demo.Officers[:8] { // one a role
		p.open("/desk/login")
		p.fill("main form", "", "name", officer.Name, "password", "a long password")
		p.open("/desk?lang=en")
		p.eval(`[...document.querySelectorAll(".menu a")].map(a => a.pathname).concat([...document.querySelectorAll("td.code a")].slice(0, 1).map(a => a.pathname))`, &paths)
		for i, path := range paths { // where the role begins, its case, and what no role before had
			if i == 0 || strings.HasPrefix(path, "/desk/case/") || !walked[path] {
				visit(string(officer.Role), path)
			}
		}
		p.press(`form[action="/desk/logout"] button`)
	}
	for what, where := range small {
		t.Logf("smaller than 44 px: %s, %s", what, where)
	}
}
