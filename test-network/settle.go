// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"fmt"

	"github.com/komsco/trust-platform/network"
)

// choices are the options that shape the channel, as they were taken when the network was made.
type choices struct {
	Orderers int            `json:"orderers"`
	BFT      bool           `json:"bft,omitempty"`
	Batch    *network.Batch `json:"batch,omitempty"`
	// Own is set if the consortium was not the default one.
	Own bool `json:"own,omitempty"`
}

// settle decides about the terms of a new network, or checks that those of an existing one are the ones asked for.
func (n *Network) settle(o Options) error {
	existing := n.state.Format != 0
	n.state.BinDir = n.bin
	if !existing {
		n.state.Format = stateFormat
		n.state.BasePort = DefaultBasePort
		n.state.Choices = choices{Orderers: 1}
		n.state.ChaincodePerOrg = o.ChaincodePerOrg
		n.state.PeerProfiles = o.PeerProfiles
	}
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
	if o.Consortium != nil {
		want.Own = true
	}
	basePort := n.state.BasePort
	if o.BasePort != 0 {
		basePort = o.BasePort
	}
	if existing && (basePort != n.state.BasePort || want.Orderers != was.Orderers || want.BFT != was.BFT) {
		return fmt.Errorf("%w: the network in %s has base port %d and %s, asked for are %d and %s; "+
			"reset it first (its ledgers are lost), or name another folder",
			ErrStaleState, n.dir, n.state.BasePort, was, basePort, want)
	}
	if existing && o.ChaincodePerOrg && !n.state.ChaincodePerOrg {
		return fmt.Errorf("%w: the network in %s runs one process of a chaincode for all organisations, asked for is one for each; "+
			"reset it first (its ledgers are lost), or name another folder", ErrStaleState, n.dir)
	}
	if existing && was.Own && o.Consortium == nil {
		return n.saveState() // its own terms, unchanged
	}
	c, err := terms(o.Consortium, want, basePort)
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
	if base == nil {
		base = network.Default()
	}
	consensus := network.Raft
	if want.BFT {
		consensus = network.BFT
	}
	c, err := base.WithOrderers(want.Orderers, consensus)
	if err != nil {
		return nil, err
	}
	if want.Batch != nil {
		c.Batch = *want.Batch
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c.OneMachine(basePort)
}

func (c choices) String() string {
	if c.BFT {
		return fmt.Sprintf("%d BFT orderers", c.Orderers)
	}
	return fmt.Sprintf("%d Raft orderer(s)", c.Orderers)
}
