// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"cmp"
	"fmt"

	"github.com/komsco/trust-platform/network"
)

// choices are the options that shape the channel, as they were taken when the network was made.
type choices struct {
	// Orderers is 0 where it was left to the consortium, as is BFT then.
	Orderers int            `json:"orderers,omitempty"`
	BFT      bool           `json:"bft,omitempty"`
	Batch    *network.Batch `json:"batch,omitempty"`
	// Own is set if the consortium was not the default one.
	Own bool `json:"own,omitempty"`
}

// settle decides about the terms of a new network, or checks that those of an existing one are the ones asked for. One that
// was broken off before its channel was made takes other options still, and keeps those that are left out.
func (n *Network) settle(o Options) error {
	existing := n.state.Made
	if !existing {
		n.state.Format = stateFormat
		n.state.BasePort = cmp.Or(n.state.BasePort, DefaultBasePort)
		n.state.ChaincodePerOrg = n.state.ChaincodePerOrg || o.ChaincodePerOrg
		n.state.PeerProfiles = cmp.Or(o.PeerProfiles, n.state.PeerProfiles)
	}
	n.state.BinDir = n.bin
	was := n.state.Choices
	want := was
	if o.Orderers != 0 || o.BFT {
		want.Orderers, want.BFT = o.Orderers, o.BFT
		if o.BFT && o.Orderers == 0 {
			want.Orderers = 4
		}
	}
	if o.Batch != nil {
		want.Batch = o.Batch
	}
	base := o.Consortium
	switch {
	case base != nil:
		want.Own = true
	case was.Own:
		base = n.state.Consortium
	default:
		base = network.Default()
	}
	basePort := n.state.BasePort
	if o.BasePort != 0 {
		basePort = o.BasePort
	}
	if existing && (basePort != n.state.BasePort || want.orderers(base) != was.orderers(n.state.Consortium)) {
		return fmt.Errorf("%w: the network in %s has base port %d and %s, asked for are %d and %s; "+
			"reset it first (its ledgers are lost), or name another folder",
			ErrStaleState, n.dir, n.state.BasePort, was.orderers(n.state.Consortium), basePort, want.orderers(base))
	}
	if existing && o.ChaincodePerOrg && !n.state.ChaincodePerOrg {
		return fmt.Errorf("%w: the network in %s runs one process of a chaincode for all organisations, asked for is one for each; "+
			"reset it first (its ledgers are lost), or name another folder", ErrStaleState, n.dir)
	}
	if existing && was.Own && o.Consortium == nil {
		return n.saveState() // its own terms, unchanged
	}
	c, err := terms(base, want, basePort)
	if err != nil {
		return err
	}
	if existing && c.Hash() != n.state.Terms {
		return fmt.Errorf("%w: the network in %s was made from other terms (organisations, policies, batch) than the consortium has now; "+
			"reset it first (its ledgers are lost), or name another folder", ErrStaleState, n.dir)
	}
	n.state.Choices, n.state.BasePort, n.state.Terms, n.state.Consortium = want, basePort, c.Hash(), c
	return n.saveState()
}

func terms(base *network.Consortium, want choices, basePort int) (*network.Consortium, error) {
	c := base
	if want.Orderers != 0 {
		var err error
		if c, err = base.WithOrderers(want.Orderers, want.orderers(base).consensus); err != nil {
			return nil, err
		}
	}
	if want.Batch != nil {
		changed := *c
		changed.Batch = *want.Batch
		c = &changed
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c.OneMachine(basePort)
}

// ordering is how many nodes order, and how they agree.
type ordering struct {
	nodes     int
	consensus string
}

// orderers are those that were chosen, or the consortium's own.
func (c choices) orderers(base *network.Consortium) ordering {
	switch {
	case c.Orderers == 0:
		return ordering{len(base.Orderers.Organisation.Nodes), base.Orderers.Consensus}
	case c.BFT:
		return ordering{c.Orderers, network.BFT}
	default:
		return ordering{c.Orderers, network.Raft}
	}
}

func (o ordering) String() string {
	if o.consensus == network.BFT {
		return fmt.Sprintf("%d BFT orderers", o.nodes)
	}
	return fmt.Sprintf("%d Raft orderer(s)", o.nodes)
}
