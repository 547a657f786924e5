// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// peerGateway is a connection to a peer's gateway service that answers every query
// with null and keeps whose peers it was to ask.
type peerGateway struct{ targets []string }

func (g *peerGateway) Invoke(_ context.Context, _ string, request, answer any, _ ...grpc.CallOption) error {
	asked, ok := request.(*gatewaypb.EvaluateRequest)
	if !ok {
		return errors.New("only queries are answered")
	}
	g.targets = asked.GetTargetOrganizations()
	answer.(*gatewaypb.EvaluateResponse).Result = &peer.Response{Payload: []byte("null")}
	return nil
}

func (g *peerGateway) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("only queries are answered")
}

// Who vouches for an answer asks its own organisation's peers alone; others take
// whichever peer answers.
func TestOwnPeersAnswer(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sign, err := identity.NewPrivateKeySign(key)
	require.NoError(t, err)
	var g peerGateway
	fabric, err := client.Connect(&courier{}, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(&g))
	require.NoError(t, err)
	c := &Client{options: Options{MSPID: "CityMSP", EvaluateTimeout: time.Minute}, fabric: fabric}
	log := c.Anchor("trust", "anchor")
	for _, tc := range []struct {
		name string
		ask  func() error
		want []string
	}{
		{"anybody's", func() error { _, err := log.Checkpoint(t.Context(), "docs", 1); return err }, nil},
		{"a witness's checkpoint", func() error { _, err := log.Own().Checkpoint(t.Context(), "docs", 1); return err }, []string{"CityMSP"}},
		{"a witness's source", func() error { _, err := log.Own().Source(t.Context(), "docs", 0); return err }, []string{"CityMSP"}},
		{"a key sync", func() error {
			_, err := c.Currency("trust", "currency").SyncKeys(t.Context(), currency.SyncKeys{Program: "nowon", Accounts: []string{currency.AccountID("did:example:minsu")}})
			return err
		}, []string{"CityMSP"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.NoError(t, tc.ask())
			require.Equal(t, tc.want, g.targets)
		})
	}
}

// courier is an identity of CityMSP, which nobody looks at here.
type courier struct{}

func (*courier) MspID() string { return "CityMSP" }

func (*courier) Credentials() []byte { return []byte("certificate") }
