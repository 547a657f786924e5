// SPDX-License-Identifier: Apache-2.0

package fraud

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// gifts are gifts in their time, and those from and to each account.
type gifts struct {
	all      []currency.Seen
	from, to map[string][]int
}

// rings are rings of gifts, so many that every gift which is in a ring of the threshold
// is in one of them.
func rings(t currency.Threshold, all []currency.Seen) [][]currency.Seen {
	g := gifts{all: all, from: map[string][]int{}, to: map[string][]int{}}
	for i, s := range all {
		g.from[s.From] = append(g.from[s.From], i)
		g.to[s.To] = append(g.to[s.To], i)
	}
	var found [][]currency.Seen
	covered := make([]bool, len(all))
	for i := range all {
		if covered[i] {
			continue
		}
		ring := g.ring(t, i)
		if ring == nil {
			continue
		}
		evidence := make([]currency.Seen, len(ring))
		for n, at := range ring {
			covered[at] = true
			evidence[n] = all[at]
		}
		found = append(found, evidence)
	}
	return found
}

// ring is a shortest ring that a gift closes within a window, the gift itself first, or
// nil if there is none.
func (g gifts) ring(t currency.Threshold, closing int) []int {
	var (
		gift  = g.all[closing]
		steps = t.Accounts - 1 // gifts that may lead back
	)
	near := func(i int) bool { return apart(g.all[i], gift) < t.Window() }
	there := g.walk(gift.To, steps, g.from, near, func(s currency.Seen) string { return s.To })
	if _, ok := there[gift.From]; !ok {
		return nil
	}
	back := g.walk(gift.From, steps, g.to, near, func(s currency.Seen) string { return s.From })
	// Gifts on some way back, however long that took; its window starts at one of them.
	var useful []int
	for account, n := range there {
		for _, i := range g.from[account] {
			if m, ok := back[g.all[i].To]; ok && near(i) && n+1+m <= steps {
				useful = append(useful, i)
			}
		}
	}
	slices.Sort(useful)
	starts := []int64{gift.At}
	for _, i := range slices.Backward(useful) {
		if at := g.all[i].At; at < starts[len(starts)-1] {
			starts = append(starts, at)
		}
	}
	for _, start := range starts {
		within := func(i int) bool {
			_, there := slices.BinarySearch(useful, i)
			return there && g.all[i].At >= start && g.all[i].At-start < t.Window()
		}
		if way := g.path(gift.To, gift.From, steps, within); way != nil {
			return append([]int{closing}, way...)
		}
	}
	return nil
}

// apart is how many seconds lie between two gifts.
func apart(a, b currency.Seen) int64 { return max(a.At-b.At, b.At-a.At) }

// walk is how many gifts lead to each account that so many steps reach.
func (g gifts) walk(from string, steps int, edges map[string][]int, may func(int) bool, next func(currency.Seen) string) map[string]int {
	reached := map[string]int{from: 0}
	edge := []string{from}
	for step := 1; step <= steps && len(edge) > 0; step++ {
		var beyond []string
		for _, account := range edge {
			for _, i := range edges[account] {
				to := next(g.all[i])
				if _, again := reached[to]; !again && may(i) {
					reached[to] = step
					beyond = append(beyond, to)
				}
			}
		}
		edge = beyond
	}
	return reached
}

// path is a shortest way of at most so many gifts from one account to another.
func (g gifts) path(from, to string, steps int, may func(int) bool) []int {
	by := map[string]int{} // the gift that reached an account first
	edge := []string{from}
	for range steps {
		var beyond []string
		for _, account := range edge {
			for _, i := range g.from[account] {
				next := g.all[i].To
				if _, again := by[next]; again || next == from || !may(i) {
					continue
				}
				by[next] = i
				if next == to {
					var way []int
					for at := to; at != from; at = g.all[by[at]].From {
						way = append(way, by[at])
					}
					slices.Reverse(way)
					return way
				}
				beyond = append(beyond, next)
			}
		}
		edge = beyond
	}
	return nil
}
