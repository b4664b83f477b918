package lapor

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/disk"
	"loket/kiosk/track"
)

// Folder is an exchange of files with whoever feeds LAPOR!: each report is one
// file keluar/NUMBER.json, and those that were handed over together are one table
// keluar/laporan-*.csv, written whole or not at all and taken away by them; their
// answers are files masuk/*.csv with the columns nomor and lapor_id, which are
// moved to masuk/selesai when they were read.
type Folder struct{ Dir string }

var _ Channel = Folder{}

func (f Folder) out(n kiosk.Number) string { return filepath.Join(f.Dir, "keluar", string(n)+".json") }
func (f Folder) taken(n kiosk.Number) string {
	return filepath.Join(f.Dir, "keluar", ".diserahkan", string(n))
}

// Submit writes the report's file. That it was written is kept beside it, so
// that one taken away is not written again.
func (f Folder) Submit(_ context.Context, r Record) (Receipt, error) {
	if _, err := os.Lstat(f.taken(r.Number)); err == nil {
		return Receipt{}, nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return Receipt{}, err
	}
	if err := os.MkdirAll(filepath.Dir(f.taken(r.Number)), 0o700); err != nil {
		return Receipt{}, fmt.Errorf("hand over: %w", err)
	}
	if err := disk.Write(f.out(r.Number), b); err != nil {
		return Receipt{}, fmt.Errorf("hand over: %w", err)
	}
	if err := disk.Write(f.taken(r.Number), nil); err != nil {
		return Receipt{}, fmt.Errorf("hand over: %w", err)
	}
	return Receipt{}, nil
}

// Together writes the table of reports that were handed over at a time.
func (f Folder) Together(at time.Time, records []Record) error {
	var b bytes.Buffer
	err := WriteTable(&b, records)
	if err == nil {
		err = disk.Write(filepath.Join(f.Dir, "keluar", fmt.Sprintf("laporan-%s-%s.csv", at.Format("20060102-150405"), records[0].Number)), b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}

// Lookup says whether a report's file was written.
func (f Folder) Lookup(_ context.Context, n kiosk.Number) (Standing, error) {
	if _, err := os.Lstat(f.taken(n)); errors.Is(err, fs.ErrNotExist) {
		return Standing{}, ErrNotTaken
	} else if err != nil {
		return Standing{}, err
	}
	return Standing{}, nil
}

// Topics are none: files do not say.
func (f Folder) Topics(context.Context) ([]Topic, error) { return nil, nil }

// Health tries to write into the folder.
func (f Folder) Health(context.Context) error {
	for _, dir := range []string{"keluar", "masuk"} {
		if err := os.MkdirAll(filepath.Join(f.Dir, dir), 0o700); err != nil {
			return fmt.Errorf("the exchange folder: %w", err)
		}
	}
	probe := filepath.Join(f.Dir, "keluar", ".tes")
	if err := disk.Write(probe, nil); err != nil {
		return fmt.Errorf("the exchange folder: %w", err)
	}
	return os.Remove(probe)
}

// Answers reads the files of answers that are there, oldest name first, and
// hands each to take; a file is put aside only when take is content.
func (f Folder) Answers(take func(name string, answers []Answer, faults []Fault) error) error {
	in := filepath.Join(f.Dir, "masuk")
	entries, err := os.ReadDir(in)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	done := filepath.Join(in, "selesai")
	if err := os.MkdirAll(done, 0o700); err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			continue // a link leads elsewhere; what is being written has another name
		}
		file, err := os.Open(filepath.Join(in, e.Name()))
		if err != nil {
			return fmt.Errorf("answers: %w", err)
		}
		answers, faults, err := ReadAnswers(file)
		file.Close()
		if err != nil {
			faults = append(faults, Fault{Err: err})
		}
		if err := take(e.Name(), answers, faults); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(in, e.Name()), filepath.Join(done, e.Name())); err != nil {
			return fmt.Errorf("answers: %w", err)
		}
	}
	return nil
}

// Answer is what LAPOR! said to one of our reports: its number, or why it does
// not take it.
type Answer struct {
	Number  kiosk.Number
	ID      string
	Refused string
	Line    int
}

// Fault is a line of a file of answers that cannot be taken, and why.
type Fault struct {
	Line int // 0: the file as a whole
	Err  error
}

// What can be wrong with a file of answers and its lines, beside [ErrNumber].
// None of it repeats what is written there.
var (
	ErrColumns   = errors.New("the file has no head line with the columns nomor and lapor_id")
	ErrLarge     = fmt.Errorf("the file has more than %d bytes", mostAnswers)
	ErrCut       = errors.New("the line is cut short")
	ErrOurNumber = errors.New("the line has no number of a report")
	ErrNoReport  = errors.New("LAPOR! gets no such report from here")
)

// mostAnswers is how many bytes a file of answers has at most.
const mostAnswers = 4 << 20

// ReadAnswers reads a file of answers: CSV with a head line that has the columns
// nomor and lapor_id, and perhaps ditolak, separated by commas or semicolons.
// What is wrong with a line is told, and the others are taken.
func ReadAnswers(r io.Reader) (answers []Answer, faults []Fault, err error) {
	b, err := io.ReadAll(io.LimitReader(r, mostAnswers+1))
	if err != nil {
		return nil, nil, err
	}
	if len(b) > mostAnswers {
		return nil, nil, ErrLarge
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	rows := csv.NewReader(bytes.NewReader(b))
	rows.FieldsPerRecord, rows.LazyQuotes, rows.TrimLeadingSpace = -1, true, true
	if head, _, _ := bytes.Cut(b, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		rows.Comma = ';'
	}
	head, err := rows.Read()
	if err != nil {
		return nil, nil, ErrColumns
	}
	place := func(name string) int {
		return slices.IndexFunc(head, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
	}
	number, id, refused := place(numberColumn), place(idColumn), place(refusedColumn)
	if number < 0 || id < 0 {
		return nil, nil, ErrColumns
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return answers, faults, nil
		}
		if err != nil { // nothing behind it can be told apart
			line := 0
			var where *csv.ParseError
			if errors.As(err, &where) {
				line = where.Line
			}
			return answers, append(faults, Fault{line, ErrCut}), nil
		}
		line, _ := rows.FieldPos(0)
		if max(number, id) >= len(row) {
			faults = append(faults, Fault{line, ErrCut})
			continue
		}
		a := Answer{Line: line}
		if refused >= 0 && refused < len(row) {
			a.Refused = strings.TrimSpace(row[refused])
		}
		typed := strings.TrimSpace(row[id])
		if typed == "" && a.Refused == "" {
			continue // not keyed in yet
		}
		if a.Number, err = track.ParseNumber(row[number]); err != nil {
			faults = append(faults, Fault{line, ErrOurNumber})
			continue
		}
		if typed != "" { // a number says that it was taken, whatever else is there
			if a.ID, err = ParseNumber(typed); err != nil {
				faults = append(faults, Fault{line, err})
				continue
			}
			a.Refused = ""
		}
		answers = append(answers, a)
	}
}
