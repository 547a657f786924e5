// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"fmt"
	"os"
	"strings"

	"github.com/komsco/trust-platform/network"
)

// Org is how a member organisation is reached.
type Org struct {
	Name   string
	MSPID  string
	Domain string
	// Peer is the endpoint (host:port) of its first peer, PeerHost the name in that peer's certificate.
	Peer     string
	PeerHost string
	// TLSRoot is the path of the certificate that the peer's TLS certificate stands under.
	TLSRoot string
}

// Org finds a member by MSP id or short name.
func (n *Network) Org(id string) (Org, error) {
	o, err := n.state.Consortium.Organisation(id)
	if err != nil {
		return Org{}, err
	}
	if o.MSP == n.state.Consortium.Orderers.Organisation.MSP {
		return Org{}, fmt.Errorf("%s runs the ordering service, it has no peer", o.MSP)
	}
	return n.org(o), nil
}

// Orgs are the members with peers.
func (n *Network) Orgs() []Org {
	var all []Org
	for _, o := range n.state.Consortium.Organisations {
		all = append(all, n.org(o))
	}
	return all
}

func (n *Network) org(o network.Organisation) Org {
	node := o.Nodes[0]
	return Org{
		Name: o.Name, MSPID: o.MSP, Domain: o.Domain,
		Peer: node.Address, PeerHost: o.Host(node), TLSRoot: n.crypto().PeerNode(o, node).TLSRoot,
	}
}

// Env returns NAME=value lines with which the plain peer program acts as the organisation's user; "" means its admin.
// $INVOKE holds the flags of `peer chaincode invoke`: the orderer and a peer of every organisation.
func (n *Network) Env(id, user string) ([]string, error) {
	if user == "" {
		user = adminName
	}
	org, err := n.Org(id)
	if err != nil {
		return nil, err
	}
	u, err := n.User(id, user)
	if err != nil {
		return nil, err
	}
	c := n.state.Consortium
	orderers := c.Orderers.Organisation
	orderer := orderers.Nodes[0]
	ordererCA := n.crypto().OrdererNode(orderers, orderer).TLSRoot
	invoke := []string{"-o", orderer.Address, "--tls", "--cafile", ordererCA}
	for _, o := range n.Orgs() {
		invoke = append(invoke, "--peerAddresses", o.Peer, "--tlsRootCertFiles", o.TLSRoot)
	}
	first := c.Organisations[0]
	return []string{
		"PATH=" + n.state.BinDir + string(os.PathListSeparator) + os.Getenv("PATH"),
		// Any core.yaml will do: what follows overrides it.
		"FABRIC_CFG_PATH=" + n.nodeDir(peerName(first, first.Nodes[0])),
		"FABRIC_LOGGING_SPEC=error",
		"CORE_PEER_LOCALMSPID=" + org.MSPID,
		"CORE_PEER_MSPCONFIGPATH=" + u.MSPDir,
		"CORE_PEER_ADDRESS=" + org.Peer,
		"CORE_PEER_TLS_ENABLED=true",
		"CORE_PEER_TLS_ROOTCERT_FILE=" + org.TLSRoot,
		"CHANNEL=" + c.Channel,
		"ORDERER_ADDRESS=" + orderer.Address,
		"ORDERER_CA=" + ordererCA,
		"INVOKE=" + strings.Join(invoke, " "),
	}, nil
}
