// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway"
)

// DIF DID Registration (draft of the Identifiers and Discovery working group), in
// client-managed secret mode: each statement that holds a registrar to something,
// over HTTP and the real contract. Of the method: a registrar of one method is a
// driver, which is not told the method, so a create without it is taken; what names
// another one is refused.

// changed is a request with some members changed.
func (s *registrySite) changed(request object, change object) object {
	all := object{}
	for k, v := range request {
		all[k] = v
	}
	for k, v := range change {
		all[k] = v
	}
	return all
}

func TestRegistrationInputStatements(t *testing.T) {
	s := newRegistry(t)
	phone, tablet := newDevice(t, "ES256"), newDevice(t, "EdDSA")
	id := s.create(phone, nil)
	kid := id + "#" + phone.pub.Thumbprint()
	document := object{"verificationMethod": []object{tablet.method("#a")}, "capabilityInvocation": []string{"#a"}}
	requests := map[string]object{
		"create":     {"didDocument": document},
		"update":     {"did": id, "didDocumentOperation": []string{"addToDidDocument"}, "didDocument": []object{document}},
		"deactivate": {"did": id},
	}
	private := tablet.method("#a")
	private["publicKeyJwk"] = object{"kty": "OKP", "crv": "Ed25519", "x": tablet.pub.JWK().X, "d": "AAAA"}
	for name, tc := range map[string]struct {
		path   string
		change object
		reason string // none where it is taken
	}{
		"method of another DID method is refused":                      {"create", object{"method": "web"}, "BAD_REQUEST"},
		"method of this one is taken":                                  {"create", object{"method": "komsco"}, ""},
		"method null is taken":                                         {"update", object{"method": nil}, ""},
		"did in a create is OPTIONAL: methods restrict it":             {"create", object{"did": id}, "BAD_REQUEST"},
		"did null in a create is taken":                                {"create", object{"did": nil}, ""},
		"did MUST NOT be null in an update":                            {"update", object{"did": nil}, "BAD_DID"},
		"did MUST NOT be null in a deactivate":                         {"deactivate", object{"did": nil}, "BAD_DID"},
		"clientSecretMode true: the client signs":                      {"update", object{"options": object{"clientSecretMode": true}}, ""},
		"clientSecretMode false is not served":                         {"update", object{"options": object{"clientSecretMode": false}}, "BAD_REQUEST"},
		"storeSecrets is of another mode":                              {"create", object{"options": object{"storeSecrets": true}}, "BAD_REQUEST"},
		"returnSecrets is of another mode":                             {"create", object{"options": object{"returnSecrets": true}}, "BAD_REQUEST"},
		"requestVerificationMethod is an extension, not served":        {"create", object{"options": object{"requestVerificationMethod": []object{{"id": "#k"}}}}, "BAD_REQUEST"},
		"network of another one is refused":                            {"create", object{"options": object{"network": "mainnet"}}, "BAD_REQUEST"},
		"network of this one is taken":                                 {"create", object{"options": object{"network": registry.Network}}, ""},
		"didDocumentOperation MUST be absent in a create":              {"create", object{"didDocumentOperation": []string{"setDidDocument"}}, "BAD_REQUEST"},
		"didDocumentOperation MUST be absent in a deactivate":          {"deactivate", object{"didDocumentOperation": []string{"setDidDocument"}}, "BAD_REQUEST"},
		"didDocumentOperation MUST be an array":                        {"update", object{"didDocumentOperation": "addToDidDocument"}, "BAD_REQUEST"},
		"didDocumentOperation absent implies setDidDocument":           {"update", object{"didDocumentOperation": nil}, ""},
		"didDocument MUST be a single object in a create":              {"create", object{"didDocument": []object{document}}, "BAD_REQUEST"},
		"didDocument MUST be an array of objects in an update":         {"update", object{"didDocument": []any{nil}}, "BAD_REQUEST"},
		"didDocument MUST be absent in a deactivate":                   {"deactivate", object{"didDocument": document}, "BAD_REQUEST"},
		"operation MUST be absent in a create":                         {"create", object{"operation": []string{"addToTrustRegistry"}}, "BAD_REQUEST"},
		"operationData MUST be absent in an update":                    {"update", object{"operationData": []object{{}}}, "BAD_REQUEST"},
		"a private key in secret is refused":                           {"create", object{"secret": object{"verificationMethod": []object{{"privateKeyJwk": object{"kty": "OKP"}}}}}, "BAD_REQUEST"},
		"a private key in the document is refused":                     {"create", object{"didDocument": object{"verificationMethod": []object{private}, "capabilityInvocation": []string{"#a"}}}, "BAD_REQUEST"},
		"decryptionResponse answers no request":                        {"create", object{"secret": object{"decryptionResponse": object{"a": object{}}}}, "BAD_REQUEST"},
		"didDocument's id is of the DID":                               {"update", object{"didDocument": []object{{"id": "did:example:1", "verificationMethod": document["verificationMethod"]}}}, "BAD_REQUEST"},
		"what the method's documents never have is not dropped":        {"create", object{"didDocument": object{"verificationMethod": []object{tablet.method("#a")}, "capabilityInvocation": []string{"#a"}, "keyAgreement": []string{"#a"}}}, "BAD_REQUEST"},
		"secret.verificationMethod brings public keys":                 {"update", object{"didDocumentOperation": nil, "didDocument": nil, "secret": object{"verificationMethod": []object{{"type": "JsonWebKey2020", "purpose": []string{"authentication"}, "publicKeyJwk": tablet.pub.JWK()}}}}, ""},
		"removeFromDidDocument names a method by its id alone":         {"update", object{"didDocumentOperation": []string{"removeFromDidDocument", "addToDidDocument"}, "didDocument": []object{{"verificationMethod": []object{{"id": kid}}}, document}}, ""},
		"removeFromDidDocument of what is not there":                   {"update", object{"didDocumentOperation": []string{"removeFromDidDocument"}, "didDocument": []object{{"service": []object{{"id": "#none"}}}}}, "SERVICE_UNKNOWN"},
		"addToDidDocument of a relationship alone":                     {"update", object{"didDocument": []object{{"capabilityDelegation": []string{kid}}}}, ""},
		"removeFromDidDocument of a relationship alone":                {"update", object{"didDocumentOperation": []string{"removeFromDidDocument"}, "didDocument": []object{{"assertionMethod": []string{kid}}}}, ""},
		"a method may be embedded in a relationship (DID Core 5.3)":    {"update", object{"didDocument": []object{{"authentication": []object{tablet.method("#t")}}}}, ""},
		"an operation that has a function of its own is not an update": {"update", object{"options": object{"operation": "deactivate"}}, "BAD_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := s.post("/1.0/"+tc.path, s.changed(requests[tc.path], tc.change))
			state := body["didState"].(object)
			if tc.reason == "" {
				require.Equal(t, http.StatusOK, status, "%v", body)
				require.Equal(t, "action", state["state"])
				return
			}
			require.Equal(t, http.StatusBadRequest, status, "%v", body)
			require.Equal(t, tc.reason, state["reason"], "%v", body)
		})
	}
}

func TestRegistrationOutputStatements(t *testing.T) {
	s := newRegistry(t)
	phone, tablet := newDevice(t, "ES256"), newDevice(t, "EdDSA")
	document := object{"verificationMethod": []object{phone.method("#p"), tablet.method("#t")}, "capabilityInvocation": []string{"#p"}, "authentication": []string{"#t"}}
	status, header, answer := s.do(http.MethodPost, "/1.0/create", "", object{"didDocument": document})
	first := answer.(object)
	state := first["didState"].(object)
	job := first["jobId"]
	id := state["did"].(string)
	both := object{}
	for _, d := range []device{phone, tablet} {
		for name, r := range d.answers(t, state) {
			both[name] = r
		}
	}
	response := func(change func(object)) object {
		all := object{}
		for name, r := range both {
			all[name] = s.changed(r.(object), nil)
		}
		if change != nil {
			change(all)
		}
		return object{"jobId": job, "secret": object{"signingResponse": all}}
	}
	t.Run("outputs are JSON in the body", func(t *testing.T) {
		require.Equal(t, "application/json", header.Get("Content-Type"))
		for _, member := range []string{"didState", "didRegistrationMetadata", "didDocumentMetadata"} {
			require.IsType(t, object{}, first[member])
		}
	})
	t.Run("create is 200 where the DID is not created yet; jobId MUST NOT be null in action", func(t *testing.T) {
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "action", state["state"])
		require.NotEmpty(t, job)
	})
	t.Run("action MUST be told; signPayload MUST have a signingRequest", func(t *testing.T) {
		require.Equal(t, "signPayload", state["action"])
		require.Len(t, state["signingRequest"], 2)
	})
	t.Run("a signing request: serializedPayload in base64 and alg are REQUIRED, kid names the key", func(t *testing.T) {
		algs := map[string]string{id + "#" + phone.pub.Thumbprint(): "ES256", id + "#" + tablet.pub.Thumbprint(): "EdDSA"}
		for name, v := range state["signingRequest"].(object) {
			request := v.(object)
			_, err := base64.StdEncoding.DecodeString(request["serializedPayload"].(string))
			require.NoError(t, err)
			require.Equal(t, name, request["kid"])
			require.Equal(t, algs[name], request["alg"])
		}
	})
	t.Run("the jobId keeps track: alone, it answers the same again", func(t *testing.T) {
		status, again := s.post("/1.0/create", object{"jobId": job, "did": nil, "options": object{}, "secret": object{}})
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, first, again)
	})
	kid := id + "#" + phone.pub.Thumbprint()
	for name, change := range map[string]func(object){
		"the name of a signing response MUST be that of a request": func(all object) { all["signingRequest1"] = all[kid]; delete(all, kid) },
		"signature is REQUIRED":                                        func(all object) { delete(all[kid].(object), "signature") },
		"alg, where given, is the one that signed":                     func(all object) { all[kid].(object)["alg"] = "ES256K" },
		"kid, where given, is the one that signed":                     func(all object) { all[kid].(object)["kid"] = "did:example:1#0" },
		"a signature MUST be base64":                                   func(all object) { all[kid].(object)["signature"] = "%%%" },
		"a signature of another key is refused":                        func(all object) { all[kid].(object)["signature"] = strings.Repeat("A", 86) },
		"those who must have to sign: an added key proves possession ": func(all object) { delete(all, kid) },
	} {
		t.Run(name, func(t *testing.T) {
			height := s.ledger.Height()
			status, body := s.post("/1.0/create", response(change))
			require.Equal(t, http.StatusBadRequest, status)
			failed := body["didState"].(object)
			require.Equal(t, "failed", failed["state"])
			require.NotEmpty(t, failed["reason"], "in this state didState MUST have a reason")
			require.NotContains(t, body, "jobId", "MUST be absent where it failed")
			require.Equal(t, id, failed["did"])
			require.Equal(t, height, s.ledger.Height())
		})
	}
	t.Run("a did beside the jobId is that of the job", func(t *testing.T) {
		status, _ := s.post("/1.0/create", s.changed(response(nil), object{"did": identity.Prefix + strings.Repeat("a", 52)}))
		require.Equal(t, http.StatusBadRequest, status)
	})
	t.Run("wait: MUST have wait, and the jobId stays; the same again finishes", func(t *testing.T) {
		s.ledger.gone = &gateway.Error{Phase: gateway.PhaseCommitStatus, Cause: context.DeadlineExceeded}
		status, body := s.post("/1.0/create", response(nil)) // it is in a block, and nobody was told
		s.ledger.gone = nil
		require.Equal(t, http.StatusOK, status)
		waits := body["didState"].(object)
		require.Equal(t, "wait", waits["state"])
		require.NotEmpty(t, waits["wait"])
		require.NotZero(t, waits["waitTime"])
		require.Equal(t, job, body["jobId"])
		status, body = s.post("/1.0/create", object{"jobId": job})
		require.Equal(t, http.StatusCreated, status, "%v", body)
		require.Equal(t, "finished", body["didState"].(object)["state"], "the jobId alone tells that it was carried out")
	})
	status, done := s.post("/1.0/create", response(nil))
	t.Run("create is 201 where the DID is created; did MUST NOT be null; jobId MUST be absent", func(t *testing.T) {
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, "finished", done["didState"].(object)["state"])
		require.Equal(t, id, done["didState"].(object)["did"])
		require.NotContains(t, done, "jobId")
	})
	t.Run("didState.secret MUST NOT be present", func(t *testing.T) {
		require.NotContains(t, done["didState"], "secret")
	})
	t.Run("didDocument is the document after the operation, as it resolves; so is didDocumentMetadata", func(t *testing.T) {
		_, _, result := s.get(id, "")
		require.Equal(t, result.(object)["didDocument"], done["didState"].(object)["didDocument"])
		require.Equal(t, result.(object)["didDocumentMetadata"], done["didDocumentMetadata"])
		require.Equal(t, done["didDocumentMetadata"].(object)["method"].(object)["tx"], done["didRegistrationMetadata"].(object)["transaction"])
	})
	t.Run("operationResult MUST be absent", func(t *testing.T) { require.NotContains(t, done, "operationResult") })
	for _, path := range []string{"/1.0/update", "/1.0/deactivate"} {
		t.Run(path+" is 200; did MUST match the input, refused or not", func(t *testing.T) {
			status, body := s.post(path, object{"did": id, "options": object{"operation": "suspend"}})
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, id, body["didState"].(object)["did"])
			late := body["jobId"]
			status, body = s.post(path, object{"jobId": late, "secret": object{"signingResponse": object{kid: object{"signature": strings.Repeat("A", 86)}}}})
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, id, body["didState"].(object)["did"])
			status, body = s.register(path, object{"did": id, "options": object{"operation": "suspend"}}, phone)
			require.Equal(t, http.StatusOK, status, "%v", body)
			require.Equal(t, "finished", body["didState"].(object)["state"])
			require.Equal(t, id, body["didState"].(object)["did"])
		})
	}
	t.Run("a job that another operation overtook failed", func(t *testing.T) {
		other := s.create(phone, nil)
		_, body := s.post("/1.0/deactivate", object{"did": other})
		overtaken := body["jobId"]
		status, _ := s.register("/1.0/update", object{"did": other, "options": object{"operation": "suspend"}}, phone)
		require.Equal(t, http.StatusOK, status)
		status, body = s.post("/1.0/deactivate", object{"jobId": overtaken})
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, "VERSION_CONFLICT", body["didState"].(object)["reason"])
		require.Equal(t, other, body["didState"].(object)["did"])
	})
	t.Run("500 where an internal error occurred, in the same form, without what is inside", func(t *testing.T) {
		s.ledger.gone = context.DeadlineExceeded
		defer func() { s.ledger.gone = nil }()
		status, body := s.post("/1.0/update", object{"did": id})
		require.Equal(t, http.StatusInternalServerError, status)
		require.Equal(t, "failed", body["didState"].(object)["state"])
		require.Equal(t, "LEDGER_UNAVAILABLE", body["didState"].(object)["reason"])
		require.Equal(t, id, body["didState"].(object)["did"])
	})
}

// A recovery, a rotation and a change of purposes say what the document is to be;
// what an operation takes away by itself is not asked for twice.
func TestRegistrationOfEveryOperation(t *testing.T) {
	s := newRegistry(t)
	phone, tablet, next := newDevice(t, "ES256"), newDevice(t, "EdDSA"), newDevice(t, "ES256K")
	id := s.create(phone, nil)
	kid := func(d device) string { return id + "#" + d.pub.Thumbprint() }
	step := func(request object, devices ...device) object {
		t.Helper()
		status, done := s.register("/1.0/update", s.changed(object{"did": id}, request), devices...)
		require.Equal(t, http.StatusOK, status, "%v", done)
		require.Equal(t, "finished", done["didState"].(object)["state"])
		return done["didState"].(object)["didDocument"].(object)
	}
	add, remove := []string{"addToDidDocument"}, []string{"removeFromDidDocument"}
	d := step(object{"didDocumentOperation": add, "didDocument": []object{{"capabilityDelegation": []string{kid(phone)}}}}, phone)
	require.Equal(t, []any{kid(phone)}, d["capabilityDelegation"])
	require.Equal(t, "pin", d["verificationMethod"].([]any)[0].(object)["unlock"], "it stays as it was")
	d = step(object{"didDocumentOperation": remove, "didDocument": []object{{"capabilityDelegation": []string{kid(phone)}, "service": []object{{"id": "#files"}}}}}, phone)
	require.NotContains(t, d, "capabilityDelegation")
	require.NotContains(t, d, "service")
	d = step(object{"didDocumentOperation": add, "didDocument": []object{{"authentication": []object{tablet.method("#t")}}}}, phone, tablet)
	require.Len(t, d["authentication"], 2)
	d = step(object{"didDocumentOperation": remove, "didDocument": []object{{"verificationMethod": []object{{"id": kid(tablet)}}}}}, phone)
	require.Len(t, d["verificationMethod"], 1)
	// As it resolves, the document is sent back with one thing changed.
	_, _, whole := s.get(id, "application/did")
	whole.(object)["service"] = []object{{"id": id + "#mail", "type": "Mail", "serviceEndpoint": "mailto:a@b.example"}}
	d = step(object{"didDocument": []any{whole}}, phone)
	require.Len(t, d["service"], 1)
	// A rotation by a key that comes in secret, and one that says the whole document.
	d = step(object{"options": object{"operation": "rotate"}, "secret": object{"verificationMethod": []object{
		s.changed(next.method(""), object{"purpose": []string{"capabilityInvocation", "authentication"}}),
	}}}, phone, next)
	require.Equal(t, []any{kid(next)}, d["capabilityInvocation"])
	d = step(object{"options": object{"operation": "rotate"}, "didDocument": []object{{
		"verificationMethod": []object{tablet.method("#t")}, "capabilityInvocation": []string{"#t"}, "service": d["service"],
	}}}, next, tablet)
	require.Equal(t, []any{kid(tablet)}, d["capabilityInvocation"])
	require.Len(t, d["verificationMethod"], 1)
}
