package hub

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"loket/kiosk"
)

// The events that webhooks can be told of.
const (
	EventReceived  = "case.received"
	EventStatus    = "case.status"
	EventAnswered  = "case.answered"
	EventForwarded = "case.forwarded" // to another unit
	EventOverdue   = "case.overdue"   // its answer is late
	eventTest      = "test"
)

// Events are all that one can ask for.
var Events = []string{EventReceived, EventStatus, EventAnswered, EventForwarded, EventOverdue}

// Webhook is a program that wants to be told of cases.
type Webhook struct {
	ID           string
	URL          string
	Sealed       []byte // its secret, to the hub's own key
	Events       []string
	Office       string // cases of it and below; empty: all
	AllowPrivate bool   // may lead into the inner network
	AddedBy      string
	AddedAt      time.Time
	FailingSince time.Time // zero: the last message got through
	DisabledAt   time.Time
	DisabledWhy  string
}

// Off reports whether it is told nothing any more.
func (w *Webhook) Off() bool { return !w.DisabledAt.IsZero() }

// Host is where it goes, without what may be secret in a URL.
func (w *Webhook) Host() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// WebhookStore keeps webhooks.
type WebhookStore interface {
	AddWebhook(ctx context.Context, w Webhook) error
	// Webhooks are those not removed, oldest first.
	Webhooks(ctx context.Context) ([]Webhook, error)
	// Webhook returns one, or ErrNotFound.
	Webhook(ctx context.Context, id string) (Webhook, error)
	// MarkWebhook notes since when it fails, and whether it is disabled and why.
	MarkWebhook(ctx context.Context, w Webhook) error
	// RemoveWebhook takes its secret away, or returns ErrNotFound.
	RemoveWebhook(ctx context.Context, id string, at time.Time) error
}

// Errors of a webhook that cannot be added.
var (
	ErrURL    = errors.New("a webhook goes to https://, without a name and password in it")
	ErrEvent  = errors.New("there is no such event, or none was chosen")
	ErrSecret = errors.New("a webhook's secret is whsec_ and 24 to 64 bytes as base64")
)

const (
	secretPrefix  = "whsec_"
	disableAfter  = 3 * 24 * time.Hour // of failures without one success
	webhookLength = 2048
)

// AddWebhook adds one and returns it with its secret, which is shown only now.
// An empty secret is made. It returns [ErrURL], [ErrEvent], [ErrSecret] and
// [ErrUnit] for an office that does not exist.
func (h *Hub) AddWebhook(ctx context.Context, w Webhook, secret string) (Webhook, string, error) {
	u, err := url.Parse(w.URL)
	if err != nil || len(w.URL) > webhookLength || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && w.AllowPrivate && Loopback(u.Hostname())) {
		return w, "", ErrURL
	}
	if len(w.Events) == 0 || slices.ContainsFunc(w.Events, func(e string) bool { return !slices.Contains(Events, e) }) {
		return w, "", ErrEvent
	}
	if _, known := h.Catalogue.Office(w.Office); w.Office != "" && !known {
		return w, "", ErrUnit
	}
	if secret = strings.TrimSpace(secret); secret == "" {
		var b [32]byte
		rand.Read(b[:])
		secret = secretPrefix + base64.StdEncoding.EncodeToString(b[:])
	}
	coded, ok := strings.CutPrefix(secret, secretPrefix)
	if b, err := base64.StdEncoding.DecodeString(coded); !ok || err != nil || len(b) < 24 || len(b) > 64 {
		return w, "", ErrSecret
	}
	if w.Sealed, err = h.Keys.lock(secret); err != nil {
		return w, "", fmt.Errorf("add webhook: %w", err)
	}
	var id [6]byte
	rand.Read(id[:])
	w.ID, w.AddedAt = "wh_"+hex.EncodeToString(id[:]), h.Now()
	return w, secret, h.Store.AddWebhook(ctx, w)
}

// Loopback reports whether a host is this machine itself, by its name or number.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Webhooks are those that an officer may manage.
func (h *Hub) Webhooks(ctx context.Context, o Officer) (mine []Webhook, err error) {
	all, err := h.Store.Webhooks(ctx)
	for _, w := range all {
		if h.ManagesWebhooks(o, w.Office) {
			mine = append(mine, w)
		}
	}
	return mine, err
}

// theirHook returns a webhook that an officer may manage, or [ErrNotFound].
func (h *Hub) theirHook(ctx context.Context, o Officer, id string) (Webhook, error) {
	w, err := h.Store.Webhook(ctx, id)
	if err == nil && !h.ManagesWebhooks(o, w.Office) {
		err = ErrNotFound
	}
	return w, err
}

// RemoveWebhook takes one away, or returns [ErrNotFound].
func (h *Hub) RemoveWebhook(ctx context.Context, o Officer, id string) error {
	if _, err := h.theirHook(ctx, o, id); err != nil {
		return err
	}
	return h.Store.RemoveWebhook(ctx, id, h.Now())
}

// EnableWebhook has a disabled one told again, or returns [ErrNotFound].
func (h *Hub) EnableWebhook(ctx context.Context, o Officer, id string) error {
	w, err := h.theirHook(ctx, o, id)
	if err != nil {
		return err
	}
	w.FailingSince, w.DisabledAt, w.DisabledWhy = time.Time{}, time.Time{}, ""
	return h.Store.MarkWebhook(ctx, w)
}

// TestWebhook has a message sent that says nothing, or returns [ErrNotFound].
func (h *Hub) TestWebhook(ctx context.Context, o Officer, id string) error {
	w, err := h.theirHook(ctx, o, id)
	if err != nil {
		return err
	}
	n, err := h.TestNotice(w)
	if err != nil {
		return err
	}
	return h.Store.Enqueue(ctx, n)
}

// TestNotice is a message for a webhook that says nothing.
func (h *Hub) TestNotice(w Webhook) (Notice, error) {
	n := newNotice(ChannelWebhook, h.Now(), h.Now())
	n.Recipient, n.Event, n.Office = w.ID, eventTest, w.Office
	return n, n.write(webhookData{})
}

// webhookData is what a webhook is told of a case: nothing of the person, and no word
// of the report.
type webhookData struct {
	Number  kiosk.Number `json:"number,omitempty"`
	Kind    string       `json:"kind,omitempty"`
	Office  string       `json:"office,omitempty"`
	Unit    string       `json:"unit,omitempty"`
	Status  kiosk.Status `json:"status,omitempty"`
	Edition int          `json:"edition,omitempty"` // grows with every change: what comes late is known by it
	Due     string       `json:"due,omitempty"`
}

// write makes the message of a webhook: once, so that every try is the same.
func (n *Notice) write(d webhookData) error {
	b, err := json.Marshal(struct {
		ID   string      `json:"id"`
		Type string      `json:"type"`
		At   time.Time   `json:"timestamp"`
		Data webhookData `json:"data"`
	}{n.ID, n.Event, n.At.UTC(), d})
	n.Body = string(b)
	return err
}

// lock seals a secret that the hub needs again.
func (k *Keys) lock(secret string) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, k.Open[0].Recipient())
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, secret); err != nil {
		return nil, err
	}
	err = w.Close()
	return sealed.Bytes(), err
}

// Secret opens the secret of a webhook.
func (k *Keys) Secret(w Webhook) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(w.Sealed), k.identities()...)
	if err != nil {
		return "", fmt.Errorf("secret of webhook %s: %w", w.ID, err)
	}
	b, err := io.ReadAll(io.LimitReader(r, 1024))
	return string(b), err
}
