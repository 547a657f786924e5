// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	idcontract "github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// daysTickets is how many tickets of 30,000 won the series of random days pays for:
// fewer than are signed.
const daysTickets = 2

// newTicketTown is a town where an accredited office gives tickets in bazaar.
func newTicketTown(t ledgertest.TB) *town {
	t.Helper()
	tn := newTownWith(t, &currency.Identity{Chaincode: registry},
		ledgertest.Chaincode(registry, idcontract.New(ledger.Config{Name: registry, Network: network})))
	office := tn.agency("welfare office")
	tn.accredit(office)
	tn.office = office
	tn.do(tn.city, "OpenTickets", tn.ticketingIn(bazaar, office, "spring", daysTickets, 2))
	return tn
}

// somePresent presents one of the two tickets of the signer's, used or not, now and
// then somebody else's or one that nobody signed.
func (d *days) somePresent(t *rapid.T, program string, w *wallet) currency.PresentTicket {
	o := d.keptTicket(bazaar, mostly(t, "series", "spring", "autumn"), mostly(t, "ticket of", w, d.wallets[0], d.wallets[1]), upTo(2).Draw(t, "ticket"))
	o.Program, o.Holder, o.Seq = program, w.account, w.next(program)
	if seldom(t, "forged") {
		o.Signature = o.Signature[:10] + "AAAA" + o.Signature[14:]
	}
	return o
}

// tickets fails where a ticket is paid without being used, or more are paid than were
// set aside for. Series of random days are in bazaar only.
func (d *days) tickets(t *rapid.T) {
	var used, paid int
	prefix := ledger.CompositeKey(currency.TableTicket)
	for range d.net.Range(cc, prefix, prefix+"~") {
		used++
	}
	for _, w := range d.everyone() {
		for seq := range d.purse(bazaar, w).Seq {
			if r, _ := record[currency.Receipt](d.town, currency.TableReceipt, bazaar, w.account, ledger.Num(seq+1)); r.Kind == currency.KindTicket {
				paid++
			}
		}
	}
	if used != paid || used > daysTickets {
		t.Fatalf("%d tickets are used, %d were paid, %d are set aside for", used, paid, daysTickets)
	}
	for i := range 2 {
		if left, _ := record[currency.Tranche](d.town, currency.TableTranche, bazaar, "spring", ledger.Num(int64(i))); left.Left < 0 {
			t.Fatalf("tranche %d of the tickets has %d won left", i, left.Left)
		}
	}
}
