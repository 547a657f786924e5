// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// realBlock is a block of a real network and the record of its header.
func realBlock(t testing.TB, name string) ([]byte, fabric.Whole, anchor.Record) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../../chaincode/anchor/fabric/testdata", name))
	require.NoError(t, err)
	b, err := fabric.ParseBlock(raw)
	require.NoError(t, err)
	r, err := anchor.BlockRecord("agent", anchor.FabricChain, b.Marshal(), nil)
	require.NoError(t, err)
	return raw, b, r
}

func TestBlockOfAnotherChain(t *testing.T) {
	raw, b, r := realBlock(t, "raft/6.block")
	p, err := receipt.CheckBlock(r, bytes.NewReader(raw))
	require.NoError(t, err)
	require.EqualValues(t, 6, p.Height)
	require.Len(t, p.Transactions, 1)
	at, err := p.Find(p.Transactions[0])
	require.NoError(t, err)
	require.Zero(t, at)
	for _, id := range []string{"", strings.Repeat("0", 64)} {
		_, err = p.Find(id)
		require.ErrorIs(t, err, receipt.ErrNotIncluded)
	}
	other, _, _ := realBlock(t, "raft/5.block")
	_, err = receipt.CheckBlock(r, bytes.NewReader(other))
	require.ErrorIs(t, err, receipt.ErrOther)
	_, err = receipt.CheckBlock(record(1), bytes.NewReader(raw))
	require.ErrorIs(t, err, receipt.ErrMalformed)

	// No bit of the block's header and data can change unnoticed. Peers' own metadata stands behind them.
	end := bytes.Index(raw, b.Envelopes[0]) + len(b.Envelopes[0])
	for bit := 0; bit < end*8; bit += 3 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := receipt.CheckBlock(r, bytes.NewReader(flipped))
		require.Error(t, err, "bit %d", bit)
	}
}

func TestWordsOfBlocks(t *testing.T) {
	for name, want := range map[string]string{
		"raft/6.block": "signature of one ordering node alone, OrdererMSP/orderer0.orderer.kt.example",
		"bft/6.block":  "3 signatures in the name of ordering nodes (consenter ",
	} {
		_, _, r := realBlock(t, name)
		words := receipt.Proof{Record: r}.Words()
		require.Contains(t, words, want)
		require.Contains(t, words, "does not say that the transactions behind it were valid")
	}
}

func TestValidityIsAWitnessesStatement(t *testing.T) {
	raw, b, r := realBlock(t, "raft/6.block")
	p, err := receipt.CheckBlock(r, bytes.NewReader(raw))
	require.NoError(t, err)
	key := private("witness of kt")
	by, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
	state := func(typ string, c anchor.ValidityContent) string {
		signed, err := jws.Signer{Key: key, Kid: kid}.Sign(typ, c)
		require.NoError(t, err)
		return signed
	}
	place := anchor.Place{Network: "testnet", Channel: "trust", Chaincode: "anchor"}
	good := anchor.NewValidity(place, "diplomas", 6, p.Hash, b.Flags)
	v, err := p.CheckValidity(state(anchor.TypValidity, good), origin, []string{"did:key:other", by})
	require.NoError(t, err)
	require.Equal(t, receipt.Validity{By: by, Codes: []byte{0}}, v)
	for name, tc := range map[string]struct {
		typ     string
		change  func(*anchor.ValidityContent)
		trusted []string
		want    error
	}{
		"nobody trusted":      {want: receipt.ErrUntrusted},
		"somebody else":       {trusted: []string{"did:key:other"}, want: receipt.ErrUntrusted},
		"another log":         {change: func(c *anchor.ValidityContent) { c.Source = "other" }, want: receipt.ErrOther},
		"another network":     {change: func(c *anchor.ValidityContent) { c.Network = "other" }, want: receipt.ErrOther},
		"another block":       {change: func(c *anchor.ValidityContent) { c.Hash = strings.Repeat("0", 64) }, want: receipt.ErrOther},
		"more transactions":   {change: func(c *anchor.ValidityContent) { c.Flags = "0000" }, want: receipt.ErrOther},
		"flags in upper case": {change: func(c *anchor.ValidityContent) { c.Flags = "0B" }, want: receipt.ErrMalformed},
		"another version":     {change: func(c *anchor.ValidityContent) { c.V = 2 }, want: receipt.ErrMalformed},
		"another statement":   {typ: anchor.TypHeader, want: receipt.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			c, typ, trusted := good, anchor.TypValidity, tc.trusted
			if tc.change != nil {
				tc.change(&c)
				trusted = []string{by}
			}
			if tc.typ != "" {
				typ, trusted = tc.typ, []string{by}
			}
			_, err := p.CheckValidity(state(typ, c), origin, trusted)
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func FuzzParseValidity(f *testing.F) {
	f.Add("a.b.c")
	f.Fuzz(func(_ *testing.T, text string) { _, _, _ = anchor.ParseValidity(text) })
}
