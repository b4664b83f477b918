package form

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"loket/kiosk"
	"loket/kiosk/track"
)

// Example returns the n-th plausible draft of a form for a seed, always the
// same for the same three and today. It passes [Catalogue.Check].
func (c *Catalogue) Example(name string, seed uint64, n int, today time.Time) kiosk.Draft {
	f := c.Form(name)
	if f == nil {
		return kiosk.Draft{}
	}
	h := fnv.New64a()
	fmt.Fprint(h, name, n)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	d := kiosk.Draft{Form: name, Language: kiosk.Indonesian, Identity: f.Identities[r.IntN(len(f.Identities))], Answers: kiosk.Answers{}}
	if r.IntN(5) == 0 {
		d.Language = kiosk.English
	}
	inOneOf := map[string]bool{}
	for _, group := range f.OneOf {
		inOneOf[group[r.IntN(len(group))]] = true
	}
	for _, field := range f.Fields {
		if field.Type == Identity || field.Type == Scan || !f.asks(&field, d) || !field.Needs(d.Answers) && !inOneOf[field.ID] && r.IntN(2) == 0 {
			continue
		}
		d.Answers[field.ID] = c.exampleAnswer(&field, d.Language, r, today)
	}
	return d
}

func (c *Catalogue) exampleAnswer(field *Field, l kiosk.Language, r *rand.Rand, today time.Time) string {
	switch field.Type {
	case Choice:
		return field.Options[r.IntN(len(field.Options))].Value
	case Office:
		return c.Offices[r.IntN(len(c.Offices))].ID
	case Service:
		return c.Services[r.IntN(len(c.Services))].ID
	case Date:
		return today.AddDate(0, 0, -r.IntN(60)).Format(time.DateOnly)
	case Phone:
		return fmt.Sprintf("+62812%08d", r.IntN(100000000))
	case Email:
		return fmt.Sprintf("warga%d@contoh.id", r.IntN(10000))
	case NIK:
		return fmt.Sprintf("5371%02d%02d%02d%02d%04d", 1+r.IntN(20), 1+r.IntN(28)+40*r.IntN(2), 1+r.IntN(12), r.IntN(100), 1+r.IntN(99))
	}
	if field.Type == Number {
		n, err := track.NewNumber("K7", digits{r})
		if err != nil {
			panic(err) // the reader cannot fail
		}
		return string(n)
	}
	all := field.Examples[l]
	if field.Type == TextLine {
		return all[r.IntN(len(all))]
	}
	var parts []string
	for _, i := range r.Perm(len(all))[:1+r.IntN(3)] {
		parts = append(parts, all[i])
	}
	s := strings.Join(parts, " ")
	if field.Max >= 1000 && r.IntN(2) == 0 {
		s += fmt.Sprintf("\nNo. %04d, %s.", r.IntN(10000), today.AddDate(0, 0, -r.IntN(60)).Format(time.DateOnly))
	}
	return s
}

// digits reads random bytes.
type digits struct{ *rand.Rand }

// Read implements io.Reader.
func (d digits) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return len(b), nil
}
