// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
)

// secrets are what somebody's day turns on and no block may tell, by what they are.
type secrets map[string]string

// forms are the ways in which a text might stand on the ledger: as it is, encoded, or
// as a hash that whoever guesses the text finds again.
func forms(text string) map[string][]byte {
	sum := sha256.Sum256([]byte(text))
	all := map[string][]byte{
		"as it is": []byte(text), "in hex": []byte(hex.EncodeToString([]byte(text))),
		"its hash": sum[:], "its hash in hex": []byte(hex.EncodeToString(sum[:])),
		"its hash in base64url": []byte(base64.RawURLEncoding.EncodeToString(sum[:])), "its hash in base64": []byte(base64.StdEncoding.EncodeToString(sum[:])),
	}
	if bare := strings.NewReplacer("-", "", " ", "").Replace(text); bare != text {
		all["without hyphens"] = []byte(bare)
	}
	return all
}

var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`)

// layers are the bytes and whatever is encoded in them, JWS and JSON strings included.
func layers(raw []byte) [][]byte {
	all := [][]byte{raw}
	for depth, at := 0, 0; depth < 3; depth++ {
		end := len(all)
		for ; at < end; at++ {
			for _, run := range encoded.FindAll(all[at], -1) {
				for _, e := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
					if inner, err := e.DecodeString(string(run)); err == nil {
						all = append(all, inner)
						break
					}
				}
			}
		}
	}
	return all
}

// told is everything that a transaction leaves for ever: what was sent, what was
// answered, the keys and values, the events.
func told(tx ledgertest.Tx) [][]byte {
	all := append(slices.Clone(tx.Args), tx.Payload)
	for _, w := range tx.Writes {
		all = append(all, []byte(w.Key), w.Value)
	}
	if tx.Event != nil {
		all = append(all, tx.Event.Payload)
	}
	var deep [][]byte
	for _, raw := range all {
		deep = append(deep, layers(raw)...)
	}
	return deep
}

// leaks says what of it stands in the blocks from one on, and where.
func leaks(net *ledgertest.Network, from uint64, all secrets) (found []string) {
	for number := from; number < net.Height(); number++ {
		for _, tx := range net.Block(number).Txs {
			deep := told(tx)
			for what, text := range all {
				for form, sought := range forms(text) {
					if slices.ContainsFunc(deep, func(raw []byte) bool { return bytes.Contains(raw, sought) }) {
						found = append(found, fmt.Sprintf("%s, %s, in block %d: %s", what, form, number, tx.Args[0]))
					}
				}
			}
		}
	}
	return found
}

// A day of Minji's: a university gives her a diploma and a degree, an employer is shown
// one, she opens an account under another DID, loses the phone and gets a new one, and
// the diploma is revoked. Everybody she deals with knows a good deal about her; the
// ledger, with all keys, values, arguments and events of the day, knows nothing.
func TestNothingAboutAPersonOnTheLedger(t *testing.T) {
	l := gatewaytest.NewLedger(t)
	ids := l.Registry(t)
	o := newOfficeOn(t, ids)
	o.withStatuses("revocation", "suspension")
	gatewaytest.NewTown(t, l, gatewaytest.Place, "town") // appoints the officers
	require.NoError(t, l.Officer("KomscoMSP", "registrar", "DefineProgram", currency.DefineProgram{
		Operation: call.Operation{Op: "define-mobile"}, Program: currency.Program{
			ID: "mobile", Title: "Allowances", Zone: "+09:00", Open: true, Identity: &currency.Identity{Chaincode: "identity", Unlock: identity.UnlockPIN},
			Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
		},
	}))
	dawn := ids.Height()
	minji := secrets{
		"name": "Kim Minji", "Korean name": "김민지", "resident registration number": "990101-2345678", "birthdate": "1999-01-01",
		"phone": "010-2345-6789", "address": "Dongil-ro 1414, Nowon-gu", "bank account": "110-234-567890", "e-mail": "minji@mail.example",
		"grade": "summa cum laude", "credential's id": "urn:uuid:7b3b2b2e-4c45-4a6f-8f0e-3c5d8c1a0042", "offer's id": "diploma of 2026-0042",
		"employer": "https://employer.example", "challenge": "application-77",
	}
	claims := object{}
	for what, text := range minji {
		claims[strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '\'' {
				return '_'
			}
			return r
		}, what)] = text
	}
	claims["name"], claims["degree"] = minji["name"], object{"name": "B.Sc.", "grade": minji["grade"]}

	// The university issues, to the DID that she has with it and no other.
	study := ids.Born("ES256", identity.UnlockPIN)
	o.wallet.Holder = study.Signer
	offer := o.offer(issuing.NewOffer{Kind: "diploma", Claims: claims, CredentialID: minji["offer's id"]}).Offer
	diploma, err := o.wallet.Accept(t.Context(), &offer, "diploma", "")
	require.NoError(t, err)
	minji["diploma"] = diploma.Credential
	degree := aDegree(o.issuer.DID, study.DID)
	degree["id"], degree["credentialSubject"] = minji["credential's id"], object{"id": study.DID, "name": minji["name"], "alias": minji["Korean name"]}
	status, _, raw := o.sendJSON("/credentials/issue", "", object{"credential": degree})
	require.Equal(t, http.StatusCreated, status, raw)
	minji["degree"] = raw

	// She shows the grade; then the university revokes the degree.
	shown, err := credential.Presenting{Disclose: []string{"degree/grade"}, Nonce: minji["challenge"], Audience: minji["employer"]}.Present(diploma.Credential, study.Signer)
	require.NoError(t, err)
	r, err := o.verifier.Presentation(t.Context(), shown, credential.Demand{Challenge: minji["challenge"], Domain: minji["employer"]})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	minji["presentation"] = shown
	status, _, raw = o.sendJSON("/credentials/status", "", object{
		"credentialId": degree["id"], "credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
	})
	require.Equal(t, http.StatusOK, status, raw)

	// With a DID for money alone she opens an account, and replaces a lost phone's key.
	purse := ids.Born("ES256", identity.UnlockBiometric)
	wallet, err := gateway.NewWallet(purse.Key, gatewaytest.Place)
	require.NoError(t, err)
	wallet, err = wallet.Of(purse.DID)
	require.NoError(t, err)
	order, err := wallet.In("mobile").Open("")
	require.NoError(t, err)
	_, err = l.Invoke(l.Caller("KomscoMSP", "gateway", ledgertest.Client), "currency", "Open", order)
	require.NoError(t, err)
	for _, step := range []identity.Type{identity.Suspend, identity.Resume} {
		purse.Do(identity.Operation{Type: step}, purse.Signer)
	}
	purse.Rotate("ES256", identity.UnlockBiometric)
	synced, err := l.SyncKeys(t.Context(), currency.SyncKeys{Program: "mobile", Accounts: []string{wallet.Account}})
	require.NoError(t, err)
	require.Len(t, synced, 1)
	study.Rotate("EdDSA", identity.UnlockPIN)

	require.Empty(t, leaks(l.Network, dawn, minji))
	functions := map[string]int{}
	for number := dawn; number < l.Height(); number++ {
		for _, tx := range l.Block(number).Txs {
			require.Equal(t, peer.TxValidationCode_VALID, tx.Code)
			functions[string(tx.Args[0])]++
			var has [2]bool
			for _, raw := range told(tx) {
				has[0] = has[0] || bytes.Contains(raw, []byte(strings.TrimPrefix(study.DID, identity.Prefix)))
				has[1] = has[1] || bytes.Contains(raw, []byte(strings.TrimPrefix(purse.DID, identity.Prefix)))
			}
			require.False(t, has[0] && has[1], "%s has her two DIDs", tx.Args[0])
		}
	}
	require.Equal(t, map[string]int{"Operate": 6, "SetStatus": 1, "Open": 1, "SyncKeys": 1}, functions)

	// The search finds what is there: somebody who does write it down is found out.
	for form, careless := range map[string]identity.RegisterSchema{
		"phone, as it is":               {URI: "https://schemas.example/" + minji["phone"]},
		"phone, without hyphens":        {URI: "https://schemas.example/01023456789"},
		"bank account, its hash in hex": {URI: "https://schemas.example/x", Digest: hex.EncodeToString(sum(minji["bank account"]))},
		"grade, its hash in base64url":  {URI: "https://schemas.example/" + base64.RawURLEncoding.EncodeToString(sum(minji["grade"]))},
		"name, as it is":                {URI: "https://schemas.example/" + base64.RawURLEncoding.EncodeToString([]byte("to "+minji["name"]+" only"))},
	} {
		place, before := gatewaytest.Registry, ids.Height()
		careless.Network, careless.Channel, careless.Chaincode, careless.V = place.Network, place.Channel, place.Chaincode, 1
		careless.Name, careless.Version = "careless", int(before)
		if careless.Digest == "" {
			careless.Digest = strings.Repeat("ab", 32)
		}
		o.issuer.Tell(careless)
		found := leaks(l.Network, before, minji)
		require.True(t, slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, form+",") }), "%s: %v", form, found)
	}
}

func sum(text string) []byte {
	s := sha256.Sum256([]byte(text))
	return s[:]
}
