// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"sync"
	"time"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
)

// States of a process.
const (
	StateRunning = "running"
	StateStopped = "stopped"
	// StateCrashed is a process that ended without being told to.
	StateCrashed = "crashed"
	StateNever   = "never started"
)

// Node is a process of the network, as Status sees it.
type Node struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	State   string    `json:"state"`
	PID     int       `json:"pid,omitempty"`
	Port    int       `json:"port,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// Height is the number of blocks a peer or ordering node holds, 0 if it does not answer.
	Height uint64 `json:"height,omitempty"`
	// Problem says what is wrong: a crashed process's last words, or why a running one does not answer.
	Problem string `json:"problem,omitempty"`
	Log     string `json:"log"`
}

// heightTimeout is how long Status waits for a node to tell its height.
const heightTimeout = 3 * time.Second

// Status tells about every process that belongs to the network.
func (n *Network) Status(ctx context.Context) ([]Node, error) {
	s, err := readState(n.dir)
	if err != nil {
		return nil, err
	}
	if s != nil {
		n = &Network{dir: n.dir, root: n.root, state: s, progress: n.progress}
	}
	all, err := n.processes()
	if err != nil {
		return nil, err
	}
	nodes := make([]Node, len(all))
	for i, p := range all {
		r, err := n.readRecord(p.Name)
		if err != nil {
			return nil, err
		}
		nodes[i] = Node{Name: p.Name, Kind: p.Kind, Log: n.logPath(p.Name)}
		if len(p.Listen) > 0 {
			nodes[i].Port = p.Listen[0].Port
		}
		switch {
		case r.alive():
			nodes[i].State, nodes[i].PID, nodes[i].Started = StateRunning, r.PID, r.Started
		case r.PID == 0:
			nodes[i].State = StateNever
		case r.Stopped:
			nodes[i].State = StateStopped
		default:
			nodes[i].State, nodes[i].Problem = StateCrashed, n.tail(p.Name)
		}
	}
	n.addHeights(ctx, nodes)
	return nodes, nil
}

func (n *Network) addHeights(ctx context.Context, nodes []Node) {
	ctx, cancel := context.WithTimeout(ctx, heightTimeout)
	defer cancel()
	ask := map[string]func() (uint64, error){}
	c := n.state.Consortium
	for _, node := range c.Orderers.Organisation.Nodes {
		ask[node.Name] = func() (uint64, error) {
			p, err := n.participation(ctx, node)
			return p.Height, err
		}
	}
	for _, o := range c.Organisations {
		for _, node := range o.Nodes {
			ask[peerName(o, node)] = func() (uint64, error) {
				s, err := n.connect(o, node, adminName)
				if err != nil {
					return 0, err
				}
				defer s.Close()
				info, err := channel.GetBlockChainInfo(ctx, s.conn, s.id, c.Channel)
				return info.GetHeight(), err
			}
		}
	}
	var wg sync.WaitGroup
	for i := range nodes {
		f := ask[nodes[i].Name]
		if f == nil || nodes[i].State != StateRunning {
			continue
		}
		wg.Go(func() {
			height, err := f()
			nodes[i].Height = height
			if err != nil {
				nodes[i].Problem = "does not answer: " + err.Error()
			}
		})
	}
	wg.Wait()
}
