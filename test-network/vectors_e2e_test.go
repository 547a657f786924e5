// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package testnetwork_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

// vectorsVariable names the folder into which the blocks of real networks are written: those that the rules of other
// chains' headers are tried on are in chaincode/anchor/fabric/testdata.
const vectorsVariable = "VECTORS"

// TestVectors lets a Raft and a BFT network make some blocks: transactions, a change of the block's limits, a second root
// certificate for the ordering nodes.
func TestVectors(t *testing.T) {
	dir := os.Getenv(vectorsVariable)
	if dir == "" {
		t.Skip("set " + vectorsVariable + " to a folder to write the blocks of real networks there")
	}
	for name, o := range map[string]testnetwork.Options{"raft": {}, "bft": {BFT: true, Orderers: 4}} {
		t.Run(name, func(t *testing.T) {
			o.Consortium = smallChain(name)
			n := networktest.New(t, o)
			write := func(height uint64) {
				require.Eventually(t, func() bool { return blocksOf(t, n, filepath.Join(dir, name)) >= height }, time.Minute, 200*time.Millisecond)
			}
			height := blocksOf(t, n, filepath.Join(dir, name))
			require.NoError(t, n.ChangeOrdering(t.Context(), "", "BatchTimeout", func([]byte) ([]byte, error) {
				return proto.Marshal(&orderer.BatchTimeout{Timeout: "100ms"})
			}))
			write(height + 1)
			require.NoError(t, n.ChangeOrdering(t.Context(), "OrdererMSP", "MSP", func(old []byte) ([]byte, error) {
				return addRoot(t, n, old)
			}))
			write(height + 2)
			require.NoError(t, n.Deploy(t.Context(), noop))
			shell(t, n, "kt", "", `peer chaincode invoke $INVOKE --waitForEvent -C $CHANNEL -n noop -c '{"Args":["put","hello","world"]}'`)
			write(height + 5)
		})
	}
}

// smallChain is a consortium of one member, another's than the platform's.
func smallChain(name string) *network.Consortium {
	c := network.Default()
	c.Network, c.Channel = "kt-"+name, "kt"
	c.Organisations = c.Organisations[:1]
	c.Organisations[0].Name, c.Organisations[0].MSP, c.Organisations[0].Domain = "kt", "KTMSP", "kt.example"
	c.Orderers.Organisation.Domain = "orderer.kt.example"
	c.Chaincodes = nil
	return c
}

// addRoot makes the member's authority a second root of the ordering organisation.
func addRoot(t *testing.T, n *testnetwork.Network, old []byte) ([]byte, error) {
	t.Helper()
	var config msp.MSPConfig
	var fabric msp.FabricMSPConfig
	require.NoError(t, proto.Unmarshal(old, &config))
	require.NoError(t, proto.Unmarshal(config.GetConfig(), &fabric))
	user, err := n.User("KTMSP", "Admin")
	require.NoError(t, err)
	root, err := filepath.Glob(filepath.Join(user.MSPDir, "cacerts", "*.pem"))
	require.NoError(t, err)
	require.Len(t, root, 1)
	pem, err := os.ReadFile(root[0])
	require.NoError(t, err)
	fabric.RootCerts = append(fabric.GetRootCerts(), pem)
	raw, err := proto.Marshal(&fabric)
	require.NoError(t, err)
	config.Config = raw
	return proto.Marshal(&config)
}

// blocksOf writes what the member's peer has, and tells how many blocks that is.
func blocksOf(t *testing.T, n *testnetwork.Network, dir string) uint64 {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o750))
	org, err := n.Org("KTMSP")
	require.NoError(t, err)
	user, err := n.User("KTMSP", "Admin")
	require.NoError(t, err)
	c, err := gateway.Connect(t.Context(), gateway.Options{
		PeerEndpoint: org.Peer, PeerName: org.PeerHost, TLSRootCert: org.TLSRoot, MSPID: org.MSPID, Cert: user.Cert, Key: user.Key,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	height, err := c.Height(t.Context(), n.Consortium().Channel)
	require.NoError(t, err)
	stream, err := c.Fabric().GetNetwork(n.Consortium().Channel).BlockEvents(t.Context(), client.WithStartBlock(0))
	require.NoError(t, err)
	for range height {
		block := <-stream
		raw, err := proto.Marshal(block)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.block", block.GetHeader().GetNumber())), raw, 0o600))
	}
	return height
}
