package receipt

import (
	"fmt"
	"strings"
)

// Kind is what a [Line] is.
type Kind int

// The kinds of lines.
const (
	Words Kind = iota
	Rule
	Space
	Emblem
	QRCode // Text is what it holds
)

// Style is how a line of words is set.
type Style int

// The styles, in order of weight.
const (
	Plain Style = iota
	Strong
	Stamp // date and time
	Title
	Symbols // number and code
)

// Part groups lines that stay together on a sheet.
type Part int

// The parts of a receipt.
const (
	Head Part = iota
	What
	Ticket // how to come back: QR code, number, code
	When
	Advice
)

// Line is one piece of a receipt, from top to bottom.
type Line struct {
	Kind   Kind
	Part   Part
	Style  Style
	Centre bool
	Text   string
}

// Lines describes a receipt, for every paper alike.
func (r *Renderer) Lines(x Receipt) []Line {
	w := r.words.In(x.Language)
	var all []Line
	add := func(kind Kind, p Part, s Style, centre bool, text string) {
		if kind != Words || text != "" {
			all = append(all, Line{kind, p, s, centre, text})
		}
	}
	add(Emblem, Head, Plain, true, "")
	add(Words, Head, Title, true, strings.ToUpper(x.Ministry.In(x.Language)))
	add(Words, Head, Plain, true, x.Office.In(x.Language))
	add(Words, Head, Plain, true, x.City)
	add(Rule, Head, Plain, true, "")
	if x.Test != "" {
		add(Words, What, Title, true, "*** "+w.T("receipt.test")+" ***")
		add(Words, What, Plain, true, x.Test)
	}
	add(Words, What, Title, true, x.Title.In(x.Language))
	if x.Copy {
		add(Words, What, Title, true, "*** "+w.T("receipt.copy")+" ***")
	}
	add(Words, What, Stamp, true, x.At.Format("02-01-2006, ")+w.Clock(x.At))
	if x.Pages > 0 {
		add(Words, What, Plain, true, w.T("receipt.pages", "n", x.Pages))
	}
	add(Words, What, Plain, true, w.T("receipt.free"))
	add(QRCode, Ticket, Plain, true, x.URL)
	add(Words, Ticket, Plain, true, w.T("receipt.number"))
	add(Words, Ticket, Symbols, true, x.Number.String())
	add(Words, Ticket, Plain, true, w.T("receipt.code"))
	add(Words, Ticket, Symbols, true, x.Code.Grouped())
	add(Rule, When, Plain, true, "")
	add(Words, When, Plain, true, w.T("receipt.due"))
	add(Words, When, Title, true, w.Date(x.Due))
	if x.Estimated {
		add(Words, When, Plain, true, w.T("receipt.estimated"))
	}
	add(Rule, When, Plain, true, "")
	add(Words, Advice, Strong, false, w.T("receipt.next"))
	for i, next := range x.Next {
		add(Words, Advice, Plain, false, fmt.Sprintf("%d. %s", i+1, next.In(x.Language)))
	}
	if len(x.Missing) > 0 {
		add(Space, Advice, Plain, false, "")
		add(Words, Advice, Strong, false, x.Incomplete(w))
	}
	add(Space, Advice, Plain, false, "")
	add(Words, Advice, Plain, false, w.T("receipt.how", "address", address(x.URL)))
	add(Space, Advice, Plain, false, "")
	add(Words, Advice, Strong, false, w.T("receipt.keep"))
	add(Words, Advice, Plain, false, w.T("receipt.secret"))
	if x.Hours.Known() {
		add(Words, Advice, Plain, false, w.T("receipt.hours", "hours", w.Hours(x.Hours)))
	}
	if x.Help != "" {
		add(Words, Advice, Plain, false, w.T("receipt.help", "phone", x.Help))
	}
	return all
}
