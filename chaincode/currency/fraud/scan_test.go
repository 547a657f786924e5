// SPDX-License-Identifier: Apache-2.0

package fraud_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/fraud"
)

const hour = 60 * 60

var (
	repeated = currency.Threshold{Name: "repeated", Pattern: currency.RepeatedPayments, Hours: 24, Count: 3, Won: 300_000}
	round    = currency.Threshold{Name: "round", Pattern: currency.RoundPayments, Hours: 24, Count: 3, Least: 50_000, Multiple: 10_000}
	ringing  = currency.Threshold{Name: "ring", Pattern: currency.RingOfGifts, Hours: 24, Least: 10_000, Accounts: 4}
)

// history numbers what happened: its receipts are name/1, name/2 …
type history []currency.Seen

func (h history) add(from, to string, gift bool, at, amount int64) history {
	seq := int64(1)
	for _, s := range h {
		if s.From == from {
			seq++
		}
	}
	return append(h, currency.Seen{
		Receipt: currency.ReceiptName{Holder: from, Seq: seq}, At: at, Day: currency.DayOf(time.Unix(at, 0), time.UTC),
		Amount: amount, From: from, To: to, Gift: gift,
	})
}

func (h history) paid(from, to string, at, amount int64) history {
	return h.add(from, to, false, at, amount)
}

func (h history) gave(from, to string, at, amount int64) history {
	return h.add(from, to, true, at, amount)
}

// find is what a threshold flags, by receipts.
func find(t testing.TB, of currency.Threshold, h history) []string {
	t.Helper()
	var counted []currency.Seen
	for _, s := range h {
		if of.Counts(s) {
			counted = append(counted, s)
		}
	}
	var out []string
	for _, evidence := range fraud.Find(of, counted) {
		_, err := of.Measure(evidence)
		require.NoError(t, err)
		var names string
		for _, s := range evidence {
			names += " " + s.Receipt.String()
		}
		out = append(out, names[1:])
	}
	return out
}

func TestFind(t *testing.T) {
	for _, tc := range []struct {
		name string
		of   currency.Threshold
		h    history
		want []string
	}{
		{"nothing", repeated, nil, nil},
		{"by number", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100).paid("a", "bakery", 2*hour, 100), []string{"a/1 a/2 a/3"}},
		{"one too few", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100), nil},
		{"by won", repeated, history{}.paid("a", "bakery", 0, 100_000).paid("a", "bakery", hour, 200_000), []string{"a/1 a/2"}},
		{"one alone, by won", repeated, history{}.paid("a", "bakery", 0, 300_000), []string{"a/1"}},
		{"at another shop", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100).paid("a", "bar", 2*hour, 100), nil},
		{"by two payers", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100).paid("b", "bakery", 2*hour, 100), nil},
		{"a second inside the window", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100).paid("a", "bakery", 24*hour-1, 100), []string{"a/1 a/2 a/3"}},
		{"a window later", repeated, history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", hour, 100).paid("a", "bakery", 24*hour, 100), nil},
		{
			"a fourth that stands with the last two", repeated,
			history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", 20*hour, 100).paid("a", "bakery", 23*hour, 100).paid("a", "bakery", 25*hour, 100),
			[]string{"a/1 a/2 a/3", "a/2 a/3 a/4"},
		},
		{
			"another day", repeated,
			history{}.paid("a", "bakery", 0, 100).paid("a", "bakery", 1, 100).paid("a", "bakery", 2, 100).paid("a", "bakery", 30*hour, 100).
				paid("a", "bakery", 90*hour, 300_000),
			[]string{"a/1 a/2 a/3", "a/5"},
		},
		{
			"round, of several payers, small and odd ones between", round,
			history{}.paid("a", "bakery", 0, 50_000).paid("b", "bakery", 1, 40_000).paid("b", "bakery", 2, 60_001).paid("b", "bakery", 3, 60_000).paid("c", "bakery", 4, 50_000),
			[]string{"a/1 b/3 c/1"},
		},
		{"a ring of two", ringing, history{}.gave("a", "b", 0, 10_000).gave("b", "a", hour, 10_000), []string{"a/1 b/1"}},
		{
			"a ring of four, against time", ringing,
			history{}.gave("d", "a", 0, 10_000).gave("c", "d", 1, 10_000).gave("b", "c", 2, 10_000).gave("a", "b", 3, 10_000),
			[]string{"d/1 a/1 b/1 c/1"},
		},
		{
			"a ring of five", ringing,
			history{}.gave("a", "b", 0, 10_000).gave("b", "c", 1, 10_000).gave("c", "d", 2, 10_000).gave("d", "e", 3, 10_000).gave("e", "a", 4, 10_000), nil,
		},
		{"a ring that takes a day", ringing, history{}.gave("a", "b", 0, 10_000).gave("b", "a", 24*hour, 10_000), nil},
		{"a gift too small", ringing, history{}.gave("a", "b", 0, 10_000).gave("b", "a", hour, 9_999), nil},
		{"payments are no gifts", ringing, history{}.paid("a", "b", 0, 10_000).paid("b", "a", hour, 10_000), nil},
		{
			// The short way back is too long ago, the long one is not.
			"two ways back", ringing,
			history{}.gave("b", "a", 0, 10_000).gave("b", "c", 20*hour, 10_000).gave("c", "a", 21*hour, 10_000).gave("a", "b", 30*hour, 10_000),
			[]string{"b/2 c/1 a/1"},
		},
		{
			"two rings over one gift", ringing,
			history{}.gave("a", "b", 0, 10_000).gave("b", "a", 1, 10_000).gave("b", "c", 2, 10_000).gave("c", "a", 3, 10_000),
			[]string{"a/1 b/1", "b/2 c/1 a/1"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, find(t, tc.of, tc.h)) })
	}
}

// More payments than a case can name are several pieces of evidence, each of which a
// case can name.
func TestManyPayments(t *testing.T) {
	for _, n := range []int{64, 65, 100, 128, 129, 1_000} {
		var h history
		for i := range n {
			h = append(h, currency.Seen{
				Receipt: currency.ReceiptName{Holder: "a", Seq: int64(i + 1)}, At: int64(i), Day: 20260301, Amount: 1, From: "a", To: "bakery",
			})
		}
		named := map[currency.ReceiptName]bool{}
		found := fraud.Find(repeated, slices.Clone(h))
		for _, evidence := range found {
			require.LessOrEqual(t, len(evidence), currency.MaxCaseReceipts)
			_, err := repeated.Measure(evidence)
			require.NoError(t, err)
			for _, s := range evidence {
				named[s.Receipt] = true
			}
		}
		require.Len(t, named, n)
		require.Len(t, found, (n+63)/64)
	}
}

func drawThreshold(t *rapid.T) currency.Threshold {
	of := currency.Threshold{Name: "t", Pattern: rapid.SampledFrom(currency.Patterns).Draw(t, "pattern"), Hours: rapid.IntRange(1, 2).Draw(t, "hours")}
	of.Least = rapid.Int64Range(0, 2).Draw(t, "least")
	switch of.Pattern {
	case currency.RingOfGifts:
		of.Accounts = rapid.IntRange(2, 5).Draw(t, "accounts")
		return of
	case currency.RoundPayments:
		of.Multiple = 2
	}
	of.Count = rapid.IntRange(2, 5).Draw(t, "count")
	of.Won = rapid.SampledFrom([]int64{0, 3, 6, 9}).Draw(t, "won")
	return of
}

// What is flagged is accepted as evidence, and everything that is part of any evidence
// which would be accepted is flagged: held against every set of receipts there is.
func TestFlagsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := drawThreshold(t)
		var h history
		for range rapid.IntRange(0, 11).Draw(t, "n") {
			from := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "from")
			to := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "to")
			at := rapid.SampledFrom([]int64{0, hour / 2, hour}).Draw(t, "half hours")*rapid.Int64Range(0, 6).Draw(t, "times") - rapid.Int64Range(0, 1).Draw(t, "less")
			if gift := of.Pattern == currency.RingOfGifts || rapid.Bool().Draw(t, "gift"); !gift || from != to {
				h = h.add(from, to, gift, at, rapid.Int64Range(1, 4).Draw(t, "won"))
			}
		}
		want := map[currency.ReceiptName]bool{}
		for set := range 1 << len(h) {
			var evidence []currency.Seen
			for i, s := range h {
				if set&(1<<i) != 0 {
					evidence = append(evidence, s)
				}
			}
			if _, err := of.Measure(evidence); err != nil {
				continue
			}
			for _, s := range evidence {
				want[s.Receipt] = true
			}
		}
		var counted []currency.Seen
		for _, s := range h {
			if of.Counts(s) {
				counted = append(counted, s)
			}
		}
		got := map[currency.ReceiptName]bool{}
		for _, evidence := range fraud.Find(of, rapid.Permutation(counted).Draw(t, "order")) {
			if _, err := of.Measure(evidence); err != nil {
				t.Fatalf("flagged and not accepted: %v", err)
			}
			for _, s := range evidence {
				got[s.Receipt] = true
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%+v\nof %+v\nflagged are %v\naccepted %v", of, h, got, want)
		}
	})
}

// BenchmarkFind measures a month of a town: 100,000 payments of 20,000 residents at
// 2,000 shops, and as many gifts, against each pattern.
func BenchmarkFind(b *testing.B) {
	const n, residents, shops = 100_000, 20_000, 2_000
	var paid, given []currency.Seen
	draw := rand.New(rand.NewPCG(1, 2)) // the same town each time
	for i := range n {
		from, to := fmt.Sprint("account", draw.IntN(residents)), fmt.Sprint("account", draw.IntN(residents))
		s := currency.Seen{
			Receipt: currency.ReceiptName{Holder: from, Seq: int64(i)}, At: int64(i) * 30 * 24 * hour / n, Day: 20260301,
			Amount: int64(i%20+1) * 1_000, From: from, To: fmt.Sprint("shop", draw.IntN(shops)),
		}
		paid = append(paid, s)
		s.To, s.Gift = to, true
		given = append(given, s)
	}
	for _, of := range []currency.Threshold{repeated, round, {Name: "ring", Pattern: currency.RingOfGifts, Hours: 72, Accounts: 4}, {Name: "ring of 8", Pattern: currency.RingOfGifts, Hours: 72, Accounts: 8}} {
		b.Run(of.Name, func(b *testing.B) {
			all := paid
			if of.Pattern == currency.RingOfGifts {
				all = given
			}
			found := 0
			for b.Loop() {
				found = len(fraud.Find(of, all))
			}
			b.ReportMetric(float64(found), "flags")
		})
	}
}
