// SPDX-License-Identifier: Apache-2.0

package settlement_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/settlement"
)

func drawName(t *rapid.T) currency.ReceiptName {
	return currency.ReceiptName{
		Holder: currency.AccountID(rapid.StringN(1, 20, -1).Draw(t, "did")),
		Seq:    rapid.OneOf(rapid.Int64Range(1, 1000), rapid.Int64Range(1, currency.MaxAmount)).Draw(t, "seq"),
	}
}

func TestReferenceNamesOneRedemption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := drawName(t)
		ref, err := settlement.NewReference("nowon", name)
		require.NoError(t, err)
		require.Regexp(t, `^[A-Z2-7]{31,40}$`, string(ref))
		if name.Seq < 1<<24 {
			require.LessOrEqual(t, len(ref), 34)
		}
		back, err := ref.Redemption("nowon")
		require.NoError(t, err)
		require.Equal(t, name, back)
		back, err = settlement.Reference(strings.ToLower(string(ref))).Redemption("nowon")
		require.NoError(t, err)
		require.Equal(t, name, back)
	})
}

func TestWrongReferencesAreTold(t *testing.T) {
	name := currency.ReceiptName{Holder: currency.AccountID("did:key:a"), Seq: 7}
	ref, err := settlement.NewReference("nowon", name)
	require.NoError(t, err)
	_, err = ref.Redemption("bazaar")
	require.ErrorIs(t, err, currency.InvalidID)
	accepted := 0
	for i := range len(ref) { // one letter wrong
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" {
			wrong := ref[:i] + settlement.Reference(c) + ref[i+1:]
			if _, err := wrong.Redemption("nowon"); err == nil && wrong != ref {
				accepted++
			}
		}
	}
	require.LessOrEqual(t, accepted, 1, "two bytes of check let about one in 65,536 pass, 961 were tried")
	for _, text := range []settlement.Reference{"", "A", ref[:10], ref + "A", ref + "AAAAAAAA", "!", ref[:len(ref)-1]} {
		_, err := text.Redemption("nowon")
		require.ErrorIs(t, err, currency.InvalidID, text)
	}
	for _, bad := range []currency.ReceiptName{{Holder: name.Holder}, {Holder: "x", Seq: 1}, {Holder: name.Holder, Seq: -1}, {Holder: name.Holder, Seq: currency.MaxAmount + 1}} {
		_, err := settlement.NewReference("nowon", bad)
		require.ErrorIs(t, err, currency.InvalidID)
	}
}
