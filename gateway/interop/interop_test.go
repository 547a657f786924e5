// SPDX-License-Identifier: Apache-2.0

//go:build interop

// Package interop_test has libraries that are not ours accept what the platform serves
// and issues, and the other way round, on good and on forged input: `make interop`.
package interop_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

type object = map[string]any

// agent is the Node process that drives the libraries.
type agent struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

var node *agent

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	cmd := exec.Command("node", "agent.mjs")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		panic(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	node = &agent{in: in, out: bufio.NewReader(out)}
	code := m.Run()
	_ = in.Close() // the agent ends with its input
	if err := cmd.Wait(); err != nil {
		panic(err)
	}
	return code
}

// ask has a library do something. An error is what the library said.
func ask[T any](t *testing.T, op string, args object) (value T, said string) {
	t.Helper()
	node.mu.Lock()
	defer node.mu.Unlock()
	require.NoError(t, json.NewEncoder(node.in).Encode(object{"op": op, "args": args}))
	line, err := node.out.ReadBytes('\n')
	require.NoError(t, err, "the agent is gone")
	var answer struct {
		Value json.RawMessage `json:"value"`
		Error string          `json:"error"`
	}
	require.NoError(t, json.Unmarshal(line, &answer))
	if answer.Error == "" {
		require.NoError(t, json.Unmarshal(answer.Value, &value), "%s", answer.Value)
	}
	return value, answer.Error
}

// accepts has a library do what it must accept.
func accepts[T any](t *testing.T, op string, args object) T {
	t.Helper()
	value, said := ask[T](t, op, args)
	require.Empty(t, said, op)
	return value
}

// refuses has a library do what it must refuse.
func refuses(t *testing.T, op string, args object) {
	t.Helper()
	value, said := ask[any](t, op, args)
	require.NotEmpty(t, said, "%s accepted: %v", op, value)
}

// site is a gateway over the real identity contract, in memory.
type site struct {
	*gatewaytest.Identities
	url      string
	endpoint string // of the resolver
	verifier credential.Verifier
	lists    *publisher.Publisher
}

func newSite(t *testing.T) *site {
	t.Helper()
	l := gatewaytest.NewIdentities(t)
	l.Multikey = true // the libraries for Data Integrity know no other form
	l.At(time.Now().Add(-time.Hour))
	s := &site{Identities: l, verifier: credential.Verifier{Ledger: l}}
	s.lists = &publisher.Publisher{Ledger: l, Signers: map[string]credential.Signer{}}
	server := httptest.NewServer(rest.New(nil).WithIdentity(rest.Identity{
		Ledger: l, Resolver: resolver.Resolver{Ledger: l}, Registries: l, Lists: s.lists,
	}))
	t.Cleanup(server.Close)
	s.url, s.endpoint = server.URL, server.URL+"/1.0/identifiers/"
	return s
}

// verified asserts that ours accepts.
func (s *site) verified(t *testing.T, credentialOrNot string) credential.Report {
	t.Helper()
	r, err := s.verifier.Credential(t.Context(), credentialOrNot, credential.Demand{})
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r.Checks)
	return r
}

// refused asserts that ours refuses.
func (s *site) refused(t *testing.T, forged string) {
	t.Helper()
	r, err := s.verifier.Credential(t.Context(), forged, credential.Demand{})
	require.True(t, err != nil || !r.Verified, "%+v", r.Checks)
}

// parsed is JSON as the agent takes it.
func parsed(t *testing.T, text string) (o object) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &o))
	return o
}

func written(t *testing.T, o any) string {
	t.Helper()
	raw, err := json.Marshal(o)
	require.NoError(t, err)
	return string(raw)
}

// forgeries are a text with one character changed, in its head, middle and end.
func forgeries(s string) map[string]string {
	all := map[string]string{}
	for name, at := range map[string]int{"the head": len(s) / 20, "the middle": len(s) / 2, "the end": len(s) - 20} {
		for s[at] == '.' || s[at] == '~' {
			at++
		}
		c := byte('A')
		if s[at] == c {
			c = 'B'
		}
		all[name] = s[:at] + string(c) + s[at+1:]
	}
	return all
}

func degree(subject string) object {
	return object{
		"@context": []any{credential.ContextV2}, "type": []any{"VerifiableCredential"},
		"credentialSubject": object{"id": subject, "name": "Minji", "description": "졸업 BSc"},
	}
}

func TestDIDResolver(t *testing.T) {
	s := newSite(t)
	subject := s.Born("ES256", identity.UnlockPIN)
	type result struct {
		Document *struct {
			ID string `json:"id"`
		} `json:"didDocument"`
		Metadata struct {
			VersionID   string `json:"versionId"`
			Deactivated bool   `json:"deactivated"`
		} `json:"didDocumentMetadata"`
		Resolution struct {
			Error any `json:"error"`
		} `json:"didResolutionMetadata"`
	}
	resolve := func(t *testing.T, url string) result {
		return accepts[result](t, "did-resolver", object{"endpoint": s.endpoint, "url": url})
	}
	t.Run("the current version", func(t *testing.T) {
		r := resolve(t, subject.DID)
		require.Equal(t, subject.DID, r.Document.ID)
		require.Equal(t, "1", r.Metadata.VersionID)
	})
	t.Run("after a rotation", func(t *testing.T) {
		subject.Rotate("EdDSA", identity.UnlockBiometric)
		require.Equal(t, "2", resolve(t, subject.DID).Metadata.VersionID)
	})
	t.Run("did:key", func(t *testing.T) {
		key, _ := gatewaytest.NewKey("EdDSA")
		by, err := credential.NewSigner(key)
		require.NoError(t, err)
		id, _, _ := strings.Cut(by.Kid, "#")
		require.Equal(t, id, resolve(t, id).Document.ID)
	})
	t.Run("unknown", func(t *testing.T) {
		r := resolve(t, identity.Prefix+strings.Repeat("a", 52))
		require.Nil(t, r.Document)
		require.NotNil(t, r.Resolution.Error)
	})
	t.Run("deactivated", func(t *testing.T) {
		subject.Do(identity.Operation{Type: identity.Deactivate}, subject.Signer)
		r := resolve(t, subject.DID)
		require.Nil(t, r.Document)
		require.True(t, r.Metadata.Deactivated)
	})
}
