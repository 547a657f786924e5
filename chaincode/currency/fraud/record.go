// SPDX-License-Identifier: Apache-2.0

// Package fraud finds what reaches the fraud thresholds of a policy. It is pure:
// records that transactions wrote go in, flags come out, and whoever holds the blocks
// finds the same ones.
//
// Flags are exact, both ways: the ledger accepts the receipts of each flag as evidence
// of a case about its threshold, and every payment or gift that is part of evidence
// which the ledger would accept is named by some flag of that threshold.
package fraud

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Record is what thresholds look at, of all programmes, as told so far. It keeps a few
// numbers of each payment, captured hold and gift, and each account's name once.
type Record struct {
	programs map[string]*program
	names    []string          // of accounts and shops
	numbers  map[string]uint32 // their places in names
}

type program struct {
	currency.Program
	policies map[int]currency.Policy
	shops    map[string]string // by account: the merchant id in its holder record
	accounts map[string]string // by merchant id: its account
	uses     []use             // as they came
	cases    map[currency.ReceiptName][]currency.CaseQuery
}

// use is a receipt of a payment, a captured hold or a gift.
type use struct {
	at, seq, amount  int64
	holder, from, to uint32 // holder is whose receipt it is; to is nobody of captures, whose shop is looked up
	kind             currency.Kind
}

// NewRecord starts before the first transaction.
func NewRecord() *Record {
	return &Record{programs: map[string]*program{}, numbers: map[string]uint32{}}
}

// Tells reports whether records of a table say anything about fraud; others need not
// be told.
func Tells(table string) bool {
	switch table {
	case currency.TableProgram, currency.TablePolicy, currency.TableMerchant, currency.TableHolder, currency.TableReceipt, currency.TableCase:
		return true
	}
	return false
}

// Add takes in a record that a valid transaction wrote, in the order of the ledger;
// key has the programme first. Records that are told of are never deleted.
func (r *Record) Add(table string, key []string, value []byte) error {
	if !Tells(table) || value == nil {
		return nil
	}
	if err := r.add(table, key, value); err != nil {
		return fmt.Errorf("fraud: %s %v: %w", table, key, err)
	}
	return nil
}

func (r *Record) add(table string, key []string, value []byte) error {
	parts := map[string]int{currency.TableProgram: 1, currency.TableReceipt: 3, currency.TableCase: 3}[table]
	if parts = max(parts, 1); len(key) < parts {
		return fmt.Errorf("%d parts", len(key))
	}
	p := r.programs[key[0]]
	if p == nil {
		p = &program{
			policies: map[int]currency.Policy{}, shops: map[string]string{}, accounts: map[string]string{},
			cases: map[currency.ReceiptName][]currency.CaseQuery{},
		}
		r.programs[key[0]] = p
	}
	switch table {
	case currency.TableProgram:
		return json.Unmarshal(value, &p.Program)
	case currency.TablePolicy:
		var rules currency.Policy
		if err := json.Unmarshal(value, &rules); err != nil {
			return err
		}
		p.policies[rules.Version] = rules
	case currency.TableMerchant:
		var m currency.Merchant
		if err := json.Unmarshal(value, &m); err != nil {
			return err
		}
		p.accounts[m.ID] = m.Account
	case currency.TableHolder:
		return p.learn(key, value)
	case currency.TableReceipt:
		return r.use(p, key, value)
	case currency.TableCase:
		return p.take(key, value)
	}
	return nil
}

// learn takes in whether an account is a shop's.
func (p *program) learn(key []string, value []byte) error {
	var h currency.Holder
	if err := h.UnmarshalBinary(value); err != nil {
		return err
	}
	if len(key) > 1 && h.Merchant != "" {
		p.shops[key[1]] = h.Merchant
	}
	return nil
}

// take takes in which receipts a case is about.
func (p *program) take(key []string, value []byte) error {
	var c currency.Case
	if err := json.Unmarshal(value, &c); err != nil {
		return err
	}
	name := currency.CaseQuery{Program: key[0], Account: key[1], ID: key[2]}
	for _, of := range c.Receipts {
		if !slices.Contains(p.cases[of], name) { // else it is the same case, changed
			p.cases[of] = append(p.cases[of], name)
		}
	}
	return nil
}

func (r *Record) use(p *program, key []string, value []byte) error {
	var receipt currency.Receipt
	if err := receipt.UnmarshalBinary(value); err != nil {
		return err
	}
	seq, err := strconv.ParseInt(key[2], 10, 64)
	if err != nil {
		return err
	}
	u := use{at: receipt.At, seq: seq, amount: receipt.Amount, kind: receipt.Kind, holder: r.number(key[1])}
	switch receipt.Kind {
	case currency.KindPayment, currency.KindGift:
		u.from, u.to = u.holder, r.number(receipt.To)
	case currency.KindCapture:
		if receipt.Payment == nil {
			return nil
		}
		u.from = r.number(receipt.Payment.Holder)
	default:
		return nil
	}
	p.uses = append(p.uses, u)
	return nil
}

// number is the place of a name.
func (r *Record) number(name string) uint32 {
	n, ok := r.numbers[name]
	if !ok {
		n = uint32(len(r.names)) //nolint:gosec // a ledger has fewer than 2^32 accounts
		r.names = append(r.names, name)
		r.numbers[name] = n
	}
	return n
}

// seen is a use as thresholds look at it, by the rule that the ledger applies to the
// receipt itself.
func (r *Record) seen(p *program, u use) (currency.Seen, bool) {
	name := currency.ReceiptName{Holder: r.names[u.holder], Seq: u.seq}
	receipt := currency.Receipt{Kind: u.kind, At: u.at, Amount: u.amount}
	if u.kind == currency.KindCapture {
		receipt.Payment = &currency.ReceiptName{Holder: r.names[u.from]}
	} else {
		receipt.To = r.names[u.to]
	}
	return receipt.Seen(name, p.shops[name.Holder], p.Program)
}
