// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// TB is the part of testing.TB that a network needs; *testing.T and *rapid.T
// have it. Fatalf is called for mistakes of the test itself and must not return.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Network is one channel of an in-memory Fabric with its peers and chaincodes.
type Network struct {
	t          TB
	world      *world
	channel    string
	peers      int
	queryLimit int
	chaincodes map[string][]shim.Chaincode // one instance for each peer
	state      map[string]*table           // by namespace
	blocks     []*Block
	seen       map[string]struct{} // transaction ids in blocks
	proposed   atomic.Uint64
}

// world is what the channels of one Fabric share. Its lock is read-held by
// simulations and write-held by commits, as a peer's.
type world struct {
	mu       sync.RWMutex
	now      time.Time
	channels map[string]*Network
}

// Option configures a channel.
type Option func(*config)

type config struct {
	channel    string
	peers      int
	queryLimit int
	deploy     []func(*Network)
}

// Chaincode deploys a chaincode; all peers share the instance, as they do when
// one process serves them all.
func Chaincode(name string, cc shim.Chaincode) Option {
	return ChaincodePerPeer(name, func(int) shim.Chaincode { return cc })
}

// ChaincodePerPeer deploys a chaincode with an instance for each peer, numbered
// from 0.
func ChaincodePerPeer(name string, instance func(peer int) shim.Chaincode) Option {
	return func(c *config) {
		c.deploy = append(c.deploy, func(n *Network) { n.deploy(name, instance) })
	}
}

// Channel names the channel; the default is "trust".
func Channel(name string) Option { return func(c *config) { c.channel = name } }

// Peers sets how many peers endorse each transaction; the default is 2.
func Peers(count int) Option { return func(c *config) { c.peers = count } }

// TotalQueryLimit sets how many results a range gives before it stops without
// a word (ledger.state.totalQueryLimit); the default is 100,000.
func TotalQueryLimit(results int) Option { return func(c *config) { c.queryLimit = results } }

// New starts a Fabric with one channel. Its clock stands at 2026-03-02 09:00 in
// Korea (+09:00).
func New(t TB, options ...Option) *Network {
	t.Helper()
	w := &world{
		now:      time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60)),
		channels: map[string]*Network{},
	}
	return w.join(t, options)
}

// NewChannel adds a channel to the same Fabric: it shares the clock, and its
// chaincodes can be queried by those of the other channels.
func (n *Network) NewChannel(name string, options ...Option) *Network {
	n.t.Helper()
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	return n.world.join(n.t, append([]Option{Channel(name)}, options...))
}

func (w *world) join(t TB, options []Option) *Network {
	t.Helper()
	c := config{channel: "trust", peers: 2, queryLimit: 100_000}
	for _, option := range options {
		option(&c)
	}
	if c.peers < 1 || c.queryLimit < 1 {
		t.Fatalf("ledgertest: %d peers, total query limit %d: both must be at least 1", c.peers, c.queryLimit)
	}
	if w.channels[c.channel] != nil {
		t.Fatalf("ledgertest: channel %q exists", c.channel)
	}
	n := &Network{
		t:          t,
		world:      w,
		channel:    c.channel,
		peers:      c.peers,
		queryLimit: c.queryLimit,
		chaincodes: map[string][]shim.Chaincode{},
		state:      map[string]*table{},
		blocks:     []*Block{{}}, // the configuration block
		seen:       map[string]struct{}{},
	}
	for _, deploy := range c.deploy {
		deploy(n)
	}
	w.channels[c.channel] = n
	return n
}

// Deploy adds a chaincode or replaces one, as an upgrade does: the state stays.
func (n *Network) Deploy(name string, cc shim.Chaincode) {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	n.deploy(name, func(int) shim.Chaincode { return cc })
}

func (n *Network) deploy(name string, instance func(peer int) shim.Chaincode) {
	instances := make([]shim.Chaincode, n.peers)
	for peer := range instances {
		instances[peer] = instance(peer)
	}
	n.chaincodes[name] = instances
}

// Now returns the clock of the network.
func (n *Network) Now() time.Time {
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()
	return n.world.now
}

// Advance moves the clock.
func (n *Network) Advance(d time.Duration) {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	n.world.now = n.world.now.Add(d)
}

// At sets the clock.
func (n *Network) At(t time.Time) {
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	n.world.now = t
}

// Get returns the committed value of a key in a chaincode's namespace, nil if
// there is none.
func (n *Network) Get(namespace, key string) []byte {
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()
	if e := n.state[namespace].get(key); e != nil {
		return bytes.Clone(e.value)
	}
	return nil
}

// All iterates over everything a chaincode has on the ledger, in order of keys,
// composite keys first.
func (n *Network) All(namespace string) iter.Seq2[string, []byte] {
	return n.Range(namespace, "", "")
}

// Range iterates over a chaincode's committed keys from start up to but not
// including end; an empty end is no end. It shows the state of the moment it
// began, so the loop may commit.
func (n *Network) Range(namespace, start, end string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		type pair struct {
			key   string
			value []byte
		}
		var pairs []pair
		n.world.mu.RLock()
		for e := n.state[namespace].seek(start); e != nil && (end == "" || e.key < end); e = e.next[0] {
			pairs = append(pairs, pair{e.key, e.value})
		}
		n.world.mu.RUnlock()
		for _, p := range pairs {
			if !yield(p.key, bytes.Clone(p.value)) {
				return
			}
		}
	}
}
