// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
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

// nodes are the processes of ordering nodes and peers.
func (n *Network) nodes() ([]process, error) {
	var all []process
	c := n.state.Consortium
	for _, node := range c.Orderers.Organisation.Nodes {
		settings, err := c.OrdererSettings(node, n.folders(node.Name))
		if err != nil {
			return nil, err
		}
		p := n.node(node.Name, KindOrderer, "orderer", "orderer.yaml", settings)
		p.Listen = []listener{{portOf(node.Listen), "clients and peers"}, {portOf(node.Admin), "its channel administration"}, {portOf(node.Operations), "health and metrics"}}
		p.ready = func(ctx context.Context) error {
			_, err := n.participation(ctx, node)
			return err
		}
		all = append(all, p)
	}
	peers := 0
	for _, o := range c.Organisations {
		for _, node := range o.Nodes {
			name := peerName(o, node)
			settings, err := c.PeerSettings(o, node, n.folders(name))
			if err != nil {
				return nil, err
			}
			p := n.node(name, KindPeer, "peer", "core.yaml", settings)
			p.Args = []string{"node", "start"}
			files := n.crypto().PeerNode(o, node)
			p.Env = append(p.Env, "CCAAS_CLIENT_CERT="+files.TLSCert, "CCAAS_CLIENT_KEY="+files.TLSKey)
			if first := n.state.PeerProfiles; first > 0 {
				p.Env = append(p.Env, "CORE_PEER_PROFILE_ENABLED=true", "CORE_PEER_PROFILE_LISTENADDRESS="+loopback(first+peers))
			}
			peers++
			p.Listen = []listener{{portOf(node.Listen), "clients and peers"}, {portOf(node.Chaincode), "chaincodes"}, {portOf(node.Operations), "health and metrics"}}
			p.ready = func(ctx context.Context) error { return handshake(ctx, node.Listen, files.TLSRoot) }
			all = append(all, p)
		}
	}
	return all, nil
}

// handshake succeeds once a node speaks TLS. (A mere connection would leave an error in its log.)
func handshake(ctx context.Context, address, root string) error {
	roots, err := certPool(root)
	if err != nil {
		return err
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// logFormat is Fabric's, without the colours.
const logFormat = "%{time:2006-01-02T15:04:05.000Z07:00} [%{module}] %{level:.4s} %{message}"

// node runs one of Fabric's programs with settings in a file. It is restarted when either has changed.
func (n *Network) node(name, kind, program, file string, settings []byte) process {
	dir, path := n.nodeDir(name), filepath.Join(n.state.BinDir, program)
	h := sha256.New()
	h.Write(settings)
	if info, err := os.Stat(path); err == nil { // else starting it tells why
		fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
	}
	return process{
		Name: name, Kind: kind, Dir: dir, Program: path, Revision: hex.EncodeToString(h.Sum(nil)[:8]),
		Settings: map[string][]byte{filepath.Join(dir, file): settings},
		Env:      []string{"FABRIC_CFG_PATH=" + dir, "FABRIC_LOGGING_SPEC=warning", "FABRIC_LOGGING_FORMAT=" + logFormat},
	}
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
