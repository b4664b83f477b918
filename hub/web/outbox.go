package web

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"loket/hub"
	"loket/kiosk/words"
)

func (s *Server) outboxRoutes(_, desk *routes) {
	desk.Handle("GET /desk/outbox", s.officer(s.outbox))
	desk.Handle("POST /desk/outbox/test", s.officer(s.outboxTest))
	desk.Handle("POST /desk/outbox/{id}", s.officer(s.outboxChange))
}

// notice is one of the outbox as the page shows it.
type notice struct {
	ID, What, About, To, Since, Next, Reason string
	Number                                   string // to link to; empty when it is not for this officer
	Tries                                    int
	Open                                     bool // it can be sent again or dropped
}

type outboxPage struct {
	page
	State  hub.NoticeState
	States []hub.NoticeState
	Rows   []notice
	Mails  bool // mail is set up
	Mine   bool // the officer has an address
}

// With is the list of another state.
func (p *outboxPage) With(state hub.NoticeState) template.URL {
	return template.URL("/desk/outbox?" + url.Values{"state": {string(state)}}.Encode())
}

// outboxMost is how many notices the page shows.
const outboxMost = 300

var noticeStates = []hub.NoticeState{hub.NoticeWaiting, hub.NoticeFailed, hub.NoticeSent, hub.NoticeCancelled, hub.NoticeDropped}

// notOutbox is the answer to who may not see the page.
var notOutbox = &refusal{status: http.StatusForbidden, sentence: "the outbox is not for this officer's role"}

// outbox shows what waits, what failed and why, and what went out.
func (s *Server) outbox(out http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	p := &outboxPage{State: hub.NoticeWaiting, States: noticeStates, Mails: s.hub.Mails, Mine: officer.Email != ""}
	for _, state := range noticeStates {
		if r.FormValue("state") == string(state) {
			p.State = state
		}
	}
	s.desk(&p.page, r, officer)
	all, err := s.hub.Outbox(r.Context(), officer, p.State, outboxMost)
	if errors.Is(err, hub.ErrForbidden) {
		return notOutbox
	}
	if err != nil {
		return err
	}
	hooks, err := s.hub.Store.Webhooks(r.Context())
	if err != nil {
		return err
	}
	hosts := map[string]string{}
	for _, w := range hooks {
		hosts[w.ID] = w.Host()
	}
	w := s.say(r)
	for _, n := range all {
		row := notice{ID: n.ID, What: w.T("outbox." + string(n.Channel)), To: n.Recipient, Since: s.when(w, officer, n.At), Tries: n.Tries, Reason: reason(w, n.Reason),
			Open: n.Lease == "" && (n.State == hub.NoticeWaiting || n.State == hub.NoticeFailed)}
		switch n.Channel {
		case hub.ChannelVisitor:
			row.To = w.T("outbox.who.visitor")
		case hub.ChannelTest:
			row.What = w.T("outbox.test.mail")
		case hub.ChannelWebhook:
			row.To, row.About = cmp.Or(hosts[n.Recipient], n.Recipient), w.T("webhook."+n.Event)
			if n.Event == "test" {
				row.About = w.T("webhook.test.event")
			}
		}
		if n.DoneBy != "" {
			row.Reason = strings.TrimSpace(row.Reason + " " + w.T("outbox.by", "name", n.DoneBy))
		}
		if row.Next = s.when(w, officer, n.NotBefore); n.State != hub.NoticeWaiting {
			row.Next = s.when(w, officer, n.DoneAt)
		}
		if n.Number != "" {
			if c, err := s.hub.Store.Case(r.Context(), n.Number); err == nil && s.hub.Sees(officer, c) {
				row.Number = string(n.Number)
			} else if err != nil && !errors.Is(err, hub.ErrNotFound) {
				return err
			}
		}
		p.Rows = append(p.Rows, row)
	}
	switch done := r.FormValue("done"); done {
	case "again", "drop", "test":
		p.Message = "outbox." + done + ".done"
	case "late":
		p.Message = "outbox.late"
	}
	return s.render(out, http.StatusOK, "outbox", p, r)
}

// when is a moment in the officer's zone; a narrow column breaks it between day
// and hour alone.
func (s *Server) when(w words.Words, o hub.Officer, t time.Time) string {
	t = s.hub.Local(o.Office, t)
	whole := strings.NewReplacer(" ", "\u00a0")
	return whole.Replace(w.Day(t)) + ", " + whole.Replace(w.Clock(t))
}

// reason is why a notice did not get through, in words.
func reason(w words.Words, kept string) string {
	why, detail, _ := strings.Cut(kept, " ")
	if why == "" {
		return ""
	}
	return w.T("failure."+why, "detail", detail)
}

// outboxChange sends a notice again or drops it.
func (s *Server) outboxChange(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	change, done := s.hub.Resend, "again"
	if r.PostFormValue("act") == "drop" {
		change, done = s.hub.Drop, "drop"
	}
	err := change(r.Context(), officer, r.PathValue("id"))
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return notOutbox
	case errors.Is(err, hub.ErrChanged):
		done = "late"
	case err != nil:
		return err
	}
	state := hub.NoticeState(r.PostFormValue("state"))
	http.Redirect(w, r, "/desk/outbox?"+url.Values{"state": {string(state)}, "done": {done}}.Encode(), http.StatusSeeOther)
	return nil
}

// outboxTest has a mail sent to the officer who asks.
func (s *Server) outboxTest(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	err := s.hub.TestMail(r.Context(), officer)
	switch {
	case errors.Is(err, hub.ErrForbidden):
		return notOutbox
	case errors.Is(err, hub.ErrAddress):
		return &refusal{status: http.StatusUnprocessableEntity, sentence: "this officer has no e-mail address"}
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/outbox?done=test", http.StatusSeeOther)
	return nil
}
