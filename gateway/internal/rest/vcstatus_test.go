// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
)

// withStatuses opens a list for each purpose and has the office's gateway keep entries.
func (o *office) withStatuses(lists ...string) *rest.VCAPI {
	o.t.Helper()
	o.ledger.At(time.Now())
	place := gatewaytest.Registry
	for _, purpose := range []identity.StatusPurpose{identity.Revocation, identity.Suspension} {
		o.issuer.Tell(identity.OpenStatusList{
			Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, Name: string(purpose), Entries: identity.MinEntries, Purpose: purpose,
		})
	}
	signers := map[string]credential.Signer{o.issuer.DID: o.issuer.Signer}
	kept, err := statuses.Open(statuses.Options{Ledger: o.ledger, Place: place, Signers: signers, Now: o.ledger.Now})
	require.NoError(o.t, err)
	o.t.Cleanup(func() { require.NoError(o.t, kept.Close()) })
	vc := &rest.VCAPI{Signers: signers, Verifier: o.verifier, Statuses: kept, Lists: map[string][]string{o.issuer.DID: lists}, Anyone: true}
	o.api.WithVCAPI(vc).WithIdentity(rest.Identity{
		Ledger: o.ledger, Registries: o.ledger, Lists: &publisher.Publisher{Ledger: o.ledger, Signers: signers, Now: o.ledger.Now},
	})
	return vc
}

// W3C's suite for status lists: issue, change what the issuer put in, read the list that
// the credential names, verify.
func TestVCStatus(t *testing.T) {
	o := newOffice(t)
	o.withStatuses("revocation", "suspension")
	degree := aDegree(o.issuer.DID, o.holder.DID)
	degree["id"] = "urn:uuid:7b3b2b2e-4c45-4a6f-8f0e-3c5d8c1a0001"
	status, _, raw := o.sendJSON("/credentials/issue", "", object{"credential": degree, "options": object{}})
	require.Equal(t, 201, status, raw)
	issued := decode[map[string]object](t, raw)["verifiableCredential"]
	verify := func() (int, rest.VerifyAnswer) {
		status, _, raw := o.sendJSON("/credentials/verify", "", object{"verifiableCredential": issued})
		return status, decode[rest.VerifyAnswer](t, raw)
	}
	status, said := verify()
	require.Equal(t, 200, status, "%+v", said)
	entries := issued["credentialStatus"].([]any)
	require.Len(t, entries, 2)
	bit := func(n int) bool {
		e := entries[n].(object)
		require.Equal(t, "BitstringStatusListEntry", e["type"])
		require.NotEqual(t, e["id"], e["statusListCredential"])
		status, _, raw := o.send("GET", e["statusListCredential"].(string)[len(o.url):], "", "", "")
		require.Equal(t, 200, status, raw)
		list := decode[object](t, raw)
		require.Equal(t, list["id"], e["statusListCredential"])
		bits, err := credential.DecodeBits(list["credentialSubject"].(object)["encodedList"].(string))
		require.NoError(t, err)
		index, err := strconv.Atoi(e["statusListIndex"].(string))
		require.NoError(t, err)
		return bits[index/8]&(0x80>>(index%8)) != 0
	}
	change := func(purpose string, more object) (int, string) {
		body := object{"credentialId": degree["id"], "credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": purpose}}
		for name, v := range more {
			body[name] = v
		}
		status, _, raw := o.sendJSON("/credentials/status", "", body)
		return status, raw
	}
	require.False(t, bit(1))
	status, raw = change("suspension", object{"status": true})
	require.Equal(t, 200, status, raw)
	require.Contains(t, raw, `"tx"`)
	require.True(t, bit(1))
	require.False(t, bit(0))
	status, said = verify()
	require.Equal(t, 400, status)
	require.Equal(t, "CREDENTIAL_SUSPENDED", said.Problems[0].Code)
	status, raw = change("suspension", object{"status": false})
	require.Equal(t, 200, status, raw)
	status, _ = verify()
	require.Equal(t, 200, status)
	status, raw = change("revocation", nil) // as the suite sends it
	require.Equal(t, 200, status, raw)
	_, said = verify()
	require.Equal(t, "CREDENTIAL_REVOKED", said.Problems[0].Code)
	status, raw = change("revocation", object{"status": false})
	require.Equal(t, 422, status, raw)
	require.Contains(t, raw, "STATUS_FINAL")
	require.True(t, bit(0))
}

func TestVCStatusByOtherNames(t *testing.T) {
	o := newOffice(t)
	vc := o.withStatuses("suspension")
	of := func(id string, entry object) object {
		if entry == nil {
			entry = object{}
		}
		entry["type"], entry["statusPurpose"] = "BitstringStatusListEntry", "suspension"
		return object{"credentialId": id, "credentialStatus": entry, "status": true}
	}
	issue := func(degree, options object) object {
		status, _, raw := o.sendJSON("/credentials/issue", "", object{"credential": degree, "options": options})
		require.Equal(t, 201, status, raw)
		return decode[map[string]object](t, raw)["verifiableCredential"]
	}
	suspended := func(issued object) bool {
		status, _, _ := o.sendJSON("/credentials/verify", "", object{"verifiableCredential": issued})
		return status == 400
	}
	// Without an id of its own, by the id that the issuer gave it.
	issued := issue(aDegree(o.issuer.DID, o.holder.DID), object{"credentialId": "diploma-17"})
	require.NotContains(t, issued, "id")
	require.False(t, suspended(issued))
	status, _, raw := o.sendJSON("/credentials/status", "", of("diploma-17", nil))
	require.Equal(t, 200, status, raw)
	require.True(t, suspended(issued))
	// With an entry of the issuer's own choice.
	url := credential.ListURL(o.url, o.issuer.DID, "suspension")
	chosen := aDegree(o.issuer.DID, o.holder.DID)
	chosen["id"] = "urn:uuid:chosen"
	chosen["credentialStatus"] = object{"type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": "5", "statusListCredential": url}
	issued = issue(chosen, nil)
	status, _, raw = o.sendJSON("/credentials/status", "", of("urn:uuid:chosen", object{"statusListIndex": "6", "statusListCredential": url}))
	require.Equal(t, 400, status, raw)
	require.Contains(t, raw, "BAD_STATUS_CHANGE")
	status, _, raw = o.sendJSON("/credentials/status", "", of("urn:uuid:chosen", object{"statusListIndex": "5", "statusListCredential": url}))
	require.Equal(t, 200, status, raw)
	require.True(t, suspended(issued))
	for name, entry := range map[string]object{
		"an index in words":   {"type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": "five", "statusListCredential": url},
		"no number as text":   {"type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": true, "statusListCredential": url},
		"an index beyond":     {"type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": "999999999", "statusListCredential": url},
		"of another purpose":  {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "9", "statusListCredential": url},
		"of a list not there": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "9", "statusListCredential": credential.ListURL(o.url, o.issuer.DID, "none")},
	} {
		chosen["credentialStatus"] = entry
		status, _, raw := o.sendJSON("/credentials/issue", "", object{"credential": chosen})
		require.GreaterOrEqual(t, status, 400, "%s: %s", name, raw)
		require.Less(t, status, 500, "%s: %s", name, raw)
	}

	good := of("diploma-17", nil)
	for name, c := range map[string]struct {
		change func(b, entry object)
		status int
	}{
		"an unknown id":     {func(b, _ object) { b["credentialId"] = "diploma-18" }, 404},
		"another purpose":   {func(_, e object) { e["statusPurpose"] = "revocation" }, 404},
		"a purpose unknown": {func(_, e object) { e["statusPurpose"] = "message" }, 400},
		"no id":             {func(b, _ object) { delete(b, "credentialId") }, 400},
		"an id of no text":  {func(b, _ object) { b["credentialId"] = 7 }, 400},
		"no status":         {func(b, _ object) { delete(b, "credentialStatus") }, 400},
		"another type":      {func(_, e object) { e["type"] = "StatusList2021Entry" }, 400},
		"a status in words": {func(b, _ object) { b["status"] = "true" }, 400},
		"a member more":     {func(b, _ object) { b["statuses"] = true }, 400},
		"another spelling":  {func(b, _ object) { b["Status"] = true }, 400},
		"half an entry":     {func(_, e object) { e["statusListIndex"] = "7" }, 400},
		"elsewhere":         {func(_, e object) { e["statusListIndex"], e["statusListCredential"] = "7", "https://x.example/list" }, 400},
	} {
		entry := object{}
		for name, v := range good["credentialStatus"].(object) {
			entry[name] = v
		}
		body := object{"credentialId": good["credentialId"], "credentialStatus": entry, "status": true}
		c.change(body, entry)
		status, _, raw := o.sendJSON("/credentials/status", "", body)
		require.Equal(t, c.status, status, "%s: %s", name, raw)
	}
	for _, raw := range []string{"", "[]", "{", `{"credentialId":"a","credentialId":"b"}`} {
		status, _, said := o.send("POST", "/credentials/status", "application/json", "", raw)
		require.Equal(t, 400, status, "%q: %s", raw, said)
	}
	vc.Anyone = false
	status, _, raw = o.sendJSON("/credentials/status", "", good)
	require.Equal(t, 401, status, raw)
	status, _, raw = o.sendJSON("/credentials/status", o.signIn(o.holder), good)
	require.Equal(t, 404, status, raw)
	status, _, raw = o.sendJSON("/credentials/status", o.signIn(o.issuer), good)
	require.Equal(t, 200, status, raw)
	vc.Statuses = nil
	status, _, raw = o.sendJSON("/credentials/status", o.signIn(o.issuer), good)
	require.Equal(t, 404, status, raw)
}

// An offer's credential gets an entry that the gateway draws and finds again.
func TestOfferedStatus(t *testing.T) {
	o := newOffice(t)
	vc := o.withStatuses()
	i, err := issuing.New(issuing.Options{
		Party: party.Party{URL: o.url, Signer: o.issuer.Signer, Verifier: o.verifier}, Kinds: []issuing.Kind{{ID: "diploma", Type: diploma}}, Statuses: vc.Statuses,
	})
	require.NoError(t, err)
	o.api.WithIssuing(i)
	list := o.url + "/v1/status-lists/" + o.issuer.DID + "/suspension"
	offered := func(n issuing.NewOffer) (issuing.Made, string) {
		made := o.offer(n)
		got, err := o.wallet.Accept(t.Context(), &made.Offer, "", made.TxCode)
		require.NoError(t, err)
		return made, got.Credential
	}
	n := aDiploma()
	n.Status = &issuing.StatusEntry{List: list}
	made, held := offered(n)
	n.CredentialID = "diploma-18"
	_, named := offered(n)
	chosen := 7
	n.Status, n.CredentialID = &issuing.StatusEntry{List: list, Index: &chosen}, "diploma-19"
	_, own := offered(n)
	require.NotNil(t, made.Status.Index)
	verified := func(sdjwt string) bool {
		r, err := o.verifier.Credential(t.Context(), sdjwt, credential.Demand{})
		require.NoError(t, err)
		return r.Verified
	}
	for id, sdjwt := range map[string]string{made.ID: held, "diploma-18": named, "diploma-19": own} {
		require.True(t, verified(sdjwt))
		status, _, raw := o.sendJSON("/credentials/status", "", object{
			"credentialId": id, "credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": "suspension"}, "status": true,
		})
		require.Equal(t, 200, status, raw)
		require.False(t, verified(sdjwt))
	}
	beyond := identity.MinEntries
	for name, s := range map[string]issuing.StatusEntry{
		"a list of another's":   {List: o.url + "/v1/status-lists/" + o.holder.DID + "/suspension"},
		"a list that is none":   {List: o.url + "/v1/status-lists/" + o.issuer.DID + "/none"},
		"a list kept elsewhere": {List: "https://x.example/list"},
		"an entry beyond":       {List: list, Index: &beyond},
	} {
		n.Status = &s
		status, _, raw := o.sendJSON("/v1/issuance/offers", o.signIn(o.issuer), n)
		require.GreaterOrEqual(t, status, 400, "%s: %s", name, raw)
		require.Less(t, status, 500, "%s: %s", name, raw)
	}
}

// An offer that finds no room takes no entry with it.
func TestOfferWithoutRoom(t *testing.T) {
	o := newOffice(t)
	vc := o.withStatuses()
	full, err := shelf.Open("", time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, full.Close()) })
	i, err := issuing.New(issuing.Options{
		Party: party.Party{URL: o.url, Signer: o.issuer.Signer, Verifier: o.verifier, Shelf: full}, Kinds: []issuing.Kind{{ID: "diploma", Type: diploma}}, Statuses: vc.Statuses,
	})
	require.NoError(t, err)
	o.api.WithIssuing(i)
	require.NoError(t, full.Do(func(tx *shelf.Tx) error {
		for n := range 10_000 {
			if err := tx.Put("code", strconv.Itoa(n), time.Now().Add(time.Hour), nil); err != nil {
				return err
			}
		}
		return nil
	}))
	n := aDiploma()
	n.Status, n.CredentialID = &issuing.StatusEntry{List: o.url + "/v1/status-lists/" + o.issuer.DID + "/suspension"}, "diploma-20"
	status, _, raw := o.sendJSON("/v1/issuance/offers", o.signIn(o.issuer), n)
	require.Equal(t, http.StatusConflict, status, raw)
	require.Contains(t, raw, "TOO_MANY_OPEN")
	status, _, raw = o.sendJSON("/credentials/status", "", object{
		"credentialId": n.CredentialID, "credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": "suspension"}, "status": true,
	})
	require.Equal(t, http.StatusNotFound, status, raw)
}
