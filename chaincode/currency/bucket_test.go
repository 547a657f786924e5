// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func TestAddConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyBuckets.Draw(t, "before")
		untouched := slices.Clone(before)
		parts := rapid.SliceOfN(anyPart, 0, 10).Draw(t, "parts")
		face := rapid.Bool().Draw(t, "face")

		after, err := before.Add(parts, face)
		wantCode(t, err, nil)
		wellFormed(t, after)
		want := lefts(before)
		for terms, amount := range byTerms(parts) {
			want[terms] += amount
		}
		if got := lefts(after); !maps.Equal(got, want) {
			t.Fatalf("holds %v, want %v", got, want)
		}
		if !slices.Equal(before, untouched) {
			t.Fatalf("Add changed its receiver")
		}
		want, held := faces(before), faces(after)
		if face {
			for _, p := range parts {
				want[lot(p.Terms)] += p.Amount
			}
		}
		for _, b := range after {
			if of := lot(b.Terms); held[of] != max(want[of], sumOf(after, of)) || b.Face < b.Left {
				t.Fatalf("face of what was bought with %+v is %d, want %d", b, held[of], want[of])
			}
		}
		shuffled := rapid.Permutation(parts).Draw(t, "shuffled")
		if again, err := before.Add(shuffled, face); err != nil || !slices.Equal(again, after) {
			t.Fatalf("the order of parts matters: %v %v", again, err)
		}
	})
}

// lot names what counts together for a cash refund: principal and subsidy of one
// policy, last day and purpose. Other value stands by itself.
func lot(t currency.Terms) currency.Terms {
	if t.Source == currency.Principal || t.Source == currency.Subsidy {
		t.Source, t.Origin = "bought", ""
	}
	return t
}

func faces(bs currency.Buckets) map[currency.Terms]int64 {
	sums := map[currency.Terms]int64{}
	for _, b := range bs {
		sums[lot(b.Terms)] += b.Face
	}
	return sums
}

func sumOf(bs currency.Buckets, of currency.Terms) (left int64) {
	for _, b := range bs {
		if lot(b.Terms) == of {
			left += b.Left
		}
	}
	return left
}

func kinds(n int) []currency.Part {
	parts := make([]currency.Part, n)
	for i := range parts {
		parts[i] = currency.Part{Terms: currency.Terms{Policy: 1, Origin: fmt.Sprintf("fund-%02d", i)}, Amount: 1}
	}
	return parts
}

func TestAddLimit(t *testing.T) {
	full, err := currency.Buckets(nil).Add(kinds(currency.MaxBuckets), true)
	wantCode(t, err, nil)
	before := slices.Clone(full)
	if _, err = full.Add([]currency.Part{{Terms: currency.Terms{Policy: 2}, Amount: 1}}, true); err == nil {
		t.Fatal("a 65th kind of value was taken")
	}
	wantCode(t, err, currency.BucketLimit)
	if !slices.Equal(full, before) {
		t.Error("a refused Add changed its receiver")
	}
	more, err := full.Add(kinds(1), true)
	wantCode(t, err, nil)
	if len(more) != currency.MaxBuckets || more.Total() != currency.MaxBuckets+1 {
		t.Errorf("%d buckets with %d won", len(more), more.Total())
	}
}

func TestDraw(t *testing.T) {
	orders := [][]currency.Source{
		nil,
		{currency.Benefit, currency.Reward, currency.Subsidy, currency.Principal},
		{currency.Principal, currency.Subsidy, currency.Reward, currency.Benefit},
	}
	rapid.Check(t, func(t *rapid.T) {
		before := anyBuckets.Draw(t, "before")
		untouched := slices.Clone(before)
		order := rapid.SampledFrom(orders).Draw(t, "order")
		moved := rapid.Bool().Draw(t, "moved")
		refused := rapid.SampledFrom([]string{"", "welfare", "deposits"}).Draw(t, "refused")
		may := func(b currency.Bucket) currency.Refusal {
			if b.Origin == refused {
				return "of a fund that is not for this"
			}
			return ""
		}
		var free int64
		for _, b := range before {
			if b.Origin != refused {
				free += b.Left
			}
		}
		amount := rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, free+1), rapid.Just(max(free, 1))).Draw(t, "amount")

		left, used, err := before.Draw(amount, order, moved, may)
		if !slices.Equal(before, untouched) {
			t.Fatalf("Draw changed its receiver")
		}
		if free < amount {
			wantCode(t, err, currency.InsufficientFunds)
			if left != nil || used != nil {
				t.Fatalf("a refused draw gave %v %v", left, used)
			}
			return
		}
		wantCode(t, err, nil)
		wellFormed(t, left)
		if got := currency.Total(used); got != amount {
			t.Fatalf("took %d, asked for %d", got, amount)
		}
		sums := lefts(left)
		for terms, n := range byTerms(used) {
			sums[terms] += n
		}
		if !maps.Equal(sums, lefts(before)) {
			t.Fatalf("left %v and used %v are not %v", left, used, before)
		}

		rank := func(terms currency.Terms) string { // sorts as value is to be spent
			expiry := fmt.Sprint(terms.Expiry)
			if terms.Expiry == 0 {
				expiry = "never"
			}
			source := slices.Index(order, terms.Source)
			free := terms.Purpose == ""
			return fmt.Sprint(expiry, source, free, terms.Source, terms.Policy, terms.Origin, terms.Purpose)
		}
		remaining := lefts(left)
		for i, p := range used {
			if p.Origin == refused {
				t.Fatalf("took %+v, which was refused", p)
			}
			if i > 0 && rank(used[i-1].Terms) >= rank(p.Terms) {
				t.Fatalf("took %+v before %+v", used[i-1], p)
			}
			if i < len(used)-1 && remaining[p.Terms] != 0 {
				t.Fatalf("took from the next bucket with %d left of %+v", remaining[p.Terms], p)
			}
		}
		for _, b := range left {
			if b.Origin != refused && rank(b.Terms) < rank(used[len(used)-1].Terms) {
				t.Fatalf("passed over %+v", b)
			}
		}
		want, held := faces(before), faces(left)
		if moved {
			for _, p := range used {
				want[lot(p.Terms)] -= p.Amount
			}
		}
		for _, b := range left {
			if of := lot(b.Terms); held[of] != want[of] || b.Face < b.Left {
				t.Fatalf("face of what was bought with %+v is %d, want %d", b, held[of], want[of])
			}
		}
	})
}

func TestDrawSaysWhatKeptTheRest(t *testing.T) {
	bs, err := currency.Buckets(nil).Add([]currency.Part{
		{Terms: currency.Terms{Policy: 1, Origin: "a"}, Amount: 100},
		{Terms: currency.Terms{Policy: 1, Origin: "b"}, Amount: 30},
		{Terms: currency.Terms{Policy: 1, Origin: "c"}, Amount: 7},
	}, true)
	wantCode(t, err, nil)
	_, _, err = bs.Draw(200, nil, false, func(b currency.Bucket) currency.Refusal {
		return map[string]currency.Refusal{"b": "expired", "c": "not for books"}[b.Origin]
	})
	wantCode(t, err, currency.InsufficientFunds)
	if want := "200 won are asked for, 100 of 137 may be used (30 expired, 7 not for books)"; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %q, want it to end in %q", err, want)
	}
}

func TestMergeParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(anyPart, 0, 20).Draw(t, "parts")
		untouched := slices.Clone(parts)
		merged := currency.MergeParts(parts)
		if !slices.Equal(parts, untouched) {
			t.Fatalf("MergeParts changed its argument")
		}
		sums := byTerms(parts)
		if len(merged) != len(sums) || !maps.Equal(byTerms(merged), sums) {
			t.Fatalf("merged %v to %v", sums, merged)
		}
		for i := 1; i < len(merged); i++ {
			if later(merged[i-1].Expiry, merged[i].Expiry) {
				t.Fatalf("%v is not in the order of terms", merged)
			}
		}
		if again := currency.MergeParts(rapid.Permutation(parts).Draw(t, "shuffled")); !slices.Equal(again, merged) {
			t.Fatalf("the order of parts matters: %v", again)
		}
	})
}

func TestPlain(t *testing.T) {
	terms := currency.Terms{Policy: 3, Expiry: today, Source: currency.Benefit, Origin: "welfare"}
	if got := terms.Plain(); got != (currency.Terms{Origin: "welfare"}) || !got.IsPlain() || terms.IsPlain() {
		t.Errorf("plain of %+v is %+v", terms, got)
	}
}
