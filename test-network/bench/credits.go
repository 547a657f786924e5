// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"strconv"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// credits are those that nobody has claimed yet, by account, as the blocks tell.
type credits struct {
	open map[string]map[currency.CreditName]bool
}

func newCredits() *credits { return &credits{open: map[string]map[currency.CreditName]bool{}} }

// apply takes in the writes of a valid transaction.
func (c *credits) apply(writes []*kvrwset.KVWrite) {
	for _, w := range writes {
		key := gateway.ParseKey(w.GetKey())
		if key.Table != currency.TableCredit {
			continue
		}
		parts := strings.Split(key.Parts, "/") // program, account, transaction, number
		if len(parts) != 4 {
			continue
		}
		n, err := strconv.Atoi(parts[3])
		if err != nil {
			continue
		}
		account, name := parts[1], currency.NewCreditName(parts[2], n)
		if w.GetIsDelete() {
			delete(c.open[account], name)
			if len(c.open[account]) == 0 {
				delete(c.open, account)
			}
			continue
		}
		if c.open[account] == nil {
			c.open[account] = map[currency.CreditName]bool{}
		}
		c.open[account][name] = true
	}
}

// of lists an account's.
func (c *credits) of(account string) []currency.CreditName {
	names := make([]currency.CreditName, 0, len(c.open[account]))
	for name := range c.open[account] {
		names = append(names, name)
	}
	return names
}

// left counts all.
func (c *credits) left() int {
	n := 0
	for _, of := range c.open {
		n += len(of)
	}
	return n
}
