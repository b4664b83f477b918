// Package keyboard is the on-screen keyboard: a touchscreen has no other way
// to type. It writes into the field it was given, learns nothing and keeps
// nothing.
package keyboard

import (
	"strings"
	"time"
	"unicode"

	"fyne.io/fyne/v2"

	"loket/kiosk/words"
	"loket/ui/theme"
	"loket/ui/widget"
)

// Layout is a set of keys for one kind of answer.
type Layout int

// The layouts.
const (
	Letters Layout = iota
	Numbers
	Email
	Code // Crockford's alphabet only
)

// Keyboard is the keys on the glass. It is safe for the UI goroutine only.
type Keyboard struct {
	kit    widget.Kit
	words  words.Words
	size   fyne.Size
	layout Layout
	target *widget.Field
	enter  func()
	// Ready says whether touches count now; nil is always. A finger that hits
	// twice must not write on the page that came up under it.
	Ready func() bool

	shift, caps, symbols bool
	lastShift            time.Time
	keys                 map[string]*widget.Touch
	box                  *fyne.Container
}

// New makes a keyboard of the given size that writes into target. enter is
// called by the key for going on, where the field has one line.
func New(k widget.Kit, w words.Words, layout Layout, size fyne.Size, target *widget.Field, enter func()) *Keyboard {
	b := &Keyboard{kit: k, words: w, size: size, layout: layout, enter: enter, box: widget.Group()}
	b.box.Resize(size)
	b.SetTarget(target)
	return b
}

// Object is what to put on the screen.
func (b *Keyboard) Object() fyne.CanvasObject { return b.box }

// SetTarget makes another field the one written into.
func (b *Keyboard) SetTarget(f *widget.Field) {
	if b.target != nil {
		b.target.SetActive(false)
	}
	b.target = f
	f.SetActive(true)
	b.autoShift()
	b.build()
}

// Key returns the key with that label on the layer shown, or nil: for tests.
func (b *Keyboard) Key(label string) *widget.Touch { return b.keys[label] }

// Rune writes one character, as a hardware keyboard does.
func (b *Keyboard) Rune(r rune) {
	if r < ' ' || r == 0x7f {
		return
	}
	b.write(string(r))
}

// Named handles the keys of a hardware keyboard that write nothing.
func (b *Keyboard) Named(name fyne.KeyName) {
	switch name {
	case fyne.KeyBackspace:
		b.backspace()
	case fyne.KeyReturn, fyne.KeyEnter:
		b.newLine()
	case fyne.KeyLeft:
		b.target.Step(-1)
	case fyne.KeyRight:
		b.target.Step(1)
	}
}

func (b *Keyboard) write(s string) {
	if b.shift && !b.symbols {
		s = strings.ToUpper(s)
	}
	b.target.Type(s)
	b.after()
}

func (b *Keyboard) backspace() {
	b.target.Backspace()
	b.after()
}

func (b *Keyboard) newLine() {
	if !b.target.Lines() {
		b.enter()
		return
	}
	b.target.Type("\n")
	b.after()
}

// after sets shift for the next letter; keys are drawn anew only if it changed.
func (b *Keyboard) after() {
	was := b.shift
	b.autoShift()
	if b.shift != was && !b.symbols {
		b.build()
	}
}

// autoShift writes a capital at the start of a sentence.
func (b *Keyboard) autoShift() {
	if b.layout != Letters {
		b.shift = false
		return
	}
	before := b.target.Before()
	trimmed := strings.TrimRightFunc(before, unicode.IsSpace)
	b.shift = b.caps || trimmed == "" || before != trimmed && (strings.HasSuffix(before, "\n") || strings.ContainsAny(trimmed[len(trimmed)-1:], ".!?"))
}

// touchShift: once for one letter, twice quickly for all that follow.
func (b *Keyboard) touchShift() {
	if now := time.Now(); b.shift && !b.caps && now.Sub(b.lastShift) < 500*time.Millisecond {
		b.caps = true
	} else {
		b.caps, b.shift, b.lastShift = false, !b.shift, now
	}
	b.build()
}

// key is one key of a row: its label, its share of the width and its deed.
type key struct {
	label, icon string
	share       float32
	special     bool
	repeat      time.Duration
	tap         func()
}

func (b *Keyboard) letter(s string) key {
	return key{label: s, share: 1, tap: func() { b.write(s) }}
}

func (b *Keyboard) row(letters string) (keys []key) {
	for _, r := range letters {
		s := string(r)
		if b.shift && !b.symbols {
			s = strings.ToUpper(s)
		}
		keys = append(keys, b.letter(s))
	}
	return keys
}

func (b *Keyboard) rows() [][]key {
	back := key{icon: "backspace", share: 1.5, special: true, repeat: 90 * time.Millisecond, tap: b.backspace}
	left := key{icon: "arrow-left", share: 1.2, special: true, repeat: 90 * time.Millisecond, tap: func() { b.target.Step(-1) }}
	right := key{icon: "arrow-right", share: 1.2, special: true, repeat: 90 * time.Millisecond, tap: func() { b.target.Step(1) }}
	done := key{label: b.words.T("key.done"), share: 2.4, special: true, tap: b.newLine}
	if b.target.Lines() {
		done.label = b.words.T("key.line")
	}
	space := key{label: b.words.T("key.space"), share: 4, tap: func() { b.write(" ") }}
	switch {
	case b.layout == Numbers:
		return [][]key{b.row("123"), b.row("456"), b.row("789"),
			{b.letter("+"), b.letter("0"), {icon: "backspace", share: 1, special: true, repeat: back.repeat, tap: b.backspace}}}
	case b.layout == Code:
		last := append(b.row("WXYZ"), left, right, back)
		return [][]key{b.row("0123456789"), b.row("ABCDEFGHJK"), b.row("MNPQRSTV"), last}
	case b.symbols:
		letters := key{label: "abc", share: 1.6, special: true, tap: func() { b.symbols = false; b.autoShift(); b.build() }}
		return [][]key{b.row("1234567890"), b.row("@#%&*-+=()"), b.row("!?\"':;,./_"), append(b.row("€£$°[]{}"), back), {letters, left, right, space, done}}
	}
	shift := key{icon: "arrow-fat-up", share: 1.5, special: !b.shift, tap: b.touchShift}
	symbols := key{label: "?@#", share: 1.6, special: true, tap: func() { b.symbols = true; b.build() }}
	last := []key{symbols, left, right, b.letter(","), space, b.letter("."), done}
	third := append(append([]key{shift}, b.row("zxcvbnm")...), back)
	if b.layout == Email {
		third[0] = b.letter("-")
		last = []key{symbols, left, right, b.letter("_"), b.letter("@"), b.letter("."), {label: "@gmail.com", share: 3, tap: func() { b.write("@gmail.com") }}, done}
	}
	return [][]key{b.row("1234567890"), b.row("qwertyuiop"), b.row("asdfghjkl"), third, last}
}

// build draws the keys of the layer shown.
func (b *Keyboard) build() {
	rows := b.rows()
	gap := b.kit.Sizes.Gap * 0.4
	width := b.size.Width - 2*b.kit.Sizes.Gap
	if b.layout == Numbers {
		width = min(width, b.size.Height*1.6)
	}
	unit := (width - 9*gap) / 10
	if b.layout == Numbers {
		unit = (width - 2*gap) / 3
	}
	height := (b.size.Height - gap*float32(len(rows)+2)) / float32(len(rows))
	b.keys = map[string]*widget.Touch{}
	objects := []fyne.CanvasObject{b.kit.Ground(theme.Sunk, theme.Sunk, 0, fyne.NewPos(0, 0), b.size)}
	for i, row := range rows {
		total := -gap
		for _, k := range row {
			total += unit*k.share + gap
		}
		scale := min(1, width/total)
		x := (b.size.Width - total*scale) / 2
		for _, k := range row {
			fill := theme.Card
			if k.special {
				fill = theme.Line
			}
			t := b.kit.Key(k.label, k.icon, fill, fyne.NewSize(unit*k.share*scale, height), k.repeat, func() {
				if b.Ready == nil || b.Ready() {
					k.tap()
				}
			})
			t.Move(fyne.NewPos(x, gap*1.5+float32(i)*(height+gap)))
			x += (unit*k.share + gap) * scale
			b.keys[t.Name] = t
			objects = append(objects, t)
		}
	}
	b.box.Objects = objects
	b.box.Refresh()
}
