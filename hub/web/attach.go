package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/attach"
	"loket/kiosk/form"
	"loket/kiosk/track"
)

func (s *Server) attachRoutes(public, desk *routes) {
	public.Handle("POST /t/attach", http.NewCrossOriginProtection().Handler(s.handle(s.attachFile)))
	desk.Handle("GET /desk/case/{number}/attachment/{file}", s.officer(s.attachment))
	desk.Handle("POST /desk/case/{number}/attachment/{file}", s.officer(s.attachment))
}

// attachWithin is how long a slow telephone may take to send a file.
const attachWithin = 5 * time.Minute

// mostPassedOver is how much of a file that is too large is read and thrown away.
const mostPassedOver = 64 << 20

// taking are the cases of which a file is on its way: one at a time for each, for it
// is held in memory.
type taking struct{ sync.Map }

// begin reports whether none was; end must follow then.
func (t *taking) begin(n kiosk.Number) bool {
	_, loaded := t.LoadOrStore(n, true)
	return !loaded
}

func (t *taking) end(n kiosk.Number) { t.Delete(n) }

// attachFile takes a file that a visitor adds to their case. Number and code come
// first in the form: the file of who does not have them is not even read.
func (s *Server) attachFile(w http.ResponseWriter, r *http.Request) error {
	whole := r.Body
	r.Body = http.MaxBytesReader(w, r.Body, attach.MaxFile+formBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return &refusal{status: http.StatusBadRequest, sentence: "send number, code and file as multipart/form-data"}
	}
	fields, file, err := fieldsBefore(parts)
	if err != nil {
		return err
	}
	r.Form, r.PostForm = fields, fields // the page's language stands there too
	typed := fields.Get("number")
	number, err1 := track.ParseNumber(typed)
	code, err2 := track.ParseCode(fields.Get("code"))
	if err1 != nil || err2 != nil {
		number, code = nobodysNumber, nobodysCode
	}
	t := kiosk.Tracking{Result: kiosk.TrackUnknown}
	wait := !s.tries.allowed(r.Context(), client(r))
	if !wait {
		if t, _, err = s.hub.Track(r.Context(), number, code); err != nil {
			return err
		}
		wait = s.tries.tooMany(r.Context(), typed, t.Result == kiosk.TrackUnknown)
	}
	if wait {
		s.hub.Meter.Limited()
		w.Header().Set("Retry-After", "60")
		return s.render(w, http.StatusTooManyRequests, "track", page{Message: "track.wait"}, r)
	}
	if t.Result == kiosk.TrackUnknown {
		return s.render(w, http.StatusNotFound, "track", page{Message: "track.unknown"}, r)
	}
	message, status := s.take(w, r, number, code, file)
	if message == "attach.large" { // a browser shows no answer before it has sent all
		_, _ = io.CopyN(io.Discard, whole, mostPassedOver)
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

// fieldsBefore reads the fields of a form up to its file, which is nil if there is
// none. Nothing of it touches a disk.
func fieldsBefore(parts *multipart.Reader) (fields url.Values, file *multipart.Part, err error) {
	fields = url.Values{}
	for left := int64(formBytes); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil, nil
		}
		if err != nil {
			return nil, nil, badForm(err)
		}
		if part.FormName() == "file" {
			return fields, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, badForm(err)
		}
		if left -= int64(len(value)) + 64; left < 0 || len(fields) > 20 {
			return nil, nil, &refusal{status: http.StatusRequestEntityTooLarge, sentence: "the fields before the file are too long"}
		}
		fields.Add(part.FormName(), string(value))
	}
}

// badForm is the answer to a form that is cut short or none.
func badForm(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return &refusal{status: http.StatusBadRequest, sentence: "the form is cut short"}
}

// take reads the file and has the hub keep it; it returns what to say.
func (s *Server) take(w http.ResponseWriter, r *http.Request, number kiosk.Number, code kiosk.Code, file *multipart.Part) (message string, status int) {
	if file == nil {
		return "attach.none", http.StatusUnprocessableEntity
	}
	if !s.taking.begin(number) {
		return "attach.busy", http.StatusConflict
	}
	defer s.taking.end(number)
	s.within(w, attachWithin)
	b, err := io.ReadAll(io.LimitReader(file, attach.MaxFile+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		err = attach.ErrLarge
	case err != nil:
		return "attach.cut", http.StatusBadRequest
	case len(b) == 0:
		return "attach.none", http.StatusUnprocessableEntity
	default:
		err = s.hub.Attach(r.Context(), number, code, b, r.PostFormValue("said"))
	}
	switch {
	case err == nil:
		return "attach.done", http.StatusOK
	case errors.Is(err, attach.ErrLarge):
		return "attach.large", http.StatusRequestEntityTooLarge
	case errors.Is(err, attach.ErrType):
		return "attach.type", http.StatusUnsupportedMediaType
	case errors.Is(err, attach.ErrDamaged):
		return "attach.damaged", http.StatusUnprocessableEntity
	case errors.Is(err, hub.ErrFiles):
		return "attach.full", http.StatusConflict
	case errors.Is(err, hub.ErrClosed), errors.Is(err, hub.ErrChanged):
		return "say.late", http.StatusConflict
	case errors.Is(err, hub.ErrNotFound): // on its way, or stored and not opened yet
		return "attach.early", http.StatusConflict
	}
	s.log.Error("attach", "err", err)
	return "attach.sorry", http.StatusInternalServerError
}

// within gives a slow line so long to send a request, and a minute for its answer.
func (s *Server) within(w http.ResponseWriter, d time.Duration) {
	until, line := time.Now().Add(d), http.NewResponseController(w)
	if err := errors.Join(line.SetReadDeadline(until), line.SetWriteDeadline(until.Add(time.Minute))); err != nil {
		s.log.Warn("give a slow line time", "err", err)
	}
}

// attached is a file as the desk lists it.
type attached struct {
	N              int
	Type, Size, On string
	AsItCame       bool // not drawn anew
}

// attachmentsOf adds what is attached to a case to its page.
func (s *Server) attachmentsOf(r *http.Request, officer hub.Officer, c hub.Case, p *casePage) error {
	all, err := s.hub.Store.Attachments(r.Context(), c.Number)
	if err != nil {
		return err
	}
	w := s.say(r)
	for _, a := range all {
		local := s.hub.Local(c.Office, a.At)
		name := w.T("attach." + attach.Extension(a.Type)[1:])
		if a.Page > 0 {
			name = w.T("attach.page", "n", a.Page)
		}
		p.Attachments = append(p.Attachments, attached{a.N, name, fmt.Sprintf("%d KB", (a.Size+1023)/1024), w.Day(local) + ", " + w.Clock(local), a.Type == attach.PDF})
	}
	if f := s.hub.Catalogue.Form(c.Form.Name); f != nil {
		for _, field := range f.Fields {
			if field.Type == form.Scan {
				p.PagesMissing, _ = strconv.Atoi(c.Answers[field.ID])
			}
		}
	}
	for _, a := range all {
		if a.Page > 0 {
			p.PagesMissing--
		}
	}
	p.SeesAttached, p.AttachedReason = s.hub.SeesAttachments(officer, c)
	return nil
}

// attachment gives an officer a file: never as a part of a page, never under a name
// that a visitor chose, and without any right a page of this hub has.
func (s *Server) attachment(w http.ResponseWriter, r *http.Request, officer hub.Officer) error {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	c, err := s.caseOf(r, officer)
	if err != nil {
		return err
	}
	which, err := strconv.Atoi(r.PathValue("file"))
	if err != nil {
		return hub.ErrNotFound
	}
	a, b, err := s.hub.Attachment(r.Context(), officer, c.Number, which, r.PostFormValue("why"))
	if errors.Is(err, hub.ErrForbidden) {
		return notYours
	}
	if errors.Is(err, hub.ErrEmpty) {
		return s.changed(w, r, officer, err, func(*casePage) {})
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%d%s"`, c.Number, a.N, attach.Extension(a.Type)))
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, err = w.Write(b)
	return err
}
