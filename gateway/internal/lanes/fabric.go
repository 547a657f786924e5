// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// Fabric is the ledger behind a connection.
type Fabric struct{ *gateway.Currency }

// Endorse implements Ledger.
func (f Fabric) Endorse(ctx context.Context, orders []string) (Transaction, error) {
	tx, err := f.Currency.Endorse(ctx, "PayBatch", orders...)
	if err != nil {
		return nil, err
	}
	return transaction{tx}, nil
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
