// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
)

// Fabric is the ledger behind a connection.
type Fabric struct{ *gateway.Currency }

// Endorse implements Ledger.
func (f Fabric) Endorse(ctx context.Context, orders []string) (Transaction, error) {
	function, args, err := Call(orders)
	if err != nil {
		return nil, err
	}
	tx, err := f.Currency.Endorse(ctx, function, args...)
	if err != nil {
		return nil, err
	}
	return transaction{tx}, nil
}

// Call is the contract's function that carries orders out, and its arguments:
// packed where there are several.
func Call(orders []string) (function string, args []string, err error) {
	if len(orders) < 2 {
		return "PayBatch", orders, nil
	}
	pack, err := jws.Pack(orders...)
	return "PayPacked", []string{string(pack)}, err
}

type transaction struct{ *gateway.Transaction }

// Items implements Transaction.
func (t transaction) Items() ([]currency.Item, error) { return DecodeItems(t.Result()) }

// DecodeItems reads the answer of PayBatch.
func DecodeItems(result []byte) ([]currency.Item, error) {
	var items []currency.Item
	if err := json.Unmarshal(result, &items); err != nil {
		return nil, fmt.Errorf("decode the answer of PayBatch: %w", err)
	}
	return items, nil
}
