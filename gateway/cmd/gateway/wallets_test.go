// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// A gateway knows the schemas of its file: what is of a registered type verifies where
// its content is what the registered schema asks for.
func TestSchemas(t *testing.T) {
	l := gatewaytest.NewIdentities(t)
	issuer := l.Born("ES256", identity.UnlockNone)
	schema := []byte(`{"type": "object", "required": ["grade"]}`)
	digest, err := credential.SchemaDigest(schema)
	require.NoError(t, err)
	p := gatewaytest.Registry
	issuer.Tell(identity.RegisterSchema{
		Network: p.Network, Channel: p.Channel, Chaincode: p.Chaincode, V: 1, Name: "diploma", Version: 1, Digest: digest, URI: "https://s.example",
	})
	url := "https://g.example/v1/schemas/" + strings.TrimPrefix(issuer.DID, identity.Prefix) + ".diploma.1"
	file := filepath.Join(t.TempDir(), "diploma.json")
	require.NoError(t, os.WriteFile(file, schema, 0o600))
	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, schema[1:], 0o600))

	for name, c := range map[string]struct {
		schemas []config.Schema
		want    string
	}{
		"no file":  {[]config.Schema{{URL: url, File: "nowhere.json"}}, "nowhere.json"},
		"no JSON":  {[]config.Schema{{URL: url, File: broken}}, "CREDENTIAL_MALFORMED"},
		"no URL":   {[]config.Schema{{File: file}}, "missing"},
		"one more": {[]config.Schema{{URL: url, File: file}, {URL: url, File: file}}, "twice"},
	} {
		_, err := verifierOf(config.Config{Schemas: c.schemas}, l)
		require.ErrorContains(t, err, c.want, name)
	}

	v, err := verifierOf(config.Config{Schemas: []config.Schema{{URL: url, File: file}}}, l)
	require.NoError(t, err)
	v.Now = l.Now
	for says, ok := range map[string]bool{"grade": true, "mark": false} {
		signed, err := credential.SDJWT{Type: url, Claims: credential.Object{says: "A"}, Issued: l.Now().Unix()}.Sign(issuer.Signer)
		require.NoError(t, err)
		r, err := v.Credential(t.Context(), signed, credential.Demand{})
		require.NoError(t, err)
		require.Equal(t, ok, r.Verified, "%+v", r.Checks)
	}
}
