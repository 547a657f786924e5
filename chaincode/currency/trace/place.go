// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// spot is value of one kind in one place: a queue.
type spot struct {
	place string
	terms currency.Terms
}

// share is what a record says is somewhere. entered is what came in by it from
// outside, ever.
type share struct {
	spot
	program         string
	amount, entered int64
}

func placeOf(table string, key ...string) string { return table + "\x00" + strings.Join(key, "\x00") }

// shares are what a record holds, by place, and the node of each place. A record
// that is gone (value nil) holds nothing.
func (l *Ledger) shares(w Write) ([]share, error) {
	if len(w.Key) < 2 {
		return nil, fmt.Errorf("a key of %s has %d parts", w.Table, len(w.Key))
	}
	var out []share
	program, id := w.Key[0], w.Key[1]
	at := placeOf(w.Table, w.Key...)
	is := func(place string, kind Kind, program, name string) string {
		if _, ok := l.nodes[place]; !ok {
			l.nodes[place] = Node{Kind: kind, Program: program, Name: name}
		}
		return place
	}
	put := func(place, program string, terms currency.Terms, amount, entered int64) {
		if amount != 0 || entered != 0 {
			out = append(out, share{spot{place, terms}, program, amount, entered})
		}
	}
	parts := func(place string, parts []currency.Part) {
		for _, p := range parts {
			put(place, program, p.Terms, p.Amount, 0)
		}
	}
	fund := func(place, name string, amount, entered int64) {
		put(place, program, currency.Terms{Origin: name}, amount, entered)
	}
	decode := func(into any) error {
		if w.Value == nil {
			return nil
		}
		if err := json.Unmarshal(w.Value, into); err != nil {
			return fmt.Errorf("%s %s: %w", w.Table, strings.Join(w.Key, "/"), err)
		}
		return nil
	}
	var err error
	switch w.Table {
	case currency.TableDeposit:
		var d currency.Deposit
		err = decode(&d)
		fund(is(at, KindDeposit, program, id), d.Fund, d.Left, d.Amount)
	case currency.TableAppropriation:
		var a currency.Appropriation
		err = decode(&a)
		is(at, KindAppropriation, program, id)
		if a.Approved {
			fund(at, a.Fund, a.Left, a.Amount)
		}
	case currency.TableRun:
		var r currency.Run
		err = decode(&r)
		is(at, KindRun, program, id)
		fund(at, r.Fund, r.Reserved, 0)
		fund(at, r.BonusFund, r.Bonus, 0)
	case currency.TableBatch: // takes out of its run what it issued
		var b currency.Batch
		err = decode(&b)
		run := is(placeOf(currency.TableRun, program, id), KindRun, program, id)
		fund(run, b.Fund, -b.Issued, 0)
		fund(run, b.BonusFund, -b.Bonus, 0)
	case currency.TableTranche:
		var t currency.Tranche
		err = decode(&t)
		fund(is(at, KindAllotment, program, id), t.Fund, t.Left, 0)
	case currency.TableCredit:
		var c currency.Credit
		if w.Value != nil {
			err = c.UnmarshalBinary(w.Value)
		}
		parts(is(at, KindAccount, program, id), c.Parts)
	case currency.TablePurse:
		var p currency.Purse
		if w.Value != nil {
			err = p.UnmarshalBinary(w.Value)
		}
		is(at, KindAccount, program, id)
		for _, b := range p.Buckets {
			put(at, program, b.Terms, b.Left, 0)
		}
	case currency.TableHold:
		var h currency.Hold
		err = decode(&h)
		parts(is(at, KindAccount, program, id), h.Parts)
	case currency.TableCase:
		var c currency.Case
		err = decode(&c)
		parts(is(at, KindCase, program, ""), c.Held)
	case currency.TableExchanged:
		var x currency.Exchanged
		err = decode(&x)
		is(at, KindExchange, program, x.Into)
		parts(at, x.Parts)
		for _, p := range x.Parts {
			put(at, x.Into, p.Terms, -p.Amount, 0)
		}
	case currency.TableFundReturn:
		var r currency.FundReturn
		err = decode(&r)
		is(at, KindReturned, program, id)
		if r.Appropriation == "" {
			fund(at, r.Fund, r.Amount, 0)
		}
	case currency.TableRedemption:
		var r currency.Redemption
		err = decode(&r)
		waits := is(at, KindRedeemed, program, "")
		switch {
		case r.Recalled != 0: // gone to the case, or back to who claimed it
		case r.Paid == "":
			parts(waits, r.Parts)
		case r.Merchant == "":
			parts(is(at+"\x00paid", KindCashedOut, program, ""), r.Parts)
		default:
			parts(is(at+"\x00paid", KindPaidOut, program, ""), r.Parts)
		}
	}
	return out, err
}

// adds reports whether records of this kind are told by what they add to a place,
// so that what they said before is to be remembered.
func adds(table string) bool {
	switch table {
	case currency.TableDeposit, currency.TableAppropriation, currency.TableRun, currency.TableBatch:
		return true
	}
	return false
}

// learn takes in which accounts are shops'.
func (l *Ledger) learn(w Write) error {
	if w.Table != currency.TableMerchant || w.Value == nil {
		return nil
	}
	var m currency.Merchant
	if err := json.Unmarshal(w.Value, &m); err != nil {
		return fmt.Errorf("%s %s: %w", w.Table, strings.Join(w.Key, "/"), err)
	}
	l.shops[w.Key[0]+"/"+m.Account] = m.ID
	return nil
}
