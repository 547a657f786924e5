// SPDX-License-Identifier: Apache-2.0

package network

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// tree is a decoded YAML document; at follows keys and indices.
type tree map[string]any

func parse(t *testing.T, data []byte, err error) tree {
	t.Helper()
	require.NoError(t, err)
	var out tree
	require.NoError(t, yaml.Unmarshal(data, &out), "%s", data)
	return out
}

func (tr tree) at(t *testing.T, path string) any {
	t.Helper()
	var v any = tr
	for key := range strings.SplitSeq(path, "/") {
		switch node := v.(type) {
		case tree:
			v = node[key]
		case []any:
			require.Regexp(t, `^\d$`, key)
			require.Less(t, int(key[0]-'0'), len(node), path)
			v = node[key[0]-'0']
		default:
			t.Fatalf("%s: nothing under %q", path, key)
		}
	}
	return v
}

func oneMachine(t *testing.T) *Consortium {
	t.Helper()
	c, err := Default().OneMachine(7050)
	require.NoError(t, err)
	return c
}

func severalHosts(t *testing.T) *Consortium {
	t.Helper()
	c, err := Load("testdata/several-hosts.yaml")
	require.NoError(t, err)
	return c
}

func TestChannelProfile(t *testing.T) {
	c := oneMachine(t)
	data, err := c.ChannelProfile("/crypto")
	profile := parse(t, data, err)
	for path, want := range map[string]any{
		"Application/Policies/Endorsement":            tree{"Type": "ImplicitMeta", "Rule": "MAJORITY Endorsement"},
		"Application/Policies/LifecycleEndorsement":   tree{"Type": "ImplicitMeta", "Rule": "MAJORITY Endorsement"},
		"Application/Organizations/0/ID":              "KomscoMSP",
		"Application/Organizations/1/MSPDir":          "/crypto/peerOrganizations/city.example/msp",
		"Application/Organizations/2/AnchorPeers/0":   tree{"Host": "127.0.0.1", "Port": 7082},
		"Application/Organizations/2/Policies/Admins": tree{"Type": "Signature", "Rule": "OR('BankMSP.admin')"},
		"Orderer/OrdererType":                         "etcdraft",
		"Orderer/BatchTimeout":                        "100ms",
		"Orderer/BatchSize/MaxMessageCount":           500,
		"Orderer/BatchSize/PreferredMaxBytes":         2 << 20,
		"Orderer/EtcdRaft/Consenters/0/Port":          7050,
		"Orderer/Organizations/0/OrdererEndpoints":    []any{"127.0.0.1:7050"},
	} {
		require.Equal(t, want, profile.at(t, "Profiles/Channel/"+path), path)
	}
	require.Len(t, profile.at(t, "Profiles/Channel/Application/Organizations"), 3)
}

func TestChannelProfileOfSeveralHosts(t *testing.T) {
	data, err := severalHosts(t).ChannelProfile("/crypto")
	profile := parse(t, data, err)
	for path, want := range map[string]any{
		"Application/Policies/Endorsement":          tree{"Type": "Signature", "Rule": "OutOf(2, 'KomscoMSP.peer', 'CityMSP.peer')"},
		"Application/Organizations/0/AnchorPeers/1": tree{"Host": "peer1.trust.komsco.example", "Port": 7051},
		"Application/Organizations/1/AnchorPeers/0": tree{"Host": "trust-peer.city.example", "Port": 443},
		"Orderer/OrdererType":                       "BFT",
		"Orderer/ConsenterMapping/3/ID":             4,
		"Orderer/ConsenterMapping/3/Identity": "/crypto/ordererOrganizations/order.example/orderers/orderer3.order.example" +
			"/msp/signcerts/orderer3.order.example-cert.pem",
	} {
		require.Equal(t, want, profile.at(t, "Profiles/Channel/"+path), path)
	}
	require.Len(t, profile.at(t, "Profiles/Channel/Orderer/Organizations/0/OrdererEndpoints"), 4)
}

func TestCryptoConfig(t *testing.T) {
	data, err := severalHosts(t).CryptoConfig()
	people := parse(t, data, err)
	require.Len(t, people.at(t, "PeerOrgs"), 2)
	require.Equal(t, true, people.at(t, "PeerOrgs/1/EnableNodeOUs"))
	require.Equal(t, "trust.city.example", people.at(t, "PeerOrgs/1/Domain"))
	require.Contains(t, people.at(t, "PeerOrgs/1/Specs/0/SANS"), "trust-peer.city.example", "certificates hold the name that others dial")
	require.Len(t, people.at(t, "OrdererOrgs/0/Specs"), 4)
}

func TestPeerSettings(t *testing.T) {
	for name, test := range map[string]struct {
		consortium                                *Consortium
		listen, address, operations, host, domain string
	}{
		"one machine":   {oneMachine(t), "127.0.0.1:7081", "127.0.0.1:7081", "127.0.0.1:7101", "peer0.city.example", "city.example"},
		"several hosts": {severalHosts(t), "192.0.2.10:7051", "trust-peer.city.example:443", "127.0.0.1:9443", "peer0.trust.city.example", "trust.city.example"},
	} {
		t.Run(name, func(t *testing.T) {
			city := test.consortium.Organisations[1]
			data, err := test.consortium.PeerSettings(city, city.Nodes[0], Folders{Crypto: "/crypto", Data: "/data with \"quotes\"", Builder: "/builder"})
			core := parse(t, data, err)
			for path, want := range map[string]any{
				"peer/id":                                    test.host,
				"peer/listenAddress":                         test.listen,
				"peer/address":                               test.address,
				"peer/localMspId":                            "CityMSP",
				"peer/mspConfigPath":                         "/crypto/peerOrganizations/" + test.domain + "/peers/" + test.host + "/msp",
				"peer/tls/enabled":                           true,
				"peer/handlers/authFilters/2/name":           "TimeWindowCheck",
				"peer/authentication/timewindow":             "15m0s",
				"peer/limits/concurrency/gatewayService":     2000,
				"peer/gossip/state/enabled":                  false,
				"peer/gossip/useLeaderElection":              false,
				"peer/gossip/reconnectInterval":              "2s",
				"peer/gossip/publishStateInfoInterval":       "1s",
				"peer/fileSystemPath":                        "/data with \"quotes\"",
				"ledger/snapshots/rootDir":                   "/data with \"quotes\"/snapshots",
				"ledger/state/stateDatabase":                 "goleveldb",
				"ledger/history/enableHistoryDatabase":       false,
				"chaincode/externalBuilders/0/path":          "/builder",
				"chaincode/runtimeParams/useGetMultipleKeys": true,
				"chaincode/runtimeParams/useWriteBatch":      true,
				"operations/listenAddress":                   test.operations,
				"operations/tls/enabled":                     true,
			} {
				require.Equal(t, want, core.at(t, path), path)
			}
		})
	}
}

func TestOrdererSettings(t *testing.T) {
	local, spread := oneMachine(t), severalHosts(t)
	data, err := local.OrdererSettings(local.Orderers.Organisation.Nodes[0], Folders{Crypto: "/crypto", Data: "/data"})
	settings := parse(t, data, err)
	for path, want := range map[string]any{
		"General/ListenAddress":             "127.0.0.1",
		"General/ListenPort":                7050,
		"General/TLS/Enabled":               true,
		"General/Cluster/ReplicationPolicy": "simple",
		"Admin/ListenAddress":               "127.0.0.1:7060",
		"Admin/TLS/ClientAuthRequired":      true,
		"Operations/ListenAddress":          "127.0.0.1:7070",
		"Consensus/WALDir":                  "/data/consensus/wal",
	} {
		require.Equal(t, want, settings.at(t, path), path)
	}
	data, err = spread.OrdererSettings(spread.Orderers.Organisation.Nodes[2], Folders{Crypto: "/crypto", Data: "/data"})
	settings = parse(t, data, err)
	require.Equal(t, "0.0.0.0", settings.at(t, "General/ListenAddress"))
	require.Equal(t, "consensus", settings.at(t, "General/Cluster/ReplicationPolicy"), "BFT takes blocks from nobody on trust")
}

func TestANodeWithoutAddressIsNoSettings(t *testing.T) {
	c := oneMachine(t)
	node := c.Orderers.Organisation.Nodes[0]
	node.Admin = ""
	_, err := c.OrdererSettings(node, Folders{})
	require.EqualError(t, err, "orderer0.orderer.example: admin is not set")
	node = c.Organisations[0].Nodes[0]
	node.Operations = ""
	_, err = c.PeerSettings(c.Organisations[0], node, Folders{})
	require.EqualError(t, err, "peer0.komsco.example: operations is not set")
	_, err = Default().ChannelProfile("/crypto")
	require.ErrorContains(t, err, "missing port in address")
}
