package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/http"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"loket/assets"
	"loket/hub"
	"loket/hub/lifecycle"
	"loket/hub/notice"
	"loket/kiosk"
	"loket/kiosk/words"
)

// letter is a mail that arrived.
type letter struct {
	To, Subject, ID string
	Header          netmail.Header
	Text, HTML      string
	raw             string
}

// postbox is a real mail server on loopback that keeps what it takes.
type postbox struct {
	t       *testing.T
	address string

	mu      sync.Mutex
	letters []letter
	refuse  []error // of the next messages, after all is said; nil takes
	unknown string  // a recipient that does not exist
}

// NewSession implements smtp.Backend.
func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &posting{box: p}, nil }

type posting struct {
	box *postbox
	to  string
}

func (s *posting) Reset()        { s.to = "" }
func (s *posting) Logout() error { return nil }

func (s *posting) Mail(string, *smtp.MailOptions) error { return nil }

func (s *posting) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to = to; to == s.box.unknown {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> is nobody here"}
	}
	return nil
}

func (s *posting) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	p := s.box
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := gomail.EMLToMsgFromString(string(b))
	if err != nil {
		p.t.Error(err)
		return err
	}
	head, err := netmail.ReadMessage(strings.NewReader(string(b)))
	if err != nil {
		p.t.Error(err)
		return err
	}
	l := letter{To: s.to, ID: head.Header.Get("Message-ID"), Header: head.Header, raw: string(b)}
	l.Subject, _ = new(mime.WordDecoder).DecodeHeader(head.Header.Get("Subject"))
	for _, part := range m.GetParts() {
		text, err := part.GetContent()
		if err != nil {
			p.t.Error(err)
		}
		if part.GetContentType() == gomail.TypeTextPlain {
			l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		} else {
			l.HTML = string(text)
		}
	}
	p.letters = append(p.letters, l)
	if len(p.refuse) > 0 {
		err, p.refuse = p.refuse[0], p.refuse[1:]
	}
	return err
}

// taken are the letters that came since the last call.
func (p *postbox) taken() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.letters
	p.letters = nil
	slices.SortFunc(all, func(a, b letter) int { return strings.Compare(a.To, b.To) })
	return all
}

// newPostbox starts one; with a certificate it offers STARTTLS.
func newPostbox(t *testing.T, certificate *tls.Certificate) *postbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postbox{t: t, address: listener.Addr().String()}
	s := smtp.NewServer(p)
	s.Domain, s.ReadTimeout, s.WriteTimeout, s.MaxMessageBytes = "localhost", 10*time.Second, 10*time.Second, 1<<20
	s.ErrorLog = discarded{}
	if certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	}
	go s.Serve(listener)
	t.Cleanup(func() { s.Close() })
	return p
}

type discarded struct{}

func (discarded) Printf(string, ...any) {}
func (discarded) Println(...any)        {}

// courier takes out the notices of an office, by mail to a postbox.
func (o *office) courier(p *postbox, hooks hub.Poster) *hub.Courier {
	o.t.Helper()
	if p == nil {
		return hub.NewCourier(o.hub, nil, hooks)
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		o.t.Fatal(err)
	}
	m, err := notice.NewMail(notice.SMTP{Server: p.address, From: "loket@kemenkum.example"}, o.hub, texts)
	if err != nil {
		o.t.Fatal(err)
	}
	return hub.NewCourier(o.hub, m, hooks)
}

func (o *office) clockAt(when time.Time) { o.mu.Lock(); defer o.mu.Unlock(); o.clock = when }

func (o *office) deliver(c *hub.Courier) {
	o.t.Helper()
	if err := c.Deliver(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// writes files a report of a visitor, as a kiosk's reaches the hub.
func (o *office) writes(kind, place string, identity kiosk.Identity, answers kiosk.Answers) hub.Case {
	o.t.Helper()
	n, _, err := o.hub.File(o.t.Context(), place, kiosk.Report{Form: kiosk.FormRef{Name: kind, Version: 3}, Language: kiosk.Indonesian, Identity: identity, Answers: answers})
	if err != nil {
		o.t.Fatal(err)
	}
	return o.current(n)
}

// does changes a case as an officer of the head office does.
func (o *office) does(n kiosk.Number, status kiosk.Status) {
	o.t.Helper()
	c := o.current(n)
	d := lifecycle.Decision{Status: status}
	if status == kiosk.Answered {
		d.Answer, d.Outcome = "Sudah ditangani KANARIKUNING.", "solved"
	}
	if err := o.hub.Update(o.t.Context(), hub.Officer{Name: "periksa", Role: hub.Administrator}, hub.Change{Number: n, Edition: c.Edition, Decision: d, Note: "KANARIKUNING"}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) undoes(n kiosk.Number) {
	o.t.Helper()
	if err := o.hub.Undo(o.t.Context(), hub.Officer{Name: "periksa", Role: hub.Administrator}, n, o.current(n).Edition); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) hire(name string, role hub.Role, place string) {
	o.t.Helper()
	if err := o.hub.AddOfficer(o.t.Context(), name, "a long password", role, place); err != nil {
		o.t.Fatal(err)
	}
	if err := o.hub.SetEmail(o.t.Context(), name, name+"@kemenkum.example"); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) notices(state hub.NoticeState) []hub.Notice {
	o.t.Helper()
	all, err := o.book.Notices(o.t.Context(), state, 10_000)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

var asked = kiosk.Answers{"title": "Antrean", "email": "warga@contoh.example", "notify": "yes"}

const undone = hub.UndoFor + 6*time.Second // a change stands

func TestNewsReachesWhoAskedForIt(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, nil)
	wanted := o.writes("complaint", "ntt", kiosk.Named, asked)
	secret := o.writes("complaint", "ntt", kiosk.Confidential, asked)
	silent := []hub.Case{
		o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "Antrean", "email": "satu@contoh.example", "notify": "no"}),
		o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "Antrean", "email": "dua@contoh.example"}),
		o.writes("complaint", "ntt", kiosk.Anonymous, asked),
		o.writes("complaint", "ntt", kiosk.Named, kiosk.Answers{"title": "Antrean", "email": "a@b.id, c@d.id", "notify": "yes"}),
	}
	o.deliver(courier)
	if got := p.taken(); len(got) != 0 {
		t.Errorf("told of what they did themselves: %+v", got)
	}
	for _, c := range append(silent, wanted, secret) {
		o.does(c.Number, kiosk.InProgress)
	}
	o.sleep(hub.UndoFor)
	o.deliver(courier)
	if got := p.taken(); len(got) != 0 {
		t.Errorf("sent while it can still be undone: %+v", got)
	}
	o.sleep(6 * time.Second)
	o.deliver(courier)
	o.deliver(courier)
	got := p.taken()
	if len(got) != 2 {
		t.Fatalf("%d letters: %+v", len(got), got)
	}
	for _, l := range got {
		number, status := wanted.Number.String(), strings.Contains(l.Text, "Status sekarang: Ditindaklanjuti")
		if strings.Contains(l.Subject, secret.Number.String()) {
			number = secret.Number.String()
			if status || strings.Contains(l.HTML, "Ditindaklanjuti") {
				t.Error("a confidential report's status is in the mail")
			}
		} else if !status {
			t.Error(l.Text)
		}
		for _, part := range []string{l.Text, l.HTML} {
			if !strings.Contains(part, number) || !strings.Contains(part, "https://lacak.example.go.id/t") || strings.Contains(part, "Antrean") {
				t.Error(part)
			}
		}
		if l.To != "warga@contoh.example" || l.Header.Get("Auto-Submitted") != "auto-generated" || l.Header.Get("From") != `"Loket" <loket@kemenkum.example>` || !strings.HasSuffix(l.ID, "@kemenkum.example>") || l.Subject != "Kabar baru tentang laporan "+number {
			t.Errorf("%+v", l.Header)
		}
	}
	// An answer and a longer term are news, a note is none; a visitor hears
	// nothing of their own word.
	o.does(wanted.Number, kiosk.InProgress)
	o.sleep(undone)
	o.deliver(courier)
	if got := p.taken(); len(got) != 0 {
		t.Errorf("a note among officers was told: %s", got[0].Text)
	}
	o.does(wanted.Number, kiosk.Answered)
	o.sleep(undone)
	o.deliver(courier)
	if got := p.taken(); len(got) != 1 || !strings.Contains(got[0].Text, "Dijawab") {
		t.Errorf("%+v", got)
	}
}

func TestAVisitorIsToldInTheirLanguage(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, nil)
	for _, language := range []kiosk.Language{"en", "mkn"} {
		n, _, err := o.hub.File(t.Context(), "ntt", kiosk.Report{Form: kiosk.FormRef{Name: "complaint", Version: 3}, Language: language, Identity: kiosk.Named, Answers: asked})
		if err != nil {
			t.Fatal(err)
		}
		o.does(n, kiosk.InProgress)
		o.sleep(undone)
		o.deliver(courier)
		want := map[kiosk.Language]string{"en": "There is news about your report", "mkn": "Ada kabar baru"}[language]
		if got := p.taken(); len(got) != 1 || !strings.Contains(got[0].Text, want) || strings.Contains(got[0].Text, "{") {
			t.Errorf("%s: %+v", language, got)
		}
	}
}

// What is taken back is never told; what it hid for a while is.
func TestAnUndoneChangeIsNotTold(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	hooks := &ears{}
	courier := o.courier(p, hooks)
	o.webhook(hub.Webhook{Events: hub.Events})
	c := o.writes("complaint", "ntt", kiosk.Named, asked)
	o.deliver(courier)
	p.taken()
	hooks.heard()
	o.does(c.Number, kiosk.Answered)
	o.sleep(30 * time.Second)
	o.undoes(c.Number)
	o.deliver(courier)
	o.sleep(2 * time.Minute)
	o.deliver(courier)
	if got, heard := p.taken(), hooks.heard(); len(got) != 0 || len(heard) != 0 {
		t.Errorf("told: %+v %+v", got, heard)
	}
	o.does(c.Number, kiosk.Verified)
	o.sleep(50 * time.Second)
	o.does(c.Number, kiosk.Answered)
	o.sleep(18 * time.Second) // the first stands, the second not yet
	o.deliver(courier)
	o.undoes(c.Number)
	o.sleep(2 * time.Minute)
	o.deliver(courier)
	if got, heard := p.taken(), hooks.heard(); len(got) != 1 || !strings.Contains(got[0].Text, "Diperiksa petugas") || len(heard) != 1 || heard[0].Data.Status != kiosk.Verified {
		t.Errorf("%+v %+v", got, heard)
	}
	if waiting := o.notices(hub.NoticeWaiting); len(waiting) != 0 {
		t.Errorf("%+v", waiting)
	}
}

// A server that is down for a while costs time, and no message twice under
// another id; one that refuses for good, or for three days, is given up with a
// reason that names nobody.
func TestMailThatDoesNotGetThrough(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, nil)
	first := o.writes("complaint", "ntt", kiosk.Named, asked)
	o.does(first.Number, kiosk.InProgress)
	later := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "warga@contoh.example later"}
	p.refuse = []error{later, later}
	o.sleep(undone)
	o.deliver(courier)
	o.deliver(courier) // too early to try again
	failed := p.taken()
	if waiting := o.notices(hub.NoticeWaiting); len(failed) != 1 || len(waiting) != 1 || waiting[0].Reason != "smtp 451 4.3.0" || waiting[0].Tries != 1 {
		t.Fatalf("%d tries, %+v", len(failed), waiting)
	}
	o.sleep(2 * time.Minute)
	o.deliver(courier)
	o.sleep(4 * time.Minute)
	o.deliver(courier)
	got := p.taken()
	if len(got) != 2 || got[0].ID != failed[0].ID || got[1].ID != failed[0].ID || len(o.notices(hub.NoticeSent)) != 1 {
		t.Errorf("%d letters, %v", len(got), o.notices(hub.NoticeSent))
	}

	o.hire("gudang", hub.Fleet, "")
	fleet := o.seat("gudang")
	p.unknown = asked["email"]
	o.does(first.Number, kiosk.Answered)
	o.sleep(undone)
	o.deliver(courier)
	lost := o.notices(hub.NoticeFailed)
	if len(lost) != 1 || lost[0].Reason != "smtp_refused 550 5.1.1" {
		t.Fatalf("%+v", lost)
	}
	page := fleet.get("/desk/outbox?state=failed")
	if !strings.Contains(page, "Server surel menolak alamat atau pesan (550 5.1.1)") || strings.Contains(page, "warga@") || strings.Contains(page, string(first.Number)) {
		t.Error(page)
	}
	p.unknown = ""
	if status, page := fleet.post("/desk/outbox/"+lost[0].ID, "act", "again", "state", "failed"); status != http.StatusOK || !strings.Contains(page, "dikirim lagi") {
		t.Error(status, page)
	}
	o.deliver(courier)
	if got := p.taken(); len(got) != 1 || !strings.Contains(got[0].ID, lost[0].ID) {
		t.Errorf("%+v", got)
	}

	second := o.writes("suggestion", "ntt", kiosk.Named, asked)
	o.does(second.Number, kiosk.InProgress)
	p.refuse = slices.Repeat([]error{later}, 100)
	for range 100 {
		o.sleep(time.Hour)
		o.deliver(courier)
	}
	tries := len(p.taken())
	if lost := o.notices(hub.NoticeFailed); len(lost) != 1 || lost[0].Number != second.Number || tries < 10 || tries > 25 {
		t.Errorf("%d tries, %+v", tries, lost)
	}
	for _, n := range slices.Concat(o.notices(hub.NoticeFailed), o.notices(hub.NoticeSent)) {
		if strings.Contains(fmt.Sprint(n), "contoh.example") {
			t.Error("an address is in the outbox")
		}
	}
}

// Mail servers beyond this machine are spoken to with TLS or not at all.
func TestMailNeedsTLS(t *testing.T) {
	o := newOffice(t)
	texts, err := words.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	certificate, roots := certify(t)
	secure, bare := newPostbox(t, certificate), newPostbox(t, nil)
	_, strangers := certify(t)
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	for _, try := range []struct {
		server string
		roots  *x509.CertPool
		want   string
	}{
		{secure.address, roots, ""},
		{secure.address, strangers, "tls"},
		{bare.address, roots, "tls"},
		{bare.address, nil, ""},
		{"127.0.0.1:1", nil, "unreachable"},
		{hanging.Addr().String(), nil, "timeout"},
	} {
		m, err := notice.NewMail(notice.SMTP{Server: try.server, From: "Loket NTT <loket@kemenkum.example>", Roots: try.roots, Patience: time.Second}, o.hub, texts)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Test(t.Context(), "msg_1", "a@contoh.example")
		var f *hub.Failure
		if errors.As(err, &f); try.want == "" && err != nil || try.want != "" && (f == nil || f.Why != try.want) {
			t.Errorf("%s: %v, want %q", try.server, err, try.want)
		}
	}
	if a, b := len(secure.taken()), len(bare.taken()); a != 1 || b != 1 {
		t.Errorf("%d over TLS, %d plain", a, b)
	}
	for _, s := range []notice.SMTP{{Server: "host", From: "a@b.id"}, {Server: "h:25", From: "nobody"}, {Server: "h:25", From: "a@b.id", User: "a"}} {
		if _, err := notice.NewMail(s, o.hub, texts); !errors.Is(err, notice.ErrSMTP) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// certify makes a certificate for this machine and who trusts it.
func certify(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// New reports are announced to the unit they came to, at most every quarter of
// an hour; where nobody has an address, to the office above.
func TestArrivalsAreAnnounced(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, nil)
	o.hire("kupang", hub.Verifier, "ntt")
	o.hire("pusat", hub.Verifier, "pusat")
	o.hire("ppid", hub.PPID, "ntt")
	o.hire("gudang", hub.Fleet, "ntt")
	o.hire("yankum", hub.Unit, "ntt.yankum")
	to := func() (all []string) {
		for _, l := range p.taken() {
			if l.Header.Get("List-Id") != "Loket <arrivals.loket.kemenkum.example>" || !strings.Contains(l.Text, "https://lacak.example.go.id/desk") {
				t.Errorf("%+v", l)
			}
			all = append(all, strings.TrimSuffix(l.To, "@kemenkum.example")+": "+l.Text)
		}
		return all
	}
	first := o.writes("complaint", "ntt", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
	o.deliver(courier)
	if got := to(); len(got) != 1 || !strings.HasPrefix(got[0], "kupang: ") || !strings.Contains(got[0], "Pengaduan: 1") || !strings.Contains(got[0], "Nusa Tenggara Timur") {
		t.Errorf("%q", got)
	}
	for range 5 {
		o.sleep(2 * time.Minute)
		o.writes("suggestion", "ntt", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
		o.deliver(courier)
	}
	if got := to(); len(got) != 0 {
		t.Errorf("again within a quarter of an hour: %q", got)
	}
	o.writes("information", "ntt", kiosk.Named, kiosk.Answers{"information": "KANARIKUNING"})
	o.deliver(courier)
	if got := to(); len(got) != 1 || !strings.HasPrefix(got[0], "ppid: ") || strings.Contains(got[0], "Pengaduan") {
		t.Errorf("%q", got)
	}
	o.sleep(6 * time.Minute)
	o.deliver(courier)
	if got := to(); len(got) != 1 || !strings.HasPrefix(got[0], "kupang: ") || !strings.Contains(got[0], "Aspirasi: 5") || !strings.Contains(got[0], "sudah menunggu 16 menit") || strings.Contains(got[0], "Informasi") || strings.Contains(got[0], "KANARI") {
		t.Errorf("%q", got)
	}
	o.sleep(time.Hour)
	o.deliver(courier)
	if got := to(); len(got) != 0 {
		t.Errorf("told though nothing came: %q", got)
	}
	// At another office nobody has an address.
	o.writes("complaint", "maluku", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
	o.deliver(courier)
	if got := to(); len(got) != 1 || !strings.HasPrefix(got[0], "pusat: ") {
		t.Errorf("%q", got)
	}
	// Forwarded, after the minute of undo, to the unit alone.
	o.sleep(time.Hour)
	if err := o.book.MarkSeen(t.Context(), first.Number, o.now()); err != nil {
		t.Fatal(err)
	}
	c := o.current(first.Number)
	if err := o.hub.Handle(t.Context(), hub.Officer{Name: "kupang", Role: hub.Verifier, Office: "ntt"}, c.Number, c.Edition, "ntt.yankum", "", "KANARIKUNING"); err != nil {
		t.Fatal(err)
	}
	o.sleep(undone)
	o.deliver(courier)
	if got := to(); len(got) != 1 || !strings.HasPrefix(got[0], "yankum: ") || !strings.Contains(got[0], "Baru diteruskan ke sini: 1") {
		t.Errorf("%q", got)
	}
	// What somebody opened meanwhile needs no notice.
	o.sleep(time.Hour)
	c = o.writes("complaint", "papua", kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
	for _, c := range o.all() {
		if err := o.book.MarkSeen(t.Context(), c.Number, o.now()); err != nil {
			t.Fatal(err)
		}
	}
	o.deliver(courier)
	if got := to(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func (o *office) all() []hub.Case {
	o.t.Helper()
	all, err := o.book.Cases(o.t.Context(), "")
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// The morning's mail, on the Friday before the four days off of February 2026:
// what is due that day, on the Wednesday after, what is late and unopened; each
// officer what is theirs; none on days off, and none twice.
func TestTheMorningsDeadlines(t *testing.T) {
	o, p := newOffice(t), newPostbox(t, nil)
	courier := o.courier(p, nil)
	wita := kiosk.Zone("WITA")
	morning := func(month time.Month, day, hour, minute int) {
		o.clockAt(time.Date(2026, month, day, hour, minute, 0, 0, wita))
	}
	filed := func(day int, kind string, place string) kiosk.Number {
		morning(2, day, 9, 0)
		c := o.writes(kind, place, kiosk.Anonymous, kiosk.Answers{"title": "KANARIKUNING"})
		return c.Number
	}
	late, today, soon := filed(9, "complaint", "ntt"), filed(10, "complaint", "ntt"), filed(11, "suggestion", "ntt")
	request, elsewhere, unopened := filed(10, "information", "ntt"), filed(9, "complaint", "maluku"), filed(10, "suggestion", "ntt")
	o.does(unopened, kiosk.Verified) // with others at once, not opened
	for _, n := range []kiosk.Number{today, soon, elsewhere} {
		if err := o.book.MarkSeen(t.Context(), n, o.now()); err != nil {
			t.Fatal(err)
		}
	}
	morning(2, 12, 18, 0)
	o.deliver(courier) // the arrivals, to nobody
	o.hire("kupang", hub.Verifier, "ntt")
	o.hire("ppid", hub.PPID, "ntt")
	o.hire("kepala", hub.Supervisor, "ntt")
	o.hire("periksa2", hub.Auditor, "ntt")
	o.hire("gudang", hub.Fleet, "")
	o.hire("bali", hub.Verifier, "bali")
	morning(2, 13, 7, 29)
	o.deliver(courier)
	if got := p.taken(); len(got) != 0 {
		t.Errorf("before half past seven: %+v", got)
	}
	morning(2, 13, 7, 30)
	o.deliver(courier)
	o.deliver(courier)
	o.deliver(o.courier(p, nil)) // another process, or this one started anew
	got := p.taken()
	if len(got) != 3 {
		t.Fatalf("%d letters", len(got))
	}
	for i, name := range []string{"kepala", "kupang", "ppid"} {
		l := got[i]
		if l.To != name+"@kemenkum.example" || l.Header.Get("List-Id") != "Loket <deadlines.loket.kemenkum.example>" || strings.Contains(l.raw, "KANARI") || strings.Contains(l.Text, elsewhere.String()) {
			t.Errorf("%s: %s", l.To, l.Text)
		}
		group := func(title string) (lines string) {
			if _, rest, ok := strings.Cut(l.Text, "\n"+title+"\n"); ok {
				lines, _, _ = strings.Cut(rest, "\n\n")
			}
			return lines
		}
		if name == "ppid" {
			if !strings.Contains(group("Jatuh tempo hari ini"), request.String()) || strings.Contains(l.Text, late.String()) {
				t.Error(l.Text)
			}
			continue
		}
		if !strings.Contains(l.Subject, "13 Februari 2026: 1 terlambat, ") || !strings.Contains(group("Belum dibuka lebih dari sehari"), unopened.String()) || !strings.Contains(group("Terlambat"), late.String()) || !strings.Contains(group("Jatuh tempo hari ini"), today.String()) ||
			!strings.Contains(group("Jatuh tempo hari kerja berikutnya, Rabu, 18 Februari 2026"), soon.String()) {
			t.Errorf("%s: %s", l.Subject, l.Text)
		}
		if (name == "kepala") != strings.Contains(l.Text, request.String()) {
			t.Errorf("%s: %s", name, l.Text)
		}
	}
	for _, day := range []int{14, 15, 16, 17} { // a weekend, collective leave, Imlek
		morning(2, day, 7, 30)
		o.deliver(courier)
	}
	if got := p.taken(); len(got) != 0 {
		t.Errorf("on a day off: %s", got[0].Text)
	}
	// The hub was down in the morning of the 18th; nothing is to be said on a
	// day on which everything is answered.
	morning(2, 18, 11, 0)
	o.deliver(courier)
	if got := p.taken(); len(got) != 3 {
		t.Errorf("%d letters", len(got))
	}
	for _, c := range o.all() {
		c = o.current(c.Number)
		d := lifecycle.Decision{Status: kiosk.Answered, Answer: "Terima kasih.", Outcome: o.hub.Lifecycles.Kind(c.Form.Name).Outcomes[0].ID}
		if err := o.hub.Update(t.Context(), hub.Officer{Role: hub.Administrator}, hub.Change{Number: c.Number, Edition: c.Edition, Decision: d}); err != nil {
			t.Fatal(err)
		}
	}
	morning(2, 19, 7, 30)
	o.deliver(courier)
	if got := p.taken(); len(got) != 0 {
		t.Errorf("%s: %s", got[0].To, got[0].Text)
	}
}
