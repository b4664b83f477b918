package hub

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"loket/kiosk"
	"loket/kiosk/workday"
)

// Mailer words and sends mails. Its errors are Failures.
type Mailer interface {
	News(ctx context.Context, id string, n News) error
	Arrivals(ctx context.Context, id, address string, units []Unopened) error
	Deadlines(ctx context.Context, id, address string, d Digest) error
	Test(ctx context.Context, id, address string) error
}

// Poster sends webhooks. Its errors are Failures.
type Poster interface {
	Post(ctx context.Context, id string, w Webhook, secret string, body []byte) error
}

// News is what a visitor is told: no word of the report or the answer, and of
// a confidential one not even how it stands.
type News struct {
	Address  string
	Language kiosk.Language
	Number   kiosk.Number
	Status   kiosk.Status // empty: not to be said
}

// Unopened are the cases of a unit that nobody has opened yet, or that were
// forwarded to it since the last notice.
type Unopened struct {
	Unit      string
	Kinds     []Tally
	Forwarded int
	Oldest    time.Duration // how long the oldest has waited
}

// Due is a case whose term runs out, or that nobody has opened.
type Due struct {
	Number kiosk.Number
	Kind   kiosk.Text
	Term   kiosk.Text
	Date   time.Time // zero: it has none
	Days   int       // how late, in working days; of an unopened one how long it lies, in days
}

// Digest is what an officer has to see to this day.
type Digest struct {
	Day, Next                      time.Time // dates; Next is the next working day
	Overdue, Today, Soon, Unopened []Due     // Soon is due on Next
}

// Empty reports whether there is nothing to say.
func (d *Digest) Empty() bool { return len(d.Overdue)+len(d.Today)+len(d.Soon)+len(d.Unopened) == 0 }

const (
	claimAtATime  = 16
	casesAtATime  = 200
	sendAtATime   = 4
	sendFor       = 20 * time.Second
	leaseFor      = 3 * time.Minute // longer than claimAtATime/sendAtATime times sendFor
	lookEvery     = 5 * time.Second
	arrivalsEvery = 15 * time.Minute
	unopenedLong  = 24 * time.Hour
	forwardedLong = 24 * time.Hour
	// The morning's digest goes out from 07:30, and not after 17:00 when the hub
	// was down meanwhile; in minutes of the day.
	digestFrom = 7*60 + 30
	digestTo   = 17 * 60
)

// Courier takes notices out of the house. Several may work on one outbox: each
// notice is leased to one of them.
type Courier struct {
	hub   *Hub
	mail  Mailer // nil: mails are not written at all
	posts Poster

	planned map[string]string // officer → day whose digest is in the outbox
	looked  time.Time         // when late answers were looked for
}

// NewCourier returns one. Without a mailer nobody gets mail.
func NewCourier(h *Hub, mail Mailer, posts Poster) *Courier {
	h.Mails = mail != nil
	return &Courier{hub: h, mail: mail, posts: posts, planned: map[string]string{}}
}

// Run delivers until ctx ends.
func (c *Courier) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.Deliver(ctx); err != nil && ctx.Err() == nil {
			c.hub.Log.Error("deliver notices", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

// Deliver plans what the hour brings, and sends everything whose time has come.
func (c *Courier) Deliver(ctx context.Context) error {
	if err := c.plan(ctx); err != nil {
		return err
	}
	if err := c.spreadAll(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		now := c.hub.Now()
		claimed, err := c.hub.Store.Claim(ctx, now, now.Add(leaseFor), claimAtATime)
		if err != nil || len(claimed) == 0 {
			return err
		}
		book := &openCases{hub: c.hub}
		errs := make([]error, len(claimed))
		var under sync.WaitGroup
		slots := make(chan struct{}, sendAtATime)
		for i, n := range claimed {
			under.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				errs[i] = c.handle(ctx, n, book)
			})
		}
		under.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// handle deals with one notice. An error is the store's; the lease then ends by
// itself.
func (c *Courier) handle(ctx context.Context, n Notice, book *openCases) error {
	settled, err := c.deal(ctx, n, book)
	if err != nil {
		return err
	}
	return c.settle(ctx, Settled{Notice: settled})
}

// settle notes what became of notices: of what has gone out even while the hub stops.
func (c *Courier) settle(ctx context.Context, all ...Settled) error {
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), sendFor)
	defer done()
	if err := c.hub.Store.Settle(noting, all...); !errors.Is(err, ErrChanged) {
		return err
	}
	return nil
}

// spreadAll finds who is to hear of what happened to cases, of many at a time: that is
// written in one transaction, and goes after kiosks that wait to be acknowledged. Where
// that fails for one it is left to the next who claims it.
func (c *Courier) spreadAll(ctx context.Context) error {
	var failed error
	for spent := time.Duration(0); ctx.Err() == nil; {
		c.hub.giveWay(ctx, spent)
		began, now := time.Now(), c.hub.Now()
		claimed, err := c.hub.Store.ClaimCases(ctx, now, now.Add(leaseFor), casesAtATime)
		if err != nil || len(claimed) == 0 {
			return errors.Join(failed, err)
		}
		hooks, err := c.hub.Store.Webhooks(ctx)
		if err != nil {
			return err
		}
		officers, err := c.hub.Store.Officers(ctx)
		if err != nil {
			return err
		}
		var all []Settled
		for _, n := range claimed {
			if now.Sub(n.At) > staleAfter {
				all = append(all, Settled{Notice: n.ended(NoticeCancelled, "stale", now)})
				continue
			}
			more, err := c.spread(ctx, n, hooks, officers)
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			all = append(all, Settled{n.ended(NoticeSent, "", now), more})
		}
		if err := c.settle(ctx, all...); err != nil {
			return err
		}
		spent = time.Since(began)
	}
	return errors.Join(failed, ctx.Err())
}

func (c *Courier) deal(ctx context.Context, n Notice, book *openCases) (Notice, error) {
	now := c.hub.Now()
	if now.Sub(n.At) > staleAfter {
		return n.ended(NoticeCancelled, "stale", now), nil
	}
	sending, done := context.WithTimeout(ctx, sendFor)
	defer done()
	var err error
	switch n.Channel {
	case ChannelVisitor:
		err = c.sendNews(sending, n)
	case ChannelArrivals:
		last, lastErr := c.hub.Store.LastSent(ctx, ChannelArrivals, n.Recipient)
		if lastErr != nil {
			return n, lastErr
		}
		if next := last.Add(arrivalsEvery); now.Before(next) {
			n.NotBefore, n.Tries = next, n.Tries-1
			return n, nil
		}
		err = c.sendArrivals(sending, n, last, book)
	case ChannelDeadlines:
		err = c.sendDigest(sending, n, book)
	case ChannelWebhook:
		err = c.post(sending, n)
	case ChannelTest:
		err = c.sendTest(sending, n)
	}
	if ctx.Err() != nil && err != nil {
		return n, ctx.Err() // the hub stops: that is nobody's failure
	}
	var f *Failure
	switch {
	case err == nil:
		return n.ended(NoticeSent, "", now), nil
	case !errors.As(err, &f):
		return n, err
	case slices.Contains(pointless, f.Why):
		return n.ended(NoticeCancelled, f.Why, now), nil
	}
	failed := n.failed(f, now)
	if failed.State == NoticeFailed {
		c.hub.Log.Warn("a notice is given up", "channel", n.Channel, "why", failed.Reason)
	}
	return failed, nil
}

// pointless are the reasons for which a notice is no longer to be sent.
var pointless = []string{"nothing", "silent", "officer", "removed"}

// newsOf is the last thing of a case's story that a visitor is told of: another
// status, another answer or a longer term, by the office. Nobody is told what
// they did themselves.
func newsOf(c Case) (e Event, ok bool) {
	last := kiosk.Received
	for _, x := range c.Story() {
		theirs := x.Kind == Replied || x.Kind == Solved || x.Kind == Contested || x.Kind == Attached
		if x.Edition > 1 && !theirs && (x.Status != last || x.Kind == Extended || x.Kind == Moved && x.Said != "") {
			e, ok = x, true
		}
		last = x.Status
	}
	return e, ok
}

// stands reports whether an event can no longer be taken back.
func (e Event) stands(now time.Time) bool {
	return e.Officer == "" || now.Sub(e.At) >= UndoFor+undoMargin
}

// wantsNews reports whether the visitor of a case gave an address for news.
func wantsNews(c Case) bool {
	return c.Identity != kiosk.Anonymous && c.Answers["notify"] == "yes" && ValidAddress(c.Answers["email"])
}

// spread finds who is to hear of what happened.
func (c *Courier) spread(ctx context.Context, n Notice, hooks []Webhook, officers []Officer) (more []Notice, err error) {
	h := c.hub
	x, err := h.Store.Case(ctx, n.Number)
	if err != nil {
		return nil, err
	}
	story := x.Story()
	at := slices.IndexFunc(story, func(e Event) bool { return e.Edition > 1 && e.Edition == n.Edition })
	now := h.Now()
	add := func(channel Channel, recipient, once string) *Notice {
		m := newNotice(channel, n.At, now)
		m.Recipient, m.Key, m.Number, m.Edition, m.Office = recipient, once, n.Number, n.Edition, cmp.Or(x.Unit, x.Office)
		more = append(more, m)
		return &more[len(more)-1]
	}
	var events []string
	data := webhookData{Number: x.Number, Kind: x.Form.Name, Office: x.Office, Unit: cmp.Or(x.Unit, x.Office), Status: x.Status, Edition: n.Edition}
	switch {
	case n.Event == EventReceived:
		events, data.Status = []string{EventReceived}, kiosk.Received
	case n.Event == EventOverdue:
		events = []string{EventOverdue}
		if r, ok := h.Answering(x); ok && !r.Paused {
			data.Due = r.Due.Format(time.DateOnly)
		}
	case at >= 0:
		e, before := story[at], kiosk.Received
		if at > 0 {
			before = story[at-1].Status
		}
		if data.Status = e.Status; e.Status != before {
			events = append(events, EventStatus)
		}
		if e.Status == kiosk.Answered && (e.Status != before || e.Said != "") {
			events = append(events, EventAnswered)
		}
		if e.Kind == Forwarded {
			data.Unit, events = e.Target, append(events, EventForwarded)
		}
	}
	if len(events) > 0 && !x.Rahasia {
		for _, w := range hooks {
			for _, event := range events {
				if !w.Off() && slices.Contains(w.Events, event) && (h.Under(x.Office, w.Office) || h.Under(data.Unit, w.Office)) {
					m := add(ChannelWebhook, w.ID, "")
					m.Event, m.Office = event, w.Office
					if err := m.write(data); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	if c.mail == nil {
		return more, nil
	}
	// A change that can still be taken back has a notice of its own to come.
	if e, ok := newsOf(x); ok && wantsNews(x) && e.stands(now) {
		add(ChannelVisitor, "", key(ChannelVisitor, x.Number, e.Edition)).Edition = e.Edition
	}
	if n.Event == EventReceived || at >= 0 && story[at].Kind == Forwarded {
		by := ""
		if at >= 0 {
			by = story[at].Officer
		}
		for _, o := range c.watching(x, officers, n.Event == EventReceived) {
			if o.Name != by {
				m := add(ChannelArrivals, o.Name, "")
				m.Number, m.Edition, m.Office = "", 0, o.Office
			}
		}
	}
	return more, nil
}

// watching are the officers told of a case that came to a unit: those of the
// unit who may work on it, or, if none of them has an address, those of the
// nearest office above that has some.
func (c *Courier) watching(x Case, officers []Officer, above bool) []Officer {
	officers = slices.DeleteFunc(slices.Clone(officers), func(o Officer) bool { return o.Email == "" || !c.hub.Acts(o, x) })
	for place, up := cmp.Or(x.Unit, x.Office), true; up; {
		here := slices.DeleteFunc(slices.Clone(officers), func(o Officer) bool { return o.Office != place })
		if len(here) > 0 || place == "" || !above {
			return here
		}
		over, _ := c.hub.Catalogue.Office(place)
		place = over.Parent
	}
	return nil
}

// officerOf is who a mail goes to.
func (c *Courier) officerOf(ctx context.Context, n Notice) (Officer, error) {
	if c.mail == nil {
		return Officer{}, &Failure{Why: "off"}
	}
	o, err := c.hub.Store.Officer(ctx, n.Recipient)
	if errors.Is(err, ErrNotFound) || err == nil && o.Email == "" {
		return o, &Failure{Why: "officer", Final: true}
	}
	return o, err
}

func (c *Courier) sendNews(ctx context.Context, n Notice) error {
	if c.mail == nil {
		return &Failure{Why: "off"}
	}
	x, err := c.hub.Store.Case(ctx, n.Number)
	if err != nil {
		return err
	}
	story := x.Story()
	at := slices.IndexFunc(story, func(e Event) bool { return e.Edition == n.Edition })
	newer, _ := newsOf(x)
	if at < 0 || !wantsNews(x) || newer.Edition != n.Edition && newer.stands(c.hub.Now()) {
		return &Failure{Why: "silent", Final: true} // none is wanted, or one that says more is on its way
	}
	news := News{Address: x.Answers["email"], Language: x.Language, Number: x.Number}
	if !x.Rahasia {
		news.Status = story[at].Status
	}
	return c.mail.News(ctx, n.ID, news)
}

func (c *Courier) sendTest(ctx context.Context, n Notice) error {
	o, err := c.officerOf(ctx, n)
	if err != nil {
		return err
	}
	return c.mail.Test(ctx, n.ID, o.Email)
}

func (c *Courier) sendArrivals(ctx context.Context, n Notice, last time.Time, book *openCases) error {
	o, err := c.officerOf(ctx, n)
	if err != nil {
		return err
	}
	cases, err := book.list(ctx)
	if err != nil {
		return err
	}
	units := c.hub.unopened(o, cases, last)
	if len(units) == 0 {
		return &Failure{Why: "nothing", Final: true}
	}
	return c.mail.Arrivals(ctx, n.ID, o.Email, units)
}

func (c *Courier) sendDigest(ctx context.Context, n Notice, book *openCases) error {
	o, err := c.officerOf(ctx, n)
	if err != nil {
		return err
	}
	cases, err := book.list(ctx)
	if err != nil {
		return err
	}
	d := c.hub.digest(o, cases)
	if d.Empty() || !c.hub.daysOf(o.Office).Working(c.hub.Local(o.Office, c.hub.Now())) {
		return &Failure{Why: "nothing", Final: true}
	}
	return c.mail.Deadlines(ctx, n.ID, o.Email, d)
}

// post sends a webhook's message, and disables one that has failed for days.
func (c *Courier) post(ctx context.Context, n Notice) error {
	h := c.hub
	w, err := h.Store.Webhook(ctx, n.Recipient)
	if errors.Is(err, ErrNotFound) {
		return &Failure{Why: "removed", Final: true}
	}
	if err != nil {
		return err
	}
	if w.Off() && n.Event != eventTest {
		return &Failure{Why: "disabled", Final: true}
	}
	if n.Number != "" { // hidden meanwhile
		if x, err := h.Store.Case(ctx, n.Number); err != nil {
			return err
		} else if x.Rahasia {
			return &Failure{Why: "silent", Final: true}
		}
	}
	secret, err := h.Keys.Secret(w)
	if err != nil {
		return &Failure{Why: "wrong", Detail: "secret"}
	}
	err = c.posts.Post(ctx, n.ID, w, secret, []byte(n.Body))
	var f *Failure
	now := h.Now()
	switch {
	case err == nil && !w.FailingSince.IsZero() && !w.Off():
		w.FailingSince = time.Time{}
	case ctx.Err() == nil && errors.As(err, &f) && n.Event != eventTest:
		if w.FailingSince.IsZero() {
			w.FailingSince = now
		}
		if f.Why == "gone" || now.Sub(w.FailingSince) >= disableAfter {
			w.DisabledAt, w.DisabledWhy = now, f.String()
			h.Log.Warn("a webhook is disabled", "webhook", w.ID, "why", w.DisabledWhy)
		}
	default:
		return err
	}
	return errors.Join(h.Store.MarkWebhook(context.WithoutCancel(ctx), w), err)
}

// openCases are the cases the office has not done with, read once for all who
// are told of them.
type openCases struct {
	hub  *Hub
	once sync.Once
	all  []Case
	err  error
}

func (b *openCases) list(ctx context.Context) ([]Case, error) {
	b.once.Do(func() { b.all, b.err = b.hub.Store.CasesIn(ctx, kiosk.Unfinished) })
	return b.all, b.err
}

// unopened are the cases that an officer may work on and nobody has opened, and
// those forwarded to the officer's own unit since a time, by unit.
func (h *Hub) unopened(o Officer, cases []Case, since time.Time) (units []Unopened) {
	now := h.Now()
	if since.IsZero() || now.Sub(since) > forwardedLong {
		since = now.Add(-forwardedLong)
	}
	since = since.Add(-UndoFor - undoMargin) // a forwarded case is announced that much later
	for _, c := range cases {
		if !h.Acts(o, c) {
			continue
		}
		forwarded := false
		for _, e := range c.Story() {
			forwarded = e.Kind == Forwarded && c.Unit == o.Office && !e.At.Before(since) || forwarded && e.Kind != Moved
		}
		if !c.SeenAt.IsZero() && !forwarded {
			continue
		}
		i := slices.IndexFunc(units, func(u Unopened) bool { return u.Unit == c.Unit })
		if i < 0 {
			i, units = len(units), append(units, Unopened{Unit: c.Unit})
		}
		u := &units[i]
		if c.SeenAt.IsZero() {
			u.Oldest = max(u.Oldest, now.Sub(c.ReceivedAt))
		} else {
			u.Forwarded++
			continue
		}
		k := slices.IndexFunc(u.Kinds, func(t Tally) bool { return t.ID == c.Form.Name })
		if k < 0 {
			k, u.Kinds = len(u.Kinds), append(u.Kinds, Tally{ID: c.Form.Name, Label: h.title(c)})
		}
		u.Kinds[k].Count++
	}
	slices.SortStableFunc(units, func(a, b Unopened) int { return cmp.Compare(b.Oldest, a.Oldest) })
	return units
}

// title is what a case's kind is called.
func (h *Hub) title(c Case) kiosk.Text {
	if f := h.Catalogue.At(c.Form); f != nil {
		return f.Title
	}
	return kiosk.Text{kiosk.Indonesian: c.Form.Name}
}

// daysOf is the calendar that an office or unit keeps: a unit's is its
// office's.
func (h *Hub) daysOf(office string) workday.Office {
	for _, u := range h.Catalogue.Units {
		if u.ID == office {
			office = u.Parent
		}
	}
	return h.calendar.Load().At(office)
}

// digest is what an officer has to see to this day: of the cases they may work
// on, and of those a supervisor may read. A colleague's own work is theirs until
// it is late.
func (h *Hub) digest(o Officer, cases []Case) Digest {
	now := h.Now()
	local := h.Local(o.Office, now)
	d := Digest{Day: local}
	d.Next, _ = h.daysOf(o.Office).Add(local, 1)
	for _, c := range cases {
		overseen := o.Role == Supervisor && h.Sees(o, c)
		if !h.Acts(o, c) && !overseen || c.MergedInto != "" {
			continue
		}
		due := Due{Number: c.Number, Kind: h.title(c)}
		found, left := false, 0
		for _, r := range h.Clocks(c) {
			if !r.Visitor && !r.Paused && r.Stopped.IsZero() && (!found || r.Left < left) {
				found, left, due.Term, due.Date, due.Days = true, r.Left, r.Label, r.Due, -r.Left
			}
		}
		anothers := c.Assignee != "" && c.Assignee != o.Name && !overseen
		switch {
		case found && left < 0:
			d.Overdue = append(d.Overdue, due)
		case found && left == 0 && !anothers:
			d.Today = append(d.Today, due)
		case found && left == 1 && !anothers:
			d.Soon = append(d.Soon, due)
		case c.SeenAt.IsZero() && now.Sub(c.ReceivedAt) > unopenedLong:
			due.Term, due.Date, due.Days = nil, time.Time{}, int(now.Sub(c.ReceivedAt)/(24*time.Hour))
			d.Unopened = append(d.Unopened, due)
		}
	}
	for _, list := range [][]Due{d.Overdue, d.Unopened} {
		slices.SortStableFunc(list, func(a, b Due) int { return cmp.Compare(b.Days, a.Days) })
	}
	return d
}

// plan puts into the outbox what time alone brings: the morning's digests, each
// once a day, and answers that have become late, each once.
func (c *Courier) plan(ctx context.Context) error {
	h := c.hub
	now := h.Now()
	var all []Notice
	days := map[string]string{}
	if c.mail != nil {
		officers, err := h.Store.Officers(ctx)
		if err != nil {
			return err
		}
		for _, o := range officers {
			local := h.Local(o.Office, now)
			minute, day := local.Hour()*60+local.Minute(), local.Format(time.DateOnly)
			if o.Email == "" || !h.SeesCases(o) || minute < digestFrom || minute >= digestTo || c.planned[o.Name] == day || !h.daysOf(o.Office).Working(local) {
				continue
			}
			n := newNotice(ChannelDeadlines, now, now)
			n.Recipient, n.Office, n.Key = o.Name, o.Office, key(ChannelDeadlines, o.Name, day)
			all, days[o.Name] = append(all, n), day
		}
	}
	look := now.Sub(c.looked) >= time.Hour
	if look {
		late, err := c.late(ctx, now)
		if err != nil {
			return err
		}
		all = append(all, late...)
		if err := h.Store.TidyOutbox(ctx, now.Add(-keptFor), now.Add(-staleAfter), now); err != nil {
			return err
		}
	}
	if len(all) > 0 {
		if err := h.Store.Enqueue(ctx, all...); err != nil {
			return err
		}
	}
	for name, day := range days {
		c.planned[name] = day
	}
	if look {
		c.looked = now
	}
	return nil
}

// late are the notices of answers that are overdue, if a webhook asks for them.
func (c *Courier) late(ctx context.Context, now time.Time) (all []Notice, err error) {
	h := c.hub
	hooks, err := h.Store.Webhooks(ctx)
	if err != nil || !slices.ContainsFunc(hooks, func(w Webhook) bool { return !w.Off() && slices.Contains(w.Events, EventOverdue) }) {
		return nil, err
	}
	book := &openCases{hub: h}
	cases, err := book.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range cases {
		if r, ok := h.Answering(x); ok && r.Late && !r.Paused && r.Stopped.IsZero() && !x.Rahasia {
			n := newNotice(ChannelCase, now, now)
			n.Event, n.Number, n.Edition, n.Office, n.Key = EventOverdue, x.Number, x.Edition, cmp.Or(x.Unit, x.Office), key(ChannelCase, EventOverdue, x.Number, r.Due.Format(time.DateOnly))
			all = append(all, n)
		}
	}
	return all, nil
}
