// SPDX-License-Identifier: Apache-2.0

package network

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultIsTheConsortiumOfTheDesign(t *testing.T) {
	c := Default()
	var msps []string
	for _, o := range c.Organisations {
		msps = append(msps, o.MSP)
		require.Len(t, o.Nodes, 1)
	}
	require.Equal(t, []string{"KomscoMSP", "CityMSP", "BankMSP"}, msps)
	require.Equal(t, "trust", c.Channel)
	require.Equal(t, Raft, c.Orderers.Consensus)
	require.Len(t, c.Orderers.Organisation.Nodes, 1)
}

func TestParseRefuses(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"an unknown field":        {"channel: trust", "channel: trust\ncolour: red", "colour"},
		"a missing policy":        {"  Writers: ANY Writers\n", "", "policies: Writers is missing"},
		"a bad channel name":      {"channel: trust", "channel: Trust!", `channel: "Trust!" must match`},
		"an empty batch":          {"maxMessages: 500", "maxMessages: 0", "batch:"},
		"a member named twice":    {"msp: CityMSP", "msp: KomscoMSP", `"KomscoMSP" is used twice`},
		"a name out of the path":  {"name: city", "name: ../city", `name "../city" must match`},
		"an address without port": {"nodes: [{name: orderer0}]", "nodes: [{name: orderer0, address: somewhere}]", `"somewhere" is no host:port`},
		"unknown consensus":       {"consensus: raft", "consensus: solo", `consensus "solo"`},
		"BFT of one":              {"consensus: raft", "consensus: bft", "at least 4 nodes"},
		"a chaincode unversioned": {`version: "1.0"`, `version: ""`, `chaincodes: "currency"`},
		"a second peer0":          {"nodes: [{name: peer0}]", "nodes: [{name: peer0}, {name: peer0}]", "be there once"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(defaultConsortium), test.old, test.new, 1)
			require.NotEqual(t, string(defaultConsortium), changed)
			_, err := Parse([]byte(changed))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestOneMachineGivesEveryListenerAPortOfItsOwn(t *testing.T) {
	c, err := Default().WithOrderers(4, BFT)
	require.NoError(t, err)
	const base = 7050
	c, err = c.OneMachine(base)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, o := range append([]Organisation{c.Orderers.Organisation}, c.Organisations...) {
		for _, n := range o.Nodes {
			require.Equal(t, n.Address, n.Listen)
			for _, address := range []string{n.Listen, n.Operations, n.Chaincode + n.Admin} {
				require.Regexp(t, `^127\.0\.0\.1:7[01]\d\d$`, address)
				require.False(t, seen[address], address)
				seen[address] = true
			}
		}
	}
	for port := base + ChaincodePort; port < base+PortSpan; port++ {
		require.False(t, seen[local(port)], "ports for chaincodes are left alone")
	}
	require.Empty(t, Default().Organisations[0].Nodes[0].Address, "the original is not touched")

	_, err = Default().OneMachine(80)
	require.ErrorContains(t, err, "between 1024 and")
	_, err = Default().OneMachine(65500)
	require.ErrorContains(t, err, "between 1024 and")
	crowd, err := Default().WithOrderers(11, Raft)
	require.NoError(t, err)
	_, err = crowd.OneMachine(base)
	require.ErrorContains(t, err, "11 ordering nodes")
}

func TestHashNamesTheTerms(t *testing.T) {
	a, b := Default(), Default()
	require.Equal(t, a.Hash(), b.Hash())
	b.Chaincodes = nil
	require.Equal(t, a.Hash(), b.Hash(), "chaincodes come and go")
	b.Policies["Endorsement"] = "ANY Endorsement"
	require.NotEqual(t, a.Hash(), b.Hash())
}

func TestOrganisation(t *testing.T) {
	for _, id := range []string{"city", "CityMSP"} {
		o, err := Default().Organisation(id)
		require.NoError(t, err)
		require.Equal(t, "peer0.city.example", o.Host(o.Nodes[0]))
	}
	_, err := Default().Organisation("nowhere")
	require.ErrorContains(t, err, "bank (BankMSP)")
}
