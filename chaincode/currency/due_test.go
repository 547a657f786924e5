// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestOwed(t *testing.T) {
	won := func(fund string, n int64) currency.Part { return part(0, 0, "", fund, n) }
	o := currency.Owed{}.Add([]currency.Part{part(1, 2026_12_31, currency.Benefit, "welfare", 100), part(1, 2031_03_02, currency.Principal, "deposits", 50)})
	o = o.Add([]currency.Part{won("deposits", 7)})
	if want := []currency.Part{won("deposits", 57), won("welfare", 100)}; !slices.Equal(o.Parts, want) {
		t.Fatalf("owed %v, want %v", o.Parts, want)
	}
	wantCode(t, o.Check("bakery"), currency.RefundWaits)
	o = o.Less([]currency.Part{won("welfare", 100), part(1, 2031_03_02, currency.Principal, "deposits", 50)})
	if want := []currency.Part{won("deposits", 7)}; !slices.Equal(o.Parts, want) {
		t.Fatalf("owed %v, want %v", o.Parts, want)
	}
	wantCode(t, o.Less([]currency.Part{won("deposits", 7)}).Check("bakery"), nil)
}

// What a merchant gives back to a refund that waits, out of its purse or out of
// takings, is won for won of the same funds; with what still waits it is what
// waited before, in the terms it was paid in.
func TestDueIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := currency.Due{At: 7}
		for _, b := range anyBuckets.Draw(t, "due") {
			if !b.IsPlain() {
				due.Parts = append(due.Parts, currency.Part{Terms: b.Terms, Amount: b.Left})
			}
		}
		due.Parts = currency.MergeParts(due.Parts)
		if len(due.Parts) == 0 {
			t.Skip("nothing waits")
		}
		var takings []currency.Part
		for _, b := range anyBuckets.Draw(t, "takings") {
			takings = append(takings, currency.Part{Terms: b.Plain(), Amount: b.Left})
		}
		takings = currency.MergeParts(takings)

		back, kept, left := due.Forward(takings)
		same(t, slices.Concat(back, left.Parts), due.Parts)
		same(t, plainOf(slices.Concat(back, kept)), plainOf(takings))

		till, err := currency.Buckets(nil).Add(takings, true)
		if err != nil {
			t.Skip("more kinds than a purse holds")
		}
		done, rest, err := due.Complete(till)
		if (err != nil) != (len(back) == 0) {
			t.Fatalf("completed: %v, forwarded %v", err, back)
		}
		if err != nil {
			wantCode(t, err, currency.InsufficientFunds)
			return
		}
		same(t, done.Credit, currency.MergeParts(back))
		same(t, rest.Parts, left.Parts)
		if done.Left.Total()+currency.Total(done.Used) != till.Total() {
			t.Fatalf("%d won of %d are left after %d", done.Left.Total(), till.Total(), currency.Total(done.Used))
		}
	})
}

func same(t *rapid.T, got, want []currency.Part) {
	t.Helper()
	if got, want := currency.MergeParts(got), currency.MergeParts(want); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func plainOf(parts []currency.Part) []currency.Part {
	out := slices.Clone(parts)
	for i := range out {
		out[i].Terms = out[i].Plain()
	}
	return out
}

func TestForwardTakingsForm(t *testing.T) {
	good := func() currency.ForwardTakings {
		return currency.ForwardTakings{
			Program: "nowon", Merchant: "bakery", Payment: currency.ReceiptName{Holder: alice.account, Seq: 1},
			Credits: []currency.CreditName{currency.NewCreditName(digest, 0)},
		}
	}
	for name, tc := range map[string]struct {
		malleate func(*currency.ForwardTakings)
		want     *code.Code
	}{
		"good":              {func(*currency.ForwardTakings) {}, nil},
		"no credits":        {func(r *currency.ForwardTakings) { r.Credits = nil }, currency.TooLarge},
		"too many":          {func(r *currency.ForwardTakings) { r.Credits = make([]currency.CreditName, currency.MaxClaims+1) }, currency.TooLarge},
		"a malformed one":   {func(r *currency.ForwardTakings) { r.Credits[0] = "x" }, currency.InvalidID},
		"no merchant":       {func(r *currency.ForwardTakings) { r.Merchant = "" }, currency.InvalidID},
		"no payment":        {func(r *currency.ForwardTakings) { r.Payment = currency.ReceiptName{} }, currency.InvalidID},
		"malformed program": {func(r *currency.ForwardTakings) { r.Program = "a b" }, currency.InvalidID},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			tc.malleate(&r)
			wantCode(t, r.Validate(), tc.want)
		})
	}
}
