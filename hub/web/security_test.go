package web_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	_ "modernc.org/sqlite"

	"loket/hub"
	"loket/hub/web"
	"loket/kiosk"
	"loket/store/casebook/casebooktest"
)

var update = flag.Bool("update", false, "write testdata anew; look at what changed")

// Every route of the desk, asked for by every role and by a stranger: what the table
// does not allow is refused, and what it allows is not.
func TestRoutesAndRoles(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand requests")
	}
	o := newOffice(t)
	numbers := map[string]kiosk.Number{}
	for kind, answers := range map[string]kiosk.Answers{"complaint": {"title": "Loket tutup"}, "information": {"information": "Anggaran"}} {
		e, n, c := o.answered(kind, answers)
		o.send(e)
		o.opened(n)
		if err := o.hub.Attach(t.Context(), n, c, []byte("%PDF-1"), ""); err != nil {
			t.Fatal(err)
		}
		numbers[kind] = n
	}
	seats := map[hub.Role]seat{}
	for _, r := range hub.Roles {
		seats[r] = o.sit(string(r), r, "")
	}
	variable := regexp.MustCompile(`\{[a-z]+\}`)
	var table strings.Builder
	for _, pattern := range web.DeskRoutes(o.hub) {
		method, path, _ := strings.Cut(pattern, " ")
		if path == "/desk/login" || path == "/desk/logout" {
			continue
		}
		for _, kind := range []string{"complaint", "information"} {
			if !strings.Contains(path, "{number}") && kind != "complaint" {
				continue
			}
			filled := variable.ReplaceAllString(strings.ReplaceAll(path, "{number}", string(numbers[kind])), "1")
			ask := func(b *http.Client) int {
				t.Helper()
				// Whole enough that what is wrong with it is only who asks, and when.
				edition := 1
				if c, err := o.book.Case(t.Context(), numbers[kind]); err == nil {
					edition = c.Edition
				}
				body := url.Values{"edition": {fmt.Sprint(edition)}, "status": {"verified"}, "note": {"x"}, "to": {"ntt"}, "office": {"ntt"}, "served": {"10"}, "entry": {"0"}, "summary": {"x"},
					"reason": {"diminta atasan"}, "title": {"x"}, "number": {"1"}, "into": {string(numbers["complaint"])}, "act": {"x"}, "name": {"x"}, "text": {"x"}}
				req, err := http.NewRequestWithContext(t.Context(), method, o.server.URL+filled, strings.NewReader(body.Encode()))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				c := *b
				c.CheckRedirect = func(r *http.Request, _ []*http.Request) error { return http.ErrUseLastResponse }
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode >= 500 {
					t.Errorf("%s: answer %d", pattern, resp.StatusCode)
				}
				return resp.StatusCode
			}
			line := method + " " + path
			if strings.Contains(path, "{number}") {
				line += " " + kind
			}
			fmt.Fprintf(&table, "%-62s", line)
			for _, r := range hub.Roles {
				mark := string(r)
				switch code := ask(seats[r].b); {
				case code == http.StatusForbidden, code == http.StatusNotFound && strings.Contains(path, "{number}"):
					mark = "-"
				}
				fmt.Fprintf(&table, " %s", mark)
			}
			fmt.Fprintln(&table)
			if code := ask(&http.Client{}); code != http.StatusSeeOther {
				t.Errorf("a stranger at %s gets %d", pattern, code)
			}
		}
	}
	const file = "testdata/roles.txt"
	if *update {
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if table.String() != string(want) {
		got, old := strings.Split(table.String(), "\n"), strings.Split(string(want), "\n")
		for _, line := range got {
			if !slices.Contains(old, line) {
				t.Errorf("now     %s", line)
			}
		}
		for _, line := range old {
			if !slices.Contains(got, line) {
				t.Errorf("before  %s", line)
			}
		}
	}
}

// enter tries to log in from somewhere.
func (o *office) enter(name, password, code, network string) (string, error) {
	return o.hub.LogIn(context.Background(), hub.Entrance{Name: name, Password: password, Code: code, Network: network, Browser: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	o.clock = o.clock.Add(d)
	o.mu.Unlock()
}

// Who guesses waits longer and longer, over a restart too; nobody for ever, and an
// officer elsewhere for no more than a minute.
func TestGuessingPasswords(t *testing.T) {
	o := newOffice(t)
	if err := o.hub.AddOfficer(t.Context(), "petugas", "a long password", hub.Administrator, ""); err != nil {
		t.Fatal(err)
	}
	var wait *hub.WaitError
	tried := 0
	for ; tried < 100; tried++ {
		if _, err := o.enter("petugas", "wrong", "", "10.0.0.0"); errors.As(err, &wait) {
			break
		} else if !errors.Is(err, hub.ErrLogin) {
			t.Fatal(err)
		}
	}
	if tried != 5 {
		t.Errorf("%d free tries", tried)
	}
	if _, err := o.enter("petugas", "a long password", "", "10.0.0.0"); !errors.As(err, &wait) {
		t.Errorf("the right password does not wait there: %v", err)
	}
	if _, err := o.enter("petugas", "a long password", "", "10.9.9.0"); err != nil {
		t.Errorf("the officer elsewhere: %v", err)
	}
	o.stop()
	o.open(true)
	if _, err := o.enter("petugas", "a long password", "", "10.0.0.0"); !errors.As(err, &wait) {
		t.Errorf("a restart forgets who guessed: %v", err)
	}
	// A patient one waits each time.
	longest := time.Duration(0)
	for range 30 {
		_, err := o.enter("petugas", "wrong", "", "10.0.0.0")
		if errors.As(err, &wait) {
			longest = max(longest, wait.Until.Sub(o.now()))
			o.later(wait.Until.Sub(o.now()))
		}
	}
	if longest < 10*time.Minute || longest > 15*time.Minute {
		t.Errorf("the longest wait is %v", longest)
	}
	if _, err := o.enter("petugas", "a long password", "", "10.9.9.0"); errors.As(err, &wait) && wait.Until.Sub(o.now()) > time.Minute {
		t.Errorf("the officer elsewhere waits %v", wait.Until.Sub(o.now()))
	}
	o.later(15 * time.Minute)
	if _, err := o.enter("petugas", "a long password", "", "10.0.0.0"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	// Nobody's name gets the same answer.
	_, known := o.enter("petugas", "wrong", "", "10.7.0.0")
	_, unknown := o.enter("nobody", "wrong", "", "10.7.0.0")
	if !errors.Is(known, hub.ErrLogin) || !errors.Is(unknown, hub.ErrLogin) || known.Error() != unknown.Error() {
		t.Errorf("%v, %v", known, unknown)
	}
	// Many names from one network.
	for i := range 40 {
		if _, err := o.enter(fmt.Sprint("name", i), "wrong", "", "10.8.0.0"); errors.As(err, &wait) {
			if i < 25 {
				t.Errorf("a network waits after %d", i)
			}
			return
		}
	}
	t.Error("a network tries names without end")
}

// A hundred log-ins at once do not take a hundred times the memory of one.
func TestManyLogInsAtOnce(t *testing.T) {
	o := newOffice(t)
	o.hub.PasswordMemory = 16 << 10
	live := func() int {
		var m runtime.MemStats
		runtime.GC() // garbage of those before does not count
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before, most := live(), 0
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() { o.enter(fmt.Sprint("x", i), "wrong", "", fmt.Sprintf("10.%d.0.0", i)) })
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			most = max(most, live()-before)
		}
	}
	if most == 0 || most > 400<<20 { // two at work, and what was left behind between two looks; all at once would take 1.6 GiB
		t.Errorf("%d MiB more in use", most>>20)
	}
}

// The second factor: set up, asked for, each code once, the codes for who lost the
// telephone once each, and off only with password and code.
func TestTwoSteps(t *testing.T) {
	o := newOffice(t)
	s := o.sit("petugas", hub.Administrator, "")
	post := s.post
	_, page := post("/desk/security/factor")
	found := regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`).FindStringSubmatch(page)
	if found == nil || !strings.Contains(page, "data:image/png;base64,") {
		t.Fatal(page)
	}
	secret := strings.ReplaceAll(found[1], " ", "")
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || len(raw) != 20 {
		t.Fatalf("%q: %v", secret, err)
	}
	if b := casebooktest.Bytes(t, o.dir); bytes.Contains(b, []byte(secret)) || bytes.Contains(b, must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret))) {
		t.Error("the database holds the secret in the clear")
	}
	code := func() string {
		t.Helper()
		c, err := totp.GenerateCode(secret, o.now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := o.enter("petugas", "a long password", "", "10.1.0.0"); err != nil {
		t.Errorf("before it is confirmed a code is asked for: %v", err)
	}
	if status, _ := post("/desk/security/factor/confirm", "code", "000000"); status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code confirms: %d", status)
	}
	status, page := post("/desk/security/factor/confirm", "code", code())
	recovery := regexp.MustCompile(`<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>`).FindAllStringSubmatch(page, -1)
	if status != http.StatusOK || len(recovery) != 10 {
		t.Fatalf("%d, %d codes: %s", status, len(recovery), page)
	}
	if again := s.get("/desk/security"); strings.Contains(again, recovery[0][1]) || !strings.Contains(again, "tersisa: 10") {
		t.Error("the codes are shown twice, or not counted")
	}
	for name, x := range map[string]struct {
		after time.Duration
		code  func() string
		in    bool
	}{"no code": {0, func() string { return "" }, false}, "wrong": {0, func() string { return "123" }, false}, "used to confirm": {0, code, false}} {
		if _, err := o.enter("petugas", "a long password", x.code(), "10.1.0.0"); (err == nil) != x.in {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.later(time.Minute)
	once := code()
	if _, err := o.enter("petugas", "a long password", once, "10.1.0.0"); err != nil {
		t.Errorf("the right code: %v", err)
	}
	if _, err := o.enter("petugas", "a long password", once, "10.1.0.0"); err == nil {
		t.Error("a code was taken twice")
	}
	o.later(31 * time.Second)
	if _, err := o.enter("petugas", "a long password", code(), "10.1.0.0"); err != nil {
		t.Errorf("the next code: %v", err)
	}
	lost := recovery[3][1]
	if _, err := o.enter("petugas", "a long password", strings.ToLower(lost), "10.1.0.0"); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := o.enter("petugas", "a long password", lost, "10.2.0.0"); err == nil {
		t.Error("a recovery code was taken twice")
	}
	if got := s.get("/desk/security"); !strings.Contains(got, "tersisa: 9") {
		t.Error(got)
	}
	if status, _ := post("/desk/security/factor/end", "password", "a long password", "code", "000000"); status != http.StatusUnprocessableEntity {
		t.Errorf("off without a code: %d", status)
	}
	o.later(2 * time.Minute)
	if status, page := post("/desk/security/factor/end", "password", "a long password", "code", code()); status != http.StatusOK || !strings.Contains(page, "dimatikan") {
		t.Errorf("off: %d", status)
	}
	if _, err := o.enter("petugas", "a long password", "", "10.3.0.0"); err != nil {
		t.Errorf("after it is off: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An officer sees where they are logged in, and ends it; a changed password ends all.
func TestSessions(t *testing.T) {
	o := newOffice(t)
	here := o.sit("petugas", hub.Verifier, "ntt")
	there, third := o.seat("petugas"), o.seat("petugas")
	stays := func(s seat) bool { return !strings.Contains(s.get("/desk"), "autocomplete=\"current-password\"") }
	page := here.get("/desk/security")
	ids := regexp.MustCompile(`name="id" value="([0-9a-f]{16})"`).FindAllStringSubmatch(page, -1)
	if len(ids) != 2 || !strings.Contains(page, "Sesi ini") {
		t.Fatal(page)
	}
	b := casebooktest.Bytes(t, o.dir)
	u, err := url.Parse(o.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/desk"
	for _, c := range here.b.Jar.Cookies(u) {
		if len(c.Value) < 43 || bytes.Contains(b, []byte(c.Value)) {
			t.Errorf("the token is short or stands in the database: %s", c.Value)
		}
	}
	here.post("/desk/security/session", "id", ids[0][1])
	if !stays(here) || stays(there) == stays(third) {
		t.Errorf("one of the others should have ended: %v %v %v", stays(here), stays(there), stays(third))
	}
	fourth := o.seat("petugas")
	here.post("/desk/security/session")
	if !stays(here) || stays(there) || stays(third) || stays(fourth) {
		t.Error("all the others should have ended")
	}
	if status, _ := here.post("/desk/security/password", "old", "wrong", "new", "another password", "again", "another password"); status != http.StatusUnprocessableEntity {
		t.Errorf("a password was changed without the old one: %d", status)
	}
	if status, _ := here.post("/desk/security/password", "old", "a long password", "new", "short", "again", "short"); status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", status)
	}
	if status, page := here.post("/desk/security/password", "old", "a long password", "new", "another password", "again", "another password"); status != http.StatusOK || !strings.Contains(page, "Kata sandi diganti") {
		t.Errorf("%d %s", status, page)
	}
	if stays(here) {
		t.Error("a session outlives its password")
	}
	if _, err := o.enter("petugas", "another password", "", "10.0.0.0"); err != nil {
		t.Error(err)
	}
	// Nobody ends another's.
	other := o.sit("lain", hub.Verifier, "ntt")
	mine := o.sit("saya", hub.Verifier, "ntt")
	for _, id := range regexp.MustCompile(`[0-9a-f]{16}`).FindAllString(other.get("/desk/security"), -1) {
		mine.post("/desk/security/session", "id", id)
	}
	if !stays(other) {
		t.Error("an officer ended the session of another")
	}
}

// What was done stands in the log, and any change of it is noticed.
func TestAuditLog(t *testing.T) {
	o := newOffice(t)
	e, n, _ := o.answered("complaint", kiosk.Answers{"title": "kenarirahasia", "description": "kenarirahasia"})
	o.send(e)
	o.opened(n)
	s := o.sit("petugas", hub.Administrator, "")
	s.post("/desk/case/"+string(n), "status", "verified", "edition", "1", "note", "kenarirahasia")
	s.get("/desk/survey.csv")
	o.enter("petugas", "wrong", "", "10.0.0.0")
	o.enter("a password typed as a name", "wrong", "", "10.0.0.0")
	s.post("/desk/logout")
	all, err := o.book.LastAudited(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range all {
		acts = append(acts, e.Actor+" "+e.Act+" "+e.Object)
	}
	slices.Reverse(acts)
	said := strings.Join(acts, "\n")
	for _, want := range []string{"petugas login 127.0.0.0", "petugas POST /desk/case/{number} " + string(n), "petugas GET /desk/survey.csv ", "petugas login.failed 10.0.0.0", " login.failed 10.0.0.0", "petugas logout "} {
		if !slices.Contains(acts, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	for _, secret := range []string{"kenarirahasia", "a password typed", "wrong"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	entries, head, err := o.hub.VerifyAudit(t.Context(), nil)
	if err != nil || int(entries) != len(all) {
		t.Fatalf("%d of %d, %v", entries, len(all), err)
	}
	// Nobody changes it by the way, and who takes the triggers away is noticed.
	o.stop()
	unlocked, anyHash := `drop trigger audit_kept; drop trigger audit_fixed; `, `x'00'`
	if casebooktest.OnPostgres() {
		unlocked, anyHash = `drop trigger audit_kept on audit; `, `'\x00'::bytea`
	}
	for name, x := range map[string]struct {
		statement string
		head      bool // noticed only by who noted the head
	}{
		"changed":  {`update audit set actor = 'lain' where n = 2`, false},
		"an act":   {`update audit set act = 'x' where n = 2`, false},
		"the time": {`update audit set at = at + 1 where n = 1`, false},
		"deleted":  {`delete from audit where n = 2`, false},
		"first":    {`delete from audit where n = 1`, false},
		"inserted": {`insert into audit (n, at, actor, act, object, detail, hash) values (0, 1, 'x', 'y', '', '', ` + anyHash + `)`, false},
		"moved":    {`update audit set n = n + 100`, false},
		"cut":      {fmt.Sprintf(`delete from audit where n = %d`, entries), true},
	} {
		dir := t.TempDir()
		casebooktest.Copy(t, o.dir, dir)
		db := casebooktest.SQL(t, dir)
		if _, err := db.Exec(x.statement); (name != "inserted") == (err == nil) {
			t.Errorf("%s: the database lets it: %v", name, err)
		}
		if _, err := db.Exec(unlocked + x.statement); err != nil && name != "inserted" {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		copied := &office{t: t, dir: dir, clock: o.now()}
		copied.open(false)
		if _, _, err := copied.hub.VerifyAudit(t.Context(), nil); errors.Is(err, hub.ErrBroken) == x.head {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := copied.hub.VerifyAudit(t.Context(), head); !errors.Is(err, hub.ErrBroken) {
			t.Errorf("%s, with the head %s: %v", name, hex.EncodeToString(head[:4]), err)
		}
		copied.stop()
	}
}
