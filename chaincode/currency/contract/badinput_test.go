// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// members are the members of a JSON object that a case changes; a nil takes one
// away.
type members map[string]any

// with is a request with other members.
func (tn *town) with(request any, change members) string {
	tn.t.Helper()
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(tn.json(request)), &object); err != nil {
		tn.t.Fatalf("%v", err)
	}
	for name, value := range change {
		if value == nil {
			delete(object, name)
			continue
		}
		object[name] = json.RawMessage(tn.json(value))
		if s, ok := value.(string); ok {
			object[name], _ = json.Marshal(s)
		}
	}
	raw, err := json.Marshal(object) // sorts members, as canonical JSON does
	if err != nil {
		tn.t.Fatalf("%v", err)
	}
	return string(raw)
}

// number is a number as it is spelled.
type number string

func (n number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// badTown is a town in which everything that can be in a wrong state is.
type badTown struct {
	*town
	minsu, jisoo, frozen *wallet             // residents of nowon, holding 110,000 won
	empty                *wallet             // resident of nowon who gave all away in one order
	lost, recovered      *wallet             // residents of nowon: to be recovered by the key "phone", and recovered by "phone 2"
	suspect              *wallet             // resident of nowon: case "open" holds 1,000 won, 500 proposed to be clawed back, case "shut" is closed
	stranger             *wallet             // with no account
	closed, suspended    *wallet             // merchants of these names
	owing                *wallet             // merchant of this name, which owes jisoo 500 won and holds 300; case "claims" holds its first redemption, of 500
	refunded             int64               // jisoo's seq of the payment that 500 won are owed of
	takings              currency.CreditName // of owing, 400 won, unclaimed
	paid                 int64               // minsu's seq of a payment of 1,000 to the stall
	given                int64               // minsu's seq of a gift
	held                 int64               // minsu's seq of a hold of 1,000 for the stall
	redeemed, settled    int64               // the stall's seqs of redemptions of 1,000: unpaid, paid out
	returned             string              // transaction in which 1,000 won went back to bazaar's budget
	bought, waiting      int64               // jisoo's seqs of purchases of 1,000: confirmed, not yet
	rows                 []currency.Row
	wrong                []currency.Row // of run spring, the first issued, the third corrected
}

func newBadTown(t *testing.T) *badTown {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo", "frozen")
	lapsed := newWallet("lapsed")
	tn.batch(tn.open(bazaar, lapsed))
	old := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: lapsed.account, Amount: 1_000}})
	tn.net.Advance(40 * 24 * time.Hour)
	swept := tn.endorse(tn.courier, "Sweep", tn.json(currency.Sweep{
		Operation: tn.op(), Program: bazaar, Credits: []currency.OwnedCredit{{Account: lapsed.account, Credit: currency.NewCreditName(old, 0)}},
	}))
	tn.commitOne(swept)
	b := &badTown{town: tn, returned: swept.TxID, minsu: all[0], jisoo: all[1], frozen: all[2], stranger: newWallet("stranger"), closed: newWallet("closed"), suspended: newWallet("suspended"), owing: newWallet("owing")}
	tn.register(nowon, "closed", b.closed, region, category)
	tn.register(nowon, "suspended", b.suspended, region, category)
	tn.register(nowon, "owing", b.owing, region, category)
	p := tn.program(bazaar)
	p.ID, p.Identity = mobile, &currency.Identity{Chaincode: registry}
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	tn.register(nowon, "banned", newWallet("banned"), region, category)
	tn.do(tn.city, "BanMerchant", currency.BanMerchant{Operation: tn.op(), Program: nowon, ID: "banned", Reason: "fraud"})
	b.paid = b.minsu.seq[nowon] + 1
	r := tn.order("Pay", tn.pay(nowon, b.minsu, "stall", 1_000))
	b.given = b.minsu.seq[nowon] + 1
	tn.order("Give", tn.give(nowon, b.minsu, b.jisoo, 1_000))
	b.empty = tn.resident(nowon, "empty")
	gone := tn.residents(nowon, "lost", "recovered")
	b.lost, b.recovered = gone[0], gone[1]
	for i, w := range gone {
		tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
		tn.do(tn.komsco, "ProposeRecovery", currency.ProposeRecovery{Operation: tn.op(), Program: nowon, Account: w.account, DID: newWallet([]string{"phone", "phone 2"}[i]).did})
	}
	tn.net.Advance(currency.RecoveryHours * time.Hour)
	tn.do(tn.bank, "ApproveRecovery", currency.ProposeRecovery{Operation: tn.op(), Program: nowon, Account: b.recovered.account, DID: newWallet("phone 2").did})
	tn.order("Give", tn.give(nowon, b.empty, b.jisoo, 110_000))
	billed := tn.payment(nowon, b.minsu, "stall", 1_000)
	billed.Bill, billed.Ref = 1_500, "billed"
	tn.order("Pay", b.minsu.sign(billed))
	for id, terms := range map[string]currency.MerchantTerms{
		"own": {Owner: "p-" + b.minsu.account}, "fair": {Until: 20260101}, "shares": {Share: 1000},
	} {
		r := tn.registering(nowon, id, newWallet(id), region, category)
		terms.Business = r.Business
		r.MerchantTerms = terms
		tn.do(tn.city, "RegisterMerchant", r)
	}
	tn.rewards(nowon)
	tn.batch(tn.open(bazaar, b.minsu))
	there := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: b.minsu.account, Amount: 1_000}})
	tn.order("Claim", tn.claim(bazaar, b.minsu, currency.NewCreditName(there, 0)))
	tn.do(tn.courier, "SubmitAttestation", submission(tn, nowon, tn.attest(nowon, b.minsu, "donation", 1_000, "used")))
	b.held = b.minsu.seq[nowon] + 1
	tn.order("Authorise", b.minsu.sign(tn.authorising(nowon, b.minsu, "stall", 1_000)))
	s := tn.order("Pay", tn.pay(nowon, b.jisoo, "suspended", 1_000))
	c := tn.order("Pay", tn.pay(nowon, b.jisoo, "closed", 1_000))
	more := tn.order("Pay", tn.pay(nowon, b.jisoo, "stall", 9_000))
	tn.order("Claim", tn.claim(nowon, b.suspended, s.Credit))
	tn.order("Claim", tn.claim(nowon, b.closed, c.Credit))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 1_000, r.Credit, more.Credit))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 1_000))
	b.redeemed, b.settled = tn.stall.seq[nowon]-1, tn.stall.seq[nowon]
	tn.do(tn.bank, "ConfirmPayout", currency.ConfirmPayout{Operation: tn.op(), Program: nowon, Ref: "paid", Account: tn.stall.account, Seq: b.settled, Amount: 1_000})
	tn.setMerchant(nowon, "closed", currency.Closed)
	tn.setMerchant(nowon, "suspended", currency.Suspended)
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, b.frozen))
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "pending", Fund: "budget", Amount: 1_000})
	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 2)})
	b.rows = []currency.Row{{To: b.minsu.account, Amount: 1_000}}
	for _, id := range []string{"open", "shut", "done"} {
		tn.do(tn.city, "OpenRun", tn.openRun(nowon, id, currency.Benefit, b.rows))
	}
	tn.do(tn.city, "CloseRun", about(tn, "shut"))
	tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "done", Rows: b.rows})
	b.wrong = []currency.Row{b.rows[0]}
	for range 3 {
		b.wrong = append(b.wrong, currency.Row{To: b.stranger.account, Amount: 1_000})
	}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, b.wrong))
	tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: b.wrong})
	for row, id := range []string{1: "fix", 2: "paid"} {
		if id != "" {
			tn.do(tn.city, "ProposeCorrection", tn.correcting(id, b.corrected(row)))
		}
	}
	tn.do(tn.bank, "ApproveCorrection", tn.approving("paid", []currency.CorrectedRow{b.corrected(2)}, b.wrong))
	guarded := policyOf(bazaar, 2)
	guarded.Guards.Approval = true
	tn.newPolicy(guarded)
	for _, id := range []string{"waiting", "stopped", "ended"} {
		tn.do(tn.city, "OpenRun", tn.openRun(bazaar, id, currency.Benefit, b.rows))
	}
	tn.do(tn.komsco, "StopRun", currency.StopRun{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: bazaar, ID: "stopped"}, Reason: "case-1"})
	tn.do(tn.city, "CloseRun", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: bazaar, ID: "ended"}})
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "shut"))
	tn.do(tn.city, "CloseAllotment", about(tn, "shut"))
	b.refunded = b.jisoo.seq[nowon] + 1
	first := tn.order("Pay", tn.pay(nowon, b.jisoo, "owing", 500))
	tn.order("Redeem", tn.redeem(nowon, b.owing, 500, first.Credit))
	waits := tn.refunding(nowon, b.owing, b.jisoo, b.refunded, 500)
	waits.Wait = true
	tn.order("Refund", b.owing.sign(waits))
	tn.order("Claim", tn.claim(nowon, b.owing, tn.order("Pay", tn.pay(nowon, b.jisoo, "owing", 300)).Credit))
	b.takings = tn.order("Pay", tn.pay(nowon, b.jisoo, "owing", 400)).Credit
	tn.openCase(nowon, b.owing, "claims")
	tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(b.owing, "claims", currency.HeldClaim{Seq: 1}))
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, b.owing))
	tn.order("Buy", tn.buy(nowon, b.jisoo, 1_000))
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, b.jisoo, "bought", 1_000, 0))
	tn.order("Buy", tn.buy(nowon, b.jisoo, 1_000))
	b.bought, b.waiting = b.jisoo.seq[nowon]-1, b.jisoo.seq[nowon]
	p = tn.program("raw")
	p.Open, p.Enrollers = true, nil
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	tn.register("raw", "stall", tn.stall, region, category)
	tn.batch(tn.open("raw", b.minsu))
	b.suspect = tn.resident(nowon, "suspect")
	tn.openCase(nowon, b.suspect, "shut")
	tn.openCase(nowon, b.suspect, "open")
	tn.do(tn.komsco, "HoldFunds", tn.holding(nowon, b.suspect, "open", 1_000))
	tn.do(tn.komsco, "ProposeClawback", tn.clawing(nowon, b.suspect, "open", 500))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, b.suspect, "shut"))
	return b
}

// Bad input on every function: the exact code, and nothing changed.
func TestBadInput(t *testing.T) {
	tried := map[string]bool{
		"PayBatch":    true,                                        // with each of the bad orders
		"OpenTickets": true, "TicketSeries": true, "Present": true, // TestOpenTicketsRefused, TestTickets, TestTicketsBadInput
	}
	t.Run("requests", func(t *testing.T) { badRequests(t, tried) })
	t.Run("orders", func(t *testing.T) { badOrders(t, tried) })
	t.Run("packs", func(t *testing.T) { badPacks(t, tried) })
	if t.Failed() {
		return
	}
	for _, f := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		require.True(t, tried[f.Name], "%s is not tried with bad input", f.Name)
	}
}

// A refusal carries the status of its kind (RFC 9110).
func TestRefusalsCarryTheirStatus(t *testing.T) {
	b := newBadTown(t)
	thief := newWallet("thief")
	thief.Kid = b.minsu.Kid
	used := b.payment(nowon, b.jisoo, "stall", 1)
	used.Seq = 1
	elsewhere := b.payment(nowon, b.jisoo, "stall", 1)
	elsewhere.Channel = "seoul"
	for _, c := range []struct {
		status int32
		order  string
	}{
		{400, "x"},
		{401, thief.sign(b.payment(nowon, b.minsu, "stall", 1))},
		{403, b.jisoo.sign(elsewhere)},
		{404, b.pay(nowon, b.stranger, "stall", 1)},
		{409, b.jisoo.sign(used)},
		{422, b.pay(nowon, b.frozen, "stall", 1)},
	} {
		_, err := b.net.Invoke(b.courier, cc, "Pay", c.order)
		var refusal *ledgertest.EndorseError
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, c.status, refusal.Status, refusal.Message)
	}
}

// corrected puts jisoo in the place of a row of run spring.
func (b *badTown) corrected(row int) currency.CorrectedRow {
	return currency.CorrectedRow{Row: row, To: b.jisoo.account, Amount: 1_000}
}
