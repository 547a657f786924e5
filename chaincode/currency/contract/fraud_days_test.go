// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/fraud"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// spree is what thresholds are for, in so many orders, of which any may be refused:
// payments at one shop, or gifts in a ring.
func (d *days) spree(t *rapid.T, program string, of currency.Threshold) {
	d.commitAll(t)
	payer, n := d.wallet(t, "payer"), 2+upTo(3).Draw(t, "times")
	shop := mostly(t, "shop", "stall", "arcade")
	for i := range n {
		w := mostly(t, "again", payer, d.wallets...)
		amount := mostly(t, "spent", pick[int64](t, "won", 1_000, 2_000, 300), 999)
		if of.Pattern == currency.RingOfGifts {
			w = d.wallets[i%n]
		}
		w.seq[program] = d.purse(program, w).Seq
		claims := d.claims(t, program, w)
		if of.Pattern == currency.RingOfGifts {
			to := mostly(t, "next", d.wallets[(i+1)%n], d.wallets...)
			order := d.remember(t, "Give", d.give(program, w, to, amount, claims...), program, w)
			d.try(t, d.courier, order.function, order.order)
		} else {
			order := d.remember(t, "Pay", d.pay(program, w, shop, amount, claims...), program, w)
			d.try(t, d.courier, order.function, order.order)
		}
		d.commitAll(t)
	}
}

// accuse opens a case by a threshold, on what the detector flags or on receipts drawn
// anyhow: the ledger takes it exactly where a model of the thresholds says that they
// are reached, and the detector has flagged all of it.
func (d *days) accuse(t *rapid.T) {
	program := d.program(t)
	p, _ := record[currency.Program](d.town, currency.TableProgram, program)
	rules, _ := record[currency.Policy](d.town, currency.TablePolicy, program, ledger.Num(int64(p.Policy)))
	of := pick(t, "threshold", rules.Fraud...)
	if rapid.Bool().Draw(t, "spree") {
		d.spree(t, program, of)
	}
	var flagged []fraud.Flag
	for _, f := range d.flags(program, 0, 0) {
		if f.Rule == of.Name {
			flagged = append(flagged, f)
		}
	}
	about := d.wallet(t, "accused").account
	var named []currency.ReceiptName
	if len(flagged) > 0 && mostly(t, "flagged", true, false) {
		f := pick(t, "flag", flagged...)
		named, about = f.Receipts, pick(t, "about", about, pick(t, "party", f.Accounts...), f.Accounts[0])
	} else {
		uses := slices.SortedFunc(maps.Keys(d.uses(program)), func(a, b currency.ReceiptName) int { return strings.Compare(a.String(), b.String()) })
		for range 1 + upTo(4).Draw(t, "receipts") {
			if len(uses) > 0 {
				named = append(named, pick(t, "receipt", uses...))
			}
		}
	}
	r := currency.OpenCase{
		Operation: d.op(), CaseQuery: currency.CaseQuery{Program: program, Account: about, ID: fmt.Sprintf("flag-%d", d.ops)},
		Reason: "flagged", Rule: of.Name, Receipts: named,
	}
	call := officerCall{d.komsco, "OpenCase", d.json(r), nil}
	d.tried[call.function]++
	var err error
	if call.tx, err = d.net.Endorse(call.caller, cc, call.function, call.request); err == nil {
		d.pool, d.calls = append(d.pool, call.tx), append(d.calls, call)
		d.named[call.tx] = call.function
	} else {
		wellRefused(t, call.function, err)
	}
	refused := func(c *code.Code) bool { return err != nil && currency.Codes.Parse(err.Error()).Code == c }
	if refused(currency.HolderUnknown) {
		return
	}
	reached := d.reaches(program, of, about, named)
	if reached == refused(currency.ThresholdUnmet) {
		t.Fatalf("%v about %s by %+v reach it: %t, and OpenCase: %v", named, about, of, reached, err)
	}
	if !reached {
		return
	}
	for _, name := range named {
		if !slices.ContainsFunc(flagged, func(f fraud.Flag) bool { return slices.Contains(f.Receipts, name) }) {
			t.Fatalf("%s is part of %v, which reach %+v, and in none of the flags %+v", name, named, of, flagged)
		}
	}
}

// deed is what a receipt says was done, told apart without the rules.
type deed struct {
	at, won        int64
	from, to, kind string
}

// uses are the payments, captures and gifts of a programme by their receipts, and what
// else has one.
func (d *days) uses(program string) map[currency.ReceiptName]deed {
	shops := map[string]string{}
	all := map[currency.ReceiptName]deed{}
	for key, raw := range d.audit.values {
		if table, of, _ := ledger.SplitKey(key); table == currency.TableHolder && of[0] == program {
			shops[of[1]] = stored[currency.Holder](d.town, raw).Merchant
		}
	}
	for key, raw := range d.audit.values {
		table, of, _ := ledger.SplitKey(key)
		if table != currency.TableReceipt || of[0] != program {
			continue
		}
		r := stored[currency.Receipt](d.town, raw)
		seq, err := strconv.ParseInt(of[2], 10, 64)
		if err != nil {
			d.t.Fatalf("%v", err)
		}
		does := deed{at: r.At, won: r.Amount, from: of[1], to: r.To}
		switch r.Kind {
		case currency.KindPayment:
			does.kind = "paid"
		case currency.KindCapture:
			does.kind, does.from, does.to = "paid", r.Payment.Holder, shops[of[1]]
		case currency.KindGift:
			does.kind = "given"
		}
		all[currency.ReceiptName{Holder: of[1], Seq: seq}] = does
	}
	return all
}

// reaches is the model: whether receipts reach a threshold about an account.
func (d *days) reaches(program string, of currency.Threshold, account string, named []currency.ReceiptName) bool {
	var (
		uses            = d.uses(program)
		h, _            = record[currency.Holder](d.town, currency.TableHolder, program, account)
		once            = map[currency.ReceiptName]bool{}
		gave, got       = map[string]string{}, map[string]bool{}
		first, last     int64
		won             int64
		payers, shops   = map[string]bool{}, map[string]bool{}
		party, ofGifts  = false, of.Pattern == currency.RingOfGifts
		window, atLeast = int64(of.Hours) * 3600, max(of.Least, 1)
	)
	for i, name := range named {
		does := uses[name]
		if (does.kind == "given") != ofGifts || does.kind == "" || does.won < atLeast || of.Multiple > 0 && does.won%of.Multiple > 0 {
			return false
		}
		if i == 0 {
			first, last = does.at, does.at
		}
		first, last = min(first, does.at), max(last, does.at)
		once[name], gave[does.from], got[does.to] = true, does.to, true
		payers[does.from], shops[does.to] = true, true
		won += does.won
		party = party || does.from == account || ofGifts && does.to == account || !ofGifts && h.Merchant != "" && does.to == h.Merchant
	}
	if len(named) == 0 || len(once) < len(named) || last-first >= window || !party {
		return false
	}
	if !ofGifts {
		return len(shops) == 1 && (of.Pattern == currency.RoundPayments || len(payers) == 1) &&
			(len(named) >= of.Count || of.Won > 0 && won >= of.Won)
	}
	if len(gave) < len(named) || len(got) < len(named) || len(named) > of.Accounts {
		return false
	}
	at := uses[named[0]].from
	for range len(named) - 1 { // a ring comes back with its last gift and not before
		if at = gave[at]; at == uses[named[0]].from {
			return false
		}
	}
	return gave[at] == uses[named[0]].from
}
