// Package printer puts an image on paper: ESC/POS raster to a network printer
// or a device file, or files to print by hand. What it says of the outcome is
// never more than it knows, and nothing is ever sent twice by itself: half a
// receipt that is finished later would hand one visitor's code to the next.
package printer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Outcome is what is known of a print.
type Outcome string

// The outcomes. Only NotStarted may be tried again.
const (
	NotStarted Outcome = "not_started" // no dot was sent
	Confirmed  Outcome = "confirmed"   // the printer says that it is out
	Assumed    Outcome = "assumed"     // all sent, and the printer is well
	Unknown    Outcome = "unknown"     // part or all was sent; nobody knows
)

// Fault is why a printer cannot print, as far as it tells.
type Fault string

// The faults a printer reports.
const (
	NoFault   Fault = ""
	PaperOut  Fault = "paper_out"
	CoverOpen Fault = "cover_open"
	Offline   Fault = "offline" // off, unplugged or not answering
	Broken    Fault = "error"   // cutter, overheated or worse
)

// Result is how a print ended.
type Result struct {
	Outcome Outcome
	Fault   Fault
}

// Printer prints images of its own width. Print returns an error beside a
// result for the log; the result alone decides.
type Printer interface {
	Print(ctx context.Context, img *image.Gray) (Result, error)
	Status(ctx context.Context) (State, error)
}

// State is how a printer is, as far as it tells.
type State struct {
	Fault   Fault
	NearEnd bool // little paper is left
	Answers bool // it told all this itself
}

// Open returns the printer at address: tcp://host:9100, device:/dev/usb/lp0 or
// folder:/path?format=png|pdf. cut says whether it has a cutter,
// page what files are drawn on.
func Open(address string, cut bool, page Page) (Printer, error) {
	kind, rest, _ := strings.Cut(address, ":")
	switch kind {
	case "tcp":
		u, err := url.Parse(address)
		if err != nil || u.Port() == "" {
			return nil, fmt.Errorf("printer %q: want tcp://host:9100", address)
		}
		return &escpos{cut: cut, connect: func(ctx context.Context) (io.ReadWriteCloser, error) {
			ctx, done := context.WithTimeout(ctx, 2*time.Second)
			defer done()
			return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		}}, nil
	case "device":
		return &escpos{cut: cut, connect: func(context.Context) (io.ReadWriteCloser, error) {
			f, err := os.OpenFile(rest, os.O_RDWR, 0)
			if errors.Is(err, os.ErrPermission) {
				f, err = os.OpenFile(rest, os.O_WRONLY, 0)
			}
			return f, err
		}}, nil
	case "folder":
		path, query, _ := strings.Cut(rest, "?")
		values, err := url.ParseQuery(query)
		format := values.Get("format")
		if format == "" {
			format = "png"
		}
		if err != nil || path == "" || format != "png" && format != "pdf" {
			return nil, fmt.Errorf("printer %q: want folder:/path?format=png or pdf", address)
		}
		return &Folder{Path: path, Format: format, Page: page, Now: time.Now}, nil
	}
	return nil, fmt.Errorf("printer %q: its kind is none of tcp, device and folder", address)
}

// Folder writes each receipt as a file of its own, readable by its owner.
type Folder struct {
	Path   string
	Format string // png or pdf
	Page   Page   // of a pdf
	Now    func() time.Time
}

// Print writes one file, whole or not at all, named by the time.
func (f *Folder) Print(_ context.Context, img *image.Gray) (Result, error) {
	failed := func(err error) (Result, error) {
		return Result{NotStarted, Broken}, fmt.Errorf("write receipt: %w", err)
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return failed(err)
	}
	file, err := os.CreateTemp(f.Path, ".new-*") // mode 0600
	if err != nil {
		return failed(err)
	}
	defer os.Remove(file.Name())
	if f.Format == "pdf" {
		err = PDF(file, img, f.Page)
	} else {
		err = PNG(file, img)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return failed(err)
	}
	name := "receipt-" + f.Now().UTC().Format("20060102-150405.000000")
	for n := 0; n < 100; n++ {
		path := filepath.Join(f.Path, name+"-"+strconv.Itoa(n)+"."+f.Format)
		if err = os.Link(file.Name(), path); err == nil {
			return Result{Outcome: Confirmed}, nil
		}
	}
	return failed(err)
}

// Status reports whether files can be written.
func (f *Folder) Status(context.Context) (State, error) {
	file, err := os.CreateTemp(f.Path, ".new-*")
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(f.Path, 0o700); err == nil {
			file, err = os.CreateTemp(f.Path, ".new-*")
		}
	}
	if err != nil {
		return State{Fault: Broken}, fmt.Errorf("receipt folder: %w", err)
	}
	return State{Answers: true}, errors.Join(file.Close(), os.Remove(file.Name()))
}

// Wipe removes receipts older than age.
func (f *Folder) Wipe(age time.Duration) error {
	paths, err := filepath.Glob(filepath.Join(f.Path, "receipt-*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && f.Now().Sub(info.ModTime()) >= age {
			errs = append(errs, os.Remove(path))
		}
	}
	return errors.Join(errs...)
}

// PNG writes the image.
func PNG(w io.Writer, img *image.Gray) error { return png.Encode(w, img) }

// Page is what a PDF is drawn on.
type Page struct {
	Width, Height float64 // mm; height 0: a roll, as long as the picture
	DPI           int     // of the picture
}

// PDF writes the image in its real size in the middle of one page. A roll has
// 4 mm more at both ends, as the cutter leaves.
func PDF(w io.Writer, img *image.Gray, p Page) error {
	mm := func(dots int) float64 { return float64(dots) * 25.4 / float64(p.DPI) }
	width, height := mm(img.Rect.Dx()), mm(img.Rect.Dy())
	size := fpdf.SizeType{Wd: p.Width, Ht: p.Height}
	if size.Ht == 0 {
		size.Ht = height + 8
	}
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: size})
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	r, out := io.Pipe()
	go func() { out.CloseWithError(png.Encode(out, img)) }()
	options := fpdf.ImageOptions{ImageType: "PNG"}
	doc.RegisterImageOptionsReader("receipt", options, r)
	r.Close()
	doc.ImageOptions("receipt", (size.Wd-width)/2, (size.Ht-height)/2, width, height, false, options, 0, "")
	return doc.Output(w)
}
