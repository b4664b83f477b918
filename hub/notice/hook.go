package notice

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"loket/hub"
)

const (
	postFor   = 15 * time.Second
	replyMost = 64 << 10 // bytes of an answer that are read at all
)

// Hooks sends webhooks: signed as Standard Webhooks has it, without following
// anybody elsewhere, and into the inner network only where that was allowed.
type Hooks struct {
	agent    string
	loopback bool // the hub itself is on this machine alone: then http to it is, too
	now      func() time.Time
	clients  map[reach]*http.Client
}

// reach is how far a webhook may go.
type reach int

const (
	public  reach = iota
	private       // and into the inner network
	machine       // this machine, and nowhere else
)

// NewHooks returns a poster. loopback says that the hub serves this machine
// alone; roots may be nil, which is the system's.
func NewHooks(version string, loopback bool, roots *x509.CertPool, now func() time.Time) *Hooks {
	h := &Hooks{agent: "Loket/" + version, loopback: loopback, now: now, clients: map[reach]*http.Client{}}
	for _, r := range []reach{public, private, machine} {
		// The address is looked at once the name is resolved: no name leads inside.
		dialer := &net.Dialer{Timeout: postFor / 3, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !r.allows(to.Addr()) {
				return errPrivate
			}
			return nil
		}}
		h.clients[r] = &http.Client{
			Timeout:       postFor,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: postFor / 3, ResponseHeaderTimeout: postFor,
				MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true,
				TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}},
		}
	}
	return h
}

var errPrivate = errors.New("an address of the inner network")

// special are ranges that lead to no public host, beside those netip knows.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

// allows reports whether an address may be spoken to. Link-local ones, where
// clouds keep their secrets, never may.
func (r reach) allows(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case r == machine:
		return a.IsLoopback()
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), a.Zone() != "":
		return false
	case r == private && (a.IsPrivate() || a.IsLoopback()):
		return true
	case !a.IsGlobalUnicast(), a.IsPrivate(), a.IsLoopback():
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Post sends one message.
func (h *Hooks) Post(ctx context.Context, id string, w hub.Webhook, secret string, body []byte) error {
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" {
		return &hub.Failure{Why: "address", Final: true}
	}
	client := h.clients[public]
	switch {
	case u.Scheme == "http" && w.AllowPrivate && h.loopback && hub.Loopback(u.Hostname()):
		client = h.clients[machine]
	case u.Scheme != "https":
		return &hub.Failure{Why: "private", Final: true}
	case w.AllowPrivate:
		client = h.clients[private]
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return &hub.Failure{Why: "wrong", Detail: "secret", Final: true}
	}
	at := h.now()
	signature, err := signer.Sign(id, at, body)
	if err != nil {
		return &hub.Failure{Why: "wrong", Detail: "signature"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return &hub.Failure{Why: "address", Final: true}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", h.agent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := client.Do(req)
	if err != nil {
		return hookFailure(err)
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, replyMost) // whatever it says
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusGone:
		return &hub.Failure{Why: "gone", Final: true}
	case s >= 300 && s < 400:
		return &hub.Failure{Why: "redirect", Detail: fmt.Sprint(s)}
	default:
		return &hub.Failure{Why: "status", Detail: fmt.Sprint(s)}
	}
}

// hookFailure is what an error on the way comes to. An error of the client
// holds the whole URL, whose path may be secret.
func hookFailure(err error) *hub.Failure {
	var network net.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errPrivate):
		return &hub.Failure{Why: "private", Final: true}
	case errors.As(err, &untrusted):
		return &hub.Failure{Why: "tls"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return &hub.Failure{Why: "timeout"}
	}
	return &hub.Failure{Why: "unreachable"}
}
