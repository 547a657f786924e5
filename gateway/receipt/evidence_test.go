// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/gateway/receipt"
)

func evidenceFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "evidence", name))
	require.NoError(t, err)
	return raw
}

// proved is the receipt of a real network, and its consortium.
func proved(t testing.TB) (receipt.Proof, []fabric.Org) {
	t.Helper()
	p, err := receipt.ParsePolicy(evidenceFile(t, "policy"))
	require.NoError(t, err)
	proof, err := receipt.Check(evidenceFile(t, "receipt.txt"), p)
	require.NoError(t, err)
	var orgs []fabric.Org
	for _, msp := range []string{"KomscoMSP", "CityMSP", "BankMSP", "OrdererMSP"} {
		o, err := fabric.NewOrg(msp, evidenceFile(t, msp+".pem"))
		require.NoError(t, err)
		orgs = append(orgs, o)
	}
	return proof, orgs
}

func TestEvidence(t *testing.T) {
	proof, orgs := proved(t)
	raw := evidenceFile(t, "evidence")
	e, err := receipt.CheckEvidence(proof, bytes.NewReader(raw), orgs, 2)
	require.NoError(t, err)
	require.Len(t, e.Orderers, 1)
	require.GreaterOrEqual(t, len(e.Endorsers), 2)
	require.Contains(t, e.Words(), "orderer0.orderer.example (OrdererMSP)")

	check := func(change func(*receipt.Proof), block []byte, orgs []fabric.Org, n int) error {
		p := proof
		if change != nil {
			change(&p)
		}
		_, err := receipt.CheckEvidence(p, bytes.NewReader(block), orgs, n)
		return err
	}
	require.ErrorIs(t, check(nil, raw, orgs, 4), receipt.ErrUntrusted, "more organisations than endorsed")
	require.ErrorIs(t, check(nil, raw, orgs[:3], 2), receipt.ErrUntrusted, "orderers that nobody named")
	require.ErrorIs(t, check(nil, raw, orgs[3:], 2), receipt.ErrUntrusted, "peers that nobody named")
	require.ErrorIs(t, check(nil, raw, nil, 0), receipt.ErrUntrusted, "nobody named")
	require.ErrorIs(t, check(nil, evidenceFile(t, "block"), orgs, 2), receipt.ErrNotIncluded, "another chain's block")
	require.ErrorIs(t, check(nil, []byte("x"), orgs, 2), receipt.ErrMalformed)
	require.ErrorIs(t, check(func(p *receipt.Proof) { p.Root[3] ^= 1 }, raw, orgs, 2), receipt.ErrOther)
	require.ErrorIs(t, check(func(p *receipt.Proof) { p.Size++ }, raw, orgs, 2), receipt.ErrOther)
	require.ErrorIs(t, check(func(p *receipt.Proof) { p.Time = p.Time.Add(1e9) }, raw, orgs, 2), receipt.ErrOther)
	require.ErrorIs(t, check(func(p *receipt.Proof) { p.Origin = strings.Replace(p.Origin, "/trust/", "/trial/", 1) }, raw, orgs, 2), receipt.ErrOther, "another channel's log")
	b, err := fabric.ParseBlock(raw)
	require.NoError(t, err)
	at := slices.Index(fabric.TransactionIDs(b.Envelopes), proof.Tx)
	var marked common.Block
	require.NoError(t, proto.Unmarshal(raw, &marked))
	marked.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER][at] = byte(peer.TxValidationCode_MVCC_READ_CONFLICT)
	invalid, err := proto.Marshal(&marked)
	require.NoError(t, err)
	require.ErrorIs(t, check(nil, invalid, orgs, 2), receipt.ErrNotIncluded, "a transaction that was not valid")
	swapped := []fabric.Org{{MSP: "KomscoMSP", Roots: orgs[1].Roots}, {MSP: "CityMSP", Roots: orgs[0].Roots}, {MSP: "BankMSP", Roots: orgs[0].Roots}, orgs[3]}
	require.ErrorIs(t, check(nil, raw, swapped, 2), receipt.ErrUntrusted, "authorities of other organisations")
	// The same certificates, of organisations that call other members so.
	units := func(o fabric.Org, n fabric.NodeOUs) fabric.Org {
		o.Nodes = &n
		return o
	}
	clients := fabric.NodeOUs{Client: &fabric.Unit{Name: "peer"}, Peer: &fabric.Unit{Name: "client"}}
	members := fabric.NodeOUs{Peer: &fabric.Unit{Name: "orderer"}, Orderer: &fabric.Unit{Name: "peer"}}
	require.ErrorIs(t, check(nil, raw, []fabric.Org{units(orgs[0], clients), units(orgs[1], clients), units(orgs[2], clients), orgs[3]}, 2),
		receipt.ErrUntrusted, "clients for peers")
	require.ErrorIs(t, check(nil, raw, append(orgs[:3:3], units(orgs[3], members)), 2), receipt.ErrUntrusted, "others for ordering nodes")
}

// No bit of header, transactions or ordering nodes' signatures can change. What
// peers added behind them is looked at by nobody here.
func TestEvidenceFlippedBits(t *testing.T) {
	proof, orgs := proved(t)
	raw := evidenceFile(t, "evidence")
	b, err := fabric.ParseBlock(raw)
	require.NoError(t, err)
	last := b.Envelopes[len(b.Envelopes)-1]
	ends := []int{bytes.Index(raw, last) + len(last), bytes.Index(raw, b.Signatures[0].Value) + len(b.Signatures[0].Value)}
	for bit := 0; bit < max(ends[0], ends[1])*8; bit += 41 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := receipt.CheckEvidence(proof, bytes.NewReader(flipped), orgs, 2)
		require.Error(t, err, "bit %d", bit)
	}
}

func FuzzCheckEvidence(f *testing.F) {
	proof, orgs := proved(f)
	raw := evidenceFile(f, "evidence")
	b, err := fabric.ParseBlock(raw)
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := receipt.CheckEvidence(proof, bytes.NewReader(raw), orgs, 2); err == nil {
			if got, _ := fabric.ParseBlock(raw); got.Hash() != b.Hash() {
				t.Fatal("a block that was never signed proves something")
			}
		}
	})
}
