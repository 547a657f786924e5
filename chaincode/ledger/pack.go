// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Packed is an [Order] function of one or more orders, which come as one argument:
// a pack of them (see jws.Pack), which every peer copies and stores at a quarter of
// the size.
func Packed[Res any](name string, run func(*Tx, []string) (Res, error)) Function {
	return Function{Name: name, Args: 1, Mutates: true, run: func(t *Tx, raw [][]byte) ([]byte, error) {
		orders, err := jws.Unpack(raw[0])
		if err != nil {
			return nil, code.BadRequest.Errorf("the pack of orders %w", err)
		}
		if len(orders) == 0 {
			return nil, code.BadRequest.Errorf("%s takes one or more orders, the pack has none", name)
		}
		return answer(run(t, orders))
	}}
}
