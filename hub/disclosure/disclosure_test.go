package disclosure

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// solve finds every table that looks like the published one, by trying all:
// hidden counts are at least 1, the totals of the columns are known. It returns
// the least and the greatest value of each cell, then of each row's total.
func solve(cells [][]int, s Shown, nothing bool) (low, high [][]int) {
	rows, columns := len(cells), len(cells[0])
	totals, left := make([]int, rows), make([]int, columns)
	guess := make([][]int, rows)
	low, high = make([][]int, rows), make([][]int, rows)
	for r := range cells {
		guess[r], low[r], high[r] = make([]int, columns), make([]int, columns+1), make([]int, columns+1)
		for c := range low[r] {
			low[r][c] = 1 << 30
		}
		for c, n := range cells[r] {
			totals[r] += n
			left[c] += n
		}
	}
	var try func(r, c, sum int)
	try = func(r, c, sum int) {
		if r == rows {
			for _, n := range left {
				if n != 0 {
					return
				}
			}
			for r := range guess {
				sum := 0
				for c, n := range guess[r] {
					low[r][c], high[r][c] = min(low[r][c], n), max(high[r][c], n)
					sum += n
				}
				low[r][columns], high[r][columns] = min(low[r][columns], sum), max(high[r][columns], sum)
			}
			return
		}
		if c == columns {
			if !s.Totals[r] || sum == totals[r] {
				try(r+1, 0, 0)
			}
			return
		}
		from, to := 1, left[c]
		if nothing {
			from = 0
		}
		if s.Cells[r][c] {
			from, to = cells[r][c], min(to, cells[r][c])
		}
		if s.Totals[r] {
			to = min(to, totals[r]-sum)
		}
		for n := from; n <= to; n++ {
			guess[r][c] = n
			left[c] -= n
			try(r, c+1, sum+n)
			left[c] += n
		}
	}
	try(0, 0, 0)
	return low, high
}

// columnsSafe makes the totals of the columns such as may be published.
func columnsSafe(random *rand.Rand, cells [][]int) {
	for c := range cells[0] {
		for {
			sum := 0
			for r := range cells {
				sum += cells[r][c]
			}
			if !Small(sum) {
				break
			}
			cells[random.IntN(len(cells))][c]++
		}
	}
}

// Who tries every table that fits what is published cannot tell any small
// count, nor that of a row that is to be hidden.
func TestNoSmallCountCanBeComputed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	hidden, blank := 0, 0
	for range 6000 {
		rows, columns := 1+random.IntN(4), 1+random.IntN(3)
		if rows*columns > 9 {
			columns = 2
		}
		cells := make([][]int, rows)
		for r := range cells {
			cells[r] = make([]int, columns)
			for c := range cells[r] {
				cells[r][c] = max(0, random.IntN(7)-random.IntN(4))
			}
		}
		columnsSafe(random, cells)
		table := Table{Cells: cells}
		if rows > 1 && random.IntN(4) == 0 {
			table.Hide = []int{random.IntN(rows)}
		}
		s := Suppress(table)
		nothing := true
		for r := range cells {
			for c := range cells[r] {
				nothing = nothing && !s.Cells[r][c]
			}
		}
		if nothing {
			blank++
		}
		low, high := solve(cells, s, nothing)
		check := func(r, c, n int, shown bool) {
			hide := len(table.Hide) > 0 && table.Hide[0] == r && n > 0
			if !Small(n) && !hide {
				return
			}
			hidden++
			if shown {
				t.Errorf("%v: %d of row %d is shown", cells, n, r)
			}
			// A table of one row says nothing that its known totals do not.
			if low[r][c] == high[r][c] && rows > 1 {
				t.Errorf("%v, %v: row %d, column %d can only be %d", cells, s, r, c, n)
			}
		}
		for r := range cells {
			sum := 0
			for c, n := range cells[r] {
				check(r, c, n, s.Cells[r][c])
				sum += n
			}
			check(r, columns, sum, s.Totals[r])
		}
	}
	if hidden < 5000 || blank > 3000 {
		t.Errorf("%d counts were looked at, %d tables hid everything", hidden, blank)
	}
}

// In a table as large as a ministry's linear algebra finds no hidden count, and
// most of it is still shown.
func TestALargeTableIsNotSolved(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		const rows, columns = 34, 3
		cells := make([][]int, rows)
		for r := range cells {
			cells[r] = []int{random.IntN(8), 20 + random.IntN(200), random.IntN(30)}
			if random.IntN(5) == 0 {
				cells[r] = []int{0, random.IntN(4), 0}
			}
		}
		s := Suppress(Table{Cells: cells})
		// Unknowns: the hidden cells and totals. Equations: rows and columns.
		place := map[[2]int]int{}
		for r := range cells {
			for c := range columns + 1 {
				if shown := c < columns && s.Cells[r][c] || c == columns && s.Totals[r]; !shown {
					place[[2]int{r, c}] = len(place)
				}
			}
		}
		var system [][]*big.Rat
		equation := func(terms map[[2]int]int64) {
			line, any := make([]*big.Rat, len(place)), false
			for i := range line {
				line[i] = new(big.Rat)
			}
			for at, sign := range terms {
				if i, ok := place[at]; ok {
					line[i].SetInt64(sign)
					any = true
				}
			}
			if any {
				system = append(system, line)
			}
		}
		for c := range columns + 1 {
			terms := map[[2]int]int64{}
			for r := range rows {
				terms[[2]int{r, c}] = 1
			}
			equation(terms)
		}
		for r := range rows {
			equation(map[[2]int]int64{{r, 0}: 1, {r, 1}: 1, {r, 2}: 1, {r, columns}: -1})
		}
		pivot := 0
		for i := 0; i < len(place) && pivot < len(system); i++ {
			at := pivot
			for at < len(system) && system[at][i].Sign() == 0 {
				at++
			}
			if at == len(system) {
				continue
			}
			system[pivot], system[at] = system[at], system[pivot]
			by := new(big.Rat).Inv(system[pivot][i])
			for k := range system[pivot] {
				system[pivot][k].Mul(system[pivot][k], by)
			}
			for j := range system {
				if f := new(big.Rat).Set(system[j][i]); j != pivot && f.Sign() != 0 {
					for k := range system[j] {
						system[j][k].Sub(system[j][k], new(big.Rat).Mul(f, system[pivot][k]))
					}
				}
			}
			pivot++
		}
		for _, line := range system {
			free := 0
			for _, x := range line {
				if x.Sign() != 0 {
					free++
				}
			}
			if free == 1 {
				t.Error("an equation has one unknown left")
			}
		}
		shown := 0
		for r := range cells {
			for c, n := range cells[r] {
				if Small(n) && s.Cells[r][c] {
					t.Errorf("%d is shown", n)
				}
				if s.Cells[r][c] {
					shown++
				}
			}
		}
		if shown < rows*columns/3 {
			t.Errorf("only %d of %d counts are shown", shown, rows*columns)
		}
	}
}

func TestNothingSmallNothingHidden(t *testing.T) {
	s := Suppress(Table{Cells: [][]int{{5, 0}, {9, 120}, {0, 0}}})
	for r := range s.Cells {
		for c := range s.Cells[r] {
			if !s.Cells[r][c] || !s.Totals[r] {
				t.Errorf("row %d, column %d is hidden", r, c)
			}
		}
	}
	if s := Suppress(Table{}); len(s.Cells) != 0 {
		t.Error(s)
	}
}
