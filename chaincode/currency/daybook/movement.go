// SPDX-License-Identifier: Apache-2.0

package daybook

import (
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// movement is what one transaction does to the books. Most flows are what its
// records say themselves. What is issued is what leaves the funds, and must be
// what new credits say; what is refunded is what shops hold less than their
// takings, their redemptions and their own spending explain.
type movement struct {
	book   *Book
	tx     string
	stocks map[fund]map[Side]int64 // how much more each side holds
	flows  map[fund]map[Flow]int64
	issued map[fund]int64 // as new credits say
}

func (m *movement) flow(program string, f Flow, parts []currency.Part) {
	for _, p := range parts {
		m.won(fund{program, p.Origin}, f, p.Amount)
	}
}

func (m *movement) won(of fund, f Flow, amount int64) {
	if m.flows[of] == nil {
		m.flows[of] = map[Flow]int64{}
	}
	m.flows[of][f] += amount
}

// record takes in a change of one record.
func (m *movement) record(w Write, before []byte) error {
	table, key, after := w.Table, w.Key, w.Value
	if err := m.stock(table, key, before, after); err != nil {
		return err
	}
	program := key[0]
	var was, is struct {
		credit  currency.Credit
		back    currency.FundReturn
		claimed currency.Redemption
		about   currency.Case
	}
	shop := len(key) > 1 && m.book.shops[account{program, key[1]}]
	switch table {
	case currency.TableCredit:
		if before != nil || after == nil || len(key) != 4 || key[2] != m.tx {
			return nil // claimed or forwarded: no new one
		}
		if err := is.credit.UnmarshalBinary(after); err != nil {
			return err
		}
		switch is.credit.Kind {
		case currency.CreditPayment:
			m.flow(program, Used, is.credit.Parts)
		case currency.CreditRelease:
			m.flow(program, ofSide(shop, Freed, FreedShops), is.credit.Parts)
		case currency.CreditIssue, currency.CreditBuy, currency.CreditReward:
			for _, p := range is.credit.Parts {
				m.issued[fund{program, p.Origin}] += p.Amount
			}
		}
	case currency.TableReceipt:
		if len(key) != 3 || after == nil || !shop {
			return nil
		}
		var r currency.Receipt
		if err := r.UnmarshalBinary(after); err != nil {
			return err
		}
		switch r.Kind {
		case currency.KindPayment, currency.KindGift, currency.KindHold, currency.KindExchange:
			m.flow(program, Respent, r.Used)
		}
	case currency.TableFundReturn:
		if err := decodeBoth(before, after, &was.back, &is.back); err != nil {
			return err
		}
		why := Lapsed
		if is.back.Case != "" {
			why = ClawedBack
		}
		m.won(fund{program, is.back.Fund}, why, is.back.Amount-was.back.Amount)
	case currency.TableCase:
		if err := decodeBoth(before, after, &was.about, &is.about); err != nil {
			return err
		}
		if currency.Total(is.about.Held) <= currency.Total(was.about.Held) {
			return nil // what was given back, new credits and returns say
		}
		m.flow(program, ofSide(shop, Held, HeldShops), is.about.Held)
		for _, p := range was.about.Held {
			m.won(fund{program, p.Origin}, ofSide(shop, Held, HeldShops), -p.Amount)
		}
	case currency.TableRedemption:
		if err := decodeBoth(before, after, &was.claimed, &is.claimed); err != nil {
			return err
		}
		claim, pay := Redeemed, PaidOut
		if is.claimed.Merchant == "" {
			claim, pay = CashClaimed, CashedOut
		}
		if before == nil {
			m.flow(program, claim, is.claimed.Parts)
		}
		if was.claimed.Recalled == 0 && is.claimed.Recalled != 0 {
			m.flow(program, ofSide(is.claimed.Merchant != "", Recalled, RecalledShops), is.claimed.Parts)
		}
		if was.claimed.Paid == "" && is.claimed.Paid != "" {
			m.flow(program, pay, is.claimed.Parts)
			m.book.paid(program, pay, is.claimed.Parts)
		}
	case currency.TableExchanged:
		var x currency.Exchanged
		if err := json.Unmarshal(after, &x); err != nil {
			return err
		}
		m.flow(program, ExchangedOut, x.Parts)
		m.flow(x.Into, ExchangedIn, x.Parts)
		m.book.exchanged(program, x)
	}
	return nil
}

func ofSide(shop bool, residents, shops Flow) Flow {
	if shop {
		return shops
	}
	return residents
}

func decodeBoth(before, after []byte, was, is any) error {
	if before != nil {
		if err := json.Unmarshal(before, was); err != nil {
			return err
		}
	}
	return json.Unmarshal(after, is)
}

// stock sums up how the record's terms change, by side: the rules of the supply
// equation say which terms those are.
func (m *movement) stock(table string, key []string, before, after []byte) error {
	if !currency.HoldsMoney(table) {
		return nil
	}
	s := currency.NewSupply()
	if err := s.Apply(table, key[0], before, after); err != nil {
		return err
	}
	shop := len(key) > 1 && m.book.shops[account{key[0], key[1]}]
	for _, l := range s.Lines() {
		of := fund{l.Program, l.Fund}
		for term, won := range l.Terms {
			if term == currency.Entered && won != 0 {
				m.won(of, Entered, won)
				m.book.entered(of, table, won)
			}
			if side := sideOf(term, shop); side != Outside && won != 0 {
				if m.stocks[of] == nil {
					m.stocks[of] = map[Side]int64{}
				}
				m.stocks[of][side] += won
			}
		}
	}
	return nil
}

// settle books the transaction.
func (m *movement) settle() error {
	for of := range m.flows {
		if m.stocks[of] == nil {
			m.stocks[of] = map[Side]int64{}
		}
	}
	for of, stock := range m.stocks {
		line, err := m.book.line(of)
		if err != nil {
			return err
		}
		f := m.flows[of]
		if f == nil {
			f = map[Flow]int64{}
		}
		recalled(f)
		f[Issued] = f[Entered] + f[Lapsed] + f[ClawedBack] - stock[Undrawn]
		if f[Issued] != m.issued[of] {
			return fmt.Errorf("programme %s fund %s: %d won left the funds, new credits say %d", of.program, of.fund, f[Issued], m.issued[of])
		}
		if f[Refunded] = f[Used] - f[Redeemed] - f[Respent] - f[HeldShops] + f[FreedShops] - stock[Shops]; f[Refunded] < 0 { // a hold went back to a shop that pays
			f[Respent], f[Refunded] = f[Respent]+f[Refunded], 0
		}
		for name, won := range f {
			line.Flows[name] += won
		}
		for side, won := range stock {
			line.Closing[side] += won
		}
	}
	return nil
}

// recalled takes out of what cases hold of purses and credits what they got of claims
// on the bank instead: the whole claim goes to the case, and the case frees the rest.
func recalled(f map[Flow]int64) {
	if won := f[Recalled]; won != 0 {
		f[Held] -= won - f[Freed]
	}
	if won := f[RecalledShops]; won != 0 {
		f[HeldShops] -= won - f[FreedShops]
	}
}
