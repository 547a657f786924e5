// SPDX-License-Identifier: Apache-2.0

package openid_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/openid"
)

const anOffer = `{"credential_issuer":"https://issuer.example","credential_configuration_ids":["card"],` +
	`"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"x","tx_code":{}}}}`

// An offer that is taken survives being written again.
func FuzzReadOffer(f *testing.F) {
	offer, err := openid.DecodeOffer([]byte(anOffer))
	require.NoError(f, err)
	link, err := offer.Link()
	require.NoError(f, err)
	f.Add(link)
	f.Add("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo")
	f.Add("https://wallet.example/?credential_offer=%7B%7D")
	f.Fuzz(func(t *testing.T, link string) {
		offer, reference, err := openid.ReadOffer(link)
		if err != nil {
			require.NotNil(t, code.Of(err), "%v", err)
			return
		}
		require.True(t, (offer == nil) != (reference == ""))
		if offer != nil {
			again, err := offer.Link()
			require.NoError(t, err)
			read, _, err := openid.ReadOffer(again)
			require.NoError(t, err)
			require.Equal(t, offer, read)
		}
	})
}

func TestWellKnown(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://issuer.example":          "https://issuer.example/.well-known/openid-credential-issuer",
		"https://issuer.example/tenant/":  "https://issuer.example/.well-known/openid-credential-issuer/tenant",
		"http://127.0.0.1:8080":           "http://127.0.0.1:8080/.well-known/openid-credential-issuer",
		"http://issuer.example":           "",
		"https://issuer.example?x=1":      "",
		"https://user:pw@issuer.example/": "",
		"issuer":                          "",
	} {
		got, err := openid.WellKnown(issuer, "openid-credential-issuer")
		require.Equal(t, want, got, issuer)
		require.Equal(t, want == "", err != nil, issuer)
	}
}

func TestOffersThatAreNone(t *testing.T) {
	for name, link := range map[string]string{
		"no link": "offer", "nothing in it": "openid-credential-offer://", "both": "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=x",
		"twice": "openid-credential-offer://?credential_offer_uri=x&credential_offer_uri=y", "not JSON": "openid-credential-offer://?credential_offer=x",
		"an empty one": "openid-credential-offer://?credential_offer=%7B%7D", "in the clear": "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example",
	} {
		_, _, err := openid.ReadOffer(link)
		require.Error(t, err, name)
		require.NotNil(t, code.Of(err), name)
	}
}
