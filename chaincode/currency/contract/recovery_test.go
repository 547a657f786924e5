// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func (tn *town) recovery(w, phone *wallet) currency.ProposeRecovery {
	return currency.ProposeRecovery{Operation: tn.op(), Program: nowon, Account: w.account, DID: phone.did}
}

// Minsu lost his phone. Two officers of two organisations and three days give
// what he holds, what waits for him and his place in the programme to a new key.
// The old one is worth nothing any more.
func TestRecovery(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, friend := both[0], both[1]
	phone := newWallet("new phone")
	gift := tn.order("Give", tn.give(nowon, friend, w, 5_000))
	held := tn.authorising(nowon, w, "stall", 2_000)
	tn.order("Authorise", w.sign(held))
	refusedBy := func(want *code.Code, function string, r currency.ProposeRecovery) {
		t.Helper()
		caller := tn.bank
		if function == "ProposeRecovery" {
			caller = tn.komsco
		}
		tn.refused(want, caller, function, tn.json(r))
	}

	refusedBy(currency.HolderState, "ProposeRecovery", tn.recovery(w, phone))
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
	refusedBy(currency.HolderState, "ApproveRecovery", tn.recovery(w, phone))
	refusedBy(currency.HolderExists, "ProposeRecovery", tn.recovery(w, friend))
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, phone))
	tn.net.Advance(72*time.Hour - time.Second)
	refusedBy(currency.RecoveryEarly, "ApproveRecovery", tn.recovery(w, phone))
	refusedBy(currency.HolderState, "ApproveRecovery", tn.recovery(w, newWallet("thief")))
	tn.refused(currency.SameOfficer, tn.komsco, "ApproveRecovery", tn.json(tn.recovery(w, phone)))

	// He finds the phone after all: unfreezing takes the proposal back, for good.
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, w))
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
	tn.net.Advance(time.Hour)
	refusedBy(currency.HolderState, "ApproveRecovery", tn.recovery(w, phone))

	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, phone))
	tn.net.Advance(72 * time.Hour)
	before := tn.purse(nowon, w)
	tn.do(tn.bank, "ApproveRecovery", tn.recovery(w, phone))
	require.Equal(t, before.Buckets, tn.purse(nowon, phone).Buckets)
	require.Zero(t, tn.balance(nowon, w))
	who, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
	require.Equal(t, phone.account, who.Holder)
	tn.refused(currency.HolderClosed, tn.courier, "Pay", tn.pay(nowon, w, "stall", 1))
	tn.refused(currency.HolderState, tn.komsco, "UnfreezeHolder", tn.json(tn.freezing(nowon, w)))
	tn.refused(currency.ReadRefused, tn.courier, "Purse", tn.json(currency.OwnQuery{
		PageQuery: currency.PageQuery{Program: nowon}, Account: w.account, Read: tn.read(nowon, w),
	}))
	refusedBy(currency.HolderExists, "ApproveRecovery", tn.recovery(w, phone))

	// What waited for the old account, and what comes back to it, is forwarded.
	swept := result[currency.Swept](tn, tn.commitOne(tn.endorse(tn.courier, "Sweep", sweepHolds(tn, currency.ReceiptName{Holder: w.account, Seq: held.Seq}))))
	names := []currency.CreditName{gift.Credit, swept.Released[0]}
	forward := func() currency.Forwarded {
		return result[currency.Forwarded](tn, tn.do(tn.courier, "ForwardCredits", currency.ForwardCredits{Operation: tn.op(), Program: nowon, Account: w.account, Credits: names}))
	}
	require.Equal(t, currency.Forwarded{Account: phone.account, Moved: names}, forward())
	require.Equal(t, currency.Forwarded{Unknown: names}, forward())
	tn.order("Pay", tn.pay(nowon, phone, "stall", 1_000, names...))
	require.EqualValues(t, 110_000+5_000-1_000, tn.balance(nowon, phone))
	require.Subset(t, tn.events(), []string{"RecoveryProposed", "AccountRecovered", "CreditsForwarded"})

	// A shop's key: payments go to the new account at once.
	phone = newWallet("new till")
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, tn.stall))
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(tn.stall, phone))
	tn.net.Advance(72 * time.Hour)
	tn.do(tn.bank, "ApproveRecovery", tn.recovery(tn.stall, phone))
	paid := tn.order("Pay", tn.pay(nowon, friend, "stall", 3_000))
	tn.order("Redeem", tn.redeem(nowon, phone, 3_000, paid.Credit))
}

// An order of the lost phone that was endorsed before the freeze comes to nothing after
// it, and beside the recovery itself: nothing is both spent and moved.
func TestRecoveryAgainstAPayment(t *testing.T) {
	tn := newTown(t)
	w, phone := tn.resident(nowon, "minsu"), newWallet("new phone")
	kept := tn.endorse(tn.courier, "Pay", tn.pay(nowon, w, "stall", 10_000))
	gift := tn.endorse(tn.courier, "Give", tn.give(nowon, tn.resident(nowon, "jisoo"), w, 5_000))
	freeze := tn.endorse(tn.komsco, "FreezeHolder", tn.json(tn.freezing(nowon, w)))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(freeze, gift)[0], gift.Status})
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, phone))
	tn.net.Advance(72 * time.Hour)
	approve := tn.endorse(tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, phone)))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(approve, kept)[0], kept.Status})
	require.EqualValues(t, 110_000, tn.balance(nowon, phone))
	require.Zero(t, tn.balance(nowon, w))
}

// An approval and an unfreezing in one block: whichever comes first, the other
// does nothing.
func TestRecoveryRace(t *testing.T) {
	for _, approveFirst := range []bool{true, false} {
		tn := newTown(t)
		w, phone := tn.resident(nowon, "minsu"), newWallet("new phone")
		tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
		tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, phone))
		tn.net.Advance(72 * time.Hour)
		approve := tn.endorse(tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, phone)))
		unfreeze := tn.endorse(tn.komsco, "UnfreezeHolder", tn.json(tn.freezing(nowon, w)))
		if approveFirst {
			tn.commit(approve, unfreeze)
			require.Equal(t, mvcc, unfreeze.Status)
			require.EqualValues(t, 110_000, tn.balance(nowon, phone))
			continue
		}
		tn.commit(unfreeze, approve)
		require.Equal(t, mvcc, approve.Status)
		require.EqualValues(t, 110_000, tn.balance(nowon, w))
	}
}
