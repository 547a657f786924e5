// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestHold(t *testing.T) {
	until := noon(today)
	shop := currency.Merchant{ID: "bakery", Status: currency.Active}
	benefit, principal := part(1, 2026_12_31, currency.Benefit, "welfare", 100), part(1, 2031_03_02, currency.Principal, "deposits", 50)
	held := currency.Hold{Merchant: "bakery", Parts: []currency.Part{benefit, principal}, Until: until.Unix(), Back: until.Add(time.Hour).Unix()}
	name := currency.ReceiptName{Holder: alice.account, Seq: 3}
	rules := currency.Policies{1: goodPolicy()}

	for label, tc := range map[string]struct {
		change func(*currency.Merchant, *currency.Hold)
		amount int64
		now    time.Time
		want   *code.Code
		left   int64
	}{
		"whole":                 {nil, 150, until, nil, 0},
		"a part":                {nil, 120, until, nil, 30},
		"more than is held":     {nil, 151, until, currency.HoldExceeds, 0},
		"after the deadline":    {nil, 1, until.Add(time.Second), currency.HoldDeadline, 0},
		"another's":             {func(m *currency.Merchant, _ *currency.Hold) { m.ID = "other" }, 1, until, currency.HoldUnknown, 0},
		"by a suspended shop":   {func(m *currency.Merchant, _ *currency.Hold) { m.Status = currency.Suspended }, 1, until, currency.MerchantSuspended, 0},
		"by a closed shop":      {func(m *currency.Merchant, _ *currency.Hold) { m.Status = currency.Closed }, 1, until, currency.MerchantClosed, 0},
		"of which none is left": {func(_ *currency.Merchant, h *currency.Hold) { h.Parts = nil }, 1, until, currency.HoldExceeds, 0},
	} {
		t.Run(label, func(t *testing.T) {
			m, h := shop, held
			if tc.change != nil {
				tc.change(&m, &h)
			}
			done, after, err := currency.Capture{Amount: tc.amount, Hold: name}.Decide(nil, m, h, rules, today, tc.now)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if currency.Total(after.Parts) != tc.left || after.Captured != tc.amount || done.Left.Total() != tc.amount || currency.Total(done.Used) != tc.amount {
				t.Errorf("took %+v, holds %+v", done, after)
			}
			for _, b := range done.Left {
				if !b.IsPlain() {
					t.Errorf("the shop holds %+v", b)
				}
			}
		})
	}

	_, after, err := currency.Capture{Amount: 120, Hold: name}.Decide(nil, shop, held, rules, today, until)
	wantCode(t, err, nil)
	if after.Parts[0].Terms != principal.Terms || after.Parts[0].Amount != 30 {
		t.Errorf("what would be spent first is captured first: %+v is left", after.Parts)
	}
	authorised := currency.Receipt{Kind: currency.KindHold, To: "bakery", Amount: 150, Used: held.Parts}
	_, err = after.Paid(authorised)
	wantCode(t, err, currency.NotRefundable)
	_, _, err = after.Release(name, until.Add(time.Hour))
	wantCode(t, err, currency.HoldOpen)
	_, _, err = currency.Void{Hold: name}.Decide(currency.Merchant{ID: "other"}, after)
	wantCode(t, err, currency.HoldUnknown)
	for _, release := range []func() ([]currency.Part, currency.Hold, error){
		func() ([]currency.Part, currency.Hold, error) {
			return after.Release(name, until.Add(time.Hour+time.Second))
		},
		func() ([]currency.Part, currency.Hold, error) { return currency.Void{Hold: name}.Decide(shop, after) },
	} {
		back, closed, err := release()
		wantCode(t, err, nil)
		if !slices.Equal(back, []currency.Part{{Terms: principal.Terms, Amount: 30}}) || len(closed.Parts) != 0 {
			t.Errorf("gave back %+v, holds %+v", back, closed)
		}
		_, _, err = currency.Void{Hold: name}.Decide(shop, closed)
		wantCode(t, err, currency.HoldEmpty)
		paid, err := closed.Paid(authorised)
		wantCode(t, err, nil)
		if paid.Kind != currency.KindPayment || paid.Amount != 120 || !slices.Equal(paid.Used, []currency.Part{benefit, {Terms: principal.Terms, Amount: 20}}) {
			t.Errorf("amounts to %+v", paid)
		}
	}
}

func TestAuthoriseDeadline(t *testing.T) {
	now := noon(today)
	for label, tc := range map[string]struct {
		until time.Time
		want  *code.Code
	}{
		"now":      {now, nil},
		"the last": {now.Add(currency.MaxHold), nil},
		"past":     {now.Add(-time.Second), currency.HoldDeadline},
		"too far":  {now.Add(currency.MaxHold + time.Second), currency.HoldDeadline},
	} {
		t.Run(label, func(t *testing.T) {
			b := purse(t, part(1, 2026_12_31, currency.Benefit, "welfare", 100))
			m := currency.Merchant{ID: "bakery", Status: currency.Active, Region: "11350", Category: "food", Account: bakery.account}
			o := currency.Authorise{Amount: 60, Holder: alice.account, Until: tc.until.Unix()}
			done, held, err := o.Decide(b, currency.Till{Merchant: m}, goodPolicy(), currency.Policies{1: goodPolicy()}, today, now)
			wantCode(t, err, tc.want)
			if err == nil && (done.Left.Total() != 40 || currency.Total(held.Parts) != 60 || held.Merchant != "bakery") {
				t.Errorf("left %+v, held %+v", done.Left, held)
			}
		})
	}
}
