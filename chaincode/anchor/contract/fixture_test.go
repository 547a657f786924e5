// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

const cc = contract.Name

var place = anchor.Place{Network: "testnet", Channel: "trust", Chaincode: cc}

// registry is a channel with the anchor contract, its officers and some sources.
type registry struct {
	t       ledgertest.TB
	net     *ledgertest.Network
	keeper  *ledgertest.Caller // CityMSP: keeper
	courier *ledgertest.Caller // no role at all
	ops     int
}

// newRegistry registers "docs" (documents), "beef" (items) and "kt" (a chain of
// two out of three keys), all sealed by the key "sealer".
func newRegistry(t ledgertest.TB) *registry {
	t.Helper()
	net := ledgertest.New(t, ledgertest.Chaincode(cc, contract.New(ledger.Config{Name: cc, Network: place.Network})))
	r := &registry{
		t: t, net: net,
		keeper:  net.Caller("CityMSP", "keeper", ledgertest.Client),
		courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client),
	}
	r.do(net.Caller("CityMSP", "admin", ledgertest.Admin), "GrantRole", call.SetRole{Operation: r.op(), Name: "keeper", Role: anchor.RoleKeeper})
	for id, kind := range map[string]anchor.SourceKind{"docs": anchor.Documents, "beef": anchor.Items, "kt": anchor.Chain} {
		r.do(r.keeper, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: newSource(id, kind)})
	}
	return r
}

func newSource(id string, kind anchor.SourceKind) anchor.Source {
	_, sealer := key("sealer")
	s := anchor.Source{ID: id, Title: "Source " + id, Kind: kind, Cadence: 60, Sealer: sealer, LogKey: logKey(id, "log")}
	if kind == anchor.Chain {
		s.Headers = &anchor.HeaderTerms{Threshold: 2}
		for _, name := range []string{"v1", "v2", "v3"} {
			_, d := key(name)
			s.Headers.Signers = append(s.Headers.Signers, d)
		}
	}
	return s
}

// key is a throw-away key that is the same in every run.
func key(name string) (jws.Signer, string) {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	d, url := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)})
	return jws.Signer{Key: private, Kid: url}, d
}

func logKey(source, name string) string {
	s, _ := key(name)
	return must(note.NewEd25519VerifierKey(anchor.Origin(place, source), s.Key.Public().(ed25519.PublicKey)))
}

func sign(name, typ string, payload any) string {
	s, _ := key(name)
	return must(s.Sign(typ, payload))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (r *registry) op() call.Operation {
	r.ops++
	return call.Operation{Op: fmt.Sprint("op-", r.ops)}
}

func (r *registry) do(caller *ledgertest.Caller, function string, request any) []byte {
	r.t.Helper()
	answer, err := r.net.Invoke(caller, cc, function, must(json.Marshal(request)))
	if err != nil {
		r.t.Fatalf("%s: %v", function, err)
	}
	return answer
}

func query[T any](r *registry, function string, request any) T {
	r.t.Helper()
	raw, err := r.net.Query(r.courier, cc, function, must(json.Marshal(request)))
	if err != nil {
		r.t.Fatalf("%s: %v", function, err)
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		r.t.Fatalf("%s: %v", function, err)
	}
	return v
}

// batch is a seal in the making.
type batch struct {
	seal anchor.Seal
	data [][]byte
}

func newBatch(id string) *batch { return &batch{seal: anchor.NewSeal(place, id)} }

func (b *batch) log(source string, size uint64, records ...anchor.Record) *batch {
	var raw []byte
	for _, r := range records {
		raw = r.Append(raw)
	}
	b.seal.Add(source, size, raw)
	b.data = append(b.data, raw)
	return b
}

func (b *batch) args(sealer string) []any {
	args := []any{sign(sealer, anchor.TypSeal, b.seal)}
	for _, d := range b.data {
		args = append(args, d)
	}
	return args
}

// seal carries a batch to the ledger.
func (r *registry) seal(b *batch) anchor.Sealed {
	r.t.Helper()
	raw, err := r.net.Invoke(r.courier, cc, "Seal", b.args("sealer")...)
	if err != nil {
		r.t.Fatalf("seal: %v", err)
	}
	return decode(r.t, raw)
}

func decode(t ledgertest.TB, raw []byte) anchor.Sealed {
	t.Helper()
	var s anchor.Sealed
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// refuses asserts that an invocation is refused with a code and moves nothing.
func (r *registry) refuses(t *testing.T, want *code.Code, caller *ledgertest.Caller, function string, args ...any) {
	t.Helper()
	before := r.state()
	_, err := r.net.Invoke(caller, cc, function, args...)
	var refusal *ledgertest.EndorseError
	if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Message, want.Name+": ") {
		t.Errorf("expected %s, got %v", want.Name, err)
	}
	if !maps.Equal(before, r.state()) {
		t.Errorf("%s moved state", function)
	}
}

func (r *registry) state() map[string]string {
	all := map[string]string{}
	for k, v := range r.net.All(cc) {
		all[k] = string(v)
	}
	return all
}

func deposit(text string) anchor.Record {
	sum := sha256.Sum256([]byte(text))
	return anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: sum[:], Submitter: "agency-7"}
}

func step(signer, item, prev string, links ...string) anchor.Record {
	c := anchor.NewStep(place, "beef", item, strings.Repeat("ab", 32), prev, links...)
	return must(anchor.StepRecord(sign(signer, anchor.TypStep, c)))
}

func header(height int, hash, previous string, signers ...string) anchor.Record {
	c := anchor.NewHeader(place, "kt", int64(height), digest(hash), digest(previous))
	var signed []string
	for _, s := range signers {
		signed = append(signed, sign(s, anchor.TypHeader, c))
	}
	return must(anchor.HeaderRecord("agent", signed...))
}

func digest(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

const (
	valid = peer.TxValidationCode_VALID
	mvcc  = peer.TxValidationCode_MVCC_READ_CONFLICT
)
