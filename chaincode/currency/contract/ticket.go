// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

var (
	ticketSeries = ledger.NewTable[currency.TicketSeries](currency.TableTicketSeries, 2)
	usedTickets  = ledger.NewTable[currency.UsedTicket](currency.TableTicket, 3)
)

// ticketFunctions; presenting is the order Present (ticket-order+jws):
//
//   - OpenTickets {op, program, id, unit, appropriation, each, count, tranches, purpose, until,
//     root, schema, region, key} by the issuer's issuing officer opens a series and
//     the allotment of its id that pays for it; emits TicketsOpened. The issuer of
//     key must be accredited, as the programme's identity contract tells:
//     NOT_ACCREDITED. ALLOTMENT_EXISTS, TICKET_KEY, TICKET_EXPIRED, UNIT_MISMATCH, PURPOSE_UNKNOWN,
//     PERSON_CEILING, BATCH_CEILING, DAY_CEILING, FUND_EXCEEDED, APPROPRIATION_UNKNOWN,
//     APPROPRIATION_STATE, DID_UNRESOLVED, DID_INACTIVE. StopAllotment ends all
//     payment, CloseAllotment then gives back what is left.
//   - TicketSeries {program, id} answers the record. TICKETS_UNKNOWN.
func ticketFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("OpenTickets", openTickets),
		ledger.Query("TicketSeries", func(t *ledger.Tx, r currency.RecordQuery) (currency.TicketSeries, error) {
			return series(t, r.Program, r.ID)
		}),
	}
}

func openTickets(t *ledger.Tx, r currency.OpenTickets) (currency.TicketSeries, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.TicketSeries{}, err
	}
	caller, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer)
	if err != nil {
		return currency.TicketSeries{}, err
	}
	if taken, err := allotments.Has(t, r.Program, r.ID); err != nil || taken {
		return currency.TicketSeries{}, first(err, currency.AllotmentExists.Errorf("allotment %s", r.ID))
	}
	if p.Identity == nil {
		return currency.TicketSeries{}, currency.DIDUnresolved.Errorf("programme %s names no identity contract, so no issuer is accredited", p.ID)
	}
	rules, err := current(t, p)
	if err != nil {
		return currency.TicketSeries{}, err
	}
	place := currency.Place{Network: t.Network(), Channel: t.Channel(), Chaincode: t.Chaincode()}
	opened, err := r.Decide(place, p, rules, documents(t, p), t.Now())
	if err != nil {
		return opened, err
	}
	if _, err := ledger.Ask[identity.AccreditedAnswer](t, accredited, p.Identity.Chaincode, "Accredited", r.Accreditation(opened.Issuer)); err != nil {
		return opened, err
	}
	opened.By = caller.String()
	from, err := appropriation(t, r.Program, r.Appropriation)
	if err != nil {
		return opened, err
	}
	reserved, each, from, err := r.Allotment().Open(rules, from, t.Now())
	if err != nil {
		return opened, err
	}
	reserved.By = opened.By
	if err := countOpened(t, p, reserved.Amount, rules.Guards); err != nil {
		return opened, err
	}
	for n := range reserved.Tranches {
		if err := tranches.Put(t, each, r.Program, r.ID, ledger.Num(int64(n))); err != nil {
			return opened, err
		}
	}
	t.Emit("TicketsOpened", r.Program+"/"+r.ID)
	if err := appropriations.Put(t, from, r.Program, r.Appropriation); err != nil {
		return opened, err
	}
	if err := allotments.Put(t, reserved, r.Program, r.ID); err != nil {
		return opened, err
	}
	return opened, ticketSeries.Put(t, opened, r.Program, r.ID)
}

// accredited are the refusals of the identity contract that a question for an
// accreditation comes to; currency refuses with the same words.
var accredited = currency.AccreditationCodes

func series(t *ledger.Tx, program, id string) (currency.TicketSeries, error) {
	s, found, err := ticketSeries.Get(t, program, id)
	if err == nil && !found {
		err = currency.TicketsUnknown.Errorf("series %s", id)
	}
	return s, err
}

// present takes a ticket: it is kept as used, and its worth goes from a tranche to
// a credit of the account.
func (s *step) present(o currency.PresentTicket) (currency.Buckets, string, error) {
	of, err := series(s.tx, s.Program, o.Series)
	if err != nil {
		return nil, "", err
	}
	name, err := o.Message().TicketName()
	if err != nil {
		return nil, "", err
	}
	used, found, err := usedTickets.Get(s.tx, s.Program, o.Series, name)
	if err != nil || found {
		return nil, "", first(err, currency.TicketUsed.Errorf("in transaction %s", used.Tx))
	}
	rules, err := policy(s.tx, s.Program, of.Policy)
	if err != nil {
		return nil, "", err
	}
	worth, err := of.Check(o, s.holder, rules, s.program.Today(s.tx.Now()), s.tx.Now())
	if err != nil {
		return nil, "", err
	}
	if worth.Origin, err = s.drawTicket(of); err != nil {
		return nil, "", err
	}
	s.send(currency.CreditIssue, s.Holder, o.Series, []currency.Part{worth})
	s.fill(currency.KindTicket, of.Each, s.Holder, o.Series, nil)
	return s.collected.Buckets, "TicketPresented", usedTickets.Put(s.tx, currency.UsedTicket{Tx: s.tx.ID()}, s.Program, o.Series, name)
}

// drawTicket takes a ticket's worth from the first tranche that has it, beginning
// with one that the transaction's id chooses: so transactions of one block seldom
// meet, and those that carry many tickets draw on one. It returns the fund.
func (s *step) drawTicket(of currency.TicketSeries) (string, error) {
	a, err := allotment(s.tx, s.Program, of.ID)
	if err != nil {
		return "", err
	}
	if err := a.CheckDrawing(); err != nil {
		return "", err
	}
	start, err := hex.DecodeString(s.tx.ID())
	if err != nil || len(start) < 8 {
		return "", currency.TicketsUnknown.Errorf("transaction id %q is no digest", s.tx.ID())
	}
	first := binary.BigEndian.Uint64(start) % uint64(a.Tranches) //nolint:gosec // 1 to 1000
	for n := range a.Tranches {
		at := (int(first) + n) % a.Tranches //nolint:gosec // below 1000
		part, err := tranche(s.tx, s.Program, of.ID, at)
		if err != nil {
			return "", err
		}
		if part.Left < of.Each {
			continue
		}
		if part, err = part.Draw(currency.Benefit, of.Each, s.tx.Now()); err != nil {
			return "", err
		}
		return part.Fund, tranches.Put(s.tx, part, s.Program, of.ID, ledger.Num(int64(at)))
	}
	return "", currency.FundExceeded.Errorf("all %d tickets of series %s are paid", of.Count, of.ID)
}
