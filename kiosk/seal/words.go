package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	_ "embed"
	"strings"
)

//go:embed words.txt
var wordList string

// FingerprintWords is how many words a [Fingerprint] has: 8 bits each.
const FingerprintWords = 6

// Fingerprint is what an enrolment came to, in six Indonesian words that a person
// compares on both screens: who stood between kiosk and hub with the code in hand
// has other keys, and other words.
func Fingerprint(root, kiosk ed25519.PublicKey) string {
	sum := sha256.Sum256(pae("application/vnd.loket.fingerprint.v1", append(append([]byte{}, root...), kiosk...)))
	list := strings.Fields(wordList)
	var words []string
	for _, b := range sum[:FingerprintWords] {
		words = append(words, list[b])
	}
	return strings.Join(words, " ")
}

// Ticket is what the QR code of a new kiosk's slot says: the hub's address and the
// one-time code, which [ReadTicket] reads.
func Ticket(hub, code string) string { return strings.TrimSuffix(hub, "/") + "/enrol#" + code }

// ReadTicket returns the hub's address and the code; false for anything else.
func ReadTicket(s string) (hub, code string, ok bool) {
	hub, code, ok = strings.Cut(strings.TrimSpace(s), "/enrol#")
	return hub, code, ok && hub != "" && code != ""
}
