// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Packed or not, a batch answers, reads and writes the same.
func TestPackedOrdersAreCarriedOutAlike(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 3)...)
	forged := *all[2]
	forged.Signer = jws.Signer{Key: all[1].Key, Kid: all[2].Kid}
	orders := []string{
		tn.pay(nowon, all[0], "stall", 1_000), tn.pay(nowon, &forged, "stall", 1_000), tn.give(nowon, all[1], all[2], 700),
		tn.pay(nowon, all[0], "stall", 1_000_000),
	}
	plain := tn.endorse(tn.courier, "PayBatch", anys(orders)...)
	packed := tn.endorse(tn.courier, "PayPacked", pack(t, orders...))
	require.Equal(t, []string{"", "BAD_SIGNATURE", "", "INSUFFICIENT_FUNDS"}, codes(result[[]currency.Item](tn, packed.Payload)))
	require.Equal(t, plain.Payload, packed.Payload)
	tn.commitOne(packed)
	require.EqualValues(t, 109_000, tn.balance(nowon, all[0]))
	again := result[[]currency.Item](tn, tn.endorse(tn.courier, "PayBatch", anys(orders[:1])...).Payload)
	require.Equal(t, packed.TxID, again[0].First)
}

func badPacks(t *testing.T, tried map[string]bool) {
	tn := newTown(t)
	good := pack(t, "e30.e30."+base64.RawURLEncoding.EncodeToString(make([]byte, 64)))
	many := make([]string, contract.MaxBatch+1)
	for i := range many {
		many[i] = "e30.e30." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	}
	before := tn.state()
	for name, tc := range map[string]struct {
		arg  []byte
		want *code.Code
	}{
		"nothing":        {[]byte{}, code.BadRequest},
		"no pack":        {[]byte("e30.e30.AA"), code.BadRequest},
		"a torn pack":    {good[:len(good)-2], code.BadRequest},
		"bytes behind":   {append(good[:len(good):len(good)], 7), code.BadRequest},
		"no orders":      {pack(t), code.BadRequest},
		"too many":       {pack(t, many...), currency.TooLarge},
		"another format": {append([]byte{9}, good[1:]...), code.BadRequest},
	} {
		t.Run("PayPacked/"+name, func(*testing.T) { tn.refused(tc.want, tn.courier, "PayPacked", tc.arg) })
	}
	tn.refused(code.BadRequest, tn.courier, "PayPacked")
	tn.refused(code.BadRequest, tn.courier, "PayPacked", good, good)
	require.Equal(t, before, tn.state())
	tried["PayPacked"] = true
}

func pack(t *testing.T, orders ...string) []byte {
	t.Helper()
	packed, err := jws.Pack(orders...)
	require.NoError(t, err)
	return packed
}
