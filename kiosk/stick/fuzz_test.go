//go:build unix

package stick

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"loket/kiosk/seal"
)

// Whatever a file holds, what is found in it is in it, once, and named or in form; a
// file that is clean is the one that is made of it.
func FuzzDecode(f *testing.F) {
	w := newWay(f, 3)
	_, sound, err := encode("K7", w.kiosk.Key, w.queue.all)
	if err != nil {
		f.Fatal(err)
	}
	_, one, err := encode("K7", w.kiosk.Key, []seal.Queued{{Seq: 1, Bytes: []byte("rotten")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add(one)
	f.Add(sound[:len(sound)/2])
	f.Add(sound[1000:])
	f.Add([]byte(magic))
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Add([]byte(seal.Magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			if len(file.Reports) > 0 {
				t.Error("reports of what is no file")
			}
			return
		}
		seen := map[[32]byte]bool{}
		var again []seal.Queued
		for _, r := range file.Reports {
			if _, err := seal.Parse(r.Bytes); err != nil && !r.Listed || seen[r.SHA256] || sha256.Sum256(r.Bytes) != r.SHA256 || !bytes.Contains(b, r.Bytes) {
				t.Errorf("%d bytes: %v", len(r.Bytes), err)
			}
			seen[r.SHA256] = true
			again = append(again, seal.Queued{Bytes: r.Bytes})
		}
		if len(file.Reports) > seal.MaxBatch {
			t.Error(len(file.Reports), "reports")
		}
		if file.Clean && file.Signed(w.kiosk.Key.Public().(ed25519.PublicKey)) {
			if _, same, err := encode(file.Header.Kiosk, w.kiosk.Key, again); err != nil || !bytes.Equal(same, b) {
				t.Errorf("made again it is another file: %v", err)
			}
		}
	})
}

// Whatever stands in the files of the hub's words, only what it signed counts.
func FuzzAcks(f *testing.F) {
	w := newWay(f, 2)
	w.export()
	path := w.files(".LKT")[0]
	w.deliver()
	sound := read(f, path+acks)
	said := read(f, filepath.Join(filepath.Dir(path), answer))
	f.Add(sound, said)
	f.Add([]byte(`{"acks":null}`), []byte(`{}`))
	f.Add([]byte(`[]`), []byte(`null`))
	f.Add([]byte(`{"acks":[{"payload":"e30=","signature":""}]}`), []byte(`{"standing":{"payload":"e30=","signature":""},"bundle":{"payload":"","signature":""}}`))
	var right Acks
	if err := json.Unmarshal(sound, &right); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words, said []byte) {
		w.t = t
		clear(w.queue.acked)
		w.heeded = nil
		os.WriteFile(path+acks, words, 0o644)
		os.WriteFile(filepath.Join(filepath.Dir(path), answer), said, 0o644)
		if _, err := w.kiosk.Import(t.Context(), w.stick, nil); err != nil {
			t.Fatal(err)
		}
		var given Acks
		json.Unmarshal(words, &given)
		if len(w.queue.acked) > len(given.Acks) {
			t.Error("more was acknowledged than was said")
		}
		for seq := range w.queue.acked {
			signed := false
			for _, a := range given.Acks {
				signed = signed || bytes.Equal(a.Payload, right.Acks[seq-1].Payload) && bytes.Equal(a.Signature, right.Acks[seq-1].Signature)
			}
			if !signed {
				t.Errorf("%d was acknowledged and nobody signed it", seq)
			}
		}
		if len(w.queue.acked) == 2 { // then it was taken off the stick
			w.queue.acked = map[int64]seal.Ack{}
			w.export()
		}
	})
}
