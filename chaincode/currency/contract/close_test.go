// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func (tn *town) closing(program string, w *wallet) currency.Close {
	return currency.Close{
		Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

// What a shop never captured is not left behind: who closes has it swept and claims it.
func TestCloseLeavesNoHoldBehind(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, friend := both[0], both[1]
	hold := tn.authorising(nowon, w, "stall", 10_000)
	tn.order("Authorise", w.sign(hold))
	tn.order("Give", tn.give(nowon, w, friend, 100_000))
	name := currency.ReceiptName{Holder: w.account, Seq: hold.Seq}
	tn.net.Advance(26 * time.Hour)
	refused := func() {
		t.Helper()
		tn.refused(currency.NotEmpty, tn.courier, "Close", w.sign(tn.closing(nowon, w)))
		w.seq[nowon]--
	}
	refused()
	swept := result[currency.Swept](tn, tn.commitOne(tn.endorse(tn.courier, "Sweep", sweepHolds(tn, name))))
	refused()
	tn.order("Claim", tn.claim(nowon, w, swept.Released[0]))
	tn.order("Give", tn.give(nowon, w, friend, 10_000))
	tn.order("Close", w.sign(tn.closing(nowon, w)))
}

// Minsu moves to another town: he gives away what he holds, waits for his hold
// and closes the account. Nothing goes in or out any more; he himself may open
// another one, when he comes back with a new phone.
func TestCloseAccount(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, friend := both[0], both[1]
	hold := tn.authorising(nowon, w, "stall", 10_000)
	tn.order("Authorise", w.sign(hold))
	refused := func() {
		t.Helper()
		tn.refused(currency.NotEmpty, tn.courier, "Close", w.sign(tn.closing(nowon, w)))
		w.seq[nowon]--
	}
	refused()
	tn.order("Give", tn.give(nowon, w, friend, 100_000))
	refused()
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, currency.ReceiptName{Holder: w.account, Seq: hold.Seq}, 10_000)))
	refused() // the purse does not know; the deadline does
	tn.net.Advance(26 * time.Hour)

	newPhone := newWallet("minsu's new phone")
	open := tn.openOrder(nowon, newPhone)
	open.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
		Channel: "trust", DID: newPhone.did, Exp: tn.at(life), Network: network, Person: "p-" + w.account, Program: nowon, V: 1,
	})
	tn.refused(currency.PersonHasAccount, tn.courier, "Open", newPhone.sign(open))
	gift := tn.endorse(tn.courier, "Give", tn.give(nowon, friend, w, 1_000))
	order := w.sign(tn.closing(nowon, w))
	closing := tn.endorse(tn.courier, "Close", order)
	codes := tn.commit(closing, gift)
	require.Equal(t, valid, codes[0])
	require.Equal(t, mvcc, codes[1], "a gift that came too late")
	friend.seq[nowon]--

	h, _ := record[currency.Holder](tn, currency.TableHolder, nowon, w.account)
	require.Equal(t, currency.Closed, h.Status)
	again := tn.endorse(tn.courier, "Close", order)
	require.Equal(t, closing.Payload, again.Payload)
	require.Empty(t, again.Writes())
	tn.refused(currency.HolderClosed, tn.courier, "Pay", tn.pay(nowon, w, "stall", 1))
	tn.refused(currency.HolderClosed, tn.courier, "Give", tn.give(nowon, friend, w, 1_000))
	tn.refused(currency.HolderExists, tn.courier, "Open", tn.open(nowon, w))
	tn.refused(currency.HolderState, tn.komsco, "UnfreezeHolder", tn.json(tn.freezing(nowon, w)))
	tn.commitOne(tn.endorse(tn.courier, "Open", newPhone.sign(open)))
	who, _ := record[currency.Person](tn, currency.TablePerson, nowon, "p-"+w.account)
	require.Equal(t, newPhone.account, who.Holder)
	require.Contains(t, tn.events(), "AccountClosed")
	tn.refused(currency.HolderState, tn.courier, "Close", tn.stall.sign(tn.closing(nowon, tn.stall)))
}
