package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"loket/assets"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/receipt"
	"loket/kiosk/words"
	"loket/ui"
	"loket/ui/theme"
)

// windowed is the size of a window, such as 540x960; empty fills the screen.
type windowed string

func (w windowed) size() (size fyne.Size, err error) {
	if w == "" {
		return size, nil
	}
	if n, err := fmt.Sscanf(strings.ToLower(string(w)), "%fx%f", &size.Width, &size.Height); n != 2 || err != nil || size.Width < 320 || size.Height < 320 || size.Width > 10000 || size.Height > 10000 {
		return size, usageError{fmt.Errorf("--windowed %q: want a size such as 540x960, at least 320x320", w)}
	}
	return size, nil
}

// show sizes a window.
func (w windowed) show(on fyne.Window, size fyne.Size) {
	if w != "" {
		on.Resize(size)
	} else {
		on.SetFullScreen(true)
	}
}

type galleryCommand struct {
	Windowed windowed `placeholder:"WxH" help:"A window of this size instead of the full screen, such as 540x960."`
}

// Run opens the gallery; it needs no data folder and takes nothing in.
func (c *galleryCommand) Run(ctx context.Context, s *streams) error {
	size, err := c.Windowed.size()
	if err != nil {
		return err
	}
	catalogue, err := form.Load(assets.Files)
	if err != nil {
		return err
	}
	texts, err := words.Load(assets.Files)
	if err != nil {
		return err
	}
	look, err := theme.New(assets.Files)
	if err != nil {
		return err
	}
	app.SetMetadata(fyne.AppMetadata{ID: "id.go.loket.gallery", Name: "Loket", Version: version})
	a := app.NewWithID("id.go.loket.gallery")
	a.Settings().SetTheme(look)
	k := ui.NewGallery(ui.Config{
		Theme: look, Catalogue: catalogue, Words: texts, Languages: texts.Languages()[:2], Office: catalogue.Offices[0], WidthMM: 336, BottomMM: 750,
		File:      func(context.Context, kiosk.Draft) (receipt.Receipt, error) { return receipt.Receipt{}, nil },
		Track:     func(context.Context, kiosk.Number, kiosk.Code) (kiosk.Tracking, error) { return kiosk.Tracking{}, nil },
		Connected: func() bool { return true }, Now: s.now,
		Idle: time.Hour, IdleWriting: time.Hour, Countdown: time.Hour, ReceiptStays: time.Hour, Attract: time.Hour,
	})
	w := a.NewWindow("Loket")
	w.SetMaster()
	k.Attach(w)
	defer k.Close()
	c.Windowed.show(w, size)
	go func() {
		<-ctx.Done()
		fyne.Do(a.Quit)
	}()
	w.ShowAndRun()
	return nil
}
