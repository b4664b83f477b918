package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"loket/hub"
	"loket/hub/lifecycle"
	"loket/kiosk"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

const formBytes = 64 << 10

// envelopesWithin is how long a batch may take on a slow line.
const envelopesWithin = 3 * time.Minute

func (s *Server) intakeRoutes(public, _ *routes) {
	public.Handle("POST /api/v1/enrol", s.handle(s.enrol))
	public.Handle("POST /api/v1/envelopes", s.handle(s.envelopes))
	public.Handle("POST /api/v1/standing", s.handle(s.standing))
	public.Handle("GET /api/v1/bundle", s.handle(s.bundle))
	public.Handle("GET /api/v1/catalogue", s.handle(s.catalogueInUse))
}

func (s *Server) trackRoutes(public, _ *routes) {
	for _, path := range []string{"/t", "/T"} { // a QR code is upper case
		public.Handle("GET "+path, s.handle(s.trackForm))
		public.Handle("POST "+path, s.handle(s.track))
	}
	public.Handle("POST /t/say", http.NewCrossOriginProtection().Handler(s.handle(s.answerBack)))
}

type statusPage struct {
	page
	Track  kiosk.Tracking
	Code   string // to say something about it
	Clocks []clock
	May    []hub.EventKind
	Led    []change // what their report led to
	Takes  bool     // files
	Files  int      // that they added
}

// MostFiles is how many there may be.
func (p *statusPage) MostFiles() int { return hub.MostAttachments }

// statusOf is the page of a case that its visitor looks at; c is nil where there is
// none yet.
func (s *Server) statusOf(r *http.Request, t kiosk.Tracking, c *hub.Case, code kiosk.Code) (*statusPage, error) {
	p := &statusPage{Track: t, Code: string(code)}
	p.page.Number = string(t.Number)
	if c == nil {
		return p, nil
	}
	p.Clocks, p.May = s.clocks(*c, language(r)), hub.May(*c)
	files, err := s.hub.Store.Attachments(r.Context(), c.Number)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Page == 0 {
			p.Files++
		}
	}
	p.Takes = hub.Attachable(*c) && p.Files < hub.MostAttachments
	if !c.Rahasia { // what changed would tell what it was about
		p.Led, err = s.trackedChanges(r, *c)
	}
	return p, err
}

// answerBack takes what a visitor says about their case. Number and code go in
// the form: they stand in no address.
func (s *Server) answerBack(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return err
	}
	number, err1 := track.ParseNumber(r.PostFormValue("number"))
	code, err2 := track.ParseCode(r.PostFormValue("code"))
	if err1 != nil || err2 != nil {
		number, code = nobodysNumber, nobodysCode
	}
	wait := !s.tries.allowed(r.Context(), client(r))
	var err error
	if !wait {
		err = s.hub.Say(r.Context(), number, code, hub.EventKind(r.PostFormValue("kind")), r.PostFormValue("said"))
		wait = s.tries.tooMany(r.Context(), r.PostFormValue("number"), errors.Is(err, hub.ErrNotFound))
	}
	if wait {
		s.hub.Meter.Limited()
		w.Header().Set("Retry-After", "60")
		return s.render(w, http.StatusTooManyRequests, "track", page{Message: "track.wait"}, r)
	}
	message, status := "say.done", http.StatusOK
	switch {
	case errors.Is(err, hub.ErrEmpty):
		message, status = "say.empty", http.StatusUnprocessableEntity
	case errors.Is(err, lifecycle.ErrMove), errors.Is(err, hub.ErrChanged):
		message, status = "say.late", http.StatusConflict
	case err != nil:
		return err
	}
	t, c, err := s.hub.Track(r.Context(), number, code)
	if err != nil {
		return err
	}
	p, err := s.statusOf(r, t, c, code)
	if err != nil {
		return err
	}
	p.Message = message
	return s.render(w, status, "status", p, r)
}

// A number and a code of the right length that no kiosk gives out: U is not in
// their alphabet.
const (
	nobodysNumber kiosk.Number = "UUUUUUUU"
	nobodysCode   kiosk.Code   = "UUUUUUUUU"
)

func (s *Server) trackForm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, "track", page{}, r)
}

// track answers a number and its code. Programs ask for application/json.
func (s *Server) track(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return &refusal{status: http.StatusBadRequest, sentence: "send number and code as a form"}
	}
	program := strings.Contains(r.Header.Get("Accept"), "application/json")
	typed := r.PostFormValue("number")
	number, err1 := track.ParseNumber(typed)
	code, err2 := track.ParseCode(r.PostFormValue("code"))
	if err1 != nil || err2 != nil { // the same work and the same answer as for what is nobody's
		number, code = nobodysNumber, nobodysCode
	}
	t := kiosk.Tracking{Result: kiosk.TrackUnknown}
	var c *hub.Case
	wait := !s.tries.allowed(r.Context(), client(r))
	if !wait {
		var err error
		if t, c, err = s.hub.Track(r.Context(), number, code); err != nil {
			return err
		}
		wait = s.tries.tooMany(r.Context(), typed, t.Result == kiosk.TrackUnknown)
	}
	if wait {
		s.hub.Meter.Limited()
		w.Header().Set("Retry-After", "60")
	}
	switch {
	case wait && program:
		writeJSON(w, http.StatusTooManyRequests, map[string]string{"error": "too many tries; wait a minute"})
		return nil
	case wait:
		return s.render(w, http.StatusTooManyRequests, "track", page{Message: "track.wait", Number: typed}, r)
	case program:
		writeJSON(w, http.StatusOK, t)
		return nil
	case t.Result == kiosk.TrackUnknown:
		return s.render(w, http.StatusOK, "track", page{Message: "track.unknown", Number: typed}, r)
	}
	p, err := s.statusOf(r, t, c, code)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "status", p, r)
}

func (s *Server) enrol(w http.ResponseWriter, r *http.Request) error {
	var ask seal.EnrolRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, formBytes)).Decode(&ask); err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "not an enrolment request"}
	}
	if !s.tries.allowed(r.Context(), client(r)) {
		return &refusal{status: http.StatusTooManyRequests, sentence: "too many tries; wait a minute", after: time.Minute}
	}
	reply, err := s.hub.Enrol(r.Context(), ask)
	if errors.Is(err, seal.ErrCode) {
		return &refusal{status: http.StatusForbidden, sentence: "the code does not fit, was used, or is older than 30 minutes; make a new one with hub kiosk add"}
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, reply)
	return nil
}

// fromKiosk returns the body of a request and the kiosk that signed it. Only an
// enrolled kiosk's signature over the whole request gets any further.
func (s *Server) fromKiosk(w http.ResponseWriter, r *http.Request, most int64) (from hub.Kiosk, body []byte, err error) {
	id := r.Header.Get("Loket-Kiosk")
	signature, err := base64.StdEncoding.DecodeString(r.Header.Get("Loket-Signature"))
	if err != nil || len(id) != 2 {
		return from, nil, &refusal{status: http.StatusUnauthorized, sentence: "this request is not signed by a kiosk of this hub"}
	}
	if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, most)); err != nil {
		return from, nil, err
	}
	from, err = s.hub.Sender(r.Context(), id, r.Method, r.URL.Path, body, signature)
	if errors.Is(err, hub.ErrUnknown) {
		return from, nil, &refusal{status: http.StatusUnauthorized, sentence: "this request is not signed by a kiosk of this hub"}
	}
	if err != nil {
		return from, nil, busy(err)
	}
	return from, body, nil
}

// bundle is what kiosks must know of this hub, signed by the root key.
func (s *Server) bundle(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, s.hub.Keys.Signed)
	return nil
}

// catalogueInUse is what kiosks use in place of what is embedded, signed by the hub.
func (s *Server) catalogueInUse(w http.ResponseWriter, _ *http.Request) error {
	signed, ok := s.hub.SignedCatalogue()
	if !ok {
		return &refusal{status: http.StatusNotFound, sentence: "nothing is in place of what is embedded"}
	}
	writeJSON(w, http.StatusOK, signed)
	return nil
}

// standing tells a kiosk which database answers, and how far backups reach.
func (s *Server) standing(w http.ResponseWriter, r *http.Request) error {
	from, body, err := s.fromKiosk(w, r, formBytes)
	if err != nil {
		return err
	}
	head, err := seal.ReadHead(body)
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "this does not say how the kiosk's chain stands"}
	}
	signed, err := s.hub.Standing(r.Context(), from, head)
	if err != nil {
		return busy(err)
	}
	writeJSON(w, http.StatusOK, signed)
	return nil
}

// envelopes takes a batch from a kiosk.
func (s *Server) envelopes(w http.ResponseWriter, r *http.Request) (err error) {
	inside := 1 // as far as can be read
	defer func() {
		if err != nil {
			s.hub.Meter.Envelopes(hub.EnvelopeRejected, inside)
		}
	}()
	s.within(w, envelopesWithin)
	size := r.ContentLength
	if size < 0 || size > seal.MaxBatchBytes {
		size = seal.MaxBatchBytes
	}
	if !s.intake.TryAcquire(size) {
		return overload()
	}
	defer s.intake.Release(size)
	from, body, err := s.fromKiosk(w, r, seal.MaxBatchBytes)
	if err != nil {
		return err
	}
	batch, err := seal.ReadBatch(bytes.NewReader(body), seal.MaxBatch, seal.MaxBatchBytes)
	switch {
	case errors.Is(err, seal.ErrTooMany):
		return &refusal{status: http.StatusRequestEntityTooLarge, sentence: "at most 200 envelopes at a time"}
	case err != nil:
		return &refusal{status: http.StatusBadRequest, sentence: "the batch is cut short"}
	case len(batch) == 0:
		return &refusal{status: http.StatusBadRequest, sentence: "the batch is empty"}
	}
	inside = len(batch)
	acks, err := s.hub.Accept(r.Context(), from, batch)
	if errors.Is(err, hub.ErrOverload) {
		return overload()
	}
	if err != nil {
		s.log.Error("accept", "err", err)
		return busy(err)
	}
	writeJSON(w, http.StatusOK, map[string]any{"acks": acks})
	return nil
}

// busy asks a kiosk to come back: its report is not on our disk.
func busy(error) error {
	return &refusal{status: http.StatusServiceUnavailable, sentence: "the hub cannot store now; try again", after: 30 * time.Second}
}

// intakeBytes is how much of what kiosks send is in memory at a time; more of them wait
// outside, with their reports on their own disks.
const intakeBytes = 128 << 20

// overload asks a kiosk to come back soon: others are being served.
func overload() error {
	return &refusal{status: http.StatusServiceUnavailable, sentence: "too many kiosks send at once; try again", after: overloadAfter}
}

const overloadAfter = 5 * time.Second

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// client names who asks, coarsely: an IPv4 /24 or an IPv6 /48.
func client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if v4 := ip.To4(); v4 != nil {
		return v4.Mask(net.CIDRMask(24, 32)).String()
	}
	return ip.Mask(net.CIDRMask(48, 128)).String()
}
