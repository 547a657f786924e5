// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"

	"github.com/komsco/trust-platform/network"
)

// deployed is a chaincode whose processes belong to the network.
type deployed struct {
	Chaincode
	Instances []instance `json:"instances"`
}

// instance is a process of a chaincode: for all organisations, or for one.
type instance struct {
	Process string `json:"process"`
	// Org is the organisation's MSP id, empty if the process serves all.
	Org       string `json:"org,omitempty"`
	Port      int    `json:"port"`
	PackageID string `json:"packageId"`
	// Package is the path of what is installed on peers.
	Package string `json:"package"`
	// Server holds the TLS files; empty without TLS.
	Server string `json:"server,omitempty"`
}

func (cc Chaincode) label() string { return cc.Name + "_" + cc.Version }

func (n *Network) chaincodeDir(cc Chaincode) string {
	return filepath.Join(n.dir, "chaincodes", cc.label())
}

func (n *Network) chaincodeProcesses() []process {
	var all []process
	for _, d := range n.state.Chaincodes {
		all = append(all, n.instanceProcesses(d)...)
	}
	return all
}

func (n *Network) instanceProcesses(d deployed) []process {
	var all []process
	for _, i := range d.Instances {
		env := append(slices.Clone(d.Env),
			"CHAINCODE_ID="+i.PackageID,
			"CHAINCODE_SERVER_ADDRESS="+loopback(i.Port),
			"CHAINCODE_NAME="+d.Name,
			"CHAINCODE_NETWORK="+n.state.Consortium.Network,
			"CHAINCODE_CLOCK_BOUND="+n.state.Consortium.TimeWindow().String(),
		)
		if i.Server != "" {
			env = append(env,
				"CHAINCODE_TLS_KEY="+filepath.Join(i.Server, "server.key"),
				"CHAINCODE_TLS_CERT="+filepath.Join(i.Server, "server.crt"),
				"CHAINCODE_TLS_CLIENT_CA="+filepath.Join(i.Server, "clients.crt"),
			)
		}
		all = append(all, process{
			Name: i.Process, Kind: KindChaincode, Program: d.Program, Env: env, Dir: n.chaincodeDir(d.Chaincode),
			Listen:   []listener{{i.Port, "peers"}},
			Revision: revision(env, d.Program),
		})
	}
	return all
}

// instances lays out the processes of a chaincode: ports, certificates and packages.
func (n *Network) instances(cc Chaincode) ([]instance, error) {
	var all []instance
	if n.state.ChaincodePerOrg {
		for _, o := range n.state.Consortium.Organisations {
			all = append(all, instance{Process: cc.Name + "-" + cc.Version + "." + o.Name, Org: o.MSP})
		}
	} else {
		all = []instance{{Process: cc.Name + "-" + cc.Version}}
	}
	taken := n.chaincodePorts()
	for k := range all {
		port, err := n.chaincodePort(all[k].Process, taken)
		if err != nil {
			return nil, err
		}
		all[k].Port = port
		taken[all[k].Process] = port
		if err := n.pack(cc, &all[k]); err != nil {
			return nil, fmt.Errorf("package %s: %w", all[k].Process, err)
		}
	}
	return all, nil
}

// chaincodePorts are the ports given to chaincode processes, by name.
func (n *Network) chaincodePorts() map[string]int {
	taken := map[string]int{}
	for _, d := range n.state.Chaincodes {
		for _, i := range d.Instances {
			taken[i.Process] = i.Port
		}
	}
	return taken
}

func (n *Network) chaincodePort(name string, taken map[string]int) (int, error) {
	if port, ok := taken[name]; ok {
		return port, nil
	}
	used := map[int]bool{}
	for _, port := range taken {
		used[port] = true
	}
	first, end := n.state.BasePort+network.ChaincodePort, n.state.BasePort+network.PortSpan
	for port := first; port < end; port++ {
		if !used[port] {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is left for %s: chaincodes take all of %d to %d", name, first, end-1)
}

// pack writes what is installed on peers: where the chaincode listens and how its certificate is checked.
func (n *Network) pack(cc Chaincode, i *instance) error {
	connection := map[string]any{"address": loopback(i.Port), "dial_timeout": "5s", "tls_required": !cc.Plain}
	if !cc.Plain {
		i.Server = filepath.Join(n.chaincodeDir(cc), i.Process+"-tls")
		root, err := n.makeServerTLS(*i)
		if err != nil {
			return err
		}
		// The client's certificate is added by the builder of each peer.
		connection["client_auth_required"], connection["root_cert"] = true, string(root)
	}
	where, err := json.Marshal(connection)
	if err != nil {
		return err
	}
	code, err := archive(file{"connection.json", where})
	if err != nil {
		return err
	}
	metadata, err := json.Marshal(map[string]string{"type": "ccaas", "label": cc.label()})
	if err != nil {
		return err
	}
	pkg, err := archive(file{"metadata.json", metadata}, file{"code.tar.gz", code})
	if err != nil {
		return err
	}
	i.PackageID = chaincode.GetPackageID(cc.label(), pkg)
	i.Package = filepath.Join(n.chaincodeDir(cc), i.Process+".tar.gz")
	return writeFile(i.Package, pkg)
}

// makeServerTLS gives a chaincode process its certificate and those that it trusts, and returns the authority's own. A
// process for all organisations gets its certificate from the first.
func (n *Network) makeServerTLS(i instance) ([]byte, error) {
	orgs := n.state.Consortium.Organisations
	o := orgs[0]
	if i.Org != "" {
		var err error
		if o, err = n.state.Consortium.Organisation(i.Org); err != nil {
			return nil, err
		}
	}
	root, err := os.ReadFile(n.crypto().PeerNode(o, o.Nodes[0]).TLSRoot)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(i.Server, "server.crt")); err == nil {
		return root, nil
	}
	var clients []byte
	for _, member := range orgs {
		if i.Org != "" && member.MSP != i.Org {
			continue
		}
		pem, err := os.ReadFile(n.crypto().PeerNode(member, member.Nodes[0]).TLSRoot)
		if err != nil {
			return nil, err
		}
		clients = append(clients, pem...)
	}
	cert, key, err := issueTLS(n.crypto().Peers(o), i.Process+"."+o.Domain)
	if err != nil {
		return nil, err
	}
	return root, errors.Join(
		put(filepath.Join(i.Server, "clients.crt"), clients),
		put(filepath.Join(i.Server, "server.key"), key),
		put(filepath.Join(i.Server, "server.crt"), cert), // last: it says that the others are there
	)
}

type file struct {
	name string
	data []byte
}

// archive makes a tar.gz whose bytes depend on the files alone, so that a package keeps its id.
func archive(files ...file) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
