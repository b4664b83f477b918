// Package doctor says how a machine is: one finding a check, what is well and what is
// wrong, and how to mend it. Hub and kiosk have their own checks; those of any
// machine are here.
package doctor

import (
	"encoding/json"
	"fmt"
	"io"
)

// State is how what was checked is.
type State string

// The states. Only Wrong has to be mended.
const (
	Well  State = "well"
	Note  State = "note" // works, but somebody should know; or it could not be looked at
	Wrong State = "wrong"
)

// Finding is what one check found.
type Finding struct {
	Check string `json:"check"` // one or two words, always the same
	State State  `json:"state"`
	Says  string `json:"says"`
	Next  string `json:"next,omitempty"` // what to do; never empty for Wrong
}

// Report is what all checks found, in order.
type Report struct {
	Findings []Finding `json:"findings"`
}

// Well adds that something is as it should be.
func (r *Report) Well(check, says string, args ...any) {
	r.Findings = append(r.Findings, Finding{Check: check, State: Well, Says: fmt.Sprintf(says, args...)})
}

// Note adds what somebody should know; next may be empty.
func (r *Report) Note(check, next, says string, args ...any) {
	r.Findings = append(r.Findings, Finding{check, Note, fmt.Sprintf(says, args...), next})
}

// Wrong adds what must be mended, and how.
func (r *Report) Wrong(check, next, says string, args ...any) {
	r.Findings = append(r.Findings, Finding{check, Wrong, fmt.Sprintf(says, args...), next})
}

// Ill is how many findings must be mended.
func (r *Report) Ill() (n int) {
	for _, f := range r.Findings {
		if f.State == Wrong {
			n++
		}
	}
	return n
}

// marks stand before a line, so that what is wrong is found at a glance.
var marks = map[State]string{Well: "well ", Note: "note ", Wrong: "WRONG"}

// Write writes a line a finding, or all as one JSON object with the member "well".
func (r *Report) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Well     bool      `json:"well"`
			Findings []Finding `json:"findings"`
		}{r.Ill() == 0, r.Findings})
	}
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s  %-12s %s", marks[f.State], f.Check, f.Says)
		if f.Next != "" {
			line += " → " + f.Next
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// Verdict is nil if nothing must be mended, and otherwise an error that says how
// many things must.
func (r *Report) Verdict() error {
	switch n := r.Ill(); n {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("one thing must be mended")
	default:
		return fmt.Errorf("%d things must be mended", n)
	}
}
