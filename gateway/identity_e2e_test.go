// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package gateway_test

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

// TestIdentityOnFabric lives a DID's life on a real network: the program itself,
// over HTTP, keys in the test only.
func TestIdentityOnFabric(t *testing.T) {
	n := networktest.New(t, testnetwork.Options{Chaincodes: []testnetwork.Chaincode{
		{Name: chaincode, Package: "./chaincode/currency/cmd/currency"},
		{Name: "identity", Package: "./chaincode/identity/cmd/identity"},
	}})
	g := startGateway(t, n)
	place := identity.Place{Network: n.Consortium().Network, Channel: channel, Chaincode: "identity"}
	r := &registry{t: t, base: g.base}
	phone, card := newPhone(), newPhone()

	document := map[string]any{
		"verificationMethod": []any{phone.method("#phone")},
		"authentication":     []string{"#phone"}, "assertionMethod": []string{"#phone"}, "capabilityInvocation": []string{"#phone"},
	}
	done := r.register("create", http.StatusCreated, map[string]any{"didDocument": document, "options": map[string]any{
		"clientSecretMode": true, "recovery": identity.Quorum{Controllers: []string{card.did()}, Threshold: 1},
	}}, phone)
	id := done.State.DID
	created := time.Now()
	status, body := r.resolve(id, "")
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, []string{id + "#" + phone.public.Thumbprint()}, body.Document.Authentication)
	require.Equal(t, "1", body.Metadata.VersionID)

	t.Run("the same operation from two couriers is one version", func(t *testing.T) {
		current := get[[]identity.Version](r, "/v1/dids/"+id+"/history")[0]
		o := current.Outcome().Next(place, identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: "inbox", Type: "Inbox", Endpoint: "https://inbox.example"}}})
		signatures := gatewaytest.Must(o.Sign(phone.as(id)))
		officers := &fabricOfficers{t: t, network: n, clients: map[string]*gateway.Client{}}
		sdk := officers.client("KomscoMSP", "rival").Identity(channel, "identity")
		var outcomes [2]identity.Outcome
		var failed [2]error
		var wg sync.WaitGroup
		wg.Go(func() { outcomes[0], failed[0] = sdk.Operate(t.Context(), signatures...) })
		wg.Go(func() {
			raw, status := r.post("/v1/did-operations", map[string]any{"signatures": signatures})
			if status != http.StatusCreated {
				failed[1] = fmt.Errorf("%d: %s", status, raw)
				return
			}
			failed[1] = json.Unmarshal(raw, &outcomes[1])
		})
		wg.Wait()
		require.NoError(t, failed[0])
		require.NoError(t, failed[1])
		require.Equal(t, outcomes[0], outcomes[1])
		require.EqualValues(t, 2, outcomes[0].Version)

		fork := current.Outcome().Next(place, identity.Operation{Type: identity.Suspend})
		_, err := sdk.Operate(t.Context(), gatewaytest.Must(fork.Sign(phone.as(id)))...)
		require.ErrorIs(t, err, identity.VersionConflict)
		elsewhere := current.Outcome().Next(identity.Place{Network: "other", Channel: channel, Chaincode: "identity"}, identity.Operation{Type: identity.Suspend})
		_, err = sdk.Operate(t.Context(), gatewaytest.Must(elsewhere.Sign(phone.as(id)))...)
		require.ErrorIs(t, err, identity.OperationElsewhere)
	})

	// The phone is stolen: suspended by the recovery card, then recovered to a new phone.
	next := newPhone()
	r.register("update", http.StatusOK, map[string]any{"did": id, "options": map[string]any{"operation": "suspend"}}, card)
	status, body = r.resolve(id, "")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, body.Document.Authentication)
	require.Len(t, body.Document.VerificationMethod, 1)
	recovered := map[string]any{"verificationMethod": []any{next.method("#next")}, "authentication": []string{"#next"}, "capabilityInvocation": []string{"#next"}}
	r.register("update", http.StatusOK, map[string]any{
		"did": id, "options": map[string]any{"operation": "recover"}, "didDocumentOperation": []string{"addToDidDocument"}, "didDocument": []any{recovered},
	}, card, next)
	refused := r.refused("deactivate", map[string]any{"did": id}, phone)
	require.Equal(t, "BAD_REQUEST", refused.State.Reason, "the old phone is not even asked: %+v", refused)

	r.register("deactivate", http.StatusOK, map[string]any{"did": id}, next)
	status, body = r.resolve(id, "")
	require.Equal(t, http.StatusGone, status)
	require.Nil(t, body.Document)
	require.True(t, body.Metadata.Deactivated)
	status, body = r.resolve(id, "?versionTime="+url.QueryEscape(created.UTC().Add(-time.Hour).Format(time.RFC3339)))
	require.Equal(t, http.StatusNotFound, status)
	require.NotEmpty(t, body.ResolutionMetadata["error"])
	status, body = r.resolve(id, "?versionId=2")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, body.Document.Service, 1)
	require.Equal(t, "3", body.Metadata.NextVersionID)

	// Whoever does not trust the gateway checks the history.
	history := get[[]identity.Version](r, "/v1/dids/"+id+"/history")
	require.Len(t, history, 5)
	require.NoError(t, identity.Verify(place, history, nil))

	t.Run("many people at once", func(t *testing.T) {
		var wg sync.WaitGroup
		failed := make([]string, 40)
		start := time.Now()
		for i := range failed {
			wg.Go(func() {
				p := newPhone()
				o := identity.Begin(place, p.key())
				subject := gatewaytest.Must(o.Subject())
				raw, status := r.post("/v1/did-operations", map[string]any{"signatures": gatewaytest.Must(o.Sign(p.as(subject)))})
				if status != http.StatusCreated {
					failed[i] = fmt.Sprintf("%d: %s", status, raw)
				}
			})
		}
		wg.Wait()
		for _, f := range failed {
			require.Empty(t, f)
		}
		t.Logf("%d DIDs in %s", len(failed), time.Since(start))
	})

	t.Run("registries", func(t *testing.T) { playRegistries(t, n, r, place) })

	t.Run("resolution under load", func(t *testing.T) {
		took := make([]time.Duration, 400)
		next := make(chan int)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range next {
					start := time.Now()
					if status, _ := r.resolve(id, "?versionId=2"); status != http.StatusOK {
						t.Errorf("status %d", status)
					}
					took[i] = time.Since(start)
				}
			})
		}
		start := time.Now()
		for i := range took {
			next <- i
		}
		close(next)
		wg.Wait()
		slices.Sort(took)
		t.Logf("%d resolutions by 8 clients: %.0f a second, p50 %s, p99 %s", len(took), float64(len(took))/time.Since(start).Seconds(),
			took[len(took)/2], took[len(took)*99/100])
	})

	require.NoError(t, g.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, g.cmd.Wait(), g.logs.String())
}

// playRegistries has two officers open a root, which accredits a school, and the
// school publish and change a status list, over HTTP but for the officers.
func playRegistries(t *testing.T, n *testnetwork.Network, r *registry, place identity.Place) {
	officers := &fabricOfficers{t: t, network: n, clients: map[string]*gateway.Client{}}
	as := func(msp, name string) *gateway.Identity {
		return officers.client(msp, name).Identity(channel, "identity")
	}
	ministry, board, school := r.organisation(place), r.organisation(place), r.organisation(place)
	grant := func(msp, name string, role call.Role) {
		_, err := as(msp, gatewaytest.Admin).GrantRole(t.Context(), call.SetRole{Operation: call.Operation{Op: "grant-" + name}, Name: officers.CommonName(msp, name), Role: role})
		require.NoError(t, err)
	}
	grant("KomscoMSP", "registrar", identity.RoleRegistrar)
	grant("CityMSP", "approver", identity.RoleApprover)
	root := identity.ProposeRoot{Operation: call.Operation{Op: "root-1"}, Name: "education", DID: ministry.subject}
	_, err := as("KomscoMSP", "registrar").ProposeRoot(t.Context(), root)
	require.NoError(t, err)
	root.Op = "root-2"
	_, err = as("KomscoMSP", "registrar").ApproveRoot(t.Context(), identity.ApproveRoot{ProposeRoot: root})
	require.ErrorIs(t, err, code.RoleMissing)
	_, err = as("CityMSP", "approver").ApproveRoot(t.Context(), identity.ApproveRoot{ProposeRoot: root})
	require.NoError(t, err)

	bound := func(v *int, network, channel, chaincode *string) {
		*v, *network, *channel, *chaincode = 1, place.Network, place.Channel, place.Chaincode
	}
	schema := identity.RegisterSchema{Name: "diploma", Version: 1, Digest: strings.Repeat("ab", 32), URI: "https://schemas.example/diploma"}
	bound(&schema.V, &schema.Network, &schema.Channel, &schema.Chaincode)
	r.tell(http.StatusCreated, ministry, schema)
	ref := identity.NewSchemaRef(strings.TrimPrefix(ministry.subject, identity.Prefix), "diploma", 1)
	require.Equal(t, ministry.subject, get[identity.Schema](r, "/v1/schemas/"+string(ref)).Owner)

	accreditation := identity.Accredit{
		Root: "education", Subject: school.subject, Standing: identity.Issuer, Schema: ref, Region: identity.Any,
		From: time.Now().Add(-time.Minute).Unix(), Until: time.Now().Add(time.Hour).Unix(),
	}
	bound(&accreditation.V, &accreditation.Network, &accreditation.Channel, &accreditation.Chaincode)
	r.tell(http.StatusForbidden, school, accreditation)
	delegation := accreditation
	delegation.Subject, delegation.Standing = board.subject, identity.Delegate
	r.tell(http.StatusCreated, ministry, delegation)
	r.tell(http.StatusCreated, board, accreditation)
	path := "/v1/roots/education/accreditations/" + school.subject + "?standing=issuer&region=11350&schema=" + string(ref)
	standing := get[identity.AccreditedAnswer](r, path)
	require.Len(t, standing.Chain, 2)

	// The delegate's document pauses, resumes and ends, and the school's standing with it.
	authorized := func() bool {
		raw, status := r.post("/authorization", map[string]string{"entity_id": school.subject, "authority_id": ministry.subject, "action": "issue", "resource": string(ref)})
		require.Equal(t, http.StatusOK, status, string(raw))
		return decode[struct{ Authorized bool }](t, string(raw)).Authorized
	}
	require.True(t, authorized())
	require.Eventually(t, func() bool { return time.Now().Unix() > standing.Time }, 5*time.Second, 50*time.Millisecond, "versions are of whole seconds")
	for _, step := range []struct {
		operation identity.Type
		want      int
	}{{identity.Suspend, http.StatusForbidden}, {identity.Resume, http.StatusOK}, {identity.Deactivate, http.StatusForbidden}} {
		board.operate(r, place, step.operation)
		raw, status := r.get(path)
		require.Equal(t, step.want, status, "%s: %s", step.operation, raw)
		require.Equal(t, step.want == http.StatusOK, authorized(), step.operation)
		if step.want != http.StatusOK {
			require.Contains(t, raw, identity.NotAccredited.Name)
			require.Contains(t, raw, board.subject)
		}
	}
	require.Len(t, get[identity.AccreditedAnswer](r, fmt.Sprintf("%s&time=%d", path, standing.Time)).Chain, 2, "the past stays as it was")

	list := identity.OpenStatusList{Name: "2026", Entries: identity.MinEntries, Purpose: identity.Revocation}
	bound(&list.V, &list.Network, &list.Channel, &list.Chaincode)
	r.tell(http.StatusCreated, school, list)
	revocation := identity.SetStatus{
		List: "2026", Changes: []identity.StatusChange{{Index: 7, Set: true}, {Index: 90_000, Set: true}},
		Exp: time.Now().Add(5 * time.Minute).Unix(), Nonce: strings.Repeat("A", 22),
	}
	bound(&revocation.V, &revocation.Network, &revocation.Channel, &revocation.Chaincode)
	r.tell(http.StatusCreated, school, revocation)
	statuses := "/v1/status-lists/" + school.subject + "/2026"
	require.True(t, get[identity.StatusAnswer](r, statuses+"/90000").Set)
	require.False(t, get[identity.StatusAnswer](r, statuses+"/90001").Set)
	encoded := get[struct{ EncodedList string }](r, statuses).EncodedList
	unzipped, err := gzip.NewReader(base64.NewDecoder(base64.RawURLEncoding, strings.NewReader(encoded[1:])))
	require.NoError(t, err)
	bits := gatewaytest.Must(io.ReadAll(unzipped))
	require.Len(t, bits, identity.MinEntries/8)
	require.Equal(t, byte(0x01), bits[0])
	require.Equal(t, byte(0x80), bits[90_000/8])
}

// party is an organisation with a document.
type party struct {
	phone
	subject string
}

func (r *registry) organisation(place identity.Place) party {
	r.t.Helper()
	p := newPhone()
	k := p.key()
	k.Purposes = []identity.Purpose{identity.AssertionMethod, identity.CapabilityInvocation}
	o := identity.Begin(place, k)
	subject := gatewaytest.Must(o.Subject())
	raw, status := r.post("/v1/did-operations", map[string]any{"signatures": gatewaytest.Must(o.Sign(p.as(subject)))})
	require.Equal(r.t, http.StatusCreated, status, string(raw))
	return party{p, subject}
}

// operate carries out an operation that carries nothing.
func (p party) operate(r *registry, place identity.Place, operation identity.Type) {
	r.t.Helper()
	history := get[[]identity.Version](r, "/v1/dids/"+p.subject+"/history")
	o := history[len(history)-1].Outcome().Next(place, identity.Operation{Type: operation})
	raw, status := r.post("/v1/did-operations", map[string]any{"signatures": gatewaytest.Must(o.Sign(p.as(p.subject)))})
	require.Equal(r.t, http.StatusCreated, status, string(raw))
}

// tell makes a statement to a registry.
func (r *registry) tell(want int, by party, payload identity.Payload) {
	r.t.Helper()
	raw, status := r.post("/v1/registry-statements", map[string]any{"statement": gatewaytest.Must(by.as(by.subject).Sign(payload.Typ(), payload))})
	require.Equal(r.t, want, status, string(raw))
}

// phone holds a P-256 key that never leaves it.
type phone struct {
	private *ecdsa.PrivateKey
	public  did.Key
}

func newPhone() phone {
	k := gatewaytest.Must(gateway.NewKey())
	return phone{k, did.Key{Alg: "ES256", P256: &k.PublicKey}}
}

func (p phone) key() identity.Key {
	jwk := p.public.JWK()
	return identity.Key{JWK: &jwk, Purposes: []identity.Purpose{identity.Authentication, identity.CapabilityInvocation}, Unlock: identity.UnlockBiometric}
}

func (p phone) did() string {
	d, _ := did.OfKey(p.public)
	return d
}

func (p phone) as(subject string) jws.Signer {
	return jws.Signer{Key: p.private, Kid: subject + "#" + p.public.Thumbprint()}
}

func (p phone) method(id string) map[string]any {
	return map[string]any{"id": id, "type": "JsonWebKey2020", "publicKeyJwk": p.public.JWK(), "unlock": "biometric"}
}

// registry is the gateway as who registers and resolves sees it.
type registry struct {
	t    *testing.T
	base string
}

type registration struct {
	JobID string `json:"jobId"`
	State struct {
		State, DID, Reason, Description string
		SigningRequest                  map[string]struct{ SerializedPayload, Kid, Alg string }
	} `json:"didState"`
}

type resolution struct {
	Document           *identity.Document `json:"didDocument"`
	ResolutionMetadata map[string]any     `json:"didResolutionMetadata"`
	Metadata           struct {
		VersionID, NextVersionID string
		Deactivated              bool
	} `json:"didDocumentMetadata"`
}

// register carries a registration through both steps.
func (r *registry) register(operation string, want int, request map[string]any, phones ...phone) registration {
	r.t.Helper()
	done, status := r.steps(operation, request, phones)
	require.Equal(r.t, want, status, "%+v", done)
	require.Equal(r.t, "finished", done.State.State)
	return done
}

func (r *registry) refused(operation string, request map[string]any, phones ...phone) registration {
	r.t.Helper()
	done, status := r.steps(operation, request, phones)
	require.Equal(r.t, http.StatusBadRequest, status, "%+v", done)
	require.Equal(r.t, "failed", done.State.State)
	return done
}

func (r *registry) steps(operation string, request map[string]any, phones []phone) (registration, int) {
	r.t.Helper()
	raw, status := r.post("/1.0/"+operation, request)
	require.Equal(r.t, http.StatusOK, status, string(raw))
	first := decode[registration](r.t, string(raw))
	responses := map[string]any{}
	for kid, asked := range first.State.SigningRequest {
		for _, p := range phones {
			if !strings.HasSuffix(kid, "#"+p.public.Thumbprint()) && !strings.HasPrefix(kid, p.did()+"#") {
				continue
			}
			input := gatewaytest.Must(base64.StdEncoding.DecodeString(asked.SerializedPayload))
			responses[kid] = map[string]any{"signature": base64.StdEncoding.EncodeToString(p.sign(input))}
		}
	}
	if len(responses) == 0 { // whoever is not asked answers all the same
		responses[first.State.DID+"#"+phones[0].public.Thumbprint()] = map[string]any{"signature": ""}
	}
	raw, status = r.post("/1.0/"+operation, map[string]any{"jobId": first.JobID, "secret": map[string]any{"signingResponse": responses}})
	return decode[registration](r.t, string(raw)), status
}

// sign is what a phone's keystore does with bytes: ES256, r‖s.
func (p phone) sign(input []byte) []byte {
	h := crypto.SHA256.New()
	h.Write(input)
	x, y, err := ecdsa.Sign(rand.Reader, p.private, h.Sum(nil))
	if err != nil {
		panic(err)
	}
	sig := make([]byte, 64)
	x.FillBytes(sig[:32])
	y.FillBytes(sig[32:])
	return sig
}

func (r *registry) resolve(id, query string) (int, resolution) {
	r.t.Helper()
	res, err := http.Get(r.base + "/1.0/identifiers/" + id + query) //nolint:noctx // the test's deadline ends it
	require.NoError(r.t, err)
	defer res.Body.Close()
	return res.StatusCode, decode[resolution](r.t, string(gatewaytest.Must(io.ReadAll(res.Body))))
}

// post may be called from several goroutines.
func (r *registry) post(path string, body any) ([]byte, int) {
	raw := gatewaytest.Must(json.Marshal(body))
	res, err := http.Post(r.base+path, "application/json", bytes.NewReader(raw)) //nolint:noctx // the test's deadline ends it
	if err != nil {
		return []byte(err.Error()), 0
	}
	defer res.Body.Close()
	return gatewaytest.Must(io.ReadAll(res.Body)), res.StatusCode
}

func get[T any](r *registry, path string) T {
	r.t.Helper()
	raw, status := r.get(path)
	require.Equal(r.t, http.StatusOK, status, raw)
	return decode[T](r.t, raw)
}

func (r *registry) get(path string) (string, int) {
	r.t.Helper()
	res, err := http.Get(r.base + path) //nolint:noctx // the test's deadline ends it
	require.NoError(r.t, err)
	defer res.Body.Close()
	return string(gatewaytest.Must(io.ReadAll(res.Body))), res.StatusCode
}
