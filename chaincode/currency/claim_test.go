// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func TestCollect(t *testing.T) {
	credit := func(n int, kind currency.CreditKind, amount int64) currency.Named {
		return currency.Named{
			Name: currency.NewCreditName(txID(n), 0), Found: true,
			Credit: currency.Credit{Kind: kind, Parts: []currency.Part{part(1, 0, currency.Reward, "deposits", amount)}},
		}
	}
	absent := currency.Named{Name: currency.NewCreditName(txID(9), 0)}
	full := purse(t, kinds(currency.MaxBuckets)...)

	for _, tc := range []struct {
		name    string
		purse   currency.Buckets
		credits []currency.Named
		cap     int64
		total   int64
		claimed []int // by their place
		codes   []string
	}{
		{"all", nil, []currency.Named{credit(1, currency.CreditIssue, 100), credit(2, currency.CreditGift, 50)}, 0, 150, []int{0, 1}, nil},
		{"an absent one", nil, []currency.Named{absent, credit(2, currency.CreditGift, 50)}, 0, 50, []int{1}, []string{"CREDIT_UNKNOWN"}},
		{"one twice", nil, []currency.Named{credit(1, currency.CreditIssue, 100), credit(1, currency.CreditIssue, 100)}, 0, 100, []int{0}, []string{"CREDIT_REPEATED"}},
		{"an absent one twice", nil, []currency.Named{absent, absent}, 0, 0, nil, []string{"CREDIT_UNKNOWN", "CREDIT_REPEATED"}},
		{"up to the cap", nil, []currency.Named{credit(1, currency.CreditIssue, 100), credit(2, currency.CreditGift, 50)}, 150, 150, []int{0, 1}, nil},
		{"over the cap, the last in part", nil, []currency.Named{
			credit(1, currency.CreditIssue, 100), credit(2, currency.CreditGift, 51), credit(3, currency.CreditGift, 50),
		}, 150, 150, []int{0, 1}, []string{"HOLDING_CAP", "HOLDING_CAP"}},
		{"no room", full, []currency.Named{credit(1, currency.CreditIssue, 100)}, 0, currency.MaxBuckets, nil, []string{"BUCKET_LIMIT"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := slices.Clone(tc.purse)
			got := currency.Collect(tc.purse, tc.credits, tc.cap)
			if !slices.Equal(tc.purse, before) {
				t.Error("Collect changed the purse")
			}
			if got.Buckets.Total() != tc.total {
				t.Errorf("holds %d won, want %d", got.Buckets.Total(), tc.total)
			}
			var claimed []currency.CreditName
			for _, i := range tc.claimed {
				claimed = append(claimed, tc.credits[i].Name)
			}
			if !slices.Equal(got.Claimed, claimed) {
				t.Errorf("claimed %v, want %v", got.Claimed, claimed)
			}
			var codes []string
			for _, u := range got.Unclaimed {
				codes = append(codes, u.Code)
			}
			if !slices.Equal(codes, tc.codes) {
				t.Errorf("refused %v, want %v", codes, tc.codes)
			}
			if len(tc.claimed) == 0 {
				wantCode(t, got.CheckAny(), currency.NothingClaimed)
			} else {
				wantCode(t, got.CheckAny(), nil)
			}
		})
	}
}

func TestCollectConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBuckets.Draw(t, "purse")
		holdingCap := rapid.SampledFrom([]int64{0, 1, b.Total() + 30}).Draw(t, "cap")
		credits := make([]currency.Named, rapid.IntRange(1, 12).Draw(t, "credits"))
		for i := range credits {
			credits[i] = currency.Named{
				Name:   currency.NewCreditName(txID(rapid.IntRange(0, 8).Draw(t, "tx")), 0),
				Found:  rapid.IntRange(0, 4).Draw(t, "found") > 0,
				Credit: currency.Credit{Kind: currency.CreditRefund, Parts: rapid.SliceOfN(anyPart, 1, 4).Draw(t, "parts")},
			}
		}
		got := currency.Collect(b, credits, holdingCap)
		wellFormed(t, got.Buckets)
		if len(got.Claimed)+len(got.Unclaimed)-len(got.Rest) != len(credits) {
			t.Fatalf("of %d credits %d were claimed, %d not, %d of both", len(credits), len(got.Claimed), len(got.Unclaimed), len(got.Rest))
		}
		want := b.Total()
		for _, c := range got.Rest {
			want -= currency.Total(c.Credit.Parts)
			if i := slices.IndexFunc(got.Unclaimed, func(u currency.Unclaimed) bool { return u.Credit == c.Name }); i < 0 || got.Unclaimed[i].Amount != currency.Total(c.Credit.Parts) {
				t.Fatalf("%d won of %s stay and are not told of", currency.Total(c.Credit.Parts), c.Name)
			}
		}
		seen := map[currency.CreditName]bool{}
		for _, c := range credits {
			if !seen[c.Name] && slices.Contains(got.Claimed, c.Name) {
				if !c.Found {
					t.Fatalf("claimed %s, which is not there", c.Name)
				}
				want += currency.Total(c.Credit.Parts)
			}
			seen[c.Name] = true
		}
		if got.Buckets.Total() != want {
			t.Fatalf("holds %d won, want %d", got.Buckets.Total(), want)
		}
		if holdingCap > 0 && len(got.Claimed) > 0 && want > holdingCap {
			t.Fatalf("holds %d won above the cap of %d", want, holdingCap)
		}
	})
}

// Every order that may name credits tells which, for a transaction takes only so many.
func TestOrdersTellTheirClaims(t *testing.T) {
	names := []currency.CreditName{currency.NewCreditName(txID(1), 0), currency.NewCreditName(txID(1), 1)}
	told := 0
	for _, v := range signed {
		value := reflect.New(reflect.TypeOf(v)).Elem()
		claims := value.FieldByName("Claims")
		if !claims.IsValid() {
			continue
		}
		claims.Set(reflect.ValueOf(names))
		var o currency.Order
		switch p := value.Interface().(type) {
		case currency.Token:
			o.Payload, o.Shown = currency.Charge{}, &currency.Shown{Token: p}
		case currency.PayTogether:
			p.Claims, p.Others = names[:1], []currency.OtherPayment{{}, {Claims: names[1:]}}
			o.Payload = p
		case currency.Payload:
			o.Payload = p
		}
		if got := o.Claims(); !slices.Equal(got, names) {
			t.Errorf("%T tells %v", v, got)
		}
		told++
	}
	if told < 12 {
		t.Errorf("%d types name credits", told)
	}
	if got := (&currency.Order{Payload: currency.Void{}}).Claims(); got != nil {
		t.Errorf("a void order tells %v", got)
	}
}
