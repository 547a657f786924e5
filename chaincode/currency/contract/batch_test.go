// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// codes are the outcomes of a batch, "" where the order was carried out.
func codes(items []currency.Item) []string {
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = item.Code
	}
	return all
}

// Each order of a batch stands or falls alone, with its own code, wherever it
// stands.
func TestBatchItemsStandAlone(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 12)...)
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, all[1]))
	forged := *all[2]
	forged.Signer = jws.Signer{Key: all[3].Key, Kid: all[2].Kid}
	expired := tn.payment(nowon, all[4], "stall", 1_000)
	expired.Exp = tn.at(-time.Second)
	elsewhere := tn.payment(nowon, all[5], "stall", 1_000)
	elsewhere.Channel = "other"
	unknown := tn.payment(nowon, all[6], "stall", 1_000)
	unknown.Program = "unknown"
	ahead := tn.payment(nowon, all[7], "stall", 1_000)
	ahead.Seq++
	items := tn.tryBatch(
		tn.pay(nowon, all[0], "stall", 1_000),
		tn.pay(nowon, all[1], "stall", 1_000),
		tn.pay(nowon, &forged, "stall", 1_000),
		all[4].sign(expired), all[5].sign(elsewhere), all[6].sign(unknown), all[7].sign(ahead),
		tn.pay(nowon, newWallet("stranger"), "stall", 1_000),
		tn.pay(nowon, all[8], "arcade", 1_000),
		tn.pay(nowon, all[9], "nowhere", 1_000),
		tn.pay(nowon, all[10], "stall", 1_000_000),
		tn.give(nowon, all[11], tn.stall, 1_000),
		"not an order",
		tn.read(nowon, all[3]),
		tn.pay(nowon, all[3], "stall", 1_000),
	)
	require.Equal(t, []string{
		"", "HOLDER_FROZEN", "BAD_SIGNATURE", "ORDER_EXPIRED", "ORDER_ELSEWHERE", "PROGRAM_UNKNOWN", "SEQ_AHEAD", "HOLDER_UNKNOWN",
		"INSUFFICIENT_FUNDS", "MERCHANT_UNKNOWN", "INSUFFICIENT_FUNDS", "TO_MERCHANT", "BAD_JWS", "WRONG_ORDER", "",
	}, codes(items))
	require.Contains(t, items[8].Detail, "not for region")
	won, n := tn.unclaimed(nowon, tn.stall)
	require.EqualValues(t, 2_000, won)
	require.Equal(t, 1, n)
	for _, w := range all[4:] {
		require.EqualValues(t, 110_000, tn.balance(nowon, w))
	}
}

// Orders of one payer are carried out as they stand; each sees what the one
// before left.
func TestBatchKeepsAPayersOrder(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	to := tn.resident(nowon, "jisoo")
	orders := []string{
		tn.pay(nowon, w, "stall", 60_000), tn.give(nowon, w, to, 40_000), tn.pay(nowon, w, "stall", 9_000), tn.pay(nowon, w, "stall", 1_000),
	}
	require.Equal(t, []string{"", "", "", ""}, codes(tn.tryBatch(orders...)))
	require.Zero(t, tn.balance(nowon, w))
	require.EqualValues(t, 5, tn.purse(nowon, w).Seq)

	// Backwards only the first is next in line.
	w = tn.resident(nowon, "younghee")
	orders = []string{tn.pay(nowon, w, "stall", 100), tn.pay(nowon, w, "stall", 200), tn.pay(nowon, w, "stall", 300)}
	slices.Reverse(orders)
	require.Equal(t, []string{"SEQ_AHEAD", "SEQ_AHEAD", ""}, codes(tn.tryBatch(orders...)))

	// One that fails does not use up its number: the next order under it counts.
	w = tn.resident(nowon, "chulsoo")
	tooMuch := tn.pay(nowon, w, "stall", 200_000)
	w.seq[nowon]--
	require.Equal(t, []string{"INSUFFICIENT_FUNDS", "", "SEQ_USED"}, codes(tn.tryBatch(tooMuch, tn.pay(nowon, w, "stall", 100), tooMuch)))
}

// The same number signed twice, to two merchants: one is paid.
func TestBatchSameSeqToTwoMerchants(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 10_000}})
	tn.batch(tn.claim(bazaar, w, currency.NewCreditName(tx, 0)))
	stall := tn.pay(bazaar, w, "stall", 10_000)
	w.seq[bazaar]--
	arcade := tn.pay(bazaar, w, "arcade", 10_000)
	items := tn.tryBatch(stall, arcade)
	require.Equal(t, []string{"", "SEQ_USED"}, codes(items))
	require.Contains(t, items[1].Detail, "another order")
	won, _ := tn.unclaimed(bazaar, tn.arcade)
	require.Zero(t, won)
}

// An order sent again returns its first result: within a batch, in a later
// batch, alone, and after its exp.
func TestBatchReplay(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	opened := newWallet("jisoo")
	open := tn.open(nowon, opened)
	order := tn.pay(nowon, w, "stall", 10_000)
	first := tn.endorse(tn.courier, "PayBatch", open, order, order, open)
	items := result[[]currency.Item](tn, tn.commitOne(first))
	require.Equal(t, []currency.Item{{}, {}, {First: first.TxID}, {First: first.TxID}}, items)
	require.EqualValues(t, 100_000, tn.balance(nowon, w))

	tn.net.Advance(24 * time.Hour)
	again := tn.endorse(tn.courier, "PayBatch", order, open)
	require.Equal(t, []currency.Item{{First: first.TxID}, {First: first.TxID}}, result[[]currency.Item](tn, again.Payload))
	require.Empty(t, again.Writes())
	require.Nil(t, again.Event)
	alone := tn.endorse(tn.courier, "Pay", order)
	stored, _ := record[currency.Receipt](tn, currency.TableReceipt, nowon, w.account, ledger.Num(2))
	require.Equal(t, stored, result[currency.Receipt](tn, alone.Payload))
	require.Empty(t, alone.Writes())
}

// A batch reads a purse only after its holder's signature held: no forged order
// makes it depend on what its victim does.
func TestForgedOrderDoesNotReadItsVictim(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "victim", "jisoo", "merchant's friend")
	victim := all[1]
	forged := *victim
	forged.seq = map[string]int64{nowon: victim.seq[nowon]}
	forged.Key = all[2].Key
	tampered := tn.pay(nowon, &forged, "stall", 5_000)
	wrongKid := tn.payment(nowon, victim, "stall", 6_000)
	victim.seq[nowon]--
	batch := tn.endorse(tn.courier, "PayBatch",
		tn.pay(nowon, all[0], "stall", 1_000),
		tampered, all[2].sign(wrongKid), tn.give(nowon, &forged, all[2], 1_000), tn.claim(nowon, &forged, currency.NewCreditName(strings.Repeat("0", 64), 0)),
	)
	require.Equal(t, []string{"", "BAD_SIGNATURE", "ORDER_ELSEWHERE", "BAD_SIGNATURE", "BAD_SIGNATURE"}, codes(result[[]currency.Item](tn, batch.Payload)))
	for _, r := range batch.Reads() {
		table, parts, err := ledger.SplitKey(r.Key)
		require.NoError(t, err)
		if table != currency.TableHolder {
			require.NotContains(t, parts, victim.account, "%s of the victim is read", table)
		}
	}
	// So the victim spends in the same block, in front of the batch.
	own := tn.endorse(tn.courier, "Pay", tn.pay(nowon, victim, "stall", 3_000))
	for _, got := range tn.commit(own, batch) {
		require.Equal(t, valid, got)
	}
}

// A credit named twice is claimed once: in one order, and in two of one batch.
func TestBatchCreditNamedTwice(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, to := both[0], both[1]
	given := tn.order("Give", tn.give(nowon, to, w, 10_000))
	other := tn.order("Give", tn.give(nowon, to, w, 1_000))

	items := tn.tryBatch(tn.claim(nowon, w, given.Credit, given.Credit), tn.pay(nowon, w, "stall", 500, given.Credit, other.Credit), tn.claim(nowon, w, given.Credit))
	require.Equal(t, []string{"", "", "NOTHING_CLAIMED"}, codes(items))
	require.Equal(t, []currency.Unclaimed{{Credit: given.Credit, Code: "CREDIT_REPEATED"}}, items[0].Unclaimed)
	require.Equal(t, []currency.Unclaimed{{Credit: given.Credit, Code: "CREDIT_UNKNOWN"}}, items[1].Unclaimed)
	require.EqualValues(t, 110_000+11_000-500, tn.balance(nowon, w))
	won, _ := tn.unclaimed(nowon, w)
	require.Zero(t, won)
}

// A credit is claimed under the order's own holder only.
func TestBatchCreditOfAnother(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, to := both[0], both[1]
	given := tn.order("Give", tn.give(nowon, w, to, 10_000))
	items := tn.tryBatch(
		tn.claim(nowon, w, given.Credit),
		tn.pay(nowon, w, "stall", 105_000, given.Credit),
		tn.pay(nowon, w, "stall", 1_000, given.Credit),
	)
	require.Equal(t, []string{"NOTHING_CLAIMED", "SEQ_AHEAD", "SEQ_AHEAD"}, codes(items))
	w.seq[nowon] -= 3
	items = tn.tryBatch(tn.pay(nowon, w, "stall", 1_000, given.Credit))
	require.Equal(t, []currency.Unclaimed{{Credit: given.Credit, Code: "CREDIT_UNKNOWN"}}, items[0].Unclaimed)
	won, _ := tn.unclaimed(nowon, to)
	require.EqualValues(t, 10_000, won)
}

// What a batch gives can be claimed in a later one, not in the same: a credit's
// name is known only with its transaction.
func TestBatchGiftThenClaim(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, to := both[0], both[1]
	orders := []string{tn.give(nowon, w, to, 50_000), tn.pay(nowon, to, "stall", 100_000)}
	tx := tn.endorse(tn.courier, "PayBatch", anys(orders)...)
	tn.commitOne(tx)
	credit := currency.NewCreditName(tx.TxID, 0)
	// Claim, spend more than was held before, and give back, in one transaction.
	items := tn.tryBatch(tn.claim(nowon, to, credit), tn.give(nowon, to, w, 45_000), tn.pay(nowon, to, "stall", 15_000))
	require.Equal(t, []string{"", "", ""}, codes(items))
	require.Zero(t, tn.balance(nowon, to))
}

// Two refunds of one receipt never exceed what was paid, in one batch and in
// one block.
func TestBatchRefundsDoNotExceed(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	seq := w.seq[nowon] + 1
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 10_000))
	more := tn.order("Pay", tn.pay(nowon, w, "stall", 50_000))
	items := tn.tryBatch(
		tn.claim(nowon, tn.stall, paid.Credit, more.Credit),
		tn.refund(nowon, tn.stall, w, seq, 6_000), tn.refund(nowon, tn.stall, w, seq, 4_001),
	)
	require.Equal(t, []string{"", "", "REFUND_EXCEEDS"}, codes(items))
	tn.stall.seq[nowon]--
	one := tn.endorse(tn.courier, "Refund", tn.refund(nowon, tn.stall, w, seq, 4_000))
	tn.stall.seq[nowon]--
	two := tn.endorse(tn.courier, "PayBatch", tn.refund(nowon, tn.stall, w, seq, 3_999))
	tn.commit(one, two)
	require.Equal(t, valid, one.Status)
	require.Equal(t, mvcc, two.Status)
	tn.refused(currency.RefundExceeds, tn.courier, "Refund", tn.refund(nowon, tn.stall, w, seq, 1))
	won, _ := tn.unclaimed(nowon, w)
	require.EqualValues(t, 10_000, won)
	// The other payment stays refundable to its last won.
	tn.stall.seq[nowon]--
	tn.order("Refund", tn.refund(nowon, tn.stall, w, seq+1, 50_000))
}

// Several programmes in one batch keep to themselves.
func TestBatchOfSeveralPrograms(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 30_000}})
	elsewhere := currency.NewCreditName(tx, 0)
	items := tn.tryBatch(
		tn.pay(nowon, w, "stall", 10_000), tn.pay(bazaar, w, "stall", 10_000, elsewhere),
		tn.pay(nowon, w, "stall", 1_000, elsewhere), tn.pay(bazaar, w, "arcade", 5_000),
	)
	require.Equal(t, []string{"", "", "", ""}, codes(items))
	require.Equal(t, []currency.Unclaimed{{Credit: elsewhere, Code: "CREDIT_UNKNOWN"}}, items[2].Unclaimed)
	require.EqualValues(t, 99_000, tn.balance(nowon, w))
	require.EqualValues(t, 15_000, tn.balance(bazaar, w))
	for program, want := range map[string]int64{nowon: 11_000, bazaar: 10_000} {
		won, n := tn.unclaimed(program, tn.stall)
		require.Equal(t, want, won)
		require.Equal(t, 1, n)
	}
}

// A batch of which nothing was carried out writes nothing and says nothing.
func TestBatchAllFailed(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	before := tn.state()
	tx := tn.endorse(tn.courier, "PayBatch",
		tn.pay(nowon, all[0], "stall", 500_000), tn.give(nowon, all[1], newWallet("nobody"), 1_000),
		tn.claim(nowon, all[1], currency.NewCreditName(strings.Repeat("0", 64), 0)),
		tn.pay(nowon, all[0], "arcade", 1_000, currency.NewCreditName(strings.Repeat("0", 64), 0)), "…", tn.open(nowon, all[0]),
	)
	require.NotContains(t, codes(result[[]currency.Item](tn, tx.Payload)), "")
	require.Empty(t, tx.Writes())
	require.Nil(t, tx.Event)
	tn.commitOne(tx)
	require.Equal(t, before, tn.state())
}

// Orders of an account stand in one batch with its opening. Value cannot: a
// gift or an issue wants an account that is there, and is claimed by name later.
func TestBatchOpenClaimPay(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	nothing := currency.NewCreditName(strings.Repeat("0", 64), 0)
	items := tn.tryBatch(tn.open(nowon, w), tn.claim(nowon, w, nothing), tn.pay(nowon, w, "stall", 100))
	require.Equal(t, []string{"", "NOTHING_CLAIMED", "SEQ_AHEAD"}, codes(items))
	w.seq[nowon] -= 2
	tx := tn.issue(nowon, currency.Principal, []currency.Row{{To: w.account, Amount: 10_000}})
	open := newWallet("jisoo")
	items = tn.tryBatch(
		tn.claim(nowon, w, currency.NewCreditName(tx, 0)), tn.open(nowon, open), tn.give(nowon, w, open, 1_000), tn.pay(nowon, w, "stall", 2_000),
		tn.pay(nowon, open, "stall", 1_000),
	)
	require.Equal(t, []string{"", "", "", "", "INSUFFICIENT_FUNDS"}, codes(items), "a gift reaches an account that the same batch opened; it is claimed later")
	require.EqualValues(t, 8_000, tn.balance(nowon, w))

	// An opening that fails takes the orders behind it along.
	stranger := newWallet("stranger")
	bad := tn.openOrder(nowon, stranger)
	bad.Enrolment = ""
	items = tn.tryBatch(stranger.sign(bad), tn.pay(nowon, stranger, "stall", 100), tn.give(nowon, w, stranger, 100))
	require.Equal(t, []string{"NOT_ENROLLED", "HOLDER_UNKNOWN", "HOLDER_UNKNOWN"}, codes(items))

	// Of two accounts for one person in one batch, one is opened.
	twin, again := newWallet("twin"), newWallet("twin again")
	o := tn.openOrder(nowon, again)
	o.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
		Channel: "trust", DID: again.did, Exp: tn.at(life), Network: network, Person: "p-" + twin.account, Program: nowon, V: 1,
	})
	require.Equal(t, []string{"", "PERSON_HAS_ACCOUNT"}, codes(tn.tryBatch(tn.open(nowon, twin), again.sign(o))))
}

// Payments of one batch to one merchant share a credit only as far as a purse
// can take it in: a credit of more kinds of value than fit could never be
// claimed.
func TestBatchCreditStaysClaimable(t *testing.T) {
	tn := newTown(t)
	const payers, each = currency.MaxBuckets + 6, 1_000
	all := make([]*wallet, payers)
	var opens, orders []string
	for i, name := range names("resident", payers) {
		all[i] = newWallet(name)
		opens = append(opens, tn.open(bazaar, all[i]))
	}
	tn.batch(opens...)
	for i, w := range all { // each holds value of a fund of its own
		credit := tn.issueFrom(fmt.Sprintf("fund-%d", i), w, each)
		orders = append(orders, tn.pay(bazaar, w, "stall", each, credit))
	}
	tn.batch(orders...)
	waiting := tn.credits(bazaar, tn.stall)
	require.Len(t, waiting, 2)
	for name, c := range waiting {
		tn.order("Redeem", tn.redeem(bazaar, tn.stall, currency.Total(c.Parts), name))
	}
	// Every payer's receipt names the credit that holds the payment.
	var named int64
	for _, w := range all {
		r, _ := record[currency.Receipt](tn, currency.TableReceipt, bazaar, w.account, ledger.Num(1))
		for _, p := range waiting[r.Credit].Parts {
			if p.Origin == r.Used[0].Origin {
				named += p.Amount
			}
		}
	}
	require.EqualValues(t, payers*each, named)
}

func TestBatchLimits(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	order := tn.pay(nowon, w, "stall", 10)
	many := make([]any, contract.MaxBatch+1)
	for i := range many {
		many[i] = order
	}
	tn.refused(currency.TooLarge, tn.courier, "PayBatch", many...)
	items := result[[]currency.Item](tn, tn.commitOne(tn.endorse(tn.courier, "PayBatch", many[1:]...)))
	require.Len(t, items, contract.MaxBatch)

	// 500 credits are named in a transaction, over all its orders; those beyond
	// are not even read.
	credits := make([]currency.CreditName, currency.MaxClaims)
	for i := range credits {
		credits[i] = currency.NewCreditName(strings.Repeat("e", 64), i)
	}
	first, beyond := tn.pay(nowon, w, "stall", 10, credits...), tn.pay(nowon, w, "stall", 20, currency.NewCreditName(strings.Repeat("f", 64), 0))
	w.seq[nowon]--
	tx := tn.endorse(tn.courier, "PayBatch", first, beyond, tn.pay(nowon, w, "stall", 30))
	require.Equal(t, []string{"", "TOO_LARGE", ""}, codes(result[[]currency.Item](tn, tx.Payload)))
	read := 0
	for _, r := range tx.Reads() {
		if table, _, err := ledger.SplitKey(r.Key); err == nil && table == currency.TableCredit {
			read++
		}
	}
	require.Equal(t, currency.MaxClaims, read)
	tn.refused(currency.TooLarge, tn.courier, "Pay", tn.pay(nowon, w, "stall", 10, append(credits, credits[0])...))
}
