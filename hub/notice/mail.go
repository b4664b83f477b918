// Package notice takes the hub's notices out of the house: mails over SMTP,
// worded here, and signed webhooks. What it says of a failure repeats nothing
// that was sent, and no address.
package notice

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/words"
)

// SMTP is the server that takes mails on.
type SMTP struct {
	Server         string // host:port; 465 speaks TLS at once, others by STARTTLS
	User, Password string
	From           string         // an address, with or without a name
	Roots          *x509.CertPool // nil: the system's
	Patience       time.Duration  // for each step; 0: ten seconds
}

// ErrSMTP says that the settings of the mail server do not hold together.
var ErrSMTP = errors.New("the settings of the mail server are incomplete")

// patience is how long a server may take for a step.
const patience = 10 * time.Second

// Mail words and sends mails.
type Mail struct {
	client *mail.Client
	from   *netmail.Address
	domain string
	words  *words.Catalogue
	base   string // of the hub's pages
	place  func(id string) (kiosk.Office, bool)
	now    func() time.Time
}

// NewMail returns a mailer for a hub. Without TLS it speaks to this machine
// alone. It returns [ErrSMTP].
func NewMail(s SMTP, h *hub.Hub, w *words.Catalogue) (*Mail, error) {
	host, port, err := net.SplitHostPort(s.Server)
	n, portErr := strconv.Atoi(port)
	if err != nil || portErr != nil || host == "" {
		return nil, fmt.Errorf("%w: the server is host:port", ErrSMTP)
	}
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("%w: the sender is no e-mail address", ErrSMTP)
	}
	if (s.User == "") != (s.Password == "") {
		return nil, fmt.Errorf("%w: user and password go together", ErrSMTP)
	}
	if from.Name == "" {
		from.Name = "Loket"
	}
	m := &Mail{from: from, domain: from.Address[strings.LastIndex(from.Address, "@")+1:], words: w, base: strings.TrimSuffix(h.Keys.Bundle.PublicURL, "/"), place: h.Catalogue.Office, now: h.Now}
	options := []mail.Option{mail.WithPort(n), mail.WithTimeout(cmp.Or(s.Patience, patience)), mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12})}
	auth := mail.SMTPAuthAutoDiscover
	switch {
	case n == 465:
		options = append(options, mail.WithSSL())
	case hub.Loopback(host) && s.Roots == nil:
		options, auth = append(options, mail.WithTLSPolicy(mail.NoTLS)), mail.SMTPAuthPlainNoEnc
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	if m.client, err = mail.NewClient(host, options...); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return m, nil
}

// letter is what a mail says, before it is text and HTML.
type letter struct {
	Language      kiosk.Language
	subject, list string
	Title         string
	Intro         []string
	Sections      []section
	URL, Link     string
	Foot          []string
}

type section struct {
	Title string
	Lines []string
}

// News tells a visitor that something is new.
func (m *Mail) News(ctx context.Context, id string, n hub.News) error {
	w := m.words.In(n.Language)
	l := letter{Language: w.Language, subject: w.T("mail.news.subject", "number", n.Number), Title: w.T("mail.news.title"),
		Intro: []string{w.T("mail.news.number", "number", n.Number)}, URL: m.base + "/t", Link: w.T("mail.news.link"),
		Foot: []string{w.T("mail.news.why"), w.T("mail.news.safe"), w.T("mail.auto")}}
	if n.Status != "" {
		l.Intro = append(l.Intro, w.T("mail.news.status", "status", w.T("status."+string(n.Status))))
	}
	l.Intro = append(l.Intro, w.T("mail.news.how"))
	return m.send(ctx, id, n.Address, l)
}

// officers is the language of mails to officers.
const officers = kiosk.Indonesian

// toOfficer is a letter that leads to the desk.
func (m *Mail) toOfficer(w words.Words, list string) letter {
	return letter{Language: w.Language, list: list, URL: m.base + "/desk", Link: w.T("mail.desk"), Foot: []string{w.T("mail.officer.why"), w.T("mail.auto")}}
}

// Arrivals tells an officer of cases nobody has opened.
func (m *Mail) Arrivals(ctx context.Context, id, address string, units []hub.Unopened) error {
	w := m.words.In(officers)
	l := m.toOfficer(w, "arrivals")
	l.Title = w.T("mail.arrivals.title")
	waiting, forwarded := 0, 0
	for _, u := range units {
		place, _ := m.place(u.Unit)
		s := section{Title: place.Name.In(officers)}
		for _, k := range u.Kinds {
			waiting += k.Count
			s.Lines = append(s.Lines, w.T("mail.arrivals.kind", "kind", k.Label.In(officers), "n", k.Count))
		}
		if len(u.Kinds) > 0 {
			s.Lines = append(s.Lines, w.T("mail.arrivals.oldest", "age", age(w, u.Oldest)))
		}
		if u.Forwarded > 0 {
			forwarded += u.Forwarded
			s.Lines = append(s.Lines, w.T("mail.arrivals.forwarded", "n", u.Forwarded))
		}
		l.Sections = append(l.Sections, s)
	}
	if l.subject = w.T("mail.arrivals.subject", "n", waiting); waiting == 0 {
		l.subject = w.T("mail.arrivals.subject.forwarded", "n", forwarded)
	}
	return m.send(ctx, id, address, l)
}

// age writes how long something waits: minutes, hours, or days.
func age(w words.Words, d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return w.T("mail.age.minutes", "n", max(1, int(d/time.Minute)))
	case d < 48*time.Hour:
		return w.T("mail.age.hours", "n", int(d/time.Hour))
	}
	return w.T("mail.age.days", "n", int(d/(24*time.Hour)))
}

// linesMost is how many cases of a group a digest names.
const linesMost = 25

// Deadlines tells an officer what is due.
func (m *Mail) Deadlines(ctx context.Context, id, address string, d hub.Digest) error {
	w := m.words.In(officers)
	l := m.toOfficer(w, "deadlines")
	l.subject = w.T("mail.deadlines.subject", "date", w.Day(d.Day), "late", len(d.Overdue), "today", len(d.Today))
	l.Title = w.T("mail.deadlines.title", "date", w.Date(d.Day))
	group := func(title, line string, all []hub.Due) {
		s := section{Title: title}
		for i, x := range all {
			if i == linesMost {
				s.Lines = append(s.Lines, w.T("mail.deadlines.more", "n", len(all)-linesMost))
				break
			}
			s.Lines = append(s.Lines, w.T(line, "number", x.Number, "kind", x.Kind.In(officers), "term", x.Term.In(officers), "n", x.Days, "date", w.Day(x.Date)))
		}
		if len(all) > 0 {
			l.Sections = append(l.Sections, s)
		}
	}
	group(w.T("mail.deadlines.late"), "mail.deadlines.line.late", d.Overdue)
	group(w.T("mail.deadlines.today"), "mail.deadlines.line", d.Today)
	group(w.T("mail.deadlines.soon", "date", w.Date(d.Next)), "mail.deadlines.line", d.Soon)
	group(w.T("mail.deadlines.unopened"), "mail.deadlines.line.unopened", d.Unopened)
	return m.send(ctx, id, address, l)
}

// Test sends a mail that says that mails arrive.
func (m *Mail) Test(ctx context.Context, id, address string) error {
	w := m.words.In(officers)
	l := m.toOfficer(w, "")
	l.subject, l.Title, l.Intro = w.T("mail.test.subject"), w.T("mail.test.title"), []string{w.T("mail.test.line")}
	return m.send(ctx, id, address, l)
}

// send hands a letter to the server. Its Message-ID is the notice's on every
// try, so that a second copy is known as one.
func (m *Mail) send(ctx context.Context, id, address string, l letter) error {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	if err := msg.To(address); err != nil {
		return &hub.Failure{Why: "address", Final: true}
	}
	msg.Subject(l.subject)
	msg.SetDateWithValue(m.now())
	msg.SetMessageIDWithValue(id + "@" + m.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader(mail.HeaderContentLang, string(l.Language))
	if l.list != "" {
		msg.SetGenHeader("List-Id", fmt.Sprintf("Loket <%s.loket.%s>", l.list, m.domain))
	}
	text, page, err := l.write()
	if err != nil {
		return &hub.Failure{Why: "wrong", Detail: "template"}
	}
	msg.SetBodyString(mail.TypeTextPlain, text)
	msg.AddAlternativeString(mail.TypeTextHTML, page)
	client, err := m.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return failure(err)
	}
	err = m.client.SendWithSMTPClient(client, msg)
	// The server has it by now: how it says good-bye changes nothing.
	m.client.CloseWithSMTPClient(client)
	if err != nil {
		return failure(err)
	}
	return nil
}

// failure is what an error of the conversation comes to. Servers repeat
// addresses in their sentences, so that only their numbers are kept.
func failure(err error) *hub.Failure {
	var sending *mail.SendError
	var said *textproto.Error
	var network net.Error
	var untrusted *tls.CertificateVerificationError
	var name x509.HostnameError
	switch {
	case errors.As(err, &sending) && sending.ErrorCode() > 0:
		detail := strings.TrimSpace(fmt.Sprint(sending.ErrorCode()) + " " + sending.EnhancedStatusCode())
		if about := sending.Reason; sending.ErrorCode() >= 500 && (about == mail.ErrSMTPRcptTo || about == mail.ErrSMTPData || about == mail.ErrSMTPDataClose) {
			return &hub.Failure{Why: "smtp_refused", Detail: detail, Final: true}
		}
		return &hub.Failure{Why: "smtp", Detail: detail}
	case errors.As(err, &said) && (said.Code == 535 || said.Code == 534 || said.Code == 530):
		return &hub.Failure{Why: "smtp_login"}
	case errors.As(err, &said):
		return &hub.Failure{Why: "smtp", Detail: fmt.Sprint(said.Code)}
	case errors.As(err, &untrusted), errors.As(err, &name), strings.Contains(err.Error(), "STARTTLS"): // not offered: no typed error says so
		return &hub.Failure{Why: "tls"}
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &hub.Failure{Why: "timeout"}
	}
	return &hub.Failure{Why: "unreachable"}
}
