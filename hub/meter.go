package hub

// What became of an envelope, beside seal.LevelStored and seal.LevelQuarantined.
const (
	EnvelopeAgain    = "duplicate" // it was there already
	EnvelopeRejected = "rejected"  // the request it came in was refused: nothing of it was kept
)

// Meter is told what happens, to count it. Its methods return at once and may be
// called by several goroutines. Nothing it is told names a report or a person.
type Meter interface {
	// Envelopes came from a kiosk: how many, and what became of them. How many a
	// request holds that cannot be read nobody knows: it is told as one.
	Envelopes(result string, n int)
	// EnvelopeBytes is the size of one that was kept.
	EnvelopeBytes(n int)
	// LookedUp tells how the look-up of a number and its code ended, as
	// kiosk.Tracking has it.
	LookedUp(result string)
	// Limited tells that somebody who looked up a report was made to wait.
	Limited()
	// LoginFailed tells that a name, password or code of an officer did not fit.
	LoginFailed()
}

// unmetered counts nothing.
type unmetered struct{}

func (unmetered) Envelopes(string, int) {}
func (unmetered) EnvelopeBytes(int)     {}
func (unmetered) LookedUp(string)       {}
func (unmetered) Limited()              {}
func (unmetered) LoginFailed()          {}
