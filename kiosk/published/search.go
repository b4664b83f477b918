package published

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"github.com/hbollon/go-edlib"
)

// How much a word counts where it stands.
const (
	inTitle    = 3
	inYear     = 2
	inUnit     = 1
	inSummary  = 1
	inCategory = 0.7
	inMade     = 0.5
)

// How much a found word counts by how it was found.
const (
	exactly  = 1
	kin      = 0.85 // of the same root
	alike    = 0.7  // the same to who searches
	begun    = 0.65 // it goes on
	mistyped = 0.55
)

// What is too little to be shown: the share of what was asked that an item must
// answer, how far its score may lie behind the best, and, for [Index.Like], the
// share of its title that the text must name.
const (
	leastShare = 0.3
	leastScore = 0.3
	leastTitle = 0.5
)

type posting struct {
	item   int32
	weight float32
	title  bool
}

// Index finds items by words, tolerant of Indonesian affixes, of typing errors
// and of words that only begin. It is read-only and safe for concurrent use.
type Index struct {
	list     *List
	v        *Vocabulary
	byID     map[string]int
	words    []string           // in order
	masks    []uint32           // the letters of each
	postings [][]posting        // of each
	rare     []float32          // how much each says: of few items more
	kin      map[string][]int32 // words by root
	length   []float32          // how much each title says
}

// NewIndex prepares a list for searching.
func NewIndex(v *Vocabulary, l *List) *Index {
	x := &Index{list: l, v: v, byID: map[string]int{}, kin: map[string][]int32{}, length: make([]float32, len(l.Items))}
	found := map[string]map[int32]posting{}
	for n, i := range l.Items {
		x.byID[i.ID] = n
		label := ""
		if c, ok := v.Category(i.Category); ok {
			label = c.Label["id"] + " " + c.Label["en"]
		}
		for _, part := range []struct {
			text   string
			weight float32
		}{{i.Title, inTitle}, {yearText(i), inYear}, {i.Unit, inUnit}, {i.Summary, inSummary}, {i.Made, inMade}, {label, inCategory}} {
			for _, word := range words(part.text) {
				if v.stop[word] {
					continue
				}
				if found[word] == nil {
					found[word] = map[int32]posting{}
				}
				p := found[word][int32(n)]
				p.item, p.weight, p.title = int32(n), max(p.weight, part.weight), p.title || part.weight == inTitle
				found[word][int32(n)] = p
			}
		}
	}
	for word := range found {
		x.words = append(x.words, word)
	}
	slices.Sort(x.words)
	for id, word := range x.words {
		var all []posting
		for _, p := range found[word] {
			all = append(all, p)
		}
		slices.SortFunc(all, func(a, b posting) int { return int(a.item) - int(b.item) })
		rare := float32(math.Log(1 + float64(len(l.Items))/float64(len(all))))
		for _, p := range all {
			if p.title {
				x.length[p.item] += rare
			}
		}
		x.postings, x.rare, x.masks = append(x.postings, all), append(x.rare, rare), append(x.masks, mask(word))
		for _, root := range roots(word) {
			if !v.stop[root] {
				x.kin[root] = append(x.kin[root], int32(id))
			}
		}
	}
	return x
}

func yearText(i Item) string {
	if i.Year == 0 {
		return ""
	}
	return i.cells()[6]
}

// mask has a bit for each letter of a word.
func mask(word string) (m uint32) {
	for _, r := range word {
		m |= 1 << (uint32(r) % 32)
	}
	return m
}

// List is what is searched.
func (x *Index) List() *List { return x.list }

// Vocabulary is what it was prepared with.
func (x *Index) Vocabulary() *Vocabulary { return x.v }

// Item returns the item with that id.
func (x *Index) Item(id string) (Item, bool) {
	n, ok := x.byID[id]
	if !ok {
		return Item{}, false
	}
	return x.list.Items[n], true
}

// Filter leaves out items of another category or unit; empty leaves out none.
type Filter struct{ Category, Unit string }

func (f Filter) takes(i Item) bool {
	return (f.Category == "" || i.Category == f.Category) && (f.Unit == "" || i.Unit == f.Unit)
}

// Search returns up to n items that answer a few words, the best first. Without
// words it returns what the filter takes, as it stands in the list. all is how
// many there are.
func (x *Index) Search(text string, f Filter, n int) (best []Item, all int) {
	asked := x.asked(text)
	if len(asked) == 0 {
		for _, i := range x.list.Items {
			if f.takes(i) {
				if all++; len(best) < n {
					best = append(best, i)
				}
			}
		}
		return best, all
	}
	hits := x.match(asked)
	hits = slices.DeleteFunc(hits, func(h hit) bool { return h.share < leastShare || !f.takes(x.list.Items[h.item]) })
	top := float32(0)
	for _, h := range hits {
		top = max(top, h.score)
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool { return h.score < top*leastScore })
	return x.best(hits, n), len(hits)
}

// Like returns up to n items that a longer text may be asking for: those whose
// title it mostly names.
func (x *Index) Like(text string, n int) []Item {
	asked := x.asked(text)
	hits := x.match(asked)
	least := 2
	if len(asked) == 1 {
		least = 1
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool {
		return h.named < least || x.length[h.item] == 0 || h.title/x.length[h.item] < leastTitle
	})
	for i := range hits {
		hits[i].score *= hits[i].title / x.length[hits[i].item]
	}
	return x.best(hits, n)
}

func (x *Index) best(hits []hit, n int) (best []Item) {
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.year(x)-a.year(x), int(a.item)-int(b.item))
	})
	for _, h := range hits[:min(n, len(hits))] {
		best = append(best, x.list.Items[h.item])
	}
	return best
}

// hit is an item that has some of the words asked.
type hit struct {
	item  int32
	score float32
	share float32 // of what was asked
	title float32 // how much of its title was named
	named int     // words of its title
}

func (h hit) year(x *Index) int { return x.list.Items[h.item].Year }

// mostWords is how many words of a text are looked at.
const mostWords = 60

// asked are the words of a text that say something, each once.
func (x *Index) asked(text string) (asked []string) {
	for _, word := range words(text) {
		if !x.v.stop[word] && !slices.Contains(asked, word) && len(asked) < mostWords {
			asked = append(asked, word)
		}
	}
	return asked
}

// match scores every item that has one of the words.
func (x *Index) match(asked []string) []hit {
	n := len(x.list.Items)
	score, share, title := make([]float32, n), make([]float32, n), make([]float32, n)
	named := make([]int, n)
	now, titled := make([]float32, n), make([]float32, n) // for one word
	part := make([]float32, n)
	var touched []int32
	total := float32(0)
	unknown := float32(math.Log(1 + float64(n)))
	for i, word := range asked {
		found := x.find(word, i == len(asked)-1)
		weight := unknown
		if len(found) > 0 {
			weight = 0
		}
		for _, f := range found {
			weight = max(weight, x.rare[f.word]*f.quality)
		}
		total += weight
		touched = touched[:0]
		for _, f := range found {
			for _, p := range x.postings[f.word] {
				if now[p.item] == 0 {
					touched = append(touched, p.item)
				}
				now[p.item] = max(now[p.item], x.rare[f.word]*f.quality*p.weight)
				part[p.item] = max(part[p.item], x.rare[f.word]*f.quality)
				if p.title {
					titled[p.item] = max(titled[p.item], x.rare[f.word])
				}
			}
		}
		for _, item := range touched {
			score[item] += now[item]
			share[item] += part[item]
			if titled[item] > 0 {
				title[item] += titled[item]
				named[item]++
			}
			now[item], part[item], titled[item] = 0, 0, 0
		}
	}
	average := float32(1)
	for _, l := range x.length {
		average += l / float32(max(n, 1))
	}
	var hits []hit
	for i := range n {
		if score[i] > 0 {
			answered := share[i] / total
			// Of two titles that answer alike, the shorter says less else.
			hits = append(hits, hit{int32(i), score[i] * answered / (0.75 + 0.25*x.length[i]/average), answered, title[i], named[i]})
		}
	}
	return hits
}

// found is a word of the list that a word asked may mean.
type found struct {
	word    int32
	quality float32
}

// find finds a word in the list: itself and its kin, what means the same, and
// only if there is none of these what begins so (all but the last word of a
// query is written out, but people shorten too) or is nearly written so.
func (x *Index) find(word string, last bool) []found {
	best := map[int32]float32{}
	take := func(id int32, quality float32) { best[id] = max(best[id], quality) }
	exact := func(word string, quality float32) {
		if id, ok := slices.BinarySearch(x.words, word); ok {
			take(int32(id), quality)
		}
		for _, root := range roots(word) {
			for _, id := range x.kin[root] {
				take(id, quality*kin)
			}
		}
	}
	exact(word, exactly)
	for _, same := range x.v.same[word] {
		exact(same, alike)
	}
	if len(word) >= 3 && (last || len(best) == 0) {
		from, _ := slices.BinarySearch(x.words, word)
		for id := from; id < len(x.words) && strings.HasPrefix(x.words[id], word); id++ {
			take(int32(id), begun)
		}
	}
	if len(best) == 0 {
		x.nearly(word, func(id int32) { take(id, mistyped) })
	}
	if len(best) == 0 { // a word of another, mistyped form: "pelaporna"
		for _, root := range roots(word)[1:] {
			if len(root) >= 5 {
				x.nearly(root, func(id int32) { take(id, mistyped*kin) })
			}
		}
	}
	all := make([]found, 0, len(best))
	for id, quality := range best {
		all = append(all, found{id, quality})
	}
	return all
}

// nearly finds words with one wrong, missing, extra or swapped letter; with two
// in a long word. Numbers are typed right or mean another.
func (x *Index) nearly(word string, take func(int32)) {
	if len(word) < 4 || strings.ContainsFunc(word, unicode.IsDigit) {
		return
	}
	away := 1
	if len(word) >= 8 {
		away = 2
	}
	letters := mask(word)
	for id, w := range x.words {
		if len(w) < len(word)-away || len(w) > len(word)+away || bits.OnesCount32(x.masks[id]^letters) > 2*away {
			continue
		}
		if edlib.OSADamerauLevenshteinDistance(word, w) <= away {
			take(int32(id))
		}
	}
}
