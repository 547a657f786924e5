// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// A merchant under any number of payers has no conflict: 1,000 payments of
// distinct payers in one block, each its own transaction and then as 8 batches.
func TestThousandPaymentsToOneMerchant(t *testing.T) {
	const payers, batches = 1000, 8
	tn := newTown(t)
	residents := tn.residents(nowon, names("resident", payers)...)

	txs := make([]*ledgertest.Endorsement, payers)
	for i, w := range residents {
		txs[i] = tn.endorse(tn.courier, "Pay", tn.pay(nowon, w, "stall", 1_000))
	}
	for i, got := range tn.commit(txs...) {
		require.Equal(t, valid, got, "payment %d: %s", i, txs[i].Conflict)
	}
	won, n := tn.unclaimed(nowon, tn.stall)
	require.EqualValues(t, payers*1_000, won)
	require.Equal(t, payers, n)

	txs = nil
	for i := range batches {
		var orders []string
		for _, w := range residents[i*payers/batches : (i+1)*payers/batches] {
			orders = append(orders, tn.pay(nowon, w, "stall", 2_000))
		}
		txs = append(txs, tn.endorse(tn.courier, "PayBatch", anys(orders)...))
	}
	for i, got := range tn.commit(txs...) {
		require.Equal(t, valid, got, "batch %d: %s", i, txs[i].Conflict)
		for _, item := range result[[]currency.Item](tn, txs[i].Payload) {
			require.Equal(t, currency.Item{}, item)
		}
	}
	won, n = tn.unclaimed(nowon, tn.stall)
	require.EqualValues(t, payers*3_000, won)
	require.Equal(t, payers+batches, n, "payments of one batch share one credit")
	for _, w := range residents {
		require.EqualValues(t, 107_000, tn.balance(nowon, w))
	}

	// All of it is claimed and redeemed, 500 credits at a time.
	var claims []currency.CreditName
	for name := range tn.credits(nowon, tn.stall) {
		claims = append(claims, name)
	}
	for len(claims) > 0 {
		k := min(len(claims), currency.MaxClaims)
		receipt := tn.order("Claim", tn.claim(nowon, tn.stall, claims[:k]...))
		require.Len(t, receipt.Claimed, k)
		claims = claims[k:]
	}
	tn.order("Redeem", tn.redeem(nowon, tn.stall, payers*3_000))
	require.Zero(t, tn.balance(nowon, tn.stall))
}

// Gifts, refunds and issues to one resident never meet each other, nor the
// resident's own spending.
func TestReceivingNeverConflicts(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 20)...)
	popular, others := all[0], all[1:]
	seq := popular.seq[nowon] + 1
	tn.order("Pay", tn.pay(nowon, popular, "stall", 10_000))
	var credit currency.CreditName
	for name := range tn.credits(nowon, tn.stall) {
		credit = name
	}
	rows := []currency.Row{{To: popular.account, Amount: 5_000}}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))

	txs := []*ledgertest.Endorsement{
		tn.endorse(tn.courier, "Pay", tn.pay(nowon, popular, "stall", 1_000)),
		tn.endorse(tn.courier, "Refund", tn.refund(nowon, tn.stall, popular, seq, 4_000, credit)),
		tn.endorse(tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows})),
	}
	for _, w := range others {
		txs = append(txs, tn.endorse(tn.courier, "Give", tn.give(nowon, w, popular, 500)))
	}
	for i, got := range tn.commit(txs...) {
		require.Equal(t, valid, got, "transaction %d: %s", i, txs[i].Conflict)
	}
	won, n := tn.unclaimed(nowon, popular)
	require.EqualValues(t, 4_000+5_000+500*len(others), won)
	require.Equal(t, 2+len(others), n)
}

// A freeze wins against a spend storm: it is always valid, whatever of the
// frozen one's stands before it in the block, and nothing of theirs after it is.
func TestFreezeDuringSpendStorm(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 30)...)
	thief, others := all[0], all[1:]

	// The last payments before the freeze and those caught by it, as
	// transactions of their own and inside a batch.
	before := tn.endorse(tn.courier, "Pay", tn.pay(nowon, thief, "stall", 1_000))
	thief.seq[nowon]--
	after := tn.endorse(tn.courier, "Pay", tn.pay(nowon, thief, "stall", 1_001))
	batch := []string{tn.pay(nowon, others[0], "stall", 1_000)}
	thief.seq[nowon]--
	caught := tn.give(nowon, thief, others[1], 50_000)
	batch = append(batch, caught)
	inBatch := tn.endorse(tn.courier, "PayBatch", anys(batch)...)
	freeze := tn.endorse(tn.komsco, "FreezeHolder", tn.json(tn.freezing(nowon, thief)))

	block := []*ledgertest.Endorsement{before}
	for _, w := range others[1:15] {
		block = append(block, tn.endorse(tn.courier, "Pay", tn.pay(nowon, w, "stall", 1_000)))
	}
	block = append(block, freeze, after, inBatch)
	for _, w := range others[15:] {
		block = append(block, tn.endorse(tn.courier, "Pay", tn.pay(nowon, w, "stall", 1_000)))
	}
	tn.commit(block...)
	for _, tx := range block {
		want := valid
		if tx == after || tx == inBatch {
			want = mvcc
		}
		require.Equal(t, want, tx.Status, tx.Conflict)
	}
	require.EqualValues(t, 109_000, tn.balance(nowon, thief))

	// Sent again, the caught orders are refused and the neighbour's goes through.
	next := tn.give(nowon, thief, others[1], 50_000)
	items := tn.tryBatch(append(batch, next)...)
	require.Empty(t, items[0].Code)
	require.Equal(t, "SEQ_USED", items[1].Code)
	require.Equal(t, "HOLDER_FROZEN", items[2].Code)

	// What was carried out before still answers with its first result.
	replay := tn.endorse(tn.courier, "Pay", string(before.Args[1]))
	require.Equal(t, string(before.Payload), string(replay.Payload))

	// Nothing is given or issued to a frozen account, and unfreezing ends it.
	tn.refused(currency.HolderFrozen, tn.courier, "Give", tn.give(nowon, others[1], thief, 100))
	others[1].seq[nowon]--
	tn.do(tn.city, "UnfreezeHolder", tn.freezing(nowon, thief))
	tn.batch(next)
	require.EqualValues(t, 59_000, tn.balance(nowon, thief))
}

// A stop wins against all that is drawn at that moment: it is valid whatever stands
// before it in the block, nothing drawn behind it is, and the rest stays whole.
func TestStopDuringDraws(t *testing.T) {
	const buyers = 10
	tn := newTown(t)
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	all := make([]*wallet, buyers)
	confirms := make([]*ledgertest.Endorsement, buyers)
	for i, name := range names("buyer", buyers) {
		all[i] = newWallet(name)
		tn.batch(tn.open(nowon, all[i]))
		tn.order("Buy", tn.buy(nowon, all[i], 10_000))
		confirms[i] = tn.endorse(tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[i], "KB-"+strconv.Itoa(i), 10_000, i)))
	}
	stop := tn.endorse(tn.komsco, "StopAllotment", tn.json(currency.StopAllotment{
		Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"}, Reason: "case-7",
	}))
	block := slices.Concat(confirms[:buyers/2], []*ledgertest.Endorsement{stop}, confirms[buyers/2:])
	tn.commit(block...)
	for i, tx := range block {
		want := valid
		if i > buyers/2 {
			want = mvcc
		}
		require.Equal(t, want, tx.Status, "transaction %d: %s", i, tx.Conflict)
	}
	tn.refused(currency.AllotmentStopped, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[buyers-1], "KB-late", 10_000, 0)))
	require.EqualValues(t, 1_000_000-buyers/2*1_000, tn.audit.term(nowon, "budget", currency.Reserved))
	closed := result[currency.Allotment](tn, tn.do(tn.city, "CloseAllotment", currency.RecordOperation{
		Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"},
	}))
	require.EqualValues(t, 1_000_000-buyers/2*1_000, closed.Returned)
}

// Two spends of one purse in one block: the first counts.
func TestOnePurseOneSpendABlock(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	order := tn.pay(nowon, w, "stall", 60_000)
	w.seq[nowon]--
	other := tn.pay(nowon, w, "stall", 70_000)
	first, second := tn.endorse(tn.courier, "Pay", order), tn.endorse(tn.courier, "Pay", other)
	tn.commit(first, second)
	require.Equal(t, valid, first.Status)
	require.Equal(t, mvcc, second.Status)
	tn.refused(currency.SeqUsed, tn.courier, "Pay", other)
	require.EqualValues(t, 50_000, tn.balance(nowon, w))
}
