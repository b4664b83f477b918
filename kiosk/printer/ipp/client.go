package ipp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/user"
	"slices"
	"strings"
	"sync/atomic"
)

// Operations (RFC 8011, 5.4.15; CUPS-Get-Printers is CUPS's own).
const (
	printJob             = 0x0002
	cancelJob            = 0x0008
	getJobAttributes     = 0x0009
	getPrinterAttributes = 0x000b
	cupsGetPrinters      = 0x4002
)

// Status codes a caller decides on (RFC 8011, appendix B).
const (
	statusNotFound = 0x0406
	statusBusy     = 0x0507
)

// JobState is where a job is (RFC 8011, 5.3.7).
type JobState int

// The states of jobs.
const (
	Pending    JobState = 3
	Held       JobState = 4
	Processing JobState = 5
	Stopped    JobState = 6
	Canceled   JobState = 7
	Aborted    JobState = 8
	Completed  JobState = 9
)

// StatusError is an answer that is not a success.
type StatusError uint16

// Error implements error.
func (e StatusError) Error() string {
	return fmt.Sprintf("the printer refused: IPP status 0x%04x", uint16(e))
}

// Errors callers decide on.
var (
	ErrBusy    error = StatusError(statusBusy)
	ErrUnknown error = StatusError(statusNotFound) // no such printer or job
)

// Client talks to one printer.
type Client struct {
	uri      string // printer-uri
	endpoint string
	http     *http.Client
	user     string
	local    bool // over CUPS's own socket
	id       atomic.Int32
}

// most is how long an answer may be, in bytes.
const most = 1 << 20

func newClient(uri, endpoint string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	name := "loket"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return &Client{uri: uri, endpoint: endpoint, user: name, http: &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// New returns a client for ipp://host/path or ipps://host/path.
func New(uri string) (*Client, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Scheme != "ipp" && u.Scheme != "ipps" {
		return nil, fmt.Errorf("%q: want ipp://host/ipp/print", uri)
	}
	at := *u
	at.Scheme = map[string]string{"ipp": "http", "ipps": "https"}[u.Scheme]
	if at.Port() == "" {
		at.Host = net.JoinHostPort(at.Hostname(), "631")
	}
	return newClient(uri, at.String(), new(net.Dialer).DialContext), nil
}

// Socket is where CUPS listens on Debian.
const Socket = "/run/cups/cups.sock"

// CUPS returns a client for a queue of this machine's CUPS; an empty queue is
// CUPS itself.
func CUPS(socket, queue string) *Client {
	path := "/"
	if queue != "" {
		path = "/printers/" + url.PathEscape(queue)
	}
	c := newClient("ipp://localhost"+path, "http://localhost"+path, func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	})
	c.local = true
	return c
}

// call sends one operation, with a document after it if there is one.
func (c *Client) call(ctx context.Context, operation uint16, attributes []Attribute, job []Attribute, document []byte) (*Message, error) {
	m := &Message{Code: operation, ID: c.id.Add(1), Groups: []Group{{tagOperation, append([]Attribute{
		one(tagCharset, "attributes-charset", "utf-8"),
		one(tagLanguage, "attributes-natural-language", "en"),
		one(tagURI, "printer-uri", c.uri),
	}, attributes...)}}}
	if job != nil {
		m.Groups = append(m.Groups, Group{tagJob, job})
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(append(m.Bytes(), document...)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/ipp")
	if c.local {
		req.Header.Set("Authorization", "PeerCred "+c.user) // who we are is read off the socket
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("printer: HTTP status %s", resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, err
	}
	answer, err := Parse(b)
	if err != nil {
		return nil, err
	}
	if answer.Code >= 0x0100 {
		return answer, StatusError(answer.Code)
	}
	return answer, nil
}

func (c *Client) by() Attribute { return one(tagName, "requesting-user-name", c.user) }

// Printer is how a printer describes itself.
type Printer struct {
	Name      string
	Info      string // what people call it
	Model     string
	Stopped   bool
	Accepting bool
	Reasons   []string // printer-state-reasons, such as media-empty-error
	PDF       bool     // it takes PDF
	takes     map[string][]string
}

// wishes are what a receipt asks for, beside its size. What a printer does not
// name among what it supports is left away: some refuse the job for it.
var wishes = []Attribute{keywords("sides", "one-sided"), keywords("print-scaling", "none")}

// describe reads a printer's attributes. What it does not say is taken as well.
func describe(g *Group) Printer {
	p := Printer{Reasons: texts(g.find("printer-state-reasons")), Stopped: number(g.find("printer-state")) == 5,
		Accepting: number(g.find("printer-is-accepting-jobs")) != 0, takes: map[string][]string{}}
	for _, name := range []string{"media", "sides", "print-scaling"} {
		p.takes[name] = texts(g.find(name + "-supported"))
	}
	for name, field := range map[string]*string{"printer-name": &p.Name, "printer-info": &p.Info, "printer-make-and-model": &p.Model} {
		if all := texts(g.find(name)); len(all) > 0 {
			*field = all[0]
		}
	}
	for _, format := range texts(g.find("document-format-supported")) {
		p.PDF = p.PDF || format == "application/pdf"
	}
	return p
}

var described = keywords("requested-attributes", "printer-name", "printer-info", "printer-make-and-model", "printer-state",
	"printer-state-reasons", "printer-is-accepting-jobs", "document-format-supported", "media-supported", "sides-supported", "print-scaling-supported")

// Printer asks the printer how it is.
func (c *Client) Printer(ctx context.Context) (Printer, error) {
	m, err := c.call(ctx, getPrinterAttributes, []Attribute{c.by(), described}, nil, nil)
	if err != nil {
		return Printer{}, err
	}
	for i := range m.Groups {
		if m.Groups[i].Tag == tagPrinter {
			return describe(&m.Groups[i]), nil
		}
	}
	return Printer{}, fmt.Errorf("%w: nothing about the printer", ErrMessage)
}

// Printers are the queues of a CUPS.
func (c *Client) Printers(ctx context.Context) (all []Printer, err error) {
	m, err := c.call(ctx, cupsGetPrinters, []Attribute{c.by(), described}, nil, nil)
	if errors.Is(err, ErrUnknown) {
		return nil, nil // CUPS says so when it has none
	}
	if err != nil {
		return nil, err
	}
	for i := range m.Groups {
		if m.Groups[i].Tag == tagPrinter {
			all = append(all, describe(&m.Groups[i]))
		}
	}
	return all, nil
}

// Print sends a PDF to the printer p, as [Client.Printer] has it, and returns
// the job's id. media is its size as PWG 5101.1 names it. An error does not mean that nothing was sent, unless it is a
// [StatusError] or that nobody answers.
func (c *Client) Print(ctx context.Context, p Printer, name, media string, pdf []byte) (job int, err error) {
	template := []Attribute{integer("copies", 1)}
	for _, wish := range append([]Attribute{keywords("media", media)}, wishes...) {
		if slices.Contains(p.takes[wish.Name], string(wish.Values[0].Data)) {
			template = append(template, wish)
		}
	}
	m, err := c.call(ctx, printJob, []Attribute{c.by(), one(tagName, "job-name", name), one(tagMIME, "document-format", "application/pdf")},
		template, pdf)
	if err != nil {
		return 0, err
	}
	if job = number(m.find(tagJob, "job-id")); job <= 0 {
		return 0, fmt.Errorf("%w: no job-id", ErrMessage)
	}
	return job, nil
}

// Job is where a job is.
type Job struct {
	State JobState
	// Untouched says that it was never begun.
	Untouched bool
}

// Job asks where a job is.
func (c *Client) Job(ctx context.Context, id int) (Job, error) {
	m, err := c.call(ctx, getJobAttributes, []Attribute{integer("job-id", id), c.by(),
		keywords("requested-attributes", "job-state", "time-at-processing")}, nil, nil)
	if err != nil {
		return Job{}, err
	}
	begun := m.find(tagJob, "time-at-processing")
	return Job{State: JobState(number(m.find(tagJob, "job-state"))), Untouched: len(begun) > 0 && begun[0].Tag == tagNoValue}, nil
}

// Cancel stops a job; purge also wipes its document and that it ever was,
// where the printer is CUPS.
func (c *Client) Cancel(ctx context.Context, id int, purge bool) error {
	attributes := []Attribute{integer("job-id", id), c.by()}
	if purge {
		attributes = append(attributes, Attribute{"purge-job", []Value{{tagBoolean, []byte{1}}}})
	}
	_, err := c.call(ctx, cancelJob, attributes, nil, nil)
	return err
}

// Reason is a printer-state-reason without its severity (RFC 8011, 5.4.12).
func Reason(s string) (reason, severity string) {
	for _, severity := range []string{"error", "warning", "report"} {
		if reason, ok := strings.CutSuffix(s, "-"+severity); ok {
			return reason, severity
		}
	}
	return s, "error" // the severity that is meant where none is named
}
