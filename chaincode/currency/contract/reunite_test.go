// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// A refund arrives at an account that was closed meanwhile. Two officers and a
// cool-down give it to the same person's new account, and to nobody else's.
func TestClosedAccountIsReunited(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, friend := both[0], both[1]
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 110_000))
	bought := w.seq[nowon]
	tn.order("Close", w.sign(tn.closing(nowon, w)))
	back := tn.order("Refund", tn.refund(nowon, tn.stall, w, bought, 4_000, paid.Credit))
	tn.refused(currency.HolderClosed, tn.courier, "Claim", tn.claim(nowon, w, back.Credit))

	again := newWallet("minsu again")
	tn.refused(currency.HolderUnknown, tn.komsco, "ProposeRecovery", tn.json(tn.recovery(w, again)))
	enrolled := tn.openOrder(nowon, again)
	enrolled.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
		Channel: "trust", DID: again.did, Exp: tn.at(life), Network: network, Person: "p-" + w.account, Program: nowon, V: 1,
	})
	tn.batch(again.sign(enrolled))
	for _, wrong := range []*wallet{friend, tn.stall} { // another person's, and a shop's
		tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, wrong))
		tn.net.Advance(72 * time.Hour)
		want := currency.HolderState
		if wrong == tn.stall {
			want = currency.ToMerchant
		}
		tn.refused(want, tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, wrong)))
	}
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, again))
	tn.refused(currency.RecoveryEarly, tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, again)))
	tn.refused(currency.HolderState, tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, friend)))
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, w)) // somebody objects
	tn.net.Advance(72 * time.Hour)
	tn.refused(currency.HolderState, tn.bank, "ApproveRecovery", tn.json(tn.recovery(w, again)))
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, again))
	tn.net.Advance(72 * time.Hour)
	tn.refused(currency.SameOfficer, tn.komsco, "ApproveRecovery", tn.json(tn.recovery(w, again)))
	tn.do(tn.bank, "ApproveRecovery", tn.recovery(w, again))

	h, _ := record[currency.Holder](tn, currency.TableHolder, nowon, w.account)
	require.Equal(t, []any{currency.Closed, again.account}, []any{h.Status, h.Successor}, "it stays closed")
	waits := own(nowon, w, tn.read(nowon, again))
	require.Len(t, get[call.Page[currency.Credit]](tn, tn.courier, "Credits", waits).Records, 1, "shown to who took over")
	waits.Read = tn.read(nowon, friend)
	tn.refused(currency.ReadRefused, tn.courier, "Credits", tn.json(waits))
	waits.Read = tn.read(nowon, w)
	tn.refused(currency.ReadRefused, tn.courier, "Credits", tn.json(waits))
	waits.Read, waits.Account = tn.read(nowon, again), friend.account
	tn.refused(currency.ReadRefused, tn.courier, "Credits", tn.json(waits))
	waits.Account = newWallet("nobody").account
	tn.refused(currency.ReadRefused, tn.courier, "Credits", tn.json(waits))
	tn.do(tn.courier, "ForwardCredits", currency.ForwardCredits{Operation: tn.op(), Program: nowon, Account: w.account, Credits: []currency.CreditName{back.Credit}})
	tn.order("Claim", tn.claim(nowon, again, back.Credit))
	require.EqualValues(t, 4_000, tn.balance(nowon, again))
	tn.refused(currency.HolderState, tn.komsco, "ProposeRecovery", tn.json(tn.recovery(w, newWallet("one more"))))
}

// The account that took over is recovered itself: what still comes to the first one
// goes to the last, in one step.
func TestForwardedToTheLastHeir(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	first, friend := both[0], both[1]
	heirs := []*wallet{first, newWallet("second phone"), newWallet("third phone")}
	name := tn.order("Give", tn.give(nowon, friend, first, 7_000)).Credit // before the key was lost, claimed by nobody
	for i, to := range heirs[1:] {
		from := heirs[i]
		tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, from))
		tn.do(tn.komsco, "ProposeRecovery", tn.recovery(from, to))
		tn.net.Advance(72 * time.Hour)
		tn.do(tn.bank, "ApproveRecovery", tn.recovery(from, to))
	}
	last := heirs[2]
	page := get[call.Page[currency.Credit]](tn, tn.courier, "Credits", own(nowon, first, tn.read(nowon, last)))
	require.Len(t, page.Records, 1)
	tn.refused(currency.ReadRefused, tn.courier, "Credits", tn.json(own(nowon, first, tn.read(nowon, heirs[1]))))
	done := result[currency.Forwarded](tn, tn.do(tn.courier, "ForwardCredits", currency.ForwardCredits{Operation: tn.op(), Program: nowon, Account: first.account, Credits: []currency.CreditName{name}}))
	require.Equal(t, currency.Forwarded{Account: last.account, Moved: []currency.CreditName{name}}, done)
	tn.order("Claim", tn.claim(nowon, last, name))
	require.EqualValues(t, 110_000+7_000, tn.balance(nowon, last))
}
