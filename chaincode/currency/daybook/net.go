// SPDX-License-Identifier: Apache-2.0

package daybook

import (
	"cmp"
	"maps"
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Obligation is what one organisation owes another for what happened to a fund.
//
// Behind every fund stands one organisation, its backer: the programme's bank for
// one that began with a deposit or with what came from another programme, the issuer for one that
// began with an appropriation. The bank owes the backer what is paid in, the
// backer owes the bank what it pays out, and with an exchange the backers settle. What lapses
// stays with its backer.
type Obligation struct {
	Program  string `json:"program"`
	Fund     string `json:"fund"`
	Why      Flow   `json:"why"` // entered, paidOut, cashedOut or exchangedOut
	Debtor   string `json:"debtor"`
	Creditor string `json:"creditor"`
	Amount   int64  `json:"amount"` // won
}

func (b *Book) owe(of fund, why Flow, debtor, creditor string, amount int64) {
	p := b.programs[of.program]
	if p == nil || debtor == creditor || amount == 0 {
		return
	}
	for i, o := range p.Obligations {
		if o.Fund == of.fund && o.Why == why && o.Debtor == debtor && o.Creditor == creditor {
			p.Obligations[i].Amount += amount
			return
		}
	}
	p.Obligations = append(p.Obligations, Obligation{of.program, of.fund, why, debtor, creditor, amount})
}

// backer is who stands behind a fund. The first money decides.
func (b *Book) backer(of fund, first func(currency.Organisations) string) string {
	if b.backers[of] == "" && b.programs[of.program] != nil {
		b.backers[of] = first(b.programs[of.program].Organisations)
	}
	return b.backers[of]
}

func byBank(o currency.Organisations) string { return o.Bank }

func (b *Book) bank(program string) string {
	if p := b.programs[program]; p != nil {
		return p.Organisations.Bank
	}
	return ""
}

func (b *Book) entered(of fund, table string, amount int64) {
	if table != currency.TableDeposit {
		b.backer(of, func(o currency.Organisations) string { return o.Issuer })
		return
	}
	b.owe(of, Entered, b.bank(of.program), b.backer(of, byBank), amount)
}

func (b *Book) paid(program string, why Flow, parts []currency.Part) {
	for _, p := range parts {
		of := fund{program, p.Origin}
		b.owe(of, why, b.backer(of, byBank), b.bank(program), p.Amount)
	}
}

func (b *Book) exchanged(program string, x currency.Exchanged) {
	for _, p := range x.Parts {
		of := fund{program, p.Origin}
		b.owe(of, ExchangedOut, b.backer(of, byBank), b.backer(fund{x.Into, p.Origin}, byBank), p.Amount)
	}
}

// Position is where an organisation stands after a day.
type Position struct {
	Organisation string `json:"organisation"`
	Owed         int64  `json:"owed"` // to it, won
	Owes         int64  `json:"owes"` // won
	Net          int64  `json:"net"`  // owed less owes; all of them come to 0
}

// Transfer settles a part of what is owed.
type Transfer struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"` // won
}

// Net nets obligations: each organisation's position, by name, and the transfers
// that settle them all, fewer than there are organisations.
func Net(obligations []Obligation) ([]Position, []Transfer) {
	by := map[string]Position{}
	for _, o := range obligations {
		d, c := by[o.Debtor], by[o.Creditor]
		d.Owes, d.Net = d.Owes+o.Amount, d.Net-o.Amount
		by[o.Debtor] = d
		if o.Debtor == o.Creditor {
			c = d
		}
		c.Owed, c.Net = c.Owed+o.Amount, c.Net+o.Amount
		by[o.Creditor] = c
	}
	positions := make([]Position, 0, len(by))
	for _, name := range slices.Sorted(maps.Keys(by)) {
		p := by[name]
		p.Organisation = name
		positions = append(positions, p)
	}
	return positions, transfers(positions)
}

// transfers has the largest debtor pay the largest creditor until nobody owes
// anything: each transfer brings one of the two to 0.
func transfers(positions []Position) []Transfer {
	open := slices.Clone(positions)
	var all []Transfer
	for {
		slices.SortFunc(open, func(a, b Position) int {
			return cmp.Or(cmp.Compare(a.Net, b.Net), cmp.Compare(a.Organisation, b.Organisation))
		})
		if len(open) == 0 || open[0].Net == 0 {
			return all
		}
		debtor, creditor := &open[0], &open[len(open)-1]
		amount := min(-debtor.Net, creditor.Net)
		debtor.Net, creditor.Net = debtor.Net+amount, creditor.Net-amount
		all = append(all, Transfer{From: debtor.Organisation, To: creditor.Organisation, Amount: amount})
	}
}
