// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// attest is the charity's word that somebody did something; record is the
// charity's own record of it.
func (tn *town) attest(program string, w *wallet, activity string, quantity int64, record string) string {
	unit := map[string]string{"volunteering": "minute", "donation": "won"}[activity]
	return tn.attestIn(unit, program, w, activity, quantity, record)
}

func (tn *town) attestIn(unit, program string, w *wallet, activity string, quantity int64, record string) string {
	return charity.signAs(currency.TypAttestation, currency.Attestation{
		Activity: activity, Channel: "trust", Evidence: businessOf(record), Exp: tn.at(24 * time.Hour), Holder: w.account,
		Network: network, Program: program, Quantity: quantity, Unit: unit, V: 1,
	})
}

func (tn *town) earning(program string, w *wallet, attestation string, tranche int) currency.Earn {
	return currency.Earn{
		Attestation: attestation, Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), Tranche: tranche, V: 1,
	}
}

func (tn *town) earn(program string, w *wallet, attestation string) string {
	return w.sign(tn.earning(program, w, attestation, 0))
}

// rewards sets half a million won aside in ten tranches, for what is earned.
func (tn *town) rewards(program string) {
	tn.t.Helper()
	r := tn.allot(program, "rewards")
	r.Source = currency.Reward
	tn.do(tn.city, "OpenAllotment", r)
}

func (tn *town) newcomer(program, name string) *wallet {
	tn.t.Helper()
	w := newWallet(name)
	tn.batch(tn.open(program, w))
	return w
}

func submission(tn *town, program, attestation string) currency.SubmitAttestation {
	return currency.SubmitAttestation{Operation: tn.op(), Program: program, Attestation: attestation, Tranche: 1}
}

// Three hours of volunteering are 2,100 won, a tenth of a donation comes on top,
// both good for three years and spent like any other; nothing counts twice.
func TestEarning(t *testing.T) {
	tn := newTown(t)
	tn.rewards(nowon)
	w := tn.newcomer(nowon, "minsu")
	hours := tn.attest(nowon, w, "volunteering", 180, "rota 7")
	order := tn.earn(nowon, w, hours)
	r := tn.order("Earn", order)
	require.Equal(t, currency.KindEarn, r.Kind)
	require.EqualValues(t, 2_100, r.Amount)
	require.Equal(t, r, tn.order("Earn", order), "the order sent again")
	tn.refused(currency.EvidenceUsed, tn.courier, "Earn", tn.earn(nowon, w, hours))
	w.seq[nowon]--
	tn.refused(currency.EvidenceUsed, tn.courier, "SubmitAttestation", tn.json(submission(tn, nowon, hours)))

	given := result[currency.Rewarded](tn, tn.do(tn.courier, "SubmitAttestation", submission(tn, nowon, tn.attest(nowon, w, "donation", 12_345, "receipt 9"))))
	require.EqualValues(t, 1_234, given.Amount)
	tn.order("Claim", tn.claim(nowon, w, r.Credit, given.Credit))
	held := tn.purse(nowon, w).Buckets
	require.Len(t, held, 1)
	require.Equal(t, currency.Reward, held[0].Source)
	require.Equal(t, "budget", held[0].Origin)
	require.Equal(t, currency.DayOf(tn.net.Now().AddDate(3, 0, 0), time.FixedZone("KST", 9*60*60)), held[0].Expiry)
	require.EqualValues(t, 1_000_000-3_334, tn.audit.term(nowon, "budget", currency.Reserved))
	tn.order("Pay", tn.pay(nowon, w, "stall", 3_334))
	e := get[currency.Evidence](tn, tn.komsco, "Evidence", currency.EvidenceQuery{Program: nowon, Evidence: businessOf("rota 7")})
	require.Equal(t, charity.did, e.Attester)
}

// A member earns 50,000 won and no more, whatever falls into one block.
func TestEarningCapHolds(t *testing.T) {
	tn := newTown(t)
	tn.rewards(nowon)
	w := tn.newcomer(nowon, "minsu")
	tn.order("Earn", tn.earn(nowon, w, tn.attest(nowon, w, "volunteering", 60*60, "sixty hours"))) // 42,000
	first := tn.endorse(tn.courier, "Earn", tn.earn(nowon, w, tn.attest(nowon, w, "donation", 50_000, "a")))
	second := tn.endorse(tn.courier, "SubmitAttestation", tn.json(submission(tn, nowon, tn.attest(nowon, w, "donation", 50_000, "b"))))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	last := result[currency.Rewarded](tn, tn.do(tn.courier, "SubmitAttestation", submission(tn, nowon, tn.attest(nowon, w, "donation", 50_000, "b"))))
	require.EqualValues(t, 3_000, last.Amount, "what was left of 50,000")
	tn.refused(currency.EarningCap, tn.courier, "Earn", tn.earn(nowon, w, tn.attest(nowon, w, "donation", 100, "c")))
	won, _ := tn.unclaimed(nowon, w)
	require.EqualValues(t, 50_000, won)

	// One evidence for two members in one block counts once.
	a, b := tn.newcomer(nowon, "jisoo"), tn.newcomer(nowon, "hana")
	x := tn.endorse(tn.courier, "Earn", tn.earn(nowon, a, tn.attest(nowon, a, "donation", 50_000, "d")))
	y := tn.endorse(tn.courier, "Earn", b.sign(tn.earning(nowon, b, tn.attest(nowon, b, "donation", 50_000, "d"), 1)))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(x, y)[0], y.Status})
}

func (tn *town) asking(program string, w *wallet, payments ...int64) currency.AskCashback {
	return currency.AskCashback{
		Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account, Network: network,
		Payments: payments, Program: program, Seq: w.next(program), V: 1,
	}
}

// A tenth of what was spent comes back, 30,000 won for a month's payments at
// most, once for each payment; what is refunded later is set off.
func TestCashback(t *testing.T) {
	tn := newTown(t)
	tn.rewards(nowon)
	w := tn.resident(nowon, "minsu") // 100,000 bought and 10,000 on top
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 110_000))
	seq := w.seq[nowon]
	r := tn.order("AskCashback", w.sign(tn.asking(nowon, w, seq)))
	require.EqualValues(t, 11_000, r.Amount)
	tn.refused(currency.NoCashback, tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seq)))
	w.seq[nowon]--

	// Half goes back, so half of the cashback is owed.
	tn.order("Refund", tn.refund(nowon, tn.stall, w, seq, 55_000, paid.Credit))
	tn.order("Claim", tn.claim(nowon, w, r.Credit, firstOf(tn.credits(nowon, w))))
	who, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
	require.EqualValues(t, 5_500, who.Owed)
	tn.order("Pay", tn.pay(nowon, w, "stall", 10_000)) // what came back is a reward: spent first, and counts nothing
	tn.refused(currency.NoCashback, tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, w.seq[nowon])))
	w.seq[nowon]--
}

// What a shop captured of a hold was spent: it gives cashback once the hold is closed,
// and what is refunded of it is owed.
func TestCashbackOfHolds(t *testing.T) {
	tn := newTown(t)
	tn.rewards(nowon)
	w := tn.resident(nowon, "minsu")
	tn.order("Authorise", w.sign(tn.authorising(nowon, w, "stall", 50_000)))
	hold := currency.ReceiptName{Holder: w.account, Seq: w.seq[nowon]}
	ask := func() string { return w.sign(tn.asking(nowon, w, hold.Seq)) }
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, hold, 30_000)))
	tn.refused(currency.NoCashback, tn.courier, "AskCashback", ask())
	w.seq[nowon]--
	tn.order("Void", tn.stall.sign(tn.voiding(nowon, tn.stall, hold)))
	require.EqualValues(t, 3_000, tn.order("AskCashback", ask()).Amount, "of 30,000, not of 50,000")
	tn.refused(currency.NoCashback, tn.courier, "AskCashback", ask())
	w.seq[nowon]--
	tn.order("Refund", tn.refund(nowon, tn.stall, w, hold.Seq, 10_000))
	who, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
	require.EqualValues(t, 1_000, who.Owed)
}

// A refund and the question for the cashback of the same payment in one block: the
// first counts, so cashback of what went back is never given unseen.
func TestCashbackRacesRefund(t *testing.T) {
	for _, refundFirst := range []bool{true, false} {
		tn := newTown(t)
		tn.rewards(nowon)
		w := tn.resident(nowon, "minsu")
		paid := tn.order("Pay", tn.pay(nowon, w, "stall", 60_000))
		seq := w.seq[nowon]
		ask := tn.endorse(tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seq)))
		refund := tn.endorse(tn.courier, "Refund", tn.refund(nowon, tn.stall, w, seq, 60_000, paid.Credit))
		if refundFirst {
			require.Equal(t, []any{valid, mvcc}, []any{tn.commit(refund, ask)[0], ask.Status})
			w.seq[nowon]--
			tn.refused(currency.NoCashback, tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seq)))
			continue
		}
		require.Equal(t, []any{valid, mvcc}, []any{tn.commit(ask, refund)[0], refund.Status})
		tn.stall.seq[nowon]--
		tn.order("Refund", tn.refund(nowon, tn.stall, w, seq, 60_000, paid.Credit))
		who, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
		require.EqualValues(t, 6_000, who.Owed)
	}
}

// bigSpender is a resident of a programme that gives cashback, who holds so many won more
// than others may.
func (tn *town) bigSpender(won int64) *wallet {
	tn.t.Helper()
	tn.rewards(nowon)
	p := policyOf(nowon, 2)
	p.HoldingCap = 0
	tn.newPolicy(p)
	w := tn.resident(nowon, "minsu")
	tx := tn.issue(nowon, currency.Principal, []currency.Row{{To: w.account, Amount: won}})
	tn.order("Claim", tn.claim(nowon, w, currency.NewCreditName(tx, 0)))
	return w
}

// The month's cap holds for all payments of a month, in one block and in two, and
// the month is the payment's.
func TestCashbackCapHolds(t *testing.T) {
	tn := newTown(t)
	w := tn.bigSpender(400_000)
	var seqs []int64
	for range 4 {
		tn.order("Pay", tn.pay(nowon, w, "stall", 130_000))
		seqs = append(seqs, w.seq[nowon])
	}
	first := tn.endorse(tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seqs[:2]...)))
	w.seq[nowon]--
	second := tn.endorse(tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seqs[2:]...)))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	got := result[currency.Receipt](tn, first.Payload).Amount
	rest := tn.order("AskCashback", w.sign(tn.asking(nowon, w, seqs[2:]...)))
	require.EqualValues(t, 30_000, got+rest.Amount)
	tn.net.Advance(31 * 24 * time.Hour)
	tn.refused(currency.NoCashback, tn.courier, "AskCashback", w.sign(tn.asking(nowon, w, seqs...)))
	w.seq[nowon]--
}

// What goes back counts for the month no more: who pays again is given again, less what
// is owed. Of a payment whose cashback the cap had cut, so much may go back for nothing.
func TestCashbackOfARefundedMonth(t *testing.T) {
	tn := newTown(t)
	w := tn.bigSpender(700_000)
	who := func() currency.Person {
		p, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
		return p
	}
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 500_000))
	seq := w.seq[nowon]
	given := tn.order("AskCashback", w.sign(tn.asking(nowon, w, seq)))
	require.EqualValues(t, 30_000, given.Amount, "the month's cap")

	tn.order("Refund", tn.refund(nowon, tn.stall, w, seq, 200_000, paid.Credit))
	require.Zero(t, who().Owed)
	tn.order("Refund", tn.refund(nowon, tn.stall, w, seq, 300_000))
	require.EqualValues(t, 30_000, who().Owed)
	require.Zero(t, who().Cashback[0].Amount)

	tn.order("Pay", tn.pay(nowon, w, "stall", 200_000))
	again := tn.order("AskCashback", w.sign(tn.asking(nowon, w, w.seq[nowon])))
	require.Zero(t, again.Amount)
	require.EqualValues(t, 10_000, who().Owed)
	require.EqualValues(t, 20_000, who().Cashback[0].Amount)
}

// Residents of a region hit by a disaster buy at a higher rate: the enrolment says
// where they live.
func TestRateOfTheRegionOfResidence(t *testing.T) {
	tn := newTown(t)
	p := policyOf(nowon, 2)
	p.Sale.Rates, p.Sale.MaxRate = []currency.DatedRate{{Region: "47170", Rate: 500, Adds: true}}, 2000
	tn.newPolicy(p)
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	for region, subsidy := range map[string]int64{"": 10_000, "11350": 10_000, "47170": 15_000} {
		w := newWallet("of " + region)
		o := tn.openOrder(nowon, w)
		o.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
			Channel: "trust", DID: w.did, Exp: tn.at(life), Network: network, Person: "p-" + w.account, Program: nowon, Region: region, V: 1,
		})
		tn.batch(w.sign(o))
		tn.order("Buy", tn.buy(nowon, w, 100_000))
		paid := result[currency.Purchase](tn, tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, w, "KB-"+w.account, 100_000, 0)))
		require.Equal(t, subsidy, paid.Subsidy, region)
	}
}
