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
