// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// lapseFunctions:
//
//   - Sweep {op, program, purses, credits, holds} by anybody, without a role: takes
//     what has lapsed out of the purses and credits it names and gives it back to
//     the funds it came from, and gives holds past their deadline back to their
//     payers; emits Lapsed or Released for each. Each one stands alone; what is
//     skipped is in the answer: NOTHING_LAPSED, HOLDER_FROZEN, HOLDER_UNKNOWN,
//     CREDIT_UNKNOWN, HOLD_UNKNOWN, HOLD_OPEN, HOLD_EMPTY. So any sweep may be
//     repeated.
//   - AbsorbReturns {op, program, id, returns} by the issuer's treasurer puts what
//     came back into an appropriation of the same fund; emits ReturnsAbsorbed.
//     APPROPRIATION_UNKNOWN, APPROPRIATION_STATE, RETURN_UNKNOWN,
//     RETURN_ABSORBED, FISCAL_YEAR.
//   - Lapsing {program, of, limit, bookmark} answers officers who may read accounts
//     which of a page of purses, credits or holds a sweep may name.
//   - FundReturns {program, limit, bookmark} pages through what came back, for the
//     issuer's treasurers and who may read accounts: what one sweep gave back is what
//     one account lost.
func lapseFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("Sweep", sweep),
		ledger.Officer("AbsorbReturns", absorbReturns),
		ledger.Query("Lapsing", lapsing),
		ledger.Query("FundReturns", func(t *ledger.Tx, r currency.PageQuery) (call.Page[currency.FundReturn], error) {
			if err := requireOne(t, r.Program, readReturns); err != nil {
				return call.Page[currency.FundReturn]{}, err
			}
			return fundReturns.List(t, r.Limit, r.Bookmark, r.Program)
		}),
	}
}

func sweep(t *ledger.Tx, r currency.Sweep) (currency.Swept, error) {
	var out currency.Swept
	p, err := program(t, r.Program)
	if err != nil {
		return out, err
	}
	if err := prefetchSweep(t, r); err != nil {
		return out, err
	}
	at := calendar{t, currency.Calendar{Program: p, Policies: currency.Policies{}, Now: t.Now()}}
	try := func(skipped currency.Skipped, item func() ([]currency.Part, error)) error {
		lapsed, err := item()
		if e := code.Of(err); e != nil && e.Code.Kind != code.Internal {
			skipped.Code = e.Code.Name
			out.Skipped = append(out.Skipped, skipped)
			return nil
		}
		if err != nil {
			return err
		}
		out.Lapsed += currency.Total(lapsed)
		return giveBack(t, r.Program, at.Today(), lapsed)
	}
	for _, account := range r.Purses {
		err := try(currency.Skipped{Account: account}, func() ([]currency.Part, error) {
			return sweepPurse(at, account)
		})
		if err != nil {
			return out, err
		}
	}
	for _, c := range r.Credits {
		err := try(currency.Skipped{Account: c.Account, Credit: c.Credit}, func() ([]currency.Part, error) {
			return sweepCredit(at, c)
		})
		if err != nil {
			return out, err
		}
	}
	for _, name := range r.Holds {
		n := len(out.Released)
		err := try(currency.Skipped{Account: name.Holder, Hold: name.Seq}, func() ([]currency.Part, error) {
			err := release(t, r.Program, name, n)
			if err == nil {
				out.Released = append(out.Released, currency.NewCreditName(t.ID(), n))
			}
			return nil, err
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func prefetchSweep(t *ledger.Tx, r currency.Sweep) error {
	var keys []string
	for _, account := range r.Purses {
		keys = append(keys, holders.Key(r.Program, account), purses.Key(r.Program, account))
	}
	for _, h := range r.Holds {
		keys = append(keys, holds.Key(r.Program, h.Holder, ledger.Num(h.Seq)))
	}
	for _, c := range r.Credits {
		tx, n, err := c.Credit.Split()
		if err != nil {
			return err
		}
		keys = append(keys, holders.Key(r.Program, c.Account), credits.Key(r.Program, c.Account, tx, ledger.Num(n)))
	}
	return t.Prefetch(keys...)
}

func sweepPurse(at calendar, account string) ([]currency.Part, error) {
	t, program := at.tx, at.Program.ID
	h, err := holder(t, program, account)
	if err != nil {
		return nil, err
	}
	if err := h.CanLapse(); err != nil {
		return nil, err
	}
	before, _, err := purses.Get(t, program, account)
	if err != nil {
		return nil, err
	}
	if err := at.learn(before.Terms()); err != nil {
		return nil, err
	}
	after, lapsed, err := before.Lapse(at.Calendar)
	if err != nil {
		return nil, err
	}
	t.Emit("Lapsed", program+"/"+account)
	return lapsed, purses.Put(t, after, program, account)
}

func sweepCredit(at calendar, c currency.OwnedCredit) ([]currency.Part, error) {
	t, program := at.tx, at.Program.ID
	h, err := holder(t, program, c.Account)
	if err != nil {
		return nil, err
	}
	if err := h.CanLapse(); err != nil {
		return nil, err
	}
	tx, n, err := c.Credit.Split()
	if err != nil {
		return nil, err
	}
	before, found, err := credits.Get(t, program, c.Account, tx, ledger.Num(n))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, currency.CreditUnknown.Errorf("%s of account %s", c.Credit, c.Account)
	}
	if err := at.learn(before.Terms()); err != nil {
		return nil, err
	}
	after, lapsed, err := before.Lapse(at.Calendar)
	if err != nil {
		return nil, err
	}
	t.Emit("Lapsed", program+"/"+c.Account+"/"+string(c.Credit))
	if len(after.Parts) == 0 {
		credits.Delete(t, program, c.Account, tx, ledger.Num(n))
		return lapsed, nil
	}
	return lapsed, credits.Put(t, after, program, c.Account, tx, ledger.Num(n))
}

// calendar is a calendar that loads the policies it needs.
type calendar struct {
	tx *ledger.Tx
	currency.Calendar
}

// learn loads the policies of terms that it will be asked about.
func (c calendar) learn(all []currency.Terms) (err error) {
	for _, t := range all {
		if _, known := c.Policies[t.Policy]; known || t.Expiry == 0 {
			continue
		}
		if c.Policies[t.Policy], err = policy(c.tx, c.Program.ID, t.Policy); err != nil {
			return err
		}
	}
	return nil
}

// giveBack returns value to the funds it came from. The keys carry this
// transaction's id: reading them back to add up depends on nobody else.
func giveBack(t *ledger.Tx, program string, today currency.Day, parts []currency.Part) error {
	for _, p := range parts {
		r, _, err := fundReturns.Get(t, program, p.Origin, t.ID())
		if err != nil {
			return err
		}
		r.Fund, r.Amount, r.Day = p.Origin, r.Amount+p.Amount, today
		if err := fundReturns.Put(t, r, program, p.Origin, t.ID()); err != nil {
			return err
		}
	}
	return nil
}

func absorbReturns(t *ledger.Tx, r currency.AbsorbReturns) (currency.Appropriation, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Appropriation{}, err
	}
	if _, err := t.RequireRole(currency.RoleTreasurer, p.Organisations.Issuer); err != nil {
		return currency.Appropriation{}, err
	}
	a, err := appropriation(t, r.Program, r.ID)
	if err != nil {
		return a, err
	}
	back := make([]currency.FundReturn, len(r.Returns))
	for i, tx := range r.Returns {
		var found bool
		if back[i], found, err = fundReturns.Get(t, r.Program, a.Fund, tx); err != nil {
			return a, err
		}
		if !found {
			return a, currency.ReturnUnknown.Errorf("transaction %s, fund %s", tx, a.Fund)
		}
	}
	if a, back, err = a.Absorb(back); err != nil {
		return a, err
	}
	t.Emit("ReturnsAbsorbed", r.Program+"/"+r.ID)
	for i, tx := range r.Returns {
		if err := fundReturns.Put(t, back[i], r.Program, a.Fund, tx); err != nil {
			return a, err
		}
	}
	return a, appropriations.Put(t, a, r.Program, r.ID)
}

func lapsing(t *ledger.Tx, r currency.LapsingQuery) (currency.Lapsing, error) {
	var out currency.Lapsing
	if err := requireOne(t, r.Program, readAccounts); err != nil {
		return out, err
	}
	p, err := program(t, r.Program)
	if err != nil {
		return out, err
	}
	at := calendar{t, currency.Calendar{Program: p, Policies: currency.Policies{}, Now: t.Now()}}
	switch r.Of {
	case currency.LapsingHolds:
		out.Next, err = pick(t, r, holds, func(key []string, h currency.Hold) error {
			seq, err := strconv.ParseInt(key[1], 10, 64)
			name := currency.ReceiptName{Holder: key[0], Seq: seq}
			if _, _, open := h.Release(name, t.Now()); open == nil {
				out.Holds = append(out.Holds, name)
			}
			return err
		})
	case currency.LapsingCredits:
		out.Next, err = pick(t, r, credits, func(key []string, c currency.Credit) error {
			name, err := creditName(key[1:])
			if err := at.learn(c.Terms()); err != nil {
				return err
			}
			if _, _, none := c.Lapse(at.Calendar); none == nil {
				out.Credits = append(out.Credits, currency.OwnedCredit{Account: key[0], Credit: name})
			}
			return err
		})
	default:
		out.Next, err = pick(t, r, purses, func(key []string, p currency.Purse) error {
			if err := at.learn(p.Terms()); err != nil {
				return err
			}
			if _, _, none := p.Lapse(at.Calendar); none == nil {
				out.Purses = append(out.Purses, key[0])
			}
			return nil
		})
	}
	return out, err
}

// pick shows a page of a table record by record and returns the next bookmark.
func pick[T any](t *ledger.Tx, r currency.LapsingQuery, table ledger.Table[T], see func(key []string, record T) error) (next string, err error) {
	page, err := table.List(t, r.Limit, r.Bookmark, r.Program)
	if err != nil {
		return "", err
	}
	for _, e := range page.Records {
		if err := see(e.Key, e.Record); err != nil {
			return "", err
		}
	}
	return page.Next, nil
}

// creditName names the credit whose key ends in transaction and number.
func creditName(key []string) (currency.CreditName, error) {
	n, err := strconv.Atoi(key[1])
	if err != nil {
		return "", code.CorruptState.Errorf("credit key %q: %w", key, err)
	}
	return currency.NewCreditName(key[0], n), nil
}
