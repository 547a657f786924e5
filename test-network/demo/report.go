// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// Won writes an amount with thousands separated, as receipts do.
func Won(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Write prints the day as one table.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(what string, count int, won int64, note string) {
		amount, number := "", ""
		if won != 0 {
			amount = Won(won)
		}
		if count != 0 {
			number = Won(int64(count))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t  %s\n", what, number, amount, note)
	}
	fmt.Fprintf(t, "programme %s\tcount\twon\t\n", r.Program)
	row("accounts opened", r.Accounts, 0, "")
	row("issued, with 10% bonus", r.Accounts, r.Issued, "")
	row("payments", r.Paid, r.PaidWon, fmt.Sprintf("%d at one stall in %.1f s: %.0f a second, %d conflicts", r.Burst, r.BurstSeconds, float64(r.Burst)/r.BurstSeconds, r.Audit.Conflicts))
	row("gifts", r.Gifts, r.GiftsWon, "")
	row("refunded", 1, r.RefundedWon, "")
	row("paid out by the bank", 1, r.PaidOutWon, "")
	row("refused", 1, 0, r.Refusal)
	return t.Flush()
}
