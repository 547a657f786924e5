// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// days is a town with a history and a pool of endorsed transactions that are
// not in a block yet.
type days struct {
	*town
	wallets []*wallet // residents, the two merchants, and one without an account
	former  []*wallet // that were lost
	pool    []*ledgertest.Endorsement
	signed  []signed
	calls   []officerCall
	runs    []currency.OpenRun // opened or tried
	rows    map[string][][]currency.Row
	policy  map[string]int                     // versions proposed
	named   map[*ledgertest.Endorsement]string // functions that were endorsed
	tried   map[string]int                     // how often functions were called
	done    map[string]int                     // how often functions were carried out
	latest  time.Time                          // that any clock told
}

// holdingCap is what a person may hold in nowon, won: little enough to matter.
const holdingCap = 150_000

// monthlyCap is what a person may buy in nowon a month, won.
const monthlyCap = 120_000

// redemptionCap is what a merchant may redeem a month, where a policy of these days caps
// it, with the most that it was verified to sell.
const redemptionCap, verifiedSales = 30_000, 10_000

// daySale is what one share of a day may sell, where a policy of these days says so.
const daySale = 40_000

// signed is an order and the function that takes it.
type signed struct{ function, order, program, account, digest string }

// officerCall is an officer's call that was endorsed.
type officerCall struct {
	caller            *ledgertest.Caller
	function, request string
	tx                *ledgertest.Endorsement
}

func newDays(t *rapid.T) *days {
	tn := newTicketTown(t)
	tn.net.Deploy("firm", &firm{})
	d := &days{town: tn, named: map[*ledgertest.Endorsement]string{}, tried: map[string]int{}, done: map[string]int{}, rows: map[string][][]currency.Row{}, policy: map[string]int{nowon: 2, bazaar: 1}}
	d.wallets = tn.residents(nowon, "minsu", "jisoo", "younghee")
	for _, w := range d.everyone() {
		tn.batch(tn.open(bazaar, w))
	}
	tx := tn.issue(bazaar, currency.Reward, []currency.Row{{To: d.wallets[0].account, Amount: 70_000}, {To: d.wallets[1].account, Amount: 300}})
	tn.batch(tn.claim(bazaar, d.wallets[0], currency.NewCreditName(tx, 0)))
	for _, program := range []string{nowon, bazaar} {
		tn.batch(tn.pay(program, d.wallets[0], "stall", 20_000))
	}
	low := policyOf(nowon, 2)
	low.HoldingCap, low.Sale.MonthlyCap = holdingCap, monthlyCap
	low.Purposes = []currency.Purpose{
		{ID: "stalls", Uses: []currency.Use{{Merchants: []string{"stall"}}}},
		{ID: "games", Uses: []currency.Use{{Categories: []string{otherCategory}}}},
		{ID: "half", Uses: []currency.Use{{BillShare: 5000}}},
	}
	tn.newPolicy(low)
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	tn.rewards(nowon)
	tn.rewards(bazaar)
	d.wallets = append(d.wallets, tn.stall, tn.arcade, newWallet("stranger"))
	return d
}

func (d *days) wallet(t *rapid.T, label string) *wallet {
	return d.wallets[pick(t, label, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5)]
}

func (d *days) program(t *rapid.T) string {
	return pick(t, "program", nowon, bazaar)
}

// upTo draws an index below n, each as likely as the others: rapid's own integers
// prefer small ones and bounds, with which hardly an order would ever be good.
func upTo(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		v := 0
		for range bits.Len(uint(n)) + 3 {
			v <<= 1
			if rapid.Bool().Draw(t, "bit") {
				v++
			}
		}
		return v % n
	})
}

func pick[T any](t *rapid.T, label string, from ...T) T { return from[upTo(len(from)).Draw(t, label)] }

// seldom is true once in sixteen times.
func seldom(t *rapid.T, label string) bool { return upTo(16).Draw(t, label) == 15 }

// mostly draws a value that is right, and now and then one that is wrong.
func mostly[T any](t *rapid.T, label string, right T, wrong ...T) T {
	if seldom(t, label+" wrong") {
		return pick(t, label, wrong...)
	}
	return right
}

// sign signs some order; ahead counts the orders of each holder that stand
// before it in the same batch.
func (d *days) sign(t *rapid.T, ahead map[string]int64) signed {
	if seldom(t, "again") && len(d.signed) > 0 {
		return pick(t, "old order", d.signed...)
	}
	program := d.program(t)
	function := pick(t, "function", "Charge", "Charge", "Pay", "Pay", "Pay", "Pay", "Claim", "Claim", "Redeem", "Give", "Give", "Refund", "Refund", "Refund", "CompleteRefund", "CompleteRefund", "CompleteRefund", "Open", "Authorise", "Authorise", "Authorise", "Capture", "Capture", "Capture", "Void", "Void", "CashOut", "Close", "Buy", "Exchange", "Exchange", "SetShare", "Earn", "Earn", "AskCashback", "PayTogether", "PayTogether", "Present", "Present")
	w := d.wallet(t, "signer")
	for range 3 { // mostly the first order of its signer in the batch
		if ahead[program+w.account] > 0 {
			w = d.wallet(t, "signer")
		}
	}
	switch function {
	case "Redeem", "Refund", "CompleteRefund", "Capture", "Void", "SetShare":
		w = mostly(t, "merchant", d.stall, w)
	case "Open":
		w = mostly(t, "newcomer", d.wallets[len(d.wallets)-1], w)
	case "Present":
		program = mostly(t, "of tickets", bazaar, nowon)
	}
	amount := mostly(t, "amount", pick[int64](t, "won", 100, 999, 7_000, 1, 20_000, 100_000), 0, -1, currency.MaxAmount)
	claims := d.claims(t, program, w)
	if function == "Claim" && len(claims) == 0 {
		function = mostly(t, "nothing to claim", "Pay", "Claim")
	}

	w.seq[program] = d.purse(program, w).Seq + ahead[program+w.account]
	ahead[program+w.account]++
	w.seq[program] += mostly(t, "seq", int64(0), 1, -1)
	var p currency.Payload
	switch function {
	case "Pay":
		to := mostly(t, "to", "stall", "arcade", "nowhere")
		if w == d.stall {
			to = mostly(t, "respend", "arcade", "stall")
		}
		o := d.payment(program, w, to, amount, claims...)
		if rapid.Bool().Draw(t, "billed") {
			o.Bill, o.Ref = 2*max(amount, 500), pick(t, "bill", "bill-1", "bill-2")
		}
		if seldom(t, "condition") {
			o.Condition = &currency.Condition{Contract: "firm", Function: pick(t, "firm's function", "Deliver", "Deliver", "Shrug", "CallBack"), Args: []string{"A1"}}
		}
		if rapid.Bool().Draw(t, "asked for") {
			o.Request, o.Part = d.bill(t, program, amount)
		}
		p = o
	case "Charge":
		token := d.showing(program, w, mostly(t, "max", max(amount, 1), max(amount-1, 1)), claims...)
		order := d.stall.sign(d.charging(program, d.stall, mostly(t, "to", "stall", "arcade"), w.sign(token), amount))
		return d.remember(t, function, order, program, w)
	case "Give":
		p = d.gift(program, w, mostly(t, "to", d.wallets[upTo(3).Draw(t, "resident")], d.wallets...), amount, claims...)
	case "Claim":
		p = d.claiming(program, w, claims...)
	case "Redeem":
		p = d.redemption(program, w, mostly(t, "all", max(1, min(amount, d.balance(program, w))), amount), claims...)
	case "Refund":
		of := currency.ReceiptName{Holder: d.wallets[1].account, Seq: 2}
		if paid := d.payments(program); len(paid) > 0 {
			of = mostly(t, "of", pick(t, "payment", paid...), of)
		}
		o := d.refunding(program, w, w, of.Seq, amount, claims...)
		o.Payment, o.Wait = of, rapid.Bool().Draw(t, "wait")
		p = o
	case "CompleteRefund":
		p = d.completing(program, w, d.someDue(t, program), claims...)
	case "Authorise":
		o := d.authorising(program, w, mostly(t, "to", "stall", "arcade"), amount, claims...)
		o.Until = d.at(time.Duration(pick(t, "until", 1, 24, 15*24)) * time.Hour)
		p = o
	case "Close":
		p = d.closing(program, w)
	case "CashOut":
		p = d.cashingOut(program, w, claims...)
	case "Capture":
		p = d.capturing(program, w, d.someHold(t, program), amount, claims...)
	case "Void":
		p = d.voiding(program, w, d.someHold(t, program))
	case "Open":
		p = d.openOrder(program, w)
	case "Exchange":
		p = d.exchanging(program, w, mostly(t, "into", other(program), program, "nowhere"), amount, claims...)
	case "PayTogether":
		w.seq[nowon], w.seq[bazaar] = d.purse(nowon, w).Seq, d.purse(bazaar, w).Seq
		if program == nowon {
			w.seq[nowon] += ahead[program+w.account] - 1
		}
		program = nowon
		o := d.together(w, mostly(t, "to", "stall", "arcade"), amount, pick[int64](t, "there", 100, 7_000, 100_000))
		o.Claims = d.claims(t, nowon, w)
		p = o
	case "Earn":
		member := mostly(t, "attested", w, d.wallets...)
		p = d.earning(program, w, d.attest(program, member, pick(t, "activity", "volunteering", "donation"), pick[int64](t, "quantity", 60, 1_000, 100_000), pick(t, "record", "a", "b", "c", "d", "e", "f")), upTo(10).Draw(t, "tranche"))
	case "AskCashback":
		seqs := []int64{1}
		for _, r := range d.payments(program) {
			if r.Holder == w.account && (len(seqs) == 1 || r.Seq > seqs[len(seqs)-1]) {
				seqs = append(seqs, r.Seq)
			}
		}
		if len(seqs) > 1 {
			seqs = mostly(t, "payments", seqs[1+upTo(len(seqs)-1).Draw(t, "from"):], seqs)
		}
		p = d.asking(program, w, seqs...)
	case "SetShare":
		p = d.sharing(program, w, pick(t, "share", 0, 0, 0, 5000, 1000))
	case "Buy":
		p = d.buying(program, w, amount)
	case "Present":
		p = d.somePresent(t, program, w)
	}
	forger := *w
	forger.Key = d.wallets[2].Key
	return d.remember(t, function, mostly(t, "signature", w, &forger).sign(p), program, w)
}

// remember keeps an order to be sent again.
func (d *days) remember(t *rapid.T, function, order, program string, w *wallet) signed {
	m, err := jws.Parse(order)
	if err != nil {
		t.Fatalf("%v", err)
	}
	digest := m.Digest()
	s := signed{function, order, program, w.account, hex.EncodeToString(digest[:])}
	d.signed = append(d.signed, s)
	return s
}

// bill is a request of the stall's in two parts, and the part that asks for amount;
// there are few of each amount, so that they are paid more often than once.
func (d *days) bill(t *rapid.T, program string, amount int64) (request string, part int) {
	parts := []int64{max(amount, 1), 700}
	r := d.requesting(program, d.stall, "stall", fmt.Sprintf("bill-%d-%d", parts[0], upTo(4).Draw(t, "bill")), parts...)
	return mostly(t, "clerk", d.stall, d.arcade).sign(r), mostly(t, "part", 0, 1, 2)
}

// claims names credits that wait for a holder, now and then somebody else's.
func (d *days) claims(t *rapid.T, program string, w *wallet) []currency.CreditName {
	waiting := slices.Sorted(maps.Keys(d.credits(program, mostly(t, "claimant", w, d.wallets[0], d.stall))))
	if len(waiting) == 0 {
		return nil
	}
	some := rapid.SliceOfN(rapid.SampledFrom(waiting), 0, 3).Draw(t, "some")
	return mostly(t, "claims", waiting[:min(len(waiting), 4)], some)
}

// someHold names a hold, or what is none.
func (d *days) someHold(t *rapid.T, program string) currency.ReceiptName {
	none := currency.ReceiptName{Holder: d.wallets[1].account, Seq: 2}
	open := []currency.ReceiptName{}
	for _, name := range d.receipts(program, currency.KindHold) {
		if h, _ := record[currency.Hold](d.town, currency.TableHold, program, name.Holder, ledger.Num(name.Seq)); len(h.Parts) > 0 || seldom(t, "closed hold") {
			open = append(open, name)
		}
	}
	return mostly(t, "hold", pick(t, "of holds", append(open, none)...), none)
}

// someDue names a payment of which the stall owes a refund, or what is none.
func (d *days) someDue(t *rapid.T, program string) currency.ReceiptName {
	none := currency.ReceiptName{Holder: d.wallets[1].account, Seq: 2}
	all := []currency.ReceiptName{}
	for _, name := range d.payments(program) {
		if _, found := record[currency.Due](d.town, currency.TableDue, program, "stall", name.Holder, ledger.Num(name.Seq)); found {
			all = append(all, name)
		}
	}
	return mostly(t, "due", pick(t, "of dues", append(all, none)...), none)
}

// payments are the receipts of payments to the stall, and of holds for it.
func (d *days) payments(program string) []currency.ReceiptName {
	return d.receipts(program, currency.KindPayment, currency.KindHold)
}

func (d *days) receipts(program string, kinds ...currency.Kind) []currency.ReceiptName {
	var all []currency.ReceiptName
	for _, w := range d.everyone() {
		for seq := range d.purse(program, w).Seq {
			r, _ := record[currency.Receipt](d.town, currency.TableReceipt, program, w.account, ledger.Num(seq+1))
			if slices.Contains(kinds, r.Kind) && r.To == "stall" {
				all = append(all, currency.ReceiptName{Holder: w.account, Seq: seq + 1})
			}
		}
	}
	return all
}
