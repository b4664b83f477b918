package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"loket/kiosk/disk"
	"loket/kiosk/printer"
	"loket/kiosk/receipt"
)

//go:embed kiosk.toml
var defaultConfig string

// config is kiosk.toml: see that file for what each setting means.
type config struct {
	Printers []printerConfig `toml:"printer"`
	Screen   struct {
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
	Published struct {
		Example bool `toml:"example"`
	} `toml:"published"`
	Scanner struct {
		Present bool `toml:"present"`
	} `toml:"scanner"`
	Stick struct {
		Folder string `toml:"folder"`
	} `toml:"stick"`
	Document struct {
		Scanner string `toml:"scanner"`
	} `toml:"document"`
	Sound struct {
		Output string `toml:"output"`
	} `toml:"sound"`
}

// printerConfig is one printer, in the order in which they are tried.
type printerConfig struct {
	Name    string `toml:"name"`
	Address string `toml:"address"`
	Paper   string `toml:"paper"`
	DPI     int    `toml:"dpi"`
	Dots    int    `toml:"dots"`
	Cut     *bool  `toml:"cut"` // none: yes
	Text    bool   `toml:"text"`
	Mute    bool   `toml:"mute"`
}

// settings are what the printer package wants to know.
func (c printerConfig) settings() (printer.Settings, error) {
	name := c.Paper
	if name == "" {
		name = "80mm"
	}
	paper, err := receipt.NewPaper(name, c.DPI, c.Dots)
	return printer.Settings{Address: c.Address, Paper: paper, Cut: c.Cut == nil || *c.Cut, Text: c.Text, Mute: c.Mute}, err
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
	case c.Document.Scanner == "":
		err = fmt.Errorf("%s: document.scanner is auto, none or the name of a device", path)
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
	if err := disk.Make(dir); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
