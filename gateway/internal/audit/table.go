// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// String is the report as a table for people: the equation of every programme
// and fund, what each peer read, and what is wrong if something is. Peers that
// tell the same share one table.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Supply of %s on channel %s at height %d, in won\n", r.Chaincode, r.Channel, r.Height)
	for i, p := range r.Peers {
		if i > 0 && p.Digest == r.Peers[0].Digest {
			continue
		}
		if r.Difference != nil {
			fmt.Fprintf(&b, "\nas %s tells it\n", p.Name)
		}
		b.WriteString("\n")
		writeLines(&b, p.Lines)
	}
	b.WriteString("\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "peer\tblocks\ttransactions\tvalid\tconflicts\trecords\tmemory\tdigest")
	for _, p := range r.Peers {
		c := p.Counts
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%.16s…\n",
			p.Name, c.Blocks, c.Transactions, c.Valid, c.Conflicts, c.Records, size(c.Bytes), p.Digest)
	}
	_ = t.Flush() // a strings.Builder takes everything
	b.WriteString("\n")
	if err := r.Err(); err != nil {
		fmt.Fprintf(&b, "NOT EXPLAINED: %v\n", err)
		return b.String()
	}
	in, cases, out := "", "", ""
	terms := shown(r.Peers[0].Lines)
	if slices.Contains(terms, currency.ExchangedIn) {
		in, out = " + exchanged in", " + exchanged out"
	}
	if slices.Contains(terms, currency.Cases) {
		cases = " + cases"
	}
	fmt.Fprintf(&b, "entered%s = funds + reserved + credits + purses + holds + redemptions%s + paid out + cashed out + returned%s, after every block", in, cases, out)
	if len(r.Peers) > 1 {
		fmt.Fprintf(&b, "; %d peers hold the same ledger", len(r.Peers))
	}
	b.WriteString("\n")
	return b.String()
}

func writeLines(b *strings.Builder, lines []currency.Line) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "programme\tfund\t")
	terms := shown(lines)
	for _, term := range terms {
		fmt.Fprintf(t, "%s\t", term)
	}
	fmt.Fprintln(t, "difference\t")
	for _, l := range lines {
		fmt.Fprintf(t, "%s\t%s\t", l.Program, l.Fund)
		for _, term := range terms {
			fmt.Fprintf(t, "%s\t", Won(l.Terms[term]))
		}
		fmt.Fprintf(t, "%s\t\n", Won(l.Difference()))
	}
	if len(lines) == 0 {
		fmt.Fprintln(t, "(no money yet)\t")
	}
	_ = t.Flush() // a strings.Builder takes everything
}

// shown are the terms, without those of exchanges and of cases where there are
// none.
func shown(lines []currency.Line) []currency.Term {
	seen := map[currency.Term]bool{}
	for _, l := range lines {
		for t, won := range l.Terms {
			seen[t] = seen[t] || won != 0
		}
	}
	traded := seen[currency.ExchangedIn] || seen[currency.ExchangedOut]
	return slices.DeleteFunc(slices.Clone(currency.SupplyTerms), func(t currency.Term) bool {
		switch t {
		case currency.ExchangedIn, currency.ExchangedOut:
			return !traded
		case currency.Cases:
			return !seen[t]
		}
		return false
	})
}

// Won writes an amount with thousands separated.
func Won(n int64) string {
	digits := []byte(strconv.FormatInt(n, 10))
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}

func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d kB", (bytes+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}
