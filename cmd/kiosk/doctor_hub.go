package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"loket/kiosk/seal"
	"loket/kiosk/upload"
)

// hubAnswers is how long the doctor waits for the hub.
const hubAnswers = 20 * time.Second

// How far this clock may be from the hub's before somebody should know, and before it
// is wrong: the law's days are counted from when a report was filed here.
const (
	skewNoted = 30 * time.Second
	skewWrong = 5 * time.Minute
)

// hub looks whether the hub can be reached under its name, and hears its signed word.
func (e *examination) hub(ctx context.Context) {
	ctx, done := context.WithTimeout(ctx, hubAnswers)
	defer done()
	base := e.station.enrolment.Hub
	client := upload.NewClient()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/livez", nil)
	if err != nil {
		e.Wrong("hub", "enrol anew with an address such as https://hub.example.go.id", "%v", err)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		e.unreachable(base, err)
		return
	}
	resp.Body.Close()
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		e.Certificate(resp.TLS.PeerCertificates[0], e.now())
	}
	if e.station.queue == nil {
		if resp.StatusCode == http.StatusOK {
			e.Well("hub", "somebody answers at %s; without a queue its signed word cannot be asked for", base)
		} else {
			e.Wrong("hub", "look at the hub: hub doctor", "%s answers %d", base, resp.StatusCode)
		}
		return
	}
	u := &upload.Uploader{Hub: base, Kiosk: e.station.enrolment.Kiosk, Key: e.station.enrolment.Key, AckKey: e.station.enrolment.Bundle.AckKey,
		Queue: e.station.queue, Client: client, Now: e.now, Log: slog.New(slog.DiscardHandler)}
	before := e.now()
	standing, err := u.Ask(ctx)
	switch {
	case errors.Is(err, upload.ErrRefused):
		e.Wrong("hub", "see hub kiosk list there; if it was set up anew, enrol this kiosk anew (hub kiosk add, kiosk enrol)", "%s does not know this kiosk", base)
	case errors.Is(err, upload.ErrNotHub):
		e.Wrong("hub", "look for a log-in page or proxy of the network between, or an address that leads elsewhere now", "who answers at %s is not the hub that this kiosk knows", base)
	case err != nil:
		e.Wrong("hub", "nothing is lost: reports wait here. Look at the hub with hub doctor", "%s answers, but: %s", base, oneLine(err))
	default:
		e.stands(base, standing, before.Add(e.now().Sub(before)/2))
	}
}

// stands says what the hub's signed word means for this kiosk; heard is the time here
// at which it was signed.
func (e *examination) stands(base string, st seal.Standing, heard time.Time) {
	switch st.State {
	case "suspended", "revoked":
		e.Wrong("hub", "ask the hub's people why; hub kiosk restore lets it take reports again", "%s has %s this kiosk: it takes no reports", base, st.State)
	default:
		e.Well("hub", "%s answers, signs as itself, and lets this kiosk take reports", base)
	}
	// The hub's word has whole seconds.
	switch skew := heard.Sub(st.At).Round(time.Second); {
	case skew.Abs() > skewWrong:
		e.Wrong("hub's clock", "set the one that is wrong: timedatectl set-ntp true", "this clock is %s the hub's", apart(skew))
	case skew.Abs() > skewNoted:
		e.Note("hub's clock", "set the one that is wrong: timedatectl set-ntp true", "this clock is %s the hub's", apart(skew))
	default:
		e.Well("hub's clock", "this clock and the hub's agree")
	}
}

func apart(skew time.Duration) string {
	if skew < 0 {
		return (-skew).String() + " behind"
	}
	return skew.String() + " ahead of"
}

// unreachable says why the hub was not reached, and what to do about that.
func (e *examination) unreachable(base string, err error) {
	var name *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var ended x509.CertificateInvalidError
	var other x509.HostnameError
	switch {
	case errors.As(err, &ended) && ended.Reason == x509.Expired:
		e.Wrong("certificate", "look at this machine's clock; if it is right, the hub needs another certificate", "the hub's does not hold now: %s to %s", ended.Cert.NotBefore.Format(time.DateOnly), ended.Cert.NotAfter.Format(time.DateOnly))
	case errors.As(err, &other):
		e.Wrong("certificate", "look whether the name leads to the hub; if so, the hub needs a certificate for it", "who answers at %s has one for another name", base)
	case errors.As(err, &untrusted):
		e.Wrong("certificate", "install its authority's certificate (update-ca-certificates); if you do not know it, look who stands between", "nobody this machine trusts has signed that of %s", base)
	case errors.As(err, &name):
		e.Wrong("hub", "look at the network cable, Wi-Fi and name server (resolvectl status); reports wait here safely", "the name of %s is not found", base)
	default:
		e.Wrong("hub", "look at the network, then whether hub serve runs; reports wait here safely", "%s is not reached: %s", base, oneLine(err))
	}
}
