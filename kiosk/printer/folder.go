package printer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"loket/kiosk/disk"
	"loket/kiosk/receipt"
)

// Folder writes each receipt as a file of its own, readable by its owner.
type Folder struct {
	Path     string
	Format   string // png or pdf
	Paper    receipt.Paper
	Renderer *receipt.Renderer
	Now      func() time.Time
}

// Print writes one file, whole or not at all, named by the time.
func (f *Folder) Print(_ context.Context, r receipt.Receipt) (Result, error) {
	failed := func(err error) (Result, error) {
		return Result{NotStarted, Broken}, fmt.Errorf("write receipt: %w", err)
	}
	img, err := f.Renderer.Render(r, f.Paper)
	if err != nil {
		return failed(err)
	}
	if err := disk.Make(f.Path); err != nil {
		return failed(err)
	}
	file, err := os.CreateTemp(f.Path, ".new-*") // mode 0600
	if err != nil {
		return failed(err)
	}
	defer os.Remove(file.Name())
	if f.Format == "pdf" {
		err = PDF(file, img, f.Paper)
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
			return Result{Outcome: ByHand}, nil
		}
	}
	return failed(err)
}

// Status reports whether files can be written.
func (f *Folder) Status(context.Context) (State, error) {
	file, err := os.CreateTemp(f.Path, ".new-*")
	if errors.Is(err, os.ErrNotExist) {
		if err = disk.Make(f.Path); err == nil {
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

// PDF writes the image in its real size in the middle of one page. A roll has
// 4 mm more at both ends, as the cutter leaves.
func PDF(w io.Writer, img *image.Gray, p receipt.Paper) error {
	width, height := p.MM(img.Rect.Dx()), p.MM(img.Rect.Dy())
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
