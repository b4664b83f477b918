// Package disclosure decides which counts of a public table are left out, so
// that nobody learns of a few people: the small ones, and as many others as it
// takes so that no small one can be computed from what is published.
package disclosure

import "slices"

// Least is the smallest count that is published, beside zero.
const Least = 5

// Table is a table of counts as it would be without suppression: rows of
// cells, with a total of each row. The totals of the columns, and that of all,
// are published and known to everybody.
type Table struct {
	Cells [][]int
	// Hide are rows that may not be told whatever their counts.
	Hide []int
}

// Shown says what of a table is published.
type Shown struct {
	Cells  [][]bool
	Totals []bool // of rows
}

// Suppress decides what of a table is shown. Whoever sees the rest knows that
// every count left out is at least 1 (zeros are shown), and all totals of
// columns; still, each small count could be another number: there is another
// table with the same published counts. Where that cannot be had, nothing of
// the table is shown.
func Suppress(t Table) Shown {
	g := newGraph(t)
	for again := true; again; {
		again = false
		for _, e := range g.sensitive {
			g.edges[e].hidden = true
		}
		for _, e := range g.sensitive {
			path, ok := g.cheapest(e)
			if !ok {
				return g.nothing()
			}
			for _, p := range path {
				if !g.edges[p].hidden {
					g.edges[p].hidden = true
					again = true
				}
			}
		}
	}
	return g.shown()
}

// Small reports whether a count is too small to be published.
func Small(n int) bool { return 0 < n && n < Least }

// graph is the table as a network: rows and columns are nodes, each count is an
// edge between its row and its column, the rows' totals are edges to a last
// column. One more in an edge has to be taken back by one less in another at
// both of its nodes, so that every other table with the same totals is a walk
// around a circle of hidden edges. A row's total counts the other way round.
type graph struct {
	rows, columns int // columns without the totals
	edges         []edge
	out           [][]int // edges of each node
	sensitive     []int
}

type edge struct {
	row, column int // nodes
	n           int
	turned      bool // a row's total: one more of it is one less of the edge
	hidden      bool
}

func newGraph(t Table) *graph {
	g := &graph{rows: len(t.Cells)}
	if g.rows > 0 {
		g.columns = len(t.Cells[0])
	}
	g.out = make([][]int, g.rows+g.columns+1)
	add := func(row, column, n int, turned, sensitive bool) {
		i := len(g.edges)
		g.edges = append(g.edges, edge{row: row, column: g.rows + column, n: n, turned: turned})
		g.out[row], g.out[g.rows+column] = append(g.out[row], i), append(g.out[g.rows+column], i)
		if sensitive {
			g.sensitive = append(g.sensitive, i)
		}
	}
	for r, cells := range t.Cells {
		total, hide := 0, slices.Contains(t.Hide, r)
		for c, n := range cells {
			total += n
			add(r, c, n, false, Small(n) || hide && n > 0)
		}
		add(r, g.columns, total, true, Small(total) || hide && total > 0)
	}
	return g
}

// may reports whether the edge can be walked from a node in another table that
// looks the same: a count may always be higher, and lower if it stays 1.
func (g *graph) may(i, from int) (to int, ok bool) {
	e := &g.edges[i]
	up := from == e.row // walked from its row to its column, an edge grows
	to = e.row
	if up {
		to = e.column
	}
	if e.n == 0 {
		return to, false // zeros are shown
	}
	return to, up != e.turned || e.n > 1
}

// cheapest finds the circle through an edge that hides the least beside what is
// hidden already.
func (g *graph) cheapest(e int) (path []int, ok bool) {
	best := -1
	for _, from := range []int{g.edges[e].row, g.edges[e].column} {
		to, may := g.may(e, from)
		if !may {
			continue
		}
		if p, cost, ok := g.walk(to, from, e); ok && (best < 0 || cost < best) {
			path, best = p, cost
		}
	}
	return path, best >= 0
}

// walk is Dijkstra's: the cheapest way between two nodes without an edge.
func (g *graph) walk(from, to, without int) (path []int, cost int, ok bool) {
	const far = 1 << 60
	costs, by, done := make([]int, len(g.out)), make([]int, len(g.out)), make([]bool, len(g.out))
	prev := make([]int, len(g.out))
	for i := range costs {
		costs[i] = far
	}
	costs[from] = 0
	for {
		at := -1
		for i, c := range costs {
			if !done[i] && c < far && (at < 0 || c < costs[at]) {
				at = i
			}
		}
		if at < 0 {
			return nil, 0, false
		}
		if done[at] = true; at == to {
			break
		}
		for _, i := range g.out[at] {
			next, may := g.may(i, at)
			if i == without || !may {
				continue
			}
			// What is hidden already is free; each further count costs its size,
			// and a little for being one more.
			price := 0
			if !g.edges[i].hidden {
				price = 10 + g.edges[i].n
			}
			if c := costs[at] + price; c < costs[next] {
				costs[next], by[next], prev[next] = c, i, at
			}
		}
	}
	for at := to; at != from; at = prev[at] {
		path = append(path, by[at])
	}
	return path, costs[to], true
}

func (g *graph) shown() Shown {
	s := g.nothing()
	for _, e := range g.edges {
		if e.turned {
			s.Totals[e.row] = !e.hidden
		} else {
			s.Cells[e.row][e.column-g.rows] = !e.hidden
		}
	}
	return s
}

func (g *graph) nothing() Shown {
	s := Shown{Cells: make([][]bool, g.rows), Totals: make([]bool, g.rows)}
	for r := range s.Cells {
		s.Cells[r] = make([]bool, g.columns)
	}
	return s
}
