// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNextSequence(t *testing.T) {
	second := &definition{version: "1.1", sequence: 2}
	for name, test := range map[string]struct {
		asked     int
		committed *definition
		unchanged bool
		want      int
		err       string
	}{
		"the first":           {0, nil, false, 1, ""},
		"the first, asked":    {1, nil, false, 1, ""},
		"the same":            {0, second, true, 2, ""},
		"the same, asked":     {2, second, true, 2, ""},
		"an upgrade":          {0, second, false, 3, ""},
		"an upgrade, asked":   {3, second, false, 3, ""},
		"a step too far":      {4, second, false, 0, "the channel expects 3"},
		"without any change":  {3, second, true, 0, "the channel expects 2"},
		"not from the bottom": {2, nil, false, 0, "the channel expects 1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := nextSequence(Chaincode{Sequence: test.asked}, test.committed, test.unchanged)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestChaincodeIsValidated(t *testing.T) {
	require.NoError(t, Chaincode{Name: "noop", Version: "1.0", Package: "./noop"}.validate())
	for want, cc := range map[string]Chaincode{
		"a name must match": {Name: "No op", Version: "1.0", Package: "./noop"},
		"version":           {Name: "noop", Version: "../1", Package: "./noop"},
		"name either":       {Name: "noop", Version: "1.0"},
		"either its Go":     {Name: "noop", Version: "1.0", Package: "./noop", Program: "/noop"},
		"below zero":        {Name: "noop", Version: "1.0", Package: "./noop", Sequence: -1},
	} {
		require.ErrorContains(t, cc.validate(), want)
	}
}

func TestPolicy(t *testing.T) {
	p, err := applicationPolicy("")
	require.NoError(t, err)
	require.Equal(t, "/Channel/Application/Endorsement", p.GetChannelConfigPolicyReference())
	p, err = applicationPolicy("OutOf(2, 'A.peer', 'B.peer', 'C.peer')")
	require.NoError(t, err)
	require.EqualValues(t, 2, p.GetSignaturePolicy().GetRule().GetNOutOf().GetN())
	_, err = applicationPolicy("two of three")
	require.ErrorContains(t, err, `policy "two of three"`)
}

func TestPackagesAreReproducible(t *testing.T) {
	files := []file{{"a", []byte("1")}, {"b", bytes.Repeat([]byte("2"), 1<<16)}}
	one, err := archive(files...)
	require.NoError(t, err)
	two, err := archive(files...)
	require.NoError(t, err)
	require.Equal(t, one, two)
}

func TestChaincodePorts(t *testing.T) {
	n := settled(t, Options{BasePort: 8050})
	taken := map[string]int{"a": 8110, "c": 8112}
	port, err := n.chaincodePort("a", taken)
	require.NoError(t, err)
	require.Equal(t, 8110, port, "a process keeps its port")
	port, err = n.chaincodePort("b", taken)
	require.NoError(t, err)
	require.Equal(t, 8111, port)
	for p := 8110; p < 8150; p++ {
		taken[loopback(p)] = p
	}
	_, err = n.chaincodePort("b", taken)
	require.ErrorContains(t, err, "chaincodes take all of 8110 to 8149")
}

func TestReplaceNamesWhatIsSuperfluous(t *testing.T) {
	n := settled(t, Options{})
	version := func(v string) deployed {
		return deployed{Chaincode: Chaincode{Name: "noop", Version: v}, Instances: []instance{{Process: "noop-" + v}}}
	}
	other := deployed{Chaincode: Chaincode{Name: "other", Version: "1"}, Instances: []instance{{Process: "other-1"}}}
	require.Empty(t, n.replace(version("1")))
	require.Empty(t, n.replace(other))
	require.Empty(t, n.replace(version("1")), "the same again")
	require.Equal(t, []string{"noop-1"}, n.replace(version("2")))
	require.Len(t, n.state.Chaincodes, 3, "until the new one is committed both run")
}

func TestConsortiumChaincode(t *testing.T) {
	n := settled(t, Options{})
	cc, err := n.Chaincode("currency")
	require.NoError(t, err)
	require.Equal(t, Chaincode{Name: "currency", Version: "1.0", Package: "./chaincode/currency/cmd/currency"}, cc)
	_, err = n.Chaincode("noop")
	require.ErrorContains(t, err, `there are ["currency"`)
}
