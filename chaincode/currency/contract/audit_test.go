// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// audit follows the blocks as an organisation's own auditor would and holds
// them to what must be true after every transaction.
type audit struct {
	supply *currency.Supply
	values map[string][]byte // as the blocks left them
	block  uint64            // the next one
	book   *daybook.Book
}

func newAudit() *audit {
	return &audit{supply: currency.NewSupply(), values: map[string][]byte{}, block: 1, book: daybook.NewBook()}
}

// follow takes in the blocks that are new.
func (a *audit) follow(t ledgertest.TB, net *ledgertest.Network) {
	t.Helper()
	for ; a.block < net.Height(); a.block++ {
		for i, tx := range net.Block(a.block).Txs {
			if tx.Code != valid {
				continue
			}
			paid, delivered := false, false
			for _, w := range tx.Writes {
				if w.Namespace != cc {
					delivered = delivered || w.Namespace == "firm"
					continue
				}
				a.apply(t, w)
				table, _, _ := ledger.SplitKey(w.Key)
				paid = paid || table == currency.TableReceipt
			}
			if delivered && !paid {
				t.Fatalf("block %d transaction %d, %s: a condition delivered and nothing was paid", a.block, i, tx.Args[0])
			}
			a.owed(t)
			a.unpaid(t)
			if err := a.supply.Check(); err != nil {
				t.Fatalf("block %d transaction %d, %s: %v", a.block, i, tx.Args[0], err)
			}
		}
		a.keepBooks(t, net.Block(a.block))
	}
}

func (a *audit) apply(t ledgertest.TB, w ledgertest.Write) {
	t.Helper()
	table, parts, err := ledger.SplitKey(w.Key)
	if err != nil {
		t.Fatalf("%v", err)
	}
	before := a.values[w.Key]
	if err := a.supply.Apply(table, parts[0], before, w.Value); err != nil {
		t.Fatalf("%v", err)
	}
	switch table {
	case currency.TableReceipt, currency.TablePayout, currency.TableExchanged:
		if before != nil || w.IsDelete {
			t.Fatalf("%s %v is for ever: %s becomes %s", table, parts, before, w.Value)
		}
		if table == currency.TableReceipt {
			a.spent(t, parts, w.Value)
		}
	case currency.TablePurse:
		a.purse(t, parts, before, w.Value)
	case currency.TableHold:
		a.hold(t, parts, before, w.Value)
	case currency.TableRefunded:
		a.refunded(t, parts, before, w.Value)
	case currency.TableDeposit, currency.TableAppropriation, currency.TableRun, currency.TableBatch, currency.TableHolder, currency.TablePerson, currency.TableRedemption, currency.TableAllotment, currency.TableTranche, currency.TableFundReturn, currency.TableCase:
		if w.IsDelete {
			t.Fatalf("%s %v is deleted", table, parts)
		}
	case currency.TablePurchase:
		a.purchase(t, parts, before, w.Value)
	case currency.TableCredit:
		a.credit(t, parts, before, w.Value)
	}
	if w.IsDelete {
		delete(a.values, w.Key)
	} else {
		a.values[w.Key] = w.Value
	}
}

// credit: written once, then claimed, whole or from the front; never grown.
func (a *audit) credit(t ledgertest.TB, parts []string, before, after []byte) {
	t.Helper()
	var was, is currency.Credit
	a.decode(t, before, &was)
	a.decode(t, after, &is)
	if len(is.Parts) > currency.MaxBuckets || (after != nil && len(is.Parts) == 0) {
		t.Fatalf("credit %v has %d kinds of value", parts, len(is.Parts))
	}
	for _, p := range is.Parts {
		grown := before != nil && !slices.ContainsFunc(was.Parts, func(q currency.Part) bool { return q.Terms == p.Terms && q.Amount >= p.Amount })
		if p.Amount <= 0 || p.Origin == "" || grown {
			t.Fatalf("credit %v holds %+v, before %+v", parts, p, was.Parts)
		}
	}
	if before != nil && after != nil && currency.Total(is.Parts) >= currency.Total(was.Parts) {
		t.Fatalf("credit %v is %d won after %d", parts, currency.Total(is.Parts), currency.Total(was.Parts))
	}
}

// expires reports whether some rule of the policy gives value of this source a last
// day, or none, as the bucket has: the policy's validity, the one of what was earned,
// or an exchange that does not take its own.
func expires(b currency.Bucket, p currency.Policy) bool {
	ends := b.Expiry != 0
	if i := slices.IndexFunc(p.Purposes, func(o currency.Purpose) bool { return o.ID == b.Purpose }); i >= 0 && p.Purposes[i].Validity != nil {
		p.Validity, p.Earning = *p.Purposes[i].Validity, nil
	}
	if ends == (p.Validity != currency.Validity{}) {
		return true
	}
	if e := p.Earning; b.Source == currency.Reward && e != nil && e.Validity != nil && ends == (*e.Validity != currency.Validity{}) {
		return true
	}
	return slices.ContainsFunc(p.From, func(w currency.Way) bool {
		if w.As != "" && w.As != b.Source {
			return false
		}
		return w.Expiry == currency.Kept || (w.Expiry == currency.Earlier && ends)
	})
}

// purse: one order at a time, nothing empty, all in order, terms as some
// approved policy has them.
func (a *audit) purse(t ledgertest.TB, parts []string, before, after []byte) {
	t.Helper()
	var was, is currency.Purse
	a.decode(t, before, &was)
	a.decode(t, after, &is)
	var h currency.Holder
	a.decode(t, a.values[ledger.CompositeKey(currency.TableHolder, parts...)], &h)
	recovered := (h.Successor != "" && len(is.Buckets) == 0) || (before == nil && is.Seq == 0 && h.Order == "")
	// An officer takes out of the purse of a frozen account, for an open case.
	held := h.Status == currency.Frozen && len(h.Cases) > 0 && is.Buckets.Total() < was.Buckets.Total()
	if is.Seq < was.Seq || (is.Seq == was.Seq && !recovered && !held && !onlyLapsed(was.Buckets, is.Buckets)) {
		t.Fatalf("purse %v: seq %d after %d", parts, is.Seq, was.Seq)
	}
	if len(is.Buckets) > currency.MaxBuckets {
		t.Fatalf("purse %v: %d buckets", parts, len(is.Buckets))
	}
	if h.Status == currency.Closed && len(is.Buckets) > 0 {
		t.Fatalf("purse %v of a closed account holds %+v", parts, is.Buckets)
	}
	for _, b := range is.Buckets {
		if b.Left <= 0 || b.Face < b.Left || b.Origin == "" {
			t.Fatalf("purse %v holds %+v", parts, b)
		}
		if b.IsPlain() {
			if h.Merchant == "" || b.Terms != b.Plain() {
				t.Fatalf("purse %v of merchant %q holds plain won as %+v", parts, h.Merchant, b)
			}
			continue
		}
		var p currency.Policy
		a.decode(t, a.values[ledger.CompositeKey(currency.TablePolicy, parts[0], ledger.Num(int64(b.Policy)))], &p)
		source := slices.Contains([]currency.Source{currency.Principal, currency.Subsidy, currency.Benefit, currency.Reward}, b.Source)
		known := b.Purpose == "" || slices.ContainsFunc(p.Purposes, func(o currency.Purpose) bool { return o.ID == b.Purpose })
		switch {
		case !p.Approved || !source || !known || !expires(b, p) || (b.Expiry != 0 && !b.Expiry.Valid()):
			t.Fatalf("purse %v holds %+v under policy %+v", parts, b, p)
		case h.Merchant != "" && !p.Respend:
			t.Fatalf("merchant's purse %v holds %+v, whose terms end with the payment", parts, b)
		}
	}
}

// spent: what was kept for a purpose was spent at a merchant that the purpose names,
// as the policy of the bucket says, and exchanged only where that lets it go.
func (a *audit) spent(t ledgertest.TB, parts []string, value []byte) {
	t.Helper()
	var r currency.Receipt
	a.decode(t, value, &r)
	for _, u := range r.Used {
		if u.Purpose == "" || (r.Kind != currency.KindPayment && r.Kind != currency.KindHold && r.Kind != currency.KindExchange) {
			continue
		}
		var p currency.Policy
		var m currency.Merchant
		a.decode(t, a.values[ledger.CompositeKey(currency.TablePolicy, parts[0], ledger.Num(int64(u.Policy)))], &p)
		a.decode(t, a.values[ledger.CompositeKey(currency.TableMerchant, parts[0], r.To)], &m)
		fits := slices.ContainsFunc(p.Purposes, func(o currency.Purpose) bool {
			return o.ID == u.Purpose && slices.ContainsFunc(o.Uses, func(use currency.Use) bool {
				return (len(use.Categories) == 0 || slices.Contains(use.Categories, m.Category)) &&
					(len(use.Merchants) == 0 || slices.Contains(use.Merchants, m.ID)) &&
					(use.BillShare == 0 || r.Bill > 0 && u.Amount*10_000 <= r.Bill*int64(use.BillShare))
			})
		})
		if r.Kind == currency.KindExchange {
			fits = slices.ContainsFunc(p.Into, func(w currency.Way) bool { return w.Program == r.To && slices.Contains(w.Purposes, u.Purpose) })
		}
		if !fits {
			t.Fatalf("receipt %v: a %s at %s took %+v, which policy %+v keeps for another purpose", parts, r.Kind, r.To, u, p.Purposes)
		}
	}
}

// onlyLapsed reports whether all that a purse lost, without an order of its
// holder, is whole buckets with a last day.
func onlyLapsed(was, is currency.Buckets) bool {
	for _, b := range is {
		if !slices.Contains(was, b) {
			return false
		}
	}
	for _, b := range was {
		if b.Expiry == 0 && !slices.Contains(is, b) {
			return false
		}
	}
	return len(is) < len(was)
}

// purchase: ordered once, paid once, and of a person in a month never more than
// the policy it was ordered under allows.
func (a *audit) purchase(t ledgertest.TB, parts []string, before, after []byte) {
	t.Helper()
	var was, is currency.Purchase
	a.decode(t, before, &was)
	a.decode(t, after, &is)
	unpaid := is
	unpaid.Paid, unpaid.Credit = "", ""
	if (before == nil) != (is.Paid == "") || (before != nil && was != unpaid) {
		t.Fatalf("purchase %v: %s becomes %s", parts, before, after)
	}
	var p currency.Policy
	a.decode(t, a.values[ledger.CompositeKey(currency.TablePolicy, parts[0], ledger.Num(int64(is.Policy)))], &p)
	who, this := a.whose(t, parts)
	all := map[string]currency.Purchase{this: is} // of the person, in the order they were made
	for key, raw := range a.values {
		table, of, _ := ledger.SplitKey(key)
		if table != currency.TablePurchase || of[0] != parts[0] {
			continue
		}
		if person, name := a.whose(t, of); person == who && name != this {
			var other currency.Purchase
			a.decode(t, raw, &other)
			all[name] = other
		}
	}
	months, latest := map[string]string{}, ""
	for _, name := range slices.Sorted(maps.Keys(all)) { // a clock that is late brings no month back
		latest = max(latest, time.Unix(all[name].At, 0).In(korea).Format("2006-01"))
		months[name] = latest
	}
	paid := int64(0)
	for name, other := range all {
		if name != this && other.Paid != "" && months[name] == months[this] {
			paid += other.Amount
		}
	}
	if limit := p.Sale.MonthlyCap; limit > 0 && paid+is.Amount > limit {
		t.Fatalf("purchase %v: %d won after %d in one month, the cap is %d", parts, is.Amount, paid, limit)
	}
}

// whose is who made a purchase, whatever became of the account since, and a name for it
// that sorts by when the account was opened, and by seq.
func (a *audit) whose(t ledgertest.TB, purchase []string) (person, name string) {
	t.Helper()
	var h currency.Holder
	account := purchase[1]
	a.decode(t, a.values[ledger.CompositeKey(currency.TableHolder, purchase[0], account)], &h)
	name = fmt.Sprintf("%012d/%s/%s", h.Opened, account, purchase[2])
	for h.Successor != "" {
		account, h = h.Successor, currency.Holder{}
		a.decode(t, a.values[ledger.CompositeKey(currency.TableHolder, purchase[0], account)], &h)
	}
	return cmp.Or(h.Person, account), name
}

// hold: what is held only shrinks, and what was captured and what is held never
// pass what was authorised.
func (a *audit) hold(t ledgertest.TB, parts []string, before, after []byte) {
	t.Helper()
	var was, is currency.Hold
	a.decode(t, before, &was)
	a.decode(t, after, &is)
	left := currency.Total(is.Parts)
	sound := after != nil && len(is.Parts) <= currency.MaxBuckets
	if before != nil {
		lost := currency.Total(was.Parts) - left
		captured := is.Captured - was.Captured
		sound = sound && lost > 0 && captured >= 0 && captured <= lost && (captured == lost || left == 0) && is.Merchant == was.Merchant && is.Until == was.Until
	}
	if !sound {
		t.Fatalf("hold %v is %+v after %+v", parts, is, was)
	}
}

// owed: what a merchant owes is the sum of what waits, and what waits of a payment
// is no more than was refunded of it.
func (a *audit) owed(t ledgertest.TB) {
	t.Helper()
	owed, due := map[string]int64{}, map[string]int64{}
	for key, raw := range a.values {
		table, of, _ := ledger.SplitKey(key)
		switch table {
		case currency.TableOwed:
			var o currency.Owed
			a.decode(t, raw, &o)
			for _, p := range o.Parts {
				owed[of[0]+"/"+of[1]+"/"+p.Origin] += p.Amount
			}
		case currency.TableDue:
			var d currency.Due
			var back currency.Refunded
			a.decode(t, raw, &d)
			a.decode(t, a.values[ledger.CompositeKey(currency.TableRefunded, of[0], of[2], of[3])], &back)
			if left := currency.Total(d.Parts); left <= 0 || left > back.Amount {
				t.Fatalf("due %v: %d won wait of %d refunded", of, left, back.Amount)
			}
			for _, p := range d.Parts {
				due[of[0]+"/"+of[1]+"/"+p.Origin] += p.Amount
			}
		}
	}
	if !maps.Equal(owed, due) {
		t.Fatalf("owed is %v, due %v", owed, due)
	}
}

// unpaid: what waits for the bank stands in the index, and nothing else does; what a
// case holds of it stands in that case.
func (a *audit) unpaid(t ledgertest.TB) {
	t.Helper()
	open, listed := map[string]int64{}, map[string]int64{}
	held, claimed := map[string]string{}, map[string]string{} // claims by the case that holds them
	for key, raw := range a.values {
		table, of, _ := ledger.SplitKey(key)
		switch table {
		case currency.TableRedemption:
			var r currency.Redemption
			if a.decode(t, raw, &r); r.Paid == "" && r.Recalled == 0 {
				open[of[0]+"/"+of[1]+"/"+of[2]] = r.At
				if r.Case != "" {
					held[of[0]+"/"+of[1]+"/"+of[2]] = r.Case
				}
			}
		case currency.TableCase:
			var c currency.Case
			a.decode(t, raw, &c)
			for _, h := range c.Claims {
				claimed[of[0]+"/"+of[1]+"/"+ledger.Num(h.Seq)] = of[2]
			}
		case currency.TableUnpaid:
			var u currency.Unpaid
			a.decode(t, raw, &u)
			listed[of[0]+"/"+of[1]+"/"+of[2]] = u.At
		}
	}
	if !maps.Equal(open, listed) {
		t.Fatalf("to be paid are %v, listed %v", open, listed)
	}
	if !maps.Equal(held, claimed) {
		t.Fatalf("claims %v are held, by open cases %v", held, claimed)
	}
}

func (a *audit) refunded(t ledgertest.TB, parts []string, before, after []byte) {
	t.Helper()
	var was, is currency.Refunded
	var paid currency.Receipt
	a.decode(t, before, &was)
	a.decode(t, after, &is)
	a.decode(t, a.values[ledger.CompositeKey(currency.TableReceipt, parts...)], &paid)
	if paid.Kind == currency.KindHold { // refunded is what was captured of it
		var h currency.Hold
		a.decode(t, a.values[ledger.CompositeKey(currency.TableHold, parts...)], &h)
		paid.Kind, paid.Amount = currency.KindPayment, h.Captured
	}
	if is.Amount <= was.Amount || is.Amount > paid.Amount || paid.Kind != currency.KindPayment {
		t.Fatalf("refunded %v: %d won after %d, of a %s of %d", parts, is.Amount, was.Amount, paid.Kind, paid.Amount)
	}
}

func (a *audit) decode(t ledgertest.TB, raw []byte, into any) {
	t.Helper()
	if raw == nil {
		return
	}
	if own, ok := into.(encoding.BinaryUnmarshaler); ok {
		if err := own.UnmarshalBinary(raw); err != nil {
			t.Fatalf("%.200q: %v", raw, err)
		}
		return
	}
	if !bytes.HasPrefix(raw, []byte(`{"v":1`)) {
		t.Fatalf("value without its format version: %.80s", raw)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%.200s: %v", raw, err)
	}
}

// term is one term of the equation, won.
func (a *audit) term(program, fund string, term currency.Term) int64 {
	for _, l := range a.supply.Lines() {
		if l.Program == program && l.Fund == fund {
			return l.Terms[term]
		}
	}
	return 0
}
