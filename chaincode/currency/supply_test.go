// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// A day of one fund, record by record, each stored as the ledger stores it.
func TestSupplyFollowsAWon(t *testing.T) {
	s := currency.NewSupply()
	apply := func(table, before, after string) {
		t.Helper()
		stored := func(v string) []byte {
			if v == "" {
				return nil
			}
			return []byte(v)
		}
		wantCode(t, s.Apply(table, "nowon", stored(before), stored(after)), nil)
	}
	is := func(want map[currency.Term]int64) {
		t.Helper()
		wantCode(t, s.Check(), nil)
		lines := s.Lines()
		if len(lines) != 1 || lines[0].Program != "nowon" || lines[0].Fund != "f" {
			t.Fatalf("lines %+v", lines)
		}
		for _, term := range currency.SupplyTerms {
			if lines[0].Terms[term] != want[term] {
				t.Errorf("%s is %d, want %d", term, lines[0].Terms[term], want[term])
			}
		}
	}
	const (
		deposit  = `{"v":1,"fund":"f","amount":100,"left":100}`
		drawn    = `{"v":1,"fund":"f","amount":100,"left":40}`
		run      = `{"v":1,"fund":"f","reserved":60}`
		batch    = `{"v":1,"fund":"f","issued":50}`
		credit   = `{"v":1,"parts":[{"policy":1,"origin":"f","amount":50}]}`
		purse    = `{"v":1,"seq":1,"buckets":[{"policy":1,"origin":"f","face":50,"left":50}]}`
		spent    = `{"v":1,"seq":2,"buckets":[{"policy":1,"origin":"f","face":50,"left":20}]}`
		paid     = `{"v":1,"parts":[{"origin":"f","amount":30}]}`
		claimed  = `{"v":1,"amount":30,"parts":[{"origin":"f","amount":30}]}`
		settled  = `{"v":1,"merchant":"stall","amount":30,"parts":[{"origin":"f","amount":30}],"paid":"KB-9"}`
		closed   = `{"v":1,"fund":"f","reserved":50,"returned":10,"closed":true}`
		returned = `{"v":1,"fund":"f","amount":100,"left":50}`
	)
	apply(currency.TableDeposit, "", deposit)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 100})
	apply(currency.TableDeposit, deposit, drawn)
	apply(currency.TableRun, "", run)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 60})
	apply(currency.TableBatch, "", batch)
	apply(currency.TableCredit, "", credit)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 10, currency.Credits: 50})
	apply(currency.TableCredit, credit, "")
	apply(currency.TablePurse, "", purse)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 10, currency.Purses: 50})
	apply(currency.TablePurse, purse, spent)
	apply(currency.TableCredit, "", paid)
	apply(currency.TableReceipt, "", `{"v":1,"amount":30,"used":[{"origin":"f","amount":30}]}`) // a record about money, no money
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 10, currency.Purses: 20, currency.Credits: 30})
	apply(currency.TableCredit, paid, "")
	apply(currency.TableRedemption, "", claimed)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 10, currency.Purses: 20, currency.Redemptions: 30})
	apply(currency.TableRedemption, claimed, settled)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 40, currency.Reserved: 10, currency.Purses: 20, currency.PaidOut: 30})
	apply(currency.TableRun, run, closed)
	apply(currency.TableDeposit, drawn, returned)
	is(map[currency.Term]int64{currency.Entered: 100, currency.Funds: 50, currency.Purses: 20, currency.PaidOut: 30})
}

func TestSupplyNamesWhatIsWrong(t *testing.T) {
	s := currency.NewSupply()
	wantCode(t, s.Apply(currency.TableAppropriation, "a", nil, []byte(`{"fund":"f","amount":100,"left":0}`)), nil)
	if lines := s.Lines(); len(lines) != 0 {
		t.Errorf("a budget that one person wants counts: %v", lines)
	}
	wantCode(t, s.Apply(currency.TableAppropriation, "a", nil, []byte(`{"fund":"f","amount":100,"left":100,"approved":true}`)), nil)
	wantCode(t, s.Check(), nil)
	wantCode(t, s.Apply(currency.TablePurse, "b", nil, []byte(`{"v":1,"buckets":[{"origin":"g","left":7}]}`)), nil)
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "programme b fund g: -7 won unexplained") {
		t.Errorf("money from nowhere: %v", err)
	}

	// Two wrongs that make up for each other are seen by what is below zero.
	s = currency.NewSupply()
	wantCode(t, s.Apply(currency.TablePurse, "b", nil, []byte(`{"v":1,"buckets":[{"origin":"g","left":7}]}`)), nil)
	wantCode(t, s.Apply(currency.TableCredit, "b", []byte(`{"v":1,"parts":[{"origin":"g","amount":7}]}`), nil), nil)
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "credits is -7 won") {
		t.Errorf("a credit claimed twice: %v", err)
	}
	if err := s.Apply(currency.TablePurse, "b", nil, []byte(`{`)); err == nil {
		t.Error("a broken record was passed over")
	}
}
