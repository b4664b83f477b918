package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// BatchType is the content type of a batch of envelopes.
const BatchType = "application/vnd.loket.envelopes.v1"

// Limits of a batch that a hub takes.
const (
	MaxBatch      = 200     // envelopes
	MaxBatchBytes = 8 << 20 // bytes
)

// Queued is one envelope on its way to the hub: its place in the kiosk's chain
// and its bytes as they are stored, which may have rotted.
type Queued struct {
	Seq   int64
	Bytes []byte
}

// Place is where a kiosk's queue holds an envelope, and whether the hub has
// acknowledged it.
type Place struct {
	Seq          int64
	Acknowledged bool
}

// ErrTooMany says that a batch holds more than the reader allows.
var ErrTooMany = errors.New("too many envelopes or bytes in one batch")

// WriteBatch writes each envelope behind its length (u32).
func WriteBatch(w io.Writer, envelopes [][]byte) error {
	for _, e := range envelopes {
		if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(e)))); err != nil {
			return err
		}
		if _, err := w.Write(e); err != nil {
			return err
		}
	}
	return nil
}

// ReadBatch reads what [WriteBatch] wrote, at most maxCount envelopes of
// maxBytes together. It returns [ErrTooMany] past that, and [ErrMalformed]
// for a batch cut short.
func ReadBatch(r io.Reader, maxCount, maxBytes int) ([][]byte, error) {
	var out [][]byte
	for total := 0; ; {
		var length [4]byte
		switch _, err := io.ReadFull(r, length[:]); {
		case errors.Is(err, io.EOF):
			return out, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("batch cut short: %w", ErrMalformed)
		case err != nil:
			return nil, err
		}
		n := int(binary.BigEndian.Uint32(length[:]))
		if total += 4 + n; len(out) == maxCount || total > maxBytes {
			return nil, ErrTooMany
		}
		b := make([]byte, n)
		switch _, err := io.ReadFull(r, b); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("batch cut short: %w", ErrMalformed)
		case err != nil:
			return nil, err
		}
		out = append(out, b)
	}
}
