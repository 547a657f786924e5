// SPDX-License-Identifier: Apache-2.0

package didweb

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/credential"
)

func TestURL(t *testing.T) {
	for id, want := range map[string]string{
		"did:web:w3c-ccg.github.io":                    "https://w3c-ccg.github.io/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":         "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000:user:alice":        "https://example.com:3000/user/alice/did.json",
		"did:web:xn--bb0b04lw7e.kr:%EB%B0%9C%EA%B8%89": "",
		"did:web:localhost":                            "",
		"did:web:127.0.0.1":                            "",
		"did:web:2130706433":                           "",
		"did:web:0x7f.1":                               "",
		"did:web:[::1]":                                "",
		"did:web:example.com%2F..%2Fetc":               "",
		"did:web:user@example.com":                     "",
		"did:web:EXAMPLE.com":                          "",
		"did:web:example.com%3a80":                     "",
		"did:web:example.com%3A0":                      "",
		"did:web:example.com%3A99999999":               "",
		"did:web:example.com:..:secret":                "",
		"did:web:example.com:":                         "",
		"did:web:example.com:a?b":                      "",
		"did:web:example.com:a#b":                      "",
		"did:web:example.com:a/b":                      "",
		"did:web:example.com ":                         "",
		"did:web:":                                     "",
		"did:key:z6Mk":                                 "",
		"did:web:" + strings.Repeat("a.", 300) + "com": "",
	} {
		got, err := URL(id)
		if want == "" {
			require.ErrorIs(t, err, credential.NotResolvable, id)
			continue
		}
		require.NoError(t, err, id)
		require.Equal(t, want, got)
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "211.231.100.15", "2606:4700:4700::1111", "::ffff:8.8.8.8"} {
		require.True(t, isPublic(netip.MustParseAddr(a)), a)
	}
	for _, a := range []string{
		"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
		"255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
	} {
		require.False(t, isPublic(netip.MustParseAddr(a)), a)
	}
}

// A name that leads to this machine is not followed there, whatever it is called.
func TestLoopbackIsNotDialled(t *testing.T) {
	asked := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	conn, err := public.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if conn != nil {
		_ = conn.Close()
	}
	require.ErrorContains(t, err, "no public address")
	require.False(t, asked)
}

// at is a fetcher to whom every host is the test's server.
func at(server *httptest.Server) *Fetcher {
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return &Fetcher{Transport: transport}
}

// example.com is in the certificate of httptest's servers.
const issuer = "did:web:example.com:university"

func TestFetch(t *testing.T) {
	seed := sha256.Sum256([]byte("university"))
	key := ed25519.NewKeyFromSeed(seed[:])
	public := did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)}
	good := fmt.Sprintf(`{"id":%q,"assertionMethod":[{"id":"#key","type":"Multikey","controller":%q,"publicKeyMultibase":%q}]}`, issuer, issuer, public.Multikey())
	answer := func(w http.ResponseWriter) { _, _ = w.Write([]byte(good)) }
	media, status := "application/did+json", http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/university/did.json" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		answer(w)
	}))
	defer server.Close()
	f := at(server)
	raw, err := f.Fetch(t.Context(), issuer)
	require.NoError(t, err)
	require.JSONEq(t, good, string(raw))

	signed, err := credential.SDJWT{Type: "urn:degree", Claims: credential.Object{"degree": "B.Sc."}}.Sign(jws.Signer{Key: key, Kid: issuer + "#key"})
	require.NoError(t, err)
	verify := func(v credential.Verifier) credential.Report {
		r, err := v.Credential(t.Context(), signed, credential.Demand{})
		require.NoError(t, err)
		return r
	}
	require.True(t, verify(credential.Verifier{Web: f.Fetch}).Verified)
	r := verify(credential.Verifier{})
	require.Equal(t, "DID_NOT_RESOLVABLE", r.Of(credential.SigningKey).Code, "without being told to, nothing is fetched")
	supplied := credential.Documents{issuer: json.RawMessage(`{"id":"` + issuer + `"}`)}
	r = verify(credential.Verifier{Web: f.Fetch, Documents: supplied})
	require.False(t, r.Verified, "what is supplied goes before what is fetched")

	for name, change := range map[string]func(){
		"another's document": func() {
			answer = func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"id":"did:web:example.com"}`)) }
		},
		"no JSON":       func() { answer = func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) } },
		"a page":        func() { media = "text/html" },
		"no media type": func() { media = "" },
		"a redirect":    func() { status = http.StatusFound },
		"an error":      func() { status = http.StatusInternalServerError },
		"a flood": func() {
			answer = func(w http.ResponseWriter) {
				_, _ = w.Write([]byte(`{"id":"` + issuer + `","x":"` + strings.Repeat("x", maxDocument) + `"}`))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			was := answer
			change()
			_, err := f.Fetch(t.Context(), issuer)
			require.ErrorIs(t, err, credential.NotResolvable)
			require.Equal(t, "DID_NOT_RESOLVABLE", func() string { r := verify(credential.Verifier{Web: f.Fetch}); return r.Of(credential.SigningKey).Code }())
			answer, media, status = was, "application/did+json", http.StatusOK
		})
	}
	_, err = f.Fetch(t.Context(), "did:web:other.example.net")
	require.ErrorIs(t, err, credential.NotResolvable, "a certificate of another host")
	_, err = (&Fetcher{}).Fetch(t.Context(), "did:web:localhost")
	require.ErrorIs(t, err, credential.NotResolvable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Fetch(ctx, issuer)
	require.ErrorIs(t, err, context.Canceled)
	_, err = (&credential.Verifier{Web: f.Fetch}).Credential(ctx, signed, credential.Demand{})
	require.ErrorIs(t, err, context.Canceled, "a verifier that was stopped says nothing of the credential")
}

func FuzzURL(f *testing.F) {
	f.Add("did:web:example.com%3A3000:user:alice")
	f.Add("did:web:example.com:%2e%2e")
	f.Fuzz(func(t *testing.T, id string) {
		at, err := URL(id)
		if err != nil {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil || r.URL.Scheme != "https" || r.URL.User != nil || r.URL.RawQuery != "" || r.URL.Fragment != "" || strings.Contains(r.URL.Path, "/../") ||
			!strings.HasPrefix(strings.TrimPrefix(id, "did:web:"), r.URL.Hostname()) || !strings.HasSuffix(r.URL.Path, "/did.json") {
			t.Fatalf("%q leads to %q: %v", id, at, err)
		}
	})
}
