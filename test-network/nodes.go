// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/komsco/trust-platform/network"
)

func (n *Network) crypto() network.Crypto { return network.Crypto(filepath.Join(n.dir, "crypto")) }

// peerName is how a peer is called in status, logs and so on.
func peerName(o network.Organisation, node network.Node) string { return node.Name + "." + o.Name }

// nodes are the processes of ordering nodes and peers, their settings written.
func (n *Network) nodes() ([]process, error) {
	var all []process
	c := n.state.Consortium
	for _, node := range c.Orderers.Organisation.Nodes {
		settings, err := c.OrdererSettings(node, n.folders(node.Name))
		if err != nil {
			return nil, err
		}
		p, err := n.node(node.Name, KindOrderer, "orderer.yaml", settings)
		if err != nil {
			return nil, err
		}
		p.Program = filepath.Join(n.state.BinDir, "orderer")
		p.Listen = []listener{{portOf(node.Listen), "clients and peers"}, {portOf(node.Admin), "its channel administration"}, {portOf(node.Operations), "health and metrics"}}
		p.ready = func(ctx context.Context) error {
			_, err := n.participation(ctx, node)
			return err
		}
		all = append(all, p)
	}
	for _, o := range c.Organisations {
		for _, node := range o.Nodes {
			name := peerName(o, node)
			settings, err := c.PeerSettings(o, node, n.folders(name))
			if err != nil {
				return nil, err
			}
			p, err := n.node(name, KindPeer, "core.yaml", settings)
			if err != nil {
				return nil, err
			}
			p.Program, p.Args = filepath.Join(n.state.BinDir, "peer"), []string{"node", "start"}
			files := n.crypto().PeerNode(o, node)
			p.Env = append(p.Env, "CCAAS_CLIENT_CERT="+files.TLSCert, "CCAAS_CLIENT_KEY="+files.TLSKey)
			p.Listen = []listener{{portOf(node.Listen), "clients and peers"}, {portOf(node.Chaincode), "chaincodes"}, {portOf(node.Operations), "health and metrics"}}
			all = append(all, p)
		}
	}
	return all, nil
}

// node writes a node's settings and describes its process.
func (n *Network) node(name, kind, file string, settings []byte) (process, error) {
	dir := n.nodeDir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return process{}, fmt.Errorf("folder of %s: %w", name, err)
	}
	if err := writeFile(filepath.Join(dir, file), settings); err != nil {
		return process{}, err
	}
	sum := sha256.Sum256(settings)
	return process{
		Name: name, Kind: kind, Dir: dir, Revision: hex.EncodeToString(sum[:8]),
		Env: []string{"FABRIC_CFG_PATH=" + dir, "FABRIC_LOGGING_SPEC=warning"},
	}, nil
}

func (n *Network) nodeDir(name string) string { return filepath.Join(n.dir, "nodes", name) }

func (n *Network) folders(name string) network.Folders {
	return network.Folders{
		Crypto:  n.crypto(),
		Data:    filepath.Join(n.nodeDir(name), "data"),
		Builder: filepath.Join(n.dir, "builder"),
	}
}

// portOf reads an address that the consortium's validation has accepted.
func portOf(address string) int {
	_, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	return number
}
