// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func decode[T proto.Message](t *testing.T, b []byte, into T) T {
	t.Helper()
	require.NoError(t, proto.Unmarshal(b, into))
	return into
}

func TestCreator(t *testing.T) {
	net := ledgertest.New(t)
	for _, role := range []ledgertest.Role{ledgertest.Client, ledgertest.Admin, ledgertest.Peer} {
		c := net.Caller("CityMSP", "treasurer@city", role)
		id := decode(t, c.Creator(), &msp.SerializedIdentity{})
		require.Equal(t, "CityMSP", id.GetMspid())
		block, rest := pem.Decode(id.GetIdBytes())
		require.Empty(t, rest)
		cert, err := x509.ParseCertificate(block.Bytes)
		require.NoError(t, err)
		require.True(t, cert.Equal(c.Certificate))
		require.Equal(t, "treasurer@city", cert.Subject.CommonName)
		require.Equal(t, []string{string(role)}, cert.Subject.OrganizationalUnit)
		key, ok := cert.PublicKey.(*ecdsa.PublicKey)
		require.True(t, ok)
		require.Equal(t, elliptic.P256(), key.Curve)
		require.Equal(t, "ca.CityMSP", cert.Issuer.CommonName)
	}
	require.Same(t, net.Caller("CityMSP", "a", ledgertest.Client), ledgertest.New(t).Caller("CityMSP", "a", ledgertest.Client))
	require.NotEqual(t, net.Caller("CityMSP", "a", ledgertest.Client).Creator(), net.Caller("BankMSP", "a", ledgertest.Client).Creator())
	require.Empty(t, net.Caller("CityMSP", "", ledgertest.Client).Certificate.Subject.CommonName)
}

// A chaincode that takes the proposal apart finds what a real one would.
func TestSignedProposal(t *testing.T) {
	var signed *peer.SignedProposal
	var binding []byte
	var transient map[string][]byte
	var txID string
	inner := invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
		var err error
		signed, err = stub.GetSignedProposal()
		require.NoError(t, err)
		binding, err = stub.GetBinding()
		require.NoError(t, err)
		transient, err = stub.GetTransient()
		require.NoError(t, err)
		txID = stub.GetTxID()
		require.Equal(t, "trust", stub.GetChannelID())
		return shim.Success(nil)
	})
	outer := invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
		return stub.InvokeChaincode("inner", [][]byte{[]byte("Inner")}, "")
	})
	net := ledgertest.New(t, ledgertest.Chaincode("outer", outer), ledgertest.Chaincode("inner", inner))
	alice := net.Caller("CityMSP", "alice", ledgertest.Client)
	tx, err := net.Endorse(alice, "outer", "Outer", "x", []byte{0xff}, ledgertest.Transient{"secret": []byte("s")})
	require.NoError(t, err)
	require.Equal(t, tx.TxID, txID)
	require.Equal(t, map[string][]byte{"secret": []byte("s")}, transient)

	proposal := decode(t, signed.GetProposalBytes(), &peer.Proposal{})
	header := decode(t, proposal.GetHeader(), &common.Header{})
	channel := decode(t, header.GetChannelHeader(), &common.ChannelHeader{})
	require.Equal(t, int32(common.HeaderType_ENDORSER_TRANSACTION), channel.GetType())
	require.Equal(t, "trust", channel.GetChannelId())
	require.Equal(t, tx.TxID, channel.GetTxId())
	require.True(t, channel.GetTimestamp().AsTime().Equal(net.Now()))
	extension := decode(t, channel.GetExtension(), &peer.ChaincodeHeaderExtension{})
	require.Equal(t, "outer", extension.GetChaincodeId().GetName(), "the transaction's own chaincode, also when seen from inner")

	signer := decode(t, header.GetSignatureHeader(), &common.SignatureHeader{})
	require.Equal(t, alice.Creator(), signer.GetCreator())
	require.Len(t, signer.GetNonce(), 24)
	id := sha256.Sum256(append(signer.GetNonce(), signer.GetCreator()...))
	require.Equal(t, hex.EncodeToString(id[:]), tx.TxID)
	bound := sha256.Sum256(append(append(signer.GetNonce(), signer.GetCreator()...), make([]byte, 8)...))
	require.Equal(t, bound[:], binding)

	payload := decode(t, proposal.GetPayload(), &peer.ChaincodeProposalPayload{})
	require.Equal(t, map[string][]byte{"secret": []byte("s")}, payload.GetTransientMap())
	spec := decode(t, payload.GetInput(), &peer.ChaincodeInvocationSpec{}).GetChaincodeSpec()
	require.Equal(t, "outer", spec.GetChaincodeId().GetName())
	require.Equal(t, [][]byte{[]byte("Outer"), []byte("x"), {0xff}}, spec.GetInput().GetArgs())

	// An MSP takes only the lower of the two values of s; half of all signatures
	// have it by chance, so try several.
	key, ok := alice.Certificate.PublicKey.(*ecdsa.PublicKey)
	require.True(t, ok)
	for range 8 {
		_, err = net.Endorse(alice, "outer", "Outer")
		require.NoError(t, err)
		sum := sha256.Sum256(signed.GetProposalBytes())
		require.True(t, ecdsa.VerifyASN1(key, sum[:], signed.GetSignature()))
		var rs struct{ R, S *big.Int }
		_, err = asn1.Unmarshal(signed.GetSignature(), &rs)
		require.NoError(t, err)
		require.LessOrEqual(t, rs.S.Cmp(new(big.Int).Rsh(key.Params().N, 1)), 0, "low s")
	}
}

func TestSameAgain(t *testing.T) {
	trace := func() (ids []string) {
		l := newLab(t)
		for range 3 {
			tx := l.endorse("put a 1")
			l.Commit(tx)
			ids = append(ids, tx.TxID)
		}
		return ids
	}
	first := trace()
	require.Equal(t, first, trace())
	require.NotEqual(t, first[0], first[1])
}
