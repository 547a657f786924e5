// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// Whatever people and officers do, right or wrong, alone or in batches, and
// however it falls into blocks: after every transaction the supply is explained
// and every purse is sound (see audit), and after every block receipts are
// complete and whatever is sent again changes nothing.
func TestRandomDays(t *testing.T) {
	tried, done := map[string]int{}, map[string]int{}
	defer func() {
		if !t.Failed() {
			everyOperation(t, tried, done)
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		d := newDays(t)
		d.tried, d.done = tried, done
		t.Repeat(map[string]func(*rapid.T){
			"order":   d.order,
			"trade":   d.order, // more often than anything else
			"shop":    d.order,
			"batch":   d.batch,
			"officer": d.officer,
			"issue":   d.issue,
			"sweep":   d.sweep,
			"recover": d.recover,
			"forward": d.forward,
			"case":    d.fraud,
			"accuse":  d.accuse,
			"commit":  d.commitSome,
			"flush":   d.commitAll,
			"rare":    d.rare,
			"clock":   d.clock,
		})
		d.commitAll(t)
		d.traces(t)
		d.years(t)
		for i := range d.signed {
			d.replayOrder(t, i)
		}
		for i := range d.calls {
			d.replayCall(t, i)
		}
	})
}

func (d *days) order(t *rapid.T) {
	for range 1 + upTo(12).Draw(t, "orders") {
		s := d.sign(t, map[string]int64{})
		d.try(t, d.courier, s.function, s.order)
		d.maybeCommit(t)
	}
}

func (d *days) batch(t *rapid.T) {
	ahead := map[string]int64{}
	orders := make([]any, 1+upTo(10).Draw(t, "orders"))
	for i := range orders {
		orders[i] = d.sign(t, ahead).order
	}
	d.try(t, d.courier, "PayBatch", orders...)
}

// try endorses a transaction into the pool. It may be refused, with a code that
// is no defect's.
func (d *days) try(t *rapid.T, caller *ledgertest.Caller, function string, args ...any) *ledgertest.Endorsement {
	d.tried[function]++
	tx, err := d.net.Endorse(caller, cc, function, args...)
	if err != nil {
		wellRefused(t, function, err)
		return nil
	}
	d.pool, d.named[tx] = append(d.pool, tx), function
	return tx
}

// wellRefused fails unless an error is a declared refusal and no defect.
func wellRefused(t ledgertest.TB, function string, err error) {
	t.Helper()
	refusal := currency.Codes.Parse(err.Error())
	if refusal == nil || refusal.Code.Kind.Status() >= 500 {
		t.Fatalf("%s: %v", function, err)
	}
}

// call has some officer call a function, mostly the right one.
func (d *days) call(t *rapid.T, right *ledgertest.Caller, function string, request any) {
	if seldom(t, "again") && len(d.calls) > 0 {
		c := pick(t, "old call", d.calls...)
		d.try(t, c.caller, c.function, c.request)
		return
	}
	c := officerCall{mostly(t, "caller", right, d.deputy, d.bank), function, d.json(request), nil}
	if c.tx = d.try(t, c.caller, c.function, c.request); c.tx != nil {
		d.calls = append(d.calls, c)
	}
}

func (d *days) officer(t *rapid.T) {
	for range 1 + upTo(5).Draw(t, "calls") {
		d.anyCall(t)
		d.maybeCommit(t)
	}
}

func (d *days) anyCall(t *rapid.T) {
	program := d.program(t)
	about := func(id string) currency.RecordOperation {
		return currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: id}}
	}
	switch pick(t, "call", 7, 7, 7, 8, 8, 8, 0, 2, 2, 5, 5, 3, 4, 6) {
	case 0:
		d.call(t, d.komsco, "FreezeHolder", d.freezing(program, d.wallet(t, "account")))
	case 2:
		d.call(t, d.city, "UnfreezeHolder", d.freezing(program, d.wallet(t, "account")))
	case 3:
		d.call(t, d.bank, "ConfirmDeposit", currency.ConfirmDeposit{
			Operation: d.op(), Program: program, Ref: fmt.Sprintf("deposit-%d", upTo(6).Draw(t, "ref")), Fund: "bought", Amount: 50_000,
		})
	case 4:
		id := fmt.Sprintf("budget-%d", upTo(4).Draw(t, "id"))
		d.call(t, d.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: d.op(), Program: program, ID: id, Fund: "budget", Amount: 9_000})
		d.maybeCommit(t)
		d.call(t, d.komsco, "ApproveAppropriation", about(id))
	case 5:
		d.legislate(t, program)
	case 8:
		d.confirmPurchase(t, mostly(t, "on sale", nowon, bazaar))
	case 6:
		status := pick(t, "status", currency.Active, currency.Active, currency.Suspended)
		d.call(t, d.city, "SetMerchantStatus", currency.SetMerchantStatus{Operation: d.op(), Program: program, ID: "stall", Status: status})
	default:
		var waiting []int64
		for seq := range d.purse(program, d.stall).Seq {
			if r, found := record[currency.Redemption](d.town, currency.TableRedemption, program, d.stall.account, ledger.Num(seq+1)); found && (r.Paid == "" || seldom(t, "paid before")) {
				waiting = append(waiting, seq+1)
			}
		}
		if len(waiting) == 0 {
			waiting = []int64{99}
		}
		seq := pick(t, "redemption", waiting...)
		r, _ := record[currency.Redemption](d.town, currency.TableRedemption, program, d.stall.account, ledger.Num(seq))
		d.call(t, d.bank, "ConfirmPayout", currency.ConfirmPayout{
			Operation: d.op(), Program: program, Ref: fmt.Sprintf("transfer-%d", upTo(50).Draw(t, "ref")),
			Account: d.stall.account, Seq: seq, Amount: mostly(t, "paid", max(r.Amount, 1), 1), Sent: mostly(t, "sent", 0, r.At, 1),
		})
	}
}

// legislate has new rules proposed and, mostly, approved.
func (d *days) legislate(t *rapid.T, program string) {
	p := policyOf(program, mostly(t, "version", d.policy[program]+1, d.policy[program]))
	if p.HoldingCap > 0 {
		p.HoldingCap, p.Sale.MonthlyCap = holdingCap, monthlyCap
	}
	p.Gifts, p.Respend = rapid.Bool().Draw(t, "gifts"), rapid.Bool().Draw(t, "respend")
	p.Uses = pick(t, "uses", nil, nil, []currency.Use{{BillShare: 5000}, {Sources: []currency.Source{currency.Principal}}})
	if purposes := d.purposes(t); rapid.Bool().Draw(t, "other purposes") {
		p.Purposes = purposes
		p.Into[0].Purposes = pick(t, "may go", nil, []string{"stalls"})
		p.From[0].Purpose = pick(t, "received for", "", "half")
	}
	p.Shops.Redemption = pick(t, "redemption", nil, &currency.RedemptionRule{Base: redemptionCap - verifiedSales/2, Share: 5000})
	p.BonusRate = pick(t, "bonus", 0, 333, 10_000)
	p.Guards = currency.Guards{
		Approval: rapid.Bool().Draw(t, "approval"), Large: 700_000, CoolHours: 1,
		DayCeiling: 1_000_000_000, DaySale: 2 * daySale, SaleShares: 2,
	}
	p.Validity = pick(t, "validity", currency.Validity{}, currency.Validity{Days: 10}, currency.Validity{Months: 1, Round: "month"}, currency.Validity{Until: 20260601})
	d.call(t, d.city, "ProposePolicy", currency.ProposePolicy{Operation: d.op(), Policy: p})
	if !seldom(t, "not proposed yet") {
		d.commitAll(t)
	}
	d.call(t, d.komsco, "ApprovePolicy", currency.ApprovePolicy{Operation: d.op(), PolicyQuery: currency.PolicyQuery{Program: program, Version: d.policy[program]}})
}

// purposes are what value of a new policy may be kept for.
func (d *days) purposes(t *rapid.T) []currency.Purpose {
	return []currency.Purpose{
		{ID: "stalls", Uses: []currency.Use{{Merchants: []string{"stall"}}, {Categories: []string{otherCategory}, BillShare: 5000}}},
		{ID: "games", Uses: []currency.Use{{Categories: []string{otherCategory}}}},
		{
			ID: "half", Uses: []currency.Use{{BillShare: 5000}},
			Validity: pick(t, "of purpose", nil, &currency.Validity{Days: 3}, &currency.Validity{Until: 20260601}),
		},
	}
}

// sweep names purses and credits, lapsed or not, and absorbs what came back.
func (d *days) sweep(t *rapid.T) {
	r := currency.Sweep{Operation: d.op(), Program: d.program(t)}
	for range 1 + upTo(3).Draw(t, "purses") {
		r.Purses = append(r.Purses, d.wallet(t, "swept").account)
	}
	w := d.wallet(t, "owner")
	for _, name := range d.claims(t, r.Program, w) {
		r.Credits = append(r.Credits, currency.OwnedCredit{Account: w.account, Credit: name})
	}
	r.Holds = append(r.Holds, d.someHold(t, r.Program))
	d.call(t, d.courier, "Sweep", r)
	page := get[call.Page[currency.FundReturn]](d.town, d.city, "FundReturns", currency.PageQuery{Program: r.Program})
	if len(page.Records) == 0 {
		return
	}
	back := pick(t, "return", page.Records...)
	d.call(t, d.city, "AbsorbReturns", currency.AbsorbReturns{
		Operation: d.op(), Program: r.Program, ID: mostly(t, "into", "budget", "budget-1"), Returns: []string{back.Key[1]},
	})
}

// confirmPurchase has somebody order, and the bank confirm a purchase, mostly one
// that waits; or closes an allotment.
func (d *days) confirmPurchase(t *rapid.T, program string) {
	if seldom(t, "close") {
		d.call(t, d.city, "CloseAllotment", currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: "sale"}})
		return
	}
	d.maybeCommit(t)
	buyer := d.wallets[upTo(3).Draw(t, "buyer")]
	buyer.seq[program] = d.purse(program, buyer).Seq
	order := d.remember(t, "Buy", d.buy(program, buyer, pick[int64](t, "won", 100, 7_000, 20_000, 50_000)), program, buyer)
	d.try(t, d.courier, order.function, order.order)
	d.maybeCommit(t)
	r := currency.ConfirmPurchase{
		Operation: d.op(), Program: program, Ref: fmt.Sprintf("paid-in-%d", upTo(20).Draw(t, "ref")),
		Account: d.wallets[0].account, Seq: 1, Amount: 100, Allotment: pick(t, "allotment", "sale", "sale", "sale", "more-0", "more-1", "more-2"), Tranche: upTo(10).Draw(t, "tranche"),
	}
	for _, w := range d.everyone() {
		for seq := range d.purse(program, w).Seq {
			p, found := record[currency.Purchase](d.town, currency.TablePurchase, program, w.account, ledger.Num(seq+1))
			if found && (p.Paid == "" || seldom(t, "paid before")) {
				r.Account, r.Seq, r.Amount = w.account, seq+1, mostly(t, "arrived", p.Principal, 1)
			}
		}
	}
	d.call(t, d.bank, "ConfirmPurchase", r)
}

// forward gives takings of the stall to a refund that it owes, if to any.
func (d *days) forward(t *rapid.T) {
	program := d.program(t)
	waiting := d.claims(t, program, d.stall)
	if len(waiting) == 0 {
		t.Skip("no takings")
	}
	d.call(t, d.courier, "ForwardTakings", currency.ForwardTakings{
		Operation: d.op(), Program: program, Merchant: "stall", Payment: d.someDue(t, program), Credits: waiting,
	})
}

// recover proposes a new key for an account, and perhaps sees it through.
func (d *days) recover(t *rapid.T) {
	program, w := d.program(t), d.wallet(t, "lost")
	phone := newWallet(fmt.Sprintf("phone of %s", w.account))
	r := currency.ProposeRecovery{Operation: d.op(), Program: program, Account: w.account, DID: phone.did}
	if h, _ := record[currency.Holder](d.town, currency.TableHolder, program, w.account); h.Left() {
		r.DID = d.wallet(t, "reunited with").did
	}
	d.call(t, d.komsco, "FreezeHolder", d.freezing(program, w))
	d.maybeCommit(t)
	d.call(t, d.komsco, "ProposeRecovery", r)
	d.maybeCommit(t)
	d.net.Advance(time.Duration(mostly(t, "cool-down", 73, 71)) * time.Hour)
	r.Operation = d.op()
	if rapid.Bool().Draw(t, "found again") {
		d.commitAll(t)
		d.call(t, d.city, "UnfreezeHolder", d.freezing(program, w))
		return
	}
	d.call(t, d.bank, "ApproveRecovery", r)
	d.maybeCommit(t)
	if h, _ := record[currency.Holder](d.town, currency.TableHolder, program, w.account); h.Successor == phone.account {
		d.takeOver(w, phone)
	}
	if waiting := d.claims(t, program, w); len(waiting) > 0 {
		d.call(t, d.courier, "ForwardCredits", currency.ForwardCredits{Operation: d.op(), Program: program, Account: w.account, Credits: waiting})
	}
}

// takeOver has a new phone, or till, sign from now on what a lost one did.
func (d *days) takeOver(lost, phone *wallet) {
	d.wallets[slices.Index(d.wallets, lost)] = phone
	d.former = append(d.former, lost)
	switch lost {
	case d.stall:
		d.stall = phone
	case d.arcade:
		d.arcade = phone
	}
}

// everyone is whoever has a phone, and had one before.
func (d *days) everyone() []*wallet { return slices.Concat(d.wallets, d.former) }

// issue opens runs, decides on them, issues batches of them and closes them.
func (d *days) issue(t *rapid.T) {
	for range 1 + upTo(6).Draw(t, "steps") {
		d.issueStep(t)
		d.maybeCommit(t)
	}
}

func (d *days) issueStep(t *rapid.T) {
	program := d.program(t)
	if step := upTo(6).Draw(t, "step"); step > 2 && len(d.runs) > 0 {
		run := pick(t, "run", d.runs...)
		switch of := (currency.RecordQuery{Program: run.Program, ID: run.ID}); pick(t, "decision", 0, 1, 1, 2, 3, 3) {
		case 0:
			if rapid.Bool().Draw(t, "stop") {
				d.call(t, d.komsco, "StopRun", currency.StopRun{Operation: d.op(), RecordQuery: of, Reason: "case-1"})
			}
		case 3:
			d.correct(t, run)
		case 1:
			if waiting := d.waiting(); len(waiting) > 0 {
				run = pick(t, "of those waiting", waiting...)
				of.Program, of.ID = run.Program, run.ID
			}
			d.call(t, mostly(t, "second", d.bank, d.city), "ApproveRun", currency.ApproveRun{Operation: d.op(), RecordQuery: of, Root: currency.RosterRoot(run.Batches)})
			d.maybeCommit(t)
		}
		if step == 5 {
			d.call(t, d.city, "CloseRun", currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: run.Program, ID: run.ID}})
			return
		}
		batch := upTo(len(run.Batches)).Draw(t, "number")
		rows := d.rows[run.ID][mostly(t, "rows", batch, 0)]
		d.call(t, d.city, "IssueBatch", currency.IssueBatch{Operation: d.op(), Program: run.Program, Run: run.ID, Batch: batch, Rows: rows})
		return
	}
	batches := make([][]currency.Row, 1+upTo(3).Draw(t, "batches"))
	for i := range batches {
		for range 1 + upTo(3).Draw(t, "rows") {
			batches[i] = append(batches[i], currency.Row{
				To: d.wallet(t, "to").account, Amount: pick[int64](t, "amount", 100, 5_000, 5_050, 400_000, 800_000),
			})
		}
	}
	source := pick(t, "source", currency.Principal, currency.Benefit, currency.Reward)
	run := d.openRun(program, fmt.Sprintf("run-%d", d.ops), source, batches...)
	run.Purpose = pick(t, "purpose", "", mostly(t, "kept for", "stalls", "games"), "half")
	if i := len(run.Draws) - 1; i >= 0 {
		run.Draws[i].Amount += mostly(t, "drawn", int64(0), 1, -1)
	}
	if a := &run.Batches[0]; seldom(t, "lie") {
		a.Total += 100
		run.Draws[0].Amount += 100
	}
	d.runs, d.rows[run.ID] = append(d.runs, run), batches
	d.call(t, d.city, "OpenRun", run)
	d.maybeCommit(t)
}

// waiting are the runs that wait for a second person.
func (d *days) waiting() (all []currency.OpenRun) {
	for _, r := range d.runs {
		if of, _ := record[currency.Run](d.town, currency.TableRun, r.Program, r.ID); of.Waits && !of.Closed {
			all = append(all, r)
		}
	}
	return all
}

// correct puts another row in the place of one of a batch, refused or not, and
// mostly has it approved.
func (d *days) correct(t *rapid.T, run currency.OpenRun) {
	id := fmt.Sprintf("fix-%d", d.ops)
	batch := upTo(len(run.Batches)).Draw(t, "number")
	row := upTo(run.Batches[batch].Rows).Draw(t, "row")
	for _, r := range d.runs { // one that was refused, if there is any
		for n := range r.Batches {
			if b, _ := record[currency.Batch](d.town, currency.TableBatch, r.Program, r.ID, ledger.Num(int64(n))); len(b.Failed) > 0 && rapid.Bool().Draw(t, "this one") {
				run, batch, row = r, n, b.Failed[0].Row
			}
		}
	}
	rows := []currency.CorrectedRow{{
		Row: row, To: d.wallet(t, "to").account, Amount: pick[int64](t, "amount", 100, 5_000, 5_050, 400_000),
	}}
	d.call(t, d.city, "ProposeCorrection", currency.ProposeCorrection{Operation: d.op(), Program: run.Program, Run: run.ID, ID: id, Batch: batch, Rows: rows})
	d.maybeCommit(t)
	d.call(t, d.bank, "ApproveCorrection", currency.ApproveCorrection{
		Operation: d.op(), CorrectionQuery: currency.CorrectionQuery{Program: run.Program, Run: run.ID, ID: id},
		Digest: currency.CorrectionDigest(rows), Rows: d.rows[run.ID][batch],
	})
}

// commitSome makes a block of some of the pool, in any order; the rest grows old.
func (d *days) commitSome(t *rapid.T) {
	if len(d.pool) == 0 {
		t.Skip("nothing endorsed")
	}
	d.pool = rapid.Permutation(d.pool).Draw(t, "block")
	n := 1 + upTo(len(d.pool)).Draw(t, "size")
	d.block(t, d.pool[:n])
	d.pool = d.pool[n:]
	if len(d.signed) > 0 {
		d.replayOrder(t, upTo(len(d.signed)).Draw(t, "replayed order"))
	}
	if len(d.calls) > 0 {
		d.replayCall(t, upTo(len(d.calls)).Draw(t, "replayed call"))
	}
}

func (d *days) maybeCommit(t *rapid.T) {
	if rapid.Bool().Draw(t, "commit") {
		d.commitAll(t)
	}
}

func (d *days) commitAll(t *rapid.T) {
	if len(d.pool) > 0 {
		d.block(t, d.pool)
		d.pool = nil
	}
}

func (d *days) block(t *rapid.T, txs []*ledgertest.Endorsement) {
	d.commit(txs...) // and audited
	for _, tx := range txs {
		if tx.Status == valid {
			d.done[d.named[tx]]++
		}
	}
	d.bills(t)
	d.tickets(t)
	d.persons(t)
	d.sales(t)
	d.bans(t)
	for program := range d.policy {
		if c, _ := record[currency.Monthly](d.town, currency.TableMonth, program, "stall"); c.Amount > redemptionCap {
			t.Fatalf("the stall redeemed %d won in %d, the cap is %d", c.Amount, c.Month, redemptionCap)
		}
		p, _ := record[currency.Program](d.town, currency.TableProgram, program)
		d.policy[program] = p.Policies
		for _, w := range d.everyone() {
			purse := d.purse(program, w)
			h, _ := record[currency.Holder](d.town, currency.TableHolder, program, w.account)
			if program == nowon && h.Merchant == "" && purse.Buckets.Total() > holdingCap {
				t.Fatalf("account %s holds %d won, the cap is %d", w.account, purse.Buckets.Total(), holdingCap)
			}
			// One receipt for every number used, and none beyond.
			for seq := int64(1); seq <= purse.Seq+1; seq++ {
				if _, found := record[currency.Receipt](d.town, currency.TableReceipt, program, w.account, ledger.Num(seq)); found != (seq <= purse.Seq) {
					t.Fatalf("account %s has used %d numbers, receipt %d is there: %t", w.account, purse.Seq, seq, found)
				}
			}
		}
	}
}

// persons fails where somebody earned more than anybody may, or was given more back
// than a month's payments allow.
func (d *days) persons(t *rapid.T) {
	prefix := ledger.CompositeKey(currency.TablePerson)
	for key, raw := range d.net.Range(cc, prefix, prefix+"~") {
		who := result[currency.Person](d.town, raw)
		if who.Earned > earningCap || who.Owed < 0 {
			t.Fatalf("person %q: %+v", key, who)
		}
		for _, m := range who.Cashback {
			if m.Amount > cashbackCap {
				t.Fatalf("person %q was given %d won back for %d", key, m.Amount, m.Month)
			}
		}
	}
}

// sales fails where a share of a day sold more than it may.
func (d *days) sales(t *rapid.T) {
	prefix := ledger.CompositeKey(currency.TableDaySold)
	for key, raw := range d.net.Range(cc, prefix, prefix+"~") {
		if sold := result[currency.DayIssued](d.town, raw); sold.Reserved > daySale {
			t.Fatalf("%q: %d won were sold, %d may be", key, sold.Reserved, int64(daySale))
		}
	}
}

// bills fails where more was paid of a bill than the bill, or more of it with
// value that pays half of a bill only.
func (d *days) bills(t *rapid.T) {
	prefix := ledger.CompositeKey(currency.TableBill)
	for key, raw := range d.net.Range(cc, prefix, prefix+"~") {
		b := result[currency.Bill](d.town, raw)
		var half int64
		for _, l := range b.Limited {
			half = max(half, l.Amount)
		}
		if b.Paid > b.Amount || 2*half > b.Amount {
			t.Fatalf("bill %q: %+v", key, b)
		}
	}
}

// replayOrder sends an order of before again. Either it was carried out: then
// its first result comes back and nothing is written. Or it was not.
func (d *days) replayOrder(t *rapid.T, i int) {
	s := d.signed[i]
	o, err := d.net.Endorse(d.courier, cc, s.function, s.order)
	receipt, seq := currency.Receipt{}, int64(0)
	for n := d.purseOf(s).Seq; n > 0 && seq == 0; n-- {
		if r, _ := record[currency.Receipt](d.town, currency.TableReceipt, s.program, s.account, ledger.Num(n)); r.Order == s.digest {
			receipt, seq = r, n
		}
	}
	switch {
	case err != nil && (seq == 0 || currency.Codes.Parse(err.Error()).Code.Name == "BAD_SIGNATURE"):
		wellRefused(t, s.function, err) // a forged copy gets no result either
	case err != nil:
		t.Fatalf("%s was carried out as seq %d and is refused: %v", s.function, seq, err)
	case seq != 0:
		if got := result[currency.Receipt](d.town, o.Payload); d.json(got) != d.json(receipt) || len(o.Writes()) > 0 || o.Event != nil {
			t.Fatalf("%s sent again answers %+v and writes %d keys, first was %+v", s.function, got, len(o.Writes()), receipt)
		}
	}
}

func (d *days) purseOf(s signed) currency.Purse {
	p, _ := record[currency.Purse](d.town, currency.TablePurse, s.program, s.account)
	return p
}

// replayCall sends an officer's call of before again.
func (d *days) replayCall(t *rapid.T, i int) {
	c := d.calls[i]
	again, err := d.net.Endorse(c.caller, cc, c.function, c.request)
	if c.tx.Status != valid {
		return // it may succeed now, or another one of its id did before
	}
	if err != nil || string(again.Payload) != string(c.tx.Payload) || len(again.Writes()) > 0 || again.Event != nil {
		t.Fatalf("%s %s sent again: %v, %s", c.function, c.request, err, again.Payload)
	}
}

// The order of items that do not touch each other makes no difference to what
// anyone holds or is owed.
func TestOrderOfIndependentItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const payers = 8
		var first map[string]string
		var orders []string
		for round := range 2 {
			tn := newTown(t)
			all := tn.residents(nowon, names("resident", payers)...)
			if round == 0 {
				for i, w := range all {
					amount := rapid.Int64Range(1, 120_000).Draw(t, "amount")
					switch rapid.IntRange(0, 3).Draw(t, "kind") {
					case 0, 1:
						orders = append(orders, tn.pay(nowon, w, "stall", amount))
					case 2:
						orders = append(orders, tn.give(nowon, w, all[(i+1)%payers], amount))
					case 3:
						orders = append(orders, tn.pay(nowon, w, "arcade", amount)) // fails
					}
				}
			} else {
				orders = rapid.Permutation(orders).Draw(t, "order")
			}
			tn.tryBatch(orders...)
			holdings := map[string]string{}
			for _, w := range append(all, tn.stall, tn.arcade) {
				var owed []currency.Part
				for _, c := range tn.credits(nowon, w) {
					owed = append(owed, c.Parts...)
				}
				holdings[w.account] = fmt.Sprint(tn.purse(nowon, w), currency.MergeParts(owed))
			}
			if round == 0 {
				first = holdings
				continue
			}
			for account, want := range first {
				if holdings[account] != want {
					t.Fatalf("account %s: %s in one order, %s in another", account, want, holdings[account])
				}
			}
		}
	})
}
