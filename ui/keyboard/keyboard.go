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
	Code    // Crockford's alphabet only
	Address // of a machine on a network
)

// Options say what a keyboard is like.
type Options struct {
	Layout Layout
	ABC    bool // letters in the order of the alphabet
	Size   fyne.Size
	Enter  func()     // the key for going on, where the field has one line
	Done   string     // what that key says; empty is "done"
	Order  func(bool) // told when the visitor chooses ABC or QWERTY; nil leaves the choice out
	Veiled bool       // what is written is hidden: no letter is shown large either
	// Ready says whether touches count now; nil is always. A finger that hits
	// twice must not write on the page that came up under it.
	Ready func() bool
}

// Keyboard is the keys on the glass. It is safe for the UI goroutine only.
type Keyboard struct {
	kit    widget.Kit
	words  words.Words
	opt    Options
	target *widget.Field

	shift, caps, symbols bool
	lastShift            time.Time
	keys                 []*widget.Touch
	letters              map[*widget.Touch]string // the keys that shift changes
	shiftKey             *widget.Touch
	box                  *fyne.Container
	preview              *fyne.Container
	accents              []*widget.Touch // of the letter held, on top of the keys
}

// New makes a keyboard that writes into target.
func New(k widget.Kit, w words.Words, o Options, target *widget.Field) *Keyboard {
	b := &Keyboard{kit: k, words: w, opt: o, box: widget.Group()}
	b.box.Resize(o.Size)
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

// Target is the field written into.
func (b *Keyboard) Target() *widget.Field { return b.target }

// Touches are the keys shown, in reading order.
func (b *Keyboard) Touches() []*widget.Touch {
	if b.accents != nil {
		return b.accents
	}
	return b.keys
}

// Key returns the key with that name on the layer shown, or nil.
func (b *Keyboard) Key(name string) *widget.Touch {
	for _, k := range append(b.accents, b.keys...) {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Rune writes one character, as a hardware keyboard does.
func (b *Keyboard) Rune(r rune) {
	if r < ' ' || r == 0x7f {
		return
	}
	b.target.Type(string(r))
	b.after()
}

// Named handles the keys of a hardware keyboard that write nothing.
func (b *Keyboard) Named(name fyne.KeyName) {
	switch name {
	case fyne.KeyBackspace:
		b.backspace()
	case fyne.KeyDelete:
		if at := b.target.Caret(); at < len([]rune(b.target.Text())) {
			b.target.Step(1)
			if b.target.Caret() > at {
				b.backspace()
			}
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		b.newLine()
	}
}

func (b *Keyboard) write(s string) {
	if b.shift && !b.symbols {
		s = strings.ToUpper(s)
	}
	b.target.Type(s)
	b.after()
}

// Insert writes a word offered beside the keyboard, on a line of its own.
func (b *Keyboard) Insert(s string) {
	if before := b.target.Before(); before != "" && !strings.HasSuffix(before, "\n") {
		s = "\n" + s
	}
	if !b.target.Lines() {
		s = strings.TrimSpace(s)
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
		b.opt.Enter()
		return
	}
	b.target.Type("\n")
	b.after()
}

// after sets shift for the next letter; keys are drawn anew only if it changed.
func (b *Keyboard) after() {
	was := b.shift
	b.autoShift()
	switch {
	case b.accents != nil:
		b.build()
	case b.shift != was && !b.symbols:
		b.relabel()
	}
}

// autoShift writes a capital at the start of a sentence.
func (b *Keyboard) autoShift() {
	if b.opt.Layout != Letters {
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

// relabel writes the letters on the keys large or small, in place: a key held
// down must stay the same key.
func (b *Keyboard) relabel() {
	for t, letter := range b.letters {
		if b.shift {
			letter = strings.ToUpper(letter)
		}
		t.Relabel(letter)
	}
	if b.shiftKey != nil {
		b.shiftKey.SetFill(b.kit.ShiftFill(b.shift))
	}
}

// accented are the letters a long press offers.
var accented = map[string]string{
	"a": "áàâäãåæ", "c": "çćč", "d": "ḍđ", "e": "éèêëēə", "g": "ğ", "h": "ḥ", "i": "íìîïī", "l": "ł", "n": "ñńṅ",
	"o": "óòôöõøœ", "s": "śšşßṣ", "t": "ṭ", "u": "úùûüū", "y": "ýÿ", "z": "žźżẓ",
	".": "…·•", ",": ";", "-": "–—", "'": "‘’ʼ", "\"": "“”«»", "?": "¿", "!": "¡", "0": "°",
}

// key is one key of a row: its label, its share of the width and its deed.
type key struct {
	label, icon, name string
	share             float32
	style             widget.KeyStyle
	tap               func()
}

func (b *Keyboard) letter(s string) key {
	lower := strings.ToLower(s)
	if b.opt.Layout == Code {
		lower = s
	}
	k := key{label: s, name: s, share: 1, tap: func() { b.write(lower) }}
	more := accented[lower]
	if more != "" && (b.opt.Layout == Letters) {
		k.style.Small = string([]rune(more)[:1])
		k.style.Held = func() {
			if b.shift && !b.symbols {
				b.offer(strings.ToUpper(lower), strings.ToUpper(more))
			} else {
				b.offer(lower, more)
			}
		}
	}
	return k
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

// tall reports whether there is room for a row of digits above the letters.
func (b *Keyboard) tall() bool {
	return b.opt.Size.Height >= 5*b.kit.Sizes.Key+6.5*b.kit.Sizes.Apart
}

func (b *Keyboard) rows() [][]key {
	w := b.words
	const again = 90 * time.Millisecond
	special := widget.KeyStyle{Special: true}
	repeats := widget.KeyStyle{Special: true, Repeat: again}
	back := key{icon: "backspace", name: w.T("key.backspace"), share: 1.5, style: repeats, tap: b.backspace}
	left := key{icon: "caret-left", name: w.T("key.left"), share: 1, style: repeats, tap: func() { b.target.Step(-1) }}
	right := key{icon: "caret-right", name: w.T("key.right"), share: 1, style: repeats, tap: func() { b.target.Step(1) }}
	undo := key{icon: "arrow-u-up-left", name: w.T("key.undo"), share: 1.1, style: repeats, tap: func() { b.target.Undo(); b.after() }}
	done := key{label: w.T("key.done"), share: 2, style: special, tap: b.newLine}
	switch {
	case b.target.Lines():
		done.label = w.T("key.line")
	case b.opt.Done != "":
		done.label = b.opt.Done
	}
	done.name = done.label
	space := key{label: w.T("key.space"), name: w.T("key.space"), share: 3, tap: func() { b.write(" ") }}
	switch {
	case b.opt.Layout == Numbers:
		back.share = 1
		return [][]key{b.row("123"), b.row("456"), b.row("789"), {b.letter("+"), b.letter("0"), back}}
	case b.opt.Layout == Code:
		return [][]key{b.row("0123456789"), b.row("ABCDEFGHJK"), b.row("MNPQRSTV"), append(b.row("WXYZ"), left, right, undo, back)}
	case b.symbols:
		letters := key{label: "abc", name: "abc", share: 1.6, style: special, tap: func() { b.symbols = false; b.autoShift(); b.build() }}
		last := []key{letters, left, right, space, undo, done}
		if b.opt.Order != nil {
			order := key{label: "ABCDE", share: 1.8, style: special, tap: func() { b.opt.Order(!b.opt.ABC) }}
			if b.opt.ABC {
				order.label = "QWERTY"
			}
			order.name = order.label
			last = []key{letters, order, left, right, space, undo, done}
		}
		rows := [][]key{b.row("1234567890"), b.row("@#%&*-+=()"), append(b.row("!?\"':;/_"), back)}
		if b.tall() {
			rows = [][]key{b.row("1234567890"), b.row("@#%&*-+=()"), b.row("!?\"':;,./_"), append(b.row("€£$°[]{}"), back)}
		}
		return append(rows, last)
	}
	shift := key{icon: "arrow-fat-up", name: w.T("key.shift"), share: 1.5, style: widget.KeyStyle{Special: true, On: b.shift}, tap: b.touchShift}
	symbols := key{label: "?123", name: "?123", share: 1.5, style: special, tap: func() { b.symbols = true; b.build() }}
	letters := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}
	if b.opt.ABC {
		letters = []string{"abcdefghij", "klmnopqrs", "tuvwxyz"}
	}
	last := []key{symbols, left, right, b.letter(","), space, b.letter("."), undo, done}
	third := append(append([]key{shift}, b.row(letters[2])...), back)
	if b.opt.Layout == Email {
		third[0] = b.letter("-")
		third = append([]key{b.letter("_")}, third...)
		pill := func(s string) key {
			return key{label: s, name: s, share: 2.2, style: special, tap: func() { b.write(s) }}
		}
		last = []key{symbols, left, right, b.letter("@"), b.letter("."), pill("@gmail.com"), pill("@yahoo.com"), undo, done}
	}
	if b.opt.Layout == Address {
		third[0] = b.letter("-")
		last = []key{symbols, left, right, b.letter(":"), b.letter("/"), b.letter("."), {label: ".go.id", name: ".go.id", share: 2, style: special, tap: func() { b.write(".go.id") }}, undo, done}
		if !b.tall() { // an address of digits needs no other layer
			return append([][]key{b.row("1234567890")}, b.row(letters[0]), append(b.row(letters[1]), third[0]), append(b.row(letters[2]), last[3], last[4], last[5], back))
		}
	}
	rows := [][]key{b.row(letters[0]), b.row(letters[1]), third, last}
	if b.tall() {
		rows = append([][]key{b.row("1234567890")}, rows...)
	}
	return rows
}

// build draws the keys of the layer shown.
func (b *Keyboard) build() {
	rows := b.rows()
	s, size := b.kit.Sizes, b.opt.Size
	gap := s.Apart
	width := size.Width - 2*gap
	if b.opt.Layout == Numbers {
		width = min(width, size.Height*1.6)
	}
	unit := (width - 9*gap) / 10
	if b.opt.Layout == Numbers {
		unit = (width - 2*gap) / 3
	}
	height := (size.Height - gap*float32(len(rows)) - gap*1.2) / float32(len(rows))
	b.keys, b.accents, b.preview, b.shiftKey = nil, nil, nil, nil
	b.letters = map[*widget.Touch]string{}
	c := b.kit.Colour
	objects := []fyne.CanvasObject{widget.Group(b.kit.Fill(c.Sunk, size))}
	for i, row := range rows {
		shares, n := float32(0), float32(len(row))
		for _, k := range row {
			shares += k.share
		}
		// A row too wide for its keys at their share gives every key less.
		each := min(unit, (width-gap*(n-1))/shares)
		x := (size.Width - each*shares - gap*(n-1)) / 2
		for _, k := range row {
			style := k.style
			at, wide := fyne.NewPos(x, gap*1.1+float32(i)*(height+gap)), each*k.share
			if !style.Special && k.icon == "" && len([]rune(k.label)) == 1 && !b.opt.Veiled {
				style.Down = func(down bool) {
					letter := k.label
					if b.shift && !b.symbols {
						letter = strings.ToUpper(letter)
					} else if !b.symbols && b.opt.Layout != Code {
						letter = strings.ToLower(letter)
					}
					b.enlarge(letter, at, fyne.NewSize(wide, height), down)
				}
			}
			t := b.kit.Key(k.label, k.icon, k.name, fyne.NewSize(wide, height-gap*0.15), style, func() {
				if b.opt.Ready == nil || b.opt.Ready() {
					if b.accents != nil {
						b.build()
					}
					k.tap()
				}
			})
			t.ID = "key " + k.name
			t.Move(at)
			if r := []rune(k.label); len(r) == 1 && unicode.IsLetter(r[0]) && b.opt.Layout != Code {
				b.letters[t] = strings.ToLower(k.label)
			}
			if k.icon == "arrow-fat-up" {
				b.shiftKey = t
			}
			x += wide + gap
			b.keys = append(b.keys, t)
			objects = append(objects, t)
		}
	}
	b.box.Objects = objects
	b.box.Refresh()
}

// enlarge shows a letter large above the finger while its key is down.
func (b *Keyboard) enlarge(label string, at fyne.Position, key fyne.Size, down bool) {
	if b.preview != nil {
		b.preview.Hide()
		b.preview = nil
	}
	if !down || b.accents != nil {
		return
	}
	s, c := b.kit.Sizes, b.kit.Colour
	w, h := max(key.Width*1.25, key.Height), key.Height*1.25
	x := min(max(at.X+(key.Width-w)/2, 0), b.opt.Size.Width-w)
	st := widget.Style{Font: theme.BodyBold, Size: key.Height * 0.75, Colour: c.Ink, Leading: 1.1, Align: fyne.TextAlignCenter}
	text, th := widget.NewText(b.kit.Theme, st, label, w)
	text.Move(fyne.NewPos(0, (h-th)/2))
	b.preview = widget.Group(b.kit.Ground(c.Card, c.Edge, s.Radius*0.6, fyne.NewPos(0, 0), fyne.NewSize(w, h)), text)
	b.preview.Move(fyne.NewPos(x, at.Y-h-s.Gap*0.3))
	b.preview.Resize(fyne.NewSize(w, h))
	// Only the objects' list grows: nothing else is drawn anew.
	keep := b.box.Objects[:0:0]
	for _, o := range b.box.Objects {
		if g, ok := o.(*fyne.Container); !ok || g.Visible() {
			keep = append(keep, o)
		}
	}
	b.box.Objects = append(keep, b.preview)
	b.box.Refresh()
}

// offer shows the accented letters of the key held. The next touch takes one
// of them, or writes something else.
func (b *Keyboard) offer(base, letters string) {
	if b.opt.Ready != nil && !b.opt.Ready() {
		return
	}
	b.enlarge("", fyne.Position{}, fyne.Size{}, false)
	var from *widget.Touch
	for _, k := range b.keys {
		if k.Name == base {
			from = k
		}
	}
	if from == nil {
		return
	}
	s, c := b.kit.Sizes, b.kit.Colour
	all := append([]rune(letters), []rune(base)...)
	gap, side := s.Apart, max(from.Size().Width, s.Key)
	height := from.Size().Height
	width := float32(len(all))*(side+gap) + gap
	x := min(max(from.Position().X+from.Size().Width/2-width/2, 0), b.opt.Size.Width-width)
	y := from.Position().Y - height - 2.2*gap
	if y < -height*1.2 {
		y = from.Position().Y + height + gap
	}
	objects := append(b.box.Objects[:0:0], b.box.Objects...)
	objects = append(objects, b.kit.Ground(c.Sunk, c.Primary, s.Radius*0.8, fyne.NewPos(x, y), fyne.NewSize(width, height+2*gap)))
	b.accents = nil
	for i, r := range all {
		letter := string(r)
		t := b.kit.Key(letter, "", letter, fyne.NewSize(side, height), widget.KeyStyle{}, func() {
			b.target.Type(letter)
			b.after()
		})
		t.ID = "key " + letter
		t.Move(fyne.NewPos(x+gap+float32(i)*(side+gap), y+gap))
		b.accents = append(b.accents, t)
		objects = append(objects, t)
	}
	b.box.Objects = objects
	b.box.Refresh()
}
