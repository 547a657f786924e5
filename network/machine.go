// SPDX-License-Identifier: Apache-2.0

package network

import (
	"fmt"
	"net"
	"slices"
	"strconv"
)

// PortSpan is how many ports from the base on a network on one machine may use, chaincodes included. Networks whose bases
// are that far apart run side by side.
const PortSpan = 100

// Offsets from the base port. Each kind of listener has ten.
const (
	ordererPort    = 0
	ordererAdmin   = 10
	ordererMetrics = 20
	peerPort       = 30
	peerChaincode  = 40
	peerMetrics    = 50
	// ChaincodePort is the offset of the first port for chaincode processes.
	ChaincodePort = 60
)

// maxNodes of a kind fit into the ports of one machine.
const maxNodes = 10

// WithOrderers returns the consortium with n ordering nodes under the given consensus.
func (c *Consortium) WithOrderers(n int, consensus string) (*Consortium, error) {
	out := c.clone()
	out.Orderers.Consensus = consensus
	out.Orderers.Organisation.Nodes = nil
	for i := range n {
		out.Orderers.Organisation.Nodes = append(out.Orderers.Organisation.Nodes, Node{Name: fmt.Sprintf("orderer%d", i)})
	}
	return out, out.Validate()
}

// OneMachine returns the consortium with every listener on 127.0.0.1 and all ports derived from base.
func (c *Consortium) OneMachine(base int) (*Consortium, error) {
	if base < 1024 || base+PortSpan > 65536 {
		return nil, fmt.Errorf("base port %d must be between 1024 and %d", base, 65536-PortSpan)
	}
	out := c.clone()
	peers := 0
	for i := range out.Organisations {
		for j := range out.Organisations[i].Nodes {
			n := &out.Organisations[i].Nodes[j]
			n.Address = local(base + peerPort + peers)
			n.Listen = n.Address
			n.Chaincode = local(base + peerChaincode + peers)
			n.Operations = local(base + peerMetrics + peers)
			n.Admin = ""
			peers++
		}
	}
	orderers := out.Orderers.Organisation.Nodes
	for i := range orderers {
		n := &orderers[i]
		n.Address = local(base + ordererPort + i)
		n.Listen = n.Address
		n.Admin = local(base + ordererAdmin + i)
		n.Operations = local(base + ordererMetrics + i)
		n.Chaincode = ""
	}
	if peers > maxNodes || len(orderers) > maxNodes {
		return nil, fmt.Errorf("%d peers and %d ordering nodes do not fit on one machine: at most %d each", peers, len(orderers), maxNodes)
	}
	return out, nil
}

func (c *Consortium) clone() *Consortium {
	out := *c
	out.Organisations = slices.Clone(c.Organisations)
	for i := range out.Organisations {
		out.Organisations[i].Nodes = slices.Clone(c.Organisations[i].Nodes)
	}
	out.Orderers.Organisation.Nodes = slices.Clone(c.Orderers.Organisation.Nodes)
	return &out
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
