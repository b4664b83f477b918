package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
)

// tab is a page of a real browser.
type tab struct {
	t      testing.TB
	ctx    context.Context
	server *httptest.Server

	mu       sync.Mutex
	troubles []string // errors of scripts, of the page's rules, of what it loads
}

// chromium starts a browser without a window and opens a tab on an office. The
// machine that lands changes must have one; elsewhere its absence is said.
func (o *office) chromium(width, height int64) *tab {
	o.t.Helper()
	if testing.Short() {
		o.t.Skip("a real browser, page by page")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			o.t.Fatal("chromium is not here; make setup installs it")
		}
		o.t.Skip("chromium is not here; make setup installs it")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.Flag("accept-lang", "id-ID"), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	o.t.Cleanup(stop)
	return newTab(o.t, o.server, allocator, width, height)
}

func newTab(t testing.TB, server *httptest.Server, parent context.Context, width, height int64, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent, options...)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 9*time.Minute)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, server: server}
	chromedp.ListenTarget(ctx, p.listen)
	p.do(network.Enable(), log.Enable(), runtime.Enable(), emulation.SetFocusEmulationEnabled(true))
	p.size(width, height)
	return p
}

// beside is a second window of the same officer, for a test within the test.
func (p *tab) beside(t *testing.T) *tab {
	t.Helper()
	return p.window(t, "", 1280, 900)
}

// another is a window of somebody else: nothing of this one's is known there.
func (p *tab) another(width, height int64) *tab {
	p.t.Helper()
	own, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(p.browser())
	if err != nil {
		p.t.Fatal(err)
	}
	return p.window(p.t, own, width, height)
}

func (p *tab) window(t testing.TB, of cdp.BrowserContextID, width, height int64) *tab {
	t.Helper()
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(of).WithNewWindow(true).Do(p.browser())
	if err != nil {
		t.Fatal(err)
	}
	return newTab(t, p.server, p.ctx, width, height, chromedp.WithTargetID(id))
}

func (p *tab) browser() context.Context {
	return cdp.WithExecutor(p.ctx, chromedp.FromContext(p.ctx).Browser)
}

func (p *tab) listen(e any) {
	trouble := ""
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		trouble = "script: " + e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "status of 4") { // an answer that is meant to be a refusal
			trouble = "console: " + e.Entry.Text
		}
	case *network.EventLoadingFailed:
		if e.ErrorText != "net::ERR_ABORTED" { // gone on to another page
			trouble = "not loaded: " + e.ErrorText
		}
	}
	if trouble != "" {
		p.mu.Lock()
		p.troubles = append(p.troubles, trouble)
		p.mu.Unlock()
	}
}

// quiet fails for what went wrong behind the page since the last time.
func (p *tab) quiet(where string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.troubles {
		p.t.Errorf("%s: %s", where, x)
	}
	p.troubles = nil
}

func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) size(width, height int64) { p.do(chromedp.EmulateViewport(width, height)) }

// open goes to a path, or a whole address.
func (p *tab) open(path string) {
	p.t.Helper()
	if !strings.Contains(path, "://") {
		path = p.server.URL + path
	}
	p.do(chromedp.Navigate(path))
}

// eval runs a script and reads what it returns.
func (p *tab) eval(script string, into any) {
	p.t.Helper()
	p.do(chromedp.Evaluate(script, into, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// text is what a reader sees of the page: of what can be chosen, what is.
func (p *tab) text() (s string) {
	p.t.Helper()
	p.eval(`(() => {
		const lists = [...document.querySelectorAll("select")].map(e => [e, document.createElement("span")]);
		for (const [e, shown] of lists) { shown.innerText = e.selectedOptions[0]?.text || ""; e.replaceWith(shown); }
		const text = document.body.innerText;
		for (const [e, shown] of lists) shown.replaceWith(e);
		return text;
	})()`, &s)
	return s
}

// sees fails unless the page says all of it.
func (p *tab) sees(all ...string) {
	p.t.Helper()
	text := p.text()
	for _, want := range all {
		if !strings.Contains(text, want) {
			p.t.Fatalf("the page does not say %q:\n%s", want, text)
		}
	}
}

// fill sets fields by name and presses the button of their form that says so.
func (p *tab) fill(form, button string, pairs ...string) {
	p.t.Helper()
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(values)
	if err != nil {
		p.t.Fatal(err)
	}
	var fault string
	p.eval(fmt.Sprintf(`(() => {
		const form = document.querySelector(%q), values = %s;
		if (!form) return "no form";
		for (const name in values) {
			const e = form.elements[name];
			if (!e) return "no field " + name;
			for (let d = e.closest && e.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
			e.value = values[name];
			if (e.value !== values[name]) return name + " cannot be " + values[name];
		}
		const button = [...form.querySelectorAll("button")].find(b => b.innerText.includes(%q));
		if (!button) return "no button";
		button.setAttribute("data-press", "");
		return "";
	})()`, form, b, button), &fault)
	if fault != "" {
		p.t.Fatalf("%s: %s", form, fault)
	}
	p.press("[data-press]")
}

// press clicks and waits for the page that follows.
func (p *tab) press(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil)); err != nil {
		p.t.Fatalf("press %s: %v", selector, err)
	}
}

func (p *tab) login(name string) {
	p.t.Helper()
	p.open("/desk/login")
	p.fill("main form", "Masuk", "name", name, "password", "a long password")
	p.sees("Kotak masuk")
}

// held is a receipt in a visitor's hand.
type held struct {
	kind   string
	status kiosk.Status
	number kiosk.Number
	code   kiosk.Code
}

// everyKind fills an office with a case of each kind and every status, and
// whatever else its pages can show to the officer petugas. It returns the
// receipts.
func (o *office) everyKind() (receipts []held) {
	o.t.Helper()
	answers := kiosk.Answers{"title": "Pendingin ruang tunggu rusak sejak Senin", "description": "Ruang tunggu lantai dua panas sekali, pendingin rusak.", "information": "Anggaran 2025", "ground": "refused", "story": "Tidak setuju.",
		"name": "Pemohon Satu", "address": "Jalan Contoh 1", "service": "antrean", "email": "satu@contoh.id", "incident_date": "2026-11-20", "location": "Loket 3"}
	update := func(c hub.Case, change hub.Change) {
		o.t.Helper()
		change.Number, change.Edition = c.Number, o.current(c.Number).Edition
		if err := o.hub.Update(o.t.Context(), anybody, change); err != nil {
			o.t.Fatal(err)
		}
	}
	for _, kind := range []string{"complaint", "suggestion", "information", "objection"} {
		l := o.hub.Lifecycles.Kind(kind)
		for _, status := range append([]kiosk.Status{kiosk.Received}, l.Next(kiosk.Received)...) {
			e, n, code := o.answered(kind, answers)
			o.send(e)
			c := o.opened(n)
			if receipts = append(receipts, held{kind, status, n, code}); status == kiosk.Received {
				continue
			}
			d := lifecycle.Decision{Status: status, Answer: "Terima kasih. Sudah kami tangani.", Outcome: l.Outcomes[0].ID}
			if status == kiosk.Archived {
				d.Reason = "too_general"
			}
			update(c, hub.Change{Decision: d, Note: "sudah ditelepon"})
		}
	}
	if err := o.book.SaveTemplate(o.t.Context(), hub.Template{Title: "Terima kasih", Body: "Terima kasih, {nama}.", By: "petugas", At: o.now()}); err != nil {
		o.t.Fatal(err)
	}
	o.sleep(7 * 24 * time.Hour) // some are late now
	a, b := o.filed("complaint", answers), o.filed("complaint", answers)
	if err := o.hub.Merge(o.t.Context(), anybody, b.Number, b.Edition, a.Number); err != nil {
		o.t.Fatal(err)
	}
	periksa := o.sit("periksa", hub.Verifier, "ntt")
	checked := o.verified("complaint", answers)
	if status, page := periksa.post("/desk/lapor/"+string(checked.Number), "lapor", "8123456"); status != http.StatusOK {
		o.t.Fatalf("%d %s", status, page)
	}
	periksa.post("/desk/case/"+string(a.Number)+"/handle", "edition", edition(o.current(a.Number)), "assignee", "periksa", "unit", "ntt.yankum", "note", "Tolong dicek hari ini.")
	if c := o.current(a.Number); c.Unit != "ntt.yankum" {
		o.t.Fatalf("%+v", c.Handling)
	}
	o.identity(kiosk.Confidential, answers)
	if err := o.book.SaveView(o.t.Context(), "petugas", hub.View{Name: "Antrean Kupang", Query: "view=open&service=antrean"}); err != nil {
		o.t.Fatal(err)
	}
	o.webhook(hub.Webhook{Events: hub.Events})
	o.filed("complaint", answers)
	o.deliver(o.courier(nil, &ears{then: func() error { return &hub.Failure{Why: "status", Detail: "503"} }}))
	items, _, err := o.hub.Vocabulary.Read(strings.NewReader(firstTable))
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.hub.Publish(o.t.Context(), anybody, items, 0); err != nil {
		o.t.Fatal(err)
	}
	items, faults, err := o.hub.Vocabulary.Read(strings.NewReader(strings.Replace(firstTable, "2025", "2026", 1) + "d;Baru;Berkala;;;;\ne;;;;;;\n"))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.book.KeepUpload(o.t.Context(), "petugas", &hub.Upload{Name: "daftar.csv", At: o.now(), Items: items[1:], Faults: faults}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.hub.Improve(o.t.Context(), anybody, hub.Improvement{Day: "2026-11-26", Service: "antrean", State: hub.Published, Cases: []kiosk.Number{a.Number},
		Said: kiosk.Text{kiosk.Indonesian: "Antrean terlalu lama."}, Changed: kiosk.Text{kiosk.Indonesian: "Loket ketiga dibuka pada hari Senin."}}); err != nil {
		o.t.Fatal(err)
	}
	for i := range 12 {
		o.past("ntt", "antrean", o.now().AddDate(0, -1, -i), kiosk.Named, 3)
	}
	fields := kiosk.Answers{"service": "antrean"}
	for i := range 12 {
		for _, e := range o.hub.Instrument.Elements {
			fields[e.Field] = fmt.Sprint(3 + i%2)
		}
		survey, _, _ := o.answered("survey", fields)
		ease, _, _ := o.answered("ease", kiosk.Answers{"ease": fmt.Sprint(1 + i%4)})
		o.send(survey, ease)
	}
	o.opinions("ease", 12)
	return receipts
}

// identity files a complaint of somebody who says who they are, or hides it.
func (o *office) identity(how kiosk.Identity, answers kiosk.Answers) {
	o.t.Helper()
	if _, _, err := o.hub.File(o.t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 1}, Language: kiosk.Indonesian, Identity: how, At: kiosk.Moment{At: o.now()}, Answers: answers}); err != nil {
		o.t.Fatal(err)
	}
}

// finding is a violation that axe-core found.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target []any
		HTML   string
	}
}

// numbers in paths and queries: pages that differ by them alone are one kind.
var numbered = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{8}|[0-9]+`)

// kindOf is what a page's address has in common with those of pages like it; of
// one in another language, or that no link may lead to, it is empty.
func kindOf(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Query().Has("lang") {
		return ""
	}
	return numbered.ReplaceAllString(u.Path, "N") + " " + strings.Join(slices.Sorted(maps.Keys(u.Query())), " ")
}

// crawl finds every page that links lead to from some paths, at most so many of
// a kind and three kinds of a place, and fails for one that is not there.
func (p *tab) crawl(most int, from ...string) (found []string) {
	p.t.Helper()
	kinds, places, known := map[string]int{}, map[string]int{}, map[string]bool{}
	for queue := from; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		kind := kindOf(path)
		place, _, _ := strings.Cut(kind, " ")
		if known[path] || kind == "" || kinds[kind] >= most || kinds[kind] == 0 && places[place] == 3 {
			continue
		}
		known[path] = true
		if kinds[kind]++; kinds[kind] == 1 {
			places[place]++
		}
		var answer struct {
			Status int
			Type   string
			Links  []string
		}
		p.eval(fmt.Sprintf(`fetch(%q).then(async r => {
			const type = r.headers.get("Content-Type") || "", base = r.url;
			if (!type.startsWith("text/html")) return {Status: r.status, Type: type};
			const page = new DOMParser().parseFromString(await r.text(), "text/html");
			const links = [...page.querySelectorAll("a[href]")].map(a => new URL(a.getAttribute("href"), base)).filter(u => u.origin === location.origin);
			return {Status: r.status, Type: type, Links: links.map(u => u.pathname + u.search)};
		})`, path), &answer)
		if answer.Status != http.StatusOK {
			p.t.Errorf("%s: %d", path, answer.Status)
		} else if strings.HasPrefix(answer.Type, "text/html") {
			found = append(found, path)
			queue = append(queue, answer.Links...)
		}
	}
	return found
}

// sight is a page, and how one comes there.
type sight struct {
	name  string
	kind  string // the first of a kind is also gone through by keyboard
	reach func(p *tab)
}

// beyond are the pages that no link leads to, but a form: what the visitor reads,
// and what an officer is answered; and a case of each kind with all of it open.
func (o *office) beyond(receipts []held) (all []sight) {
	track := func(number kiosk.Number, code kiosk.Code) func(p *tab) {
		return func(p *tab) {
			p.open("/t")
			p.fill("#track", "", "number", string(number), "code", string(code))
		}
	}
	wrong := receipts[0]
	all = append(all, sight{"an unknown code", "track", track(wrong.number, kiosk.Code("00000000"+string(wrong.code[8:])))})
	for _, r := range receipts {
		if r.kind == "complaint" || r.kind == "information" {
			all = append(all, sight{fmt.Sprintf("the visitor's page, %s %s", r.kind, r.status), "status " + string(r.status), track(r.number, r.code)})
		}
		if r.status == kiosk.Answered {
			all = append(all, sight{"a case, " + r.kind, "case " + r.kind, func(p *tab) {
				p.open("/desk/case/" + string(r.number))
				p.eval(`document.querySelectorAll("main details").forEach(e => { e.open = true })`, nil)
			}})
		}
	}
	on := func(c hub.Case) string { return "/desk/case/" + string(c.Number) }
	fresh := func() hub.Case {
		return o.filed("complaint", kiosk.Answers{"title": "Lampu lorong mati", "description": "Sejak kemarin."})
	}
	return append(all,
		sight{"what another officer changed", "conflict", func(p *tab) {
			c := fresh()
			p.open(on(c))
			if err := o.hub.Update(context.Background(), anybody, hub.Change{Number: c.Number, Edition: c.Edition, Decision: lifecycle.Decision{Status: kiosk.InProgress, Answer: "Teknisi datang besok pagi."}}); err != nil {
				p.t.Fatal(err)
			}
			p.fill("#decide", "Simpan", "answer", "Teknisi datang lusa pagi.", "status", "verified")
			p.sees("Sementara itu")
		}},
		sight{"an answer without its outcome", "refused", func(p *tab) {
			p.open(on(fresh()))
			p.fill("#decide", "Simpan", "answer", "Sudah.", "status", "answered")
			p.sees("Pilih hasilnya")
		}},
		sight{"what can be undone", "saved", func(p *tab) {
			p.open(on(fresh()))
			p.fill("#decide", "Simpan", "status", "verified")
			p.sees("Urungkan")
		}},
		sight{"many at once", "bulk", func(p *tab) {
			p.open("/desk")
			p.eval(`document.querySelectorAll("#list tbody input[type=checkbox]").forEach((e, i) => { e.checked = i < 3 })`, nil)
			p.fill("#list", "Ambil")
			p.sees("Urungkan")
		}},
		sight{"a wrong password", "login", func(p *tab) {
			p.open("/desk/login")
			p.fill("main form", "Masuk", "name", "petugas", "password", "not this one")
			p.sees("tidak cocok")
		}},
		sight{"a new kiosk's code", "fleetnew", func(p *tab) {
			p.open("/desk/fleet")
			p.fill("form[action='/desk/fleet'][method=post]", "Buat kode", "office", "ntt")
			p.sees("ditampilkan sekali")
		}},
		sight{"a receptionist's PIN", "staff", func(p *tab) {
			p.open("/desk/fleet/staff")
			p.fill("form[action='/desk/fleet/staff']", "Buat PIN", "name", "Budi", "office", "ntt")
			p.sees("PIN untuk Budi")
		}},
		sight{"a kiosk that needs somebody", "machine", func(p *tab) {
			m := o.enlist("bali")
			h := well(o)
			h.Printer, h.Closed, h.Waiting = "paper_out", "full", 3
			if _, err := m.beat(h); err != nil {
				p.t.Fatal(err)
			}
			p.open("/desk/fleet/" + m.id)
			p.sees("penyimpanan penuh")
		}},
		sight{"a file that is wrong", "catalogueedit", func(p *tab) {
			p.open("/desk/catalogue/edit?file=forms/ease.toml")
			p.fill("form[action='/desk/catalogue/edit']", "Periksa", "text", "name =")
			p.sees("belum dapat dipakai")
		}},
		sight{"no such page", "sorry", func(p *tab) { p.open("/tidak-ada") }},
	)
}

// Every page that an administrator or a visitor can reach, at three widths: no
// serious finding of axe-core, no sideways scrolling, nothing that fails behind
// it; and one of each kind by keyboard.
func TestEveryPageForEverybody(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of a real browser")
	}
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t)
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	receipts := o.everyKind()
	first := o.chromium(1280, 900)
	first.login("petugas")
	var sights []sight
	for _, path := range first.crawl(2, "/desk", "/", "/t", "/desk/login") {
		sights = append(sights, sight{path, kindOf(path), func(p *tab) { p.open(path) }})
	}
	first.quiet("crawling")
	if len(sights) < 30 {
		t.Errorf("only %d pages were found: %v", len(sights), sights)
	}
	sights = append(sights, o.beyond(receipts)...)
	typed := map[string]bool{}
	var mu sync.Mutex
	t.Run("all", func(t *testing.T) {
		const tabs = 2
		for part := range tabs {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				p := first.beside(t)
				for i := part; i < len(sights); i += tabs {
					x := sights[i]
					x.reach(p)
					p.do(chromedp.Evaluate(string(axe)+";0", nil))
					for _, width := range []int64{360, 768, 1280} {
						p.size(width, 900)
						p.fair(fmt.Sprintf("%s at %d px", x.name, width))
					}
					mu.Lock()
					again := typed[x.kind]
					typed[x.kind] = true
					mu.Unlock()
					if !again {
						p.keyboard(x.name)
					}
					p.quiet(x.name)
				}
			})
		}
	})
	t.Logf("%d pages at 3 widths, %d kinds by keyboard", len(sights), len(typed))
}

// fair fails for what axe-core finds on the page and for scrolling sideways.
func (p *tab) fair(where string) {
	p.t.Helper()
	var seen struct {
		Over  int
		Found []finding
	}
	p.eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]}).then(r => ({
		Over: document.documentElement.scrollWidth - innerWidth,
		Found: r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target, HTML: n.html}))}))}))`, &seen)
	if seen.Over > 0 {
		p.t.Errorf("%s scrolls sideways by %d px", where, seen.Over)
	}
	for _, f := range seen.Found {
		if f.Impact == "serious" || f.Impact == "critical" {
			p.t.Errorf("%s: %s (%s): %v %.200s", where, f.ID, f.Help, f.Nodes[0].Target, f.Nodes[0].HTML)
		}
	}
}

// watch notes where the focus goes, and how it looks there.
const watch = `(() => {
	const shown = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
	window.all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(e => shown(e) && !e.disabled);
	window.faults = []; window.order = [];
	addEventListener("focusin", event => {
		const e = event.target, style = getComputedStyle(e), box = e.getBoundingClientRect();
		const name = e.tagName + "#" + e.id + " " + (e.innerText || e.value || "").slice(0, 40);
		order.push(e);
		if (e.matches("main")) return;
		if (!(parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none")) faults.push("no visible focus: " + name);
		if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) faults.push("out of sight: " + name);
		const inline = style.display === "inline";
		if (!inline && (box.width < 24 || box.height < 24)) faults.push("smaller than 24 px: " + name);
	});
	return all.length;
})()`

// keyboard goes through the page with the tab key: all that can be used is
// reached, seen, large enough, and left again.
func (p *tab) keyboard(where string) {
	p.t.Helper()
	var count int
	p.eval(watch, &count)
	tabKey := []chromedp.Action{
		input.DispatchKeyEvent(input.KeyRawDown).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9).WithNativeVirtualKeyCode(9),
		input.DispatchKeyEvent(input.KeyUp).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9).WithNativeVirtualKeyCode(9),
	}
	for range count + 15 { // a date has parts of its own
		p.do(tabKey...)
	}
	var faults []string
	p.eval(`(() => {
		const twin = e => e.getAttribute("tabindex") === "-1" && document.querySelector("a[href='" + e.getAttribute("href") + "']:not([tabindex])"); // a chart's, which the table beside it has too
		const radios = e => e.type === "radio" && order.some(x => x.name === e.name);
		all.forEach(e => { if (!order.includes(e) && !radios(e) && !twin(e)) faults.push("never reached: " + e.tagName + "#" + e.id + " " + (e.innerText || e.getAttribute("href") || "").slice(0, 80)); });
		if (order.length && !order[0].classList.contains("skip") && !document.querySelector("[autofocus]")) faults.push("the first stop is not the way past the menu");
		return [...new Set(faults)];
	})()`, &faults)
	for i, f := range faults {
		if i == 5 {
			p.t.Errorf("%s by keyboard: and %d more", where, len(faults)-5)
			break
		}
		p.t.Errorf("%s by keyboard: %s", where, f)
	}
}

// Without JavaScript an officer logs in, finds a case, answers it and logs out.
func TestWithoutJavaScript(t *testing.T) {
	o := newOffice(t)
	c := o.filed("complaint", kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."})
	o.filed("suggestion", kiosk.Answers{"title": "Kursi untuk lansia"})
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	p := o.chromium(1280, 900)
	p.do(emulation.SetScriptExecutionDisabled(true))
	p.login("petugas")
	p.fill(`form[role=search]`, "Cari", "q", "tutup")
	if text := p.text(); !strings.Contains(text, "Loket tutup") || strings.Contains(text, "Kursi untuk lansia") {
		t.Errorf("the search: %s", text)
	}
	p.press(fmt.Sprintf(`a[href="/desk/case/%s"]`, string(c.Number)))
	p.fill("#decide", "Simpan", "answer", "Sudah buka.", "status", "answered", "outcome", "solved")
	p.sees("Tersimpan.", "Urungkan")
	if got := o.current(c.Number); got.Status != kiosk.Answered || got.Answer != "Sudah buka." {
		t.Errorf("%+v", got)
	}
	p.press(`form[action="/desk/logout"] button`)
	p.sees("Kata sandi")
	p.quiet("without scripts")
}
