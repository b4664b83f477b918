package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk/printer"
	"loket/kiosk/receipt"
)

//go:embed kiosk.toml
var defaultConfig string

// config is kiosk.toml: see that file for what each setting means.
type config struct {
	Printer struct {
		Address string `toml:"address"`
		PaperMM int    `toml:"paper_mm"`
		Cut     bool   `toml:"cut"`
	} `toml:"printer"`
	Screen struct {
		WidthMM        float32  `toml:"width_mm"`
		IdleSeconds    int      `toml:"idle_seconds"`
		TypingSeconds  int      `toml:"typing_seconds"`
		WarningSeconds int      `toml:"warning_seconds"`
		ReceiptSeconds int      `toml:"receipt_seconds"`
		BottomMM       float32  `toml:"bottom_mm"`
		AttractSeconds int      `toml:"attract_seconds"`
		Languages      []string `toml:"languages"`
		Keyboard       string   `toml:"keyboard"`
		Motion         bool     `toml:"motion"`
	} `toml:"screen"`
	Scanner struct {
		Present bool `toml:"present"`
	} `toml:"scanner"`
	Sound struct {
		Output string `toml:"output"`
	} `toml:"sound"`
}

// paper is what receipts are drawn for.
func (c *config) paper() (receipt.Paper, error) {
	return receipt.NewPaper(fmt.Sprintf("%dmm", c.Printer.PaperMM), 0, 0)
}

// page is that paper as a PDF has it.
func page(p receipt.Paper) printer.Page {
	return printer.Page{Width: p.Width, Height: p.Height, DPI: p.DPI}
}

// loadConfig reads kiosk.toml in dir over the defaults; none is no error.
func loadConfig(dir string) (*config, error) {
	c := new(config)
	if err := toml.Unmarshal([]byte(defaultConfig), c); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "kiosk.toml")
	meta, err := toml.DecodeFile(path, c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, usageError{fmt.Errorf("%s: unknown setting %s", path, extra[0])}
	}
	s := c.Screen
	switch {
	case c.Printer.PaperMM != 58 && c.Printer.PaperMM != 80:
		err = fmt.Errorf("%s: printer.paper_mm is 80 or 58, not %d", path, c.Printer.PaperMM)
	case s.WidthMM < 50 || s.WidthMM > 2000:
		err = fmt.Errorf("%s: screen.width_mm is the width of the picture in mm, not %v", path, s.WidthMM)
	case s.BottomMM < 0 || s.BottomMM > 2000:
		err = fmt.Errorf("%s: screen.bottom_mm is how high the picture begins above the floor in mm, not %v", path, s.BottomMM)
	case len(s.Languages) == 0:
		err = fmt.Errorf("%s: screen.languages names no language", path)
	case s.Keyboard != "qwerty" && s.Keyboard != "abc":
		err = fmt.Errorf("%s: screen.keyboard is qwerty or abc, not %q", path, s.Keyboard)
	case !slices.Contains([]string{"auto", "speaker", "earphones", "none"}, c.Sound.Output):
		err = fmt.Errorf("%s: sound.output is auto, speaker, earphones or none, not %q", path, c.Sound.Output)
	case min(s.IdleSeconds, s.TypingSeconds, s.WarningSeconds, s.ReceiptSeconds, s.AttractSeconds) < 5:
		err = fmt.Errorf("%s: screen times under 5 seconds would throw visitors out", path)
	default:
		return c, nil
	}
	return nil, usageError{err}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

type configCommand struct{}

// Run prints the default configuration.
func (configCommand) Run(s *streams) error {
	_, err := fmt.Fprint(s.out, defaultConfig)
	return err
}

// ownFolder makes dir if missing, readable by its owner alone.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
