package insight

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Tails of distributions. Counts divided by a dispersion are no whole numbers
// any more; the incomplete gamma and beta functions, which give the tails of
// whole ones exactly, go on between them (quasi-likelihood).

// poissonAtLeast is P(X ≥ k) of a Poisson count with that mean.
func poissonAtLeast(k, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	return mathext.GammaIncReg(k, mean)
}

// poissonAtMost is P(X ≤ k).
func poissonAtMost(k, mean float64) float64 {
	if mean <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(k+1, mean)
}

// binomialAtLeast is P(X ≥ k) of n tries that hit with p.
func binomialAtLeast(k, n, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(k, n-k+1, p)
}

// binomialAtMost is P(X ≤ k).
func binomialAtMost(k, n, p float64) float64 {
	switch {
	case k >= n:
		return 1
	case p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return 1 - mathext.RegIncBeta(k+1, n-k, p)
}

// crossing is where a falling function passes a level between two ends.
func crossing(low, high, level float64, f func(float64) float64) float64 {
	for range 60 {
		if middle := (low + high) / 2; f(middle) > level {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// fisher is the two-sided p of Fisher's exact test, twice the smaller tail:
// whether a of n and b of m are one rate.
func fisher(a, n, b, m int) float64 {
	hits := a + b
	exactly := math.Exp(choose(n, a) + choose(m, hits-a) - choose(n+m, hits))
	// Away from the mean each is smaller than the one before, soon by far, and follows
	// from it without a logarithm: a year has tens of thousands of them.
	tail, p := exactly, exactly
	if float64(a)*float64(n+m) >= float64(n)*float64(hits) {
		for k := a; k < min(n, hits) && p > tail*1e-17; k++ {
			p *= float64(n-k) / float64(k+1) * (float64(hits-k) / float64(m-hits+k+1))
			tail += p
		}
	} else {
		for k := a; k > max(0, hits-m) && p > tail*1e-17; k-- {
			p *= float64(k) / float64(n-k+1) * (float64(m-hits+k) / float64(hits-k+1))
			tail += p
		}
	}
	return min(1, 2*min(tail, 1-tail+exactly))
}

// choose is the logarithm of n over k.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// adjust returns the p-values adjusted as Benjamini and Hochberg do: taking those
// up to 5 % keeps the share of false ones among them, on average, below 5 %, and
// where nothing changed at all, the chance of any.
func adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	sortBy(order, func(i int) float64 { return p[i] })
	q := make([]float64, len(p))
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, p[i]*float64(len(p))/float64(rank))
		q[i] = least
	}
	return q
}
