// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

// ktoken is another consortium's private chain, with an ordering node of its own.
type ktoken struct {
	t      *testing.T
	n      *testnetwork.Network
	client *gateway.Client
}

func newKtoken(t *testing.T) *ktoken {
	t.Helper()
	c := network.Default()
	c.Network, c.Channel = "ktoken", "ktoken"
	c.Organisations = c.Organisations[:1]
	c.Organisations[0].Name, c.Organisations[0].MSP, c.Organisations[0].Domain = "kt", "KTMSP", "kt.example"
	c.Orderers.Organisation.Domain = "orderer.kt.example"
	c.Chaincodes = nil
	k := &ktoken{t: t, n: networktest.New(t, testnetwork.Options{
		Consortium: c, Chaincodes: []testnetwork.Chaincode{{Name: "noop", Package: "./test-network/cmd/noop"}},
	})}
	org, user := k.peer()
	var err error
	k.client, err = gateway.Connect(t.Context(), gateway.Options{
		PeerEndpoint: org.Peer, PeerName: org.PeerHost, TLSRootCert: org.TLSRoot, MSPID: org.MSPID, Cert: user.Cert, Key: user.Key,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.client.Close()) })
	return k
}

func (k *ktoken) peer() (testnetwork.Org, testnetwork.User) {
	k.t.Helper()
	org, err := k.n.Org("KTMSP")
	require.NoError(k.t, err)
	user, err := k.n.User("KTMSP", "agent")
	require.NoError(k.t, err)
	return org, user
}

// pay carries out a transaction of that chain.
func (k *ktoken) pay(key string) string {
	k.t.Helper()
	tx, err := k.client.Fabric().GetNetwork("ktoken").GetContract("noop").NewProposal("put", client.WithArguments(key, "1,000 won"))
	require.NoError(k.t, err)
	endorsed, err := tx.Endorse()
	require.NoError(k.t, err)
	sent, err := endorsed.Submit()
	require.NoError(k.t, err)
	status, err := sent.Status()
	require.NoError(k.t, err)
	require.True(k.t, status.Successful)
	return tx.TransactionID()
}

func (k *ktoken) height() int64 {
	k.t.Helper()
	h, err := k.client.Height(k.t.Context(), "ktoken")
	require.NoError(k.t, err)
	return int64(h)
}

// block is a whole block, as peer channel fetch writes it.
func (k *ktoken) block(number int64) ([]byte, fabric.Whole) {
	k.t.Helper()
	stream, err := k.client.Fabric().GetNetwork("ktoken").BlockEvents(k.t.Context(), client.WithStartBlock(uint64(number)))
	require.NoError(k.t, err)
	raw, err := proto.Marshal(<-stream)
	require.NoError(k.t, err)
	b, err := fabric.ParseBlock(raw)
	require.NoError(k.t, err)
	return raw, b
}

// node is the chain's one ordering node, keys and all: what it could do if it
// were evil.
func (k *ktoken) node() fabrictest.Node {
	k.t.Helper()
	dir := filepath.Join(k.n.Dir(), "crypto", "ordererOrganizations", "orderer.kt.example", "orderers", "orderer0.orderer.kt.example", "msp")
	one := func(pattern string) []byte {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(k.t, err)
		require.Len(k.t, found, 1, pattern)
		text, err := os.ReadFile(found[0])
		require.NoError(k.t, err)
		block, _ := pem.Decode(text)
		require.NotNil(k.t, block)
		return block.Bytes
	}
	cert, err := x509.ParseCertificate(one("signcerts/*.pem"))
	require.NoError(k.t, err)
	key, err := x509.ParsePKCS8PrivateKey(one("keystore/*"))
	require.NoError(k.t, err)
	return fabrictest.Node{MSP: "OrdererMSP", Cert: cert, Key: key.(*ecdsa.PrivateKey)}
}

// agent runs trustctl anchor follow.
func (r *registry) agent(t *testing.T, k *ktoken, args ...string) *exec.Cmd {
	t.Helper()
	org, user := k.peer()
	cmd := exec.CommandContext(t.Context(), r.trustctl, append([]string{
		"anchor", "follow", "ktoken-blocks", "--gateway", r.p.URL, "--channel", "ktoken",
		"--peer", org.Peer, "--peer-name", org.PeerHost, "--tls-cert", org.TLSRoot, "--msp", org.MSPID, "--cert", user.Cert, "--key", user.Key,
	}, args...)...)
	cmd.Stderr = &bytes.Buffer{}
	return cmd
}

func (r *registry) tip(t *testing.T) anchor.ChainTip {
	t.Helper()
	status, raw, err := r.fetch(t.Context(), http.MethodGet, "/v1/sources/ktoken-blocks", "", nil)
	var body struct{ Chain *anchor.ChainTip }
	if err != nil || status != http.StatusOK || json.Unmarshal(raw, &body) != nil || body.Chain == nil {
		return anchor.ChainTip{Height: -1} // nothing yet, or the gateway is being restarted
	}
	return *body.Chain
}

// case03Follow: another consortium's chain is followed by an agent, block after
// block, under the ordering node's own signatures, while agent, gateway and that
// chain's peer are killed and its configuration changes. Then a transaction of it is
// proved offline, and its ordering node caught signing a second history.
func (r *registry) case03Follow(t *testing.T) {
	k := newKtoken(t)
	_, genesis := k.block(0)
	start := genesis.Hash()
	r.register(t, anchor.Source{
		ID: "ktoken-blocks", Title: "K-token chain", Kind: anchor.Chain,
		Headers: &anchor.HeaderTerms{Format: anchor.FabricChain, Start: hex.EncodeToString(start[:])},
	})
	agent := r.agent(t, k)
	require.NoError(t, agent.Start())
	reached := func(height int64) {
		t.Helper()
		require.Eventually(t, func() bool { return r.tip(t).Height >= height }, 2*time.Minute, 50*time.Millisecond, "the log gets to height %d", height)
	}
	reached(k.height() - 1)

	// The agent is killed, and started again.
	k.pay("payment-1")
	require.NoError(t, agent.Process.Kill())
	_ = agent.Wait()
	require.NoError(t, k.n.ChangeOrdering(t.Context(), "", "BatchTimeout", func([]byte) ([]byte, error) {
		return proto.Marshal(&orderer.BatchTimeout{Timeout: "100ms"})
	}))
	k.pay("payment-2")
	agent = r.agent(t, k)
	require.NoError(t, agent.Start())
	k.pay("payment-3")

	// So is the gateway.
	require.NoError(t, r.p.Kill(t.Context(), "gateway"))
	require.NoError(t, k.n.ChangeOrdering(t.Context(), "OrdererMSP", "MSP", func(old []byte) ([]byte, error) { return k.addRoot(old) }))
	proved := k.pay("payment-4")
	require.NoError(t, r.p.Start(t.Context(), "gateway"))
	reached(k.height() - 1)

	// And the peer that the agent reads from.
	require.NoError(t, k.n.Kill(t.Context(), "peer0.kt"))
	require.NoError(t, k.n.Start(t.Context(), "peer0.kt"))
	require.Eventually(t, func() bool {
		_, err := k.client.Fabric().GetNetwork("ktoken").GetContract("noop").EvaluateTransaction("get", "payment-1")
		return err == nil
	}, time.Minute, 100*time.Millisecond)
	for i := range 10 {
		k.pay(fmt.Sprint("payment-", 5+i))
	}
	height := k.height()
	reached(height - 1)
	require.NoError(t, agent.Process.Signal(os.Interrupt))
	require.NoError(t, agent.Wait(), "told to stop, it stops: %s", agent.Stderr)
	t.Logf("%d blocks followed", height)

	// Each block once, in order.
	require.EqualValues(t, height, get[struct{ Size int64 }](t, r, "/v1/sources/ktoken-blocks").Size)
	for n := range height {
		_, b := k.block(n)
		hash := b.Hash()
		found := get[struct{ Records []struct{ Index int64 } }](t, r, fmt.Sprint("/v1/sources/ktoken-blocks/records?height=", n))
		require.Len(t, found.Records, 1)
		a := get[anchored](t, r, "/v1/sources/ktoken-blocks/digests/sha-256/"+hex.EncodeToString(hash[:]))
		require.Equal(t, "sealed", a.Status)
		require.EqualValues(t, n, a.Index)
	}
	again := r.agent(t, k, "--until", fmt.Sprint(height-1))
	require.NoError(t, again.Run(), "%s", again.Stderr)

	r.proveTransaction(t, k, height, proved)
	r.catchFork(t, k, height)
}

// proveTransaction proves a transaction of the chain with no network: block, header,
// log. That it was valid only a witness of that chain says.
func (r *registry) proveTransaction(t *testing.T, k *ktoken, height int64, tx string) {
	dir := os.Getenv("VECTORS") // to keep the files, for gateway/receipt/testdata
	if dir == "" {
		dir = t.TempDir()
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	var whole fabric.Whole
	at := int64(-1)
	for n := height - 1; n >= 0 && at < 0; n-- {
		raw, b := k.block(n)
		if found := fabric.TransactionIDs(b.Envelopes); len(found) > 0 && strings.Contains(strings.Join(found, " "), tx) {
			at, whole = n, b
			write("block", raw)
		}
	}
	require.GreaterOrEqual(t, at, int64(0))
	hash := whole.Hash()
	a := get[anchored](t, r, "/v1/sources/ktoken-blocks/digests/sha-256/"+hex.EncodeToString(hash[:]))
	_, receipt, err := r.fetch(t.Context(), http.MethodGet, a.Receipt, "", nil)
	require.NoError(t, err)
	write("receipt.txt", receipt)
	write("policy", []byte(r.policy(t, "ktoken-blocks")))
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write("witness.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), r.trustctl, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	verify := func(more ...string) (string, error) {
		return run(append([]string{"verify", "receipt.txt", "block", "--policy", "policy"}, more...)...)
	}
	out, err := verify("--tx", tx)
	require.NoError(t, err, out)
	require.Contains(t, out, "Transaction "+tx+" is number 0 of them")
	require.Contains(t, out, "Whether they were valid nobody has stated")
	require.Contains(t, out, "signature of one ordering node alone, OrdererMSP/orderer0.orderer.kt.example")
	out, err = verify("--tx", strings.Repeat("0", 64))
	require.Error(t, err, out)

	attest := exec.CommandContext(t.Context(), r.trustctl, "anchor", "attest", "block", "--key-file", "witness.pem", "--origin", anchor.Origin(r.place, "ktoken-blocks"))
	attest.Dir = dir
	var said bytes.Buffer
	attest.Stderr = &said
	statement, err := attest.Output()
	require.NoError(t, err, said.String())
	write("validity", statement)
	by := strings.TrimSpace(strings.TrimPrefix(said.String(), "stated as "))
	out, err = verify("--tx", tx, "--validity", "validity", "--validity-by", by)
	require.NoError(t, err, out)
	require.Contains(t, out, "stated that it was valid")
	out, err = verify("--tx", tx, "--validity", "validity")
	require.Error(t, err, out)
	require.Contains(t, out, "whom you did not name")
	r.proveByLedger(t, a.Receipt, write, verify)
}

// proveByLedger proves the receipt's checkpoint by the ledger's own block, down to
// the certificates of the consortium's authorities.
func (r *registry) proveByLedger(t *testing.T, receipt string, write func(string, []byte) string, verify func(...string) (string, error)) {
	status, block, err := r.fetch(t.Context(), http.MethodGet, strings.TrimSuffix(receipt, "receipt")+"evidence", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(block))
	write("evidence", block)
	var cas []string
	for _, msp := range []string{"KomscoMSP", "CityMSP", "BankMSP", "OrdererMSP"} {
		user, err := r.p.User(msp, "Admin")
		require.NoError(t, err)
		found, err := filepath.Glob(filepath.Join(user.MSPDir, "cacerts", "*.pem"))
		require.NoError(t, err)
		require.Len(t, found, 1)
		cas = append(cas, "--ca", msp+"="+found[0])
		if dir := os.Getenv("VECTORS"); dir != "" {
			pem, err := os.ReadFile(found[0])
			require.NoError(t, err)
			write(msp+".pem", pem)
		}
	}
	out, err := verify(append(cas, "--evidence", "evidence")...)
	require.NoError(t, err, out)
	require.Contains(t, out, "peers that computed and signed it: peer0.")
	require.Contains(t, out, "ordering nodes that signed the block: orderer0.orderer.example (OrdererMSP)")
	out, err = verify(append(cas, "--evidence", "block")...)
	require.Error(t, err, out)
	out, err = verify(append(cas[:4:4], "--evidence", "evidence")...)
	require.Error(t, err, out)
	require.Contains(t, out, "stands under none of the authorities")
}

// catchFork has the chain's ordering node sign another block at a height that the
// log has.
func (r *registry) catchFork(t *testing.T, k *ktoken, height int64) {
	_, last := k.block(height - 1)
	config, err := last.LastConfig()
	require.NoError(t, err)
	other := last.Header
	sum := fabric.DataHash([][]byte{[]byte("payment-14 never happened")})
	other.Data = sum[:]
	forked := fabrictest.Sign(t, other, config, k.node())
	status, a := r.submit(t, "ktoken-blocks", map[string]any{"block": map[string]any{
		"format": "fabric", "header": base64.StdEncoding.EncodeToString(forked.Marshal()),
	}})
	require.Equal(t, "FORKED_CHAIN", a.Code, "%d %+v", status, a)
	c, err := r.p.Client(t.Context(), "BankMSP", "auditor")
	require.NoError(t, err)
	forks, err := c.Anchor(r.p.Consortium().Channel, "anchor").Forks(t.Context(), "ktoken-blocks", 0, "")
	require.NoError(t, err)
	require.Len(t, forks.Records, 1)
	hash := forked.Hash()
	require.Equal(t, hex.EncodeToString(hash[:]), forks.Records[0].Record.Other)
	require.Eventually(t, func() bool {
		_, raw, err := r.fetch(t.Context(), http.MethodGet, "/metrics", "", nil)
		return err == nil && bytes.Contains(raw, []byte(`trust_anchor_chain_forks{source="ktoken-blocks"} 1`))
	}, 30*time.Second, 100*time.Millisecond, "the alarm is raised")
	forged := forked
	forged.Signatures = []fabric.Signature{last.Signatures[0]}
	_, a = r.submit(t, "ktoken-blocks", map[string]any{"block": map[string]any{
		"format": "fabric", "header": base64.StdEncoding.EncodeToString(forged.Marshal()),
	}})
	require.Equal(t, "BAD_SIGNATURE", a.Code)
}

// addRoot makes the member's authority a second root of the ordering organisation.
func (k *ktoken) addRoot(old []byte) ([]byte, error) {
	var config msp.MSPConfig
	var inner msp.FabricMSPConfig
	require.NoError(k.t, proto.Unmarshal(old, &config))
	require.NoError(k.t, proto.Unmarshal(config.GetConfig(), &inner))
	_, user := k.peer()
	root, err := filepath.Glob(filepath.Join(user.MSPDir, "cacerts", "*.pem"))
	require.NoError(k.t, err)
	require.Len(k.t, root, 1)
	text, err := os.ReadFile(root[0])
	require.NoError(k.t, err)
	inner.RootCerts = append(inner.GetRootCerts(), text)
	if config.Config, err = proto.Marshal(&inner); err != nil {
		return nil, err
	}
	return proto.Marshal(&config)
}
