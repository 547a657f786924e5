// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"encoding/json"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Request is a create, update or deactivate, or the signatures for one.
type Request struct {
	JobID      string          `json:"jobId"`
	Method     string          `json:"method"` // komsco
	DID        string          `json:"did"`
	Operations []string        `json:"didDocumentOperation"` // of an update, one for each document
	Document   json.RawMessage `json:"didDocument"`          // of an update also a list
	Options    Options         `json:"options"`
	Secret     Secret          `json:"secret"`

	// Of the execute function, which is not served here.
	Execute     json.RawMessage `json:"operation"`
	ExecuteData json.RawMessage `json:"operationData"`
}

// Options of a request. Operation, Control, Recovery and NextKeyHashes are those
// of this method.
type Options struct {
	ClientSecretMode *bool           `json:"clientSecretMode"`
	StoreSecrets     bool            `json:"storeSecrets"`
	ReturnSecrets    bool            `json:"returnSecrets"`
	RequestMethod    json.RawMessage `json:"requestVerificationMethod"`
	Network          string          `json:"network"`

	Operation     identity.Type    `json:"operation"` // of an update: update, rotate, suspend, resume or recover
	Control       *identity.Quorum `json:"control"`
	Recovery      *identity.Quorum `json:"recovery"`
	NextKeyHashes []string         `json:"nextKeyHashes"`
}

// Secret carries signatures, perhaps public keys, and never a private one.
type Secret struct {
	Methods            []method             `json:"verificationMethod"` // added to the document
	SigningResponse    map[string]Signature `json:"signingResponse"`
	DecryptionResponse json.RawMessage      `json:"decryptionResponse"`
}

// Signature answers a signing request.
type Signature struct {
	Signature string `json:"signature"` // 64 bytes r‖s, base64
	Kid       string `json:"kid"`
	Alg       string `json:"alg"`
}

// Subject is the DID that the request is about, as far as it tells.
func (q Request) Subject() string {
	if j, err := decodeJob(q.JobID); q.DID == "" && err == nil {
		return j.subject
	}
	return q.DID
}

// check refuses what a registrar of this method and mode does not take. It returns
// BAD_REQUEST.
func (q Request) check(place identity.Place, deactivates bool) error {
	o := q.Options
	switch {
	case q.Method != "" && q.Method != "komsco":
		return code.BadRequest.Errorf("method %.40q: komsco is registered here", q.Method)
	case o.ClientSecretMode != nil && !*o.ClientSecretMode, o.StoreSecrets, o.ReturnSecrets:
		return code.BadRequest.Errorf("keys stay with the client here: clientSecretMode true, without storeSecrets and returnSecrets")
	case given(o.RequestMethod):
		return code.BadRequest.Errorf("requestVerificationMethod: the client draws its keys and names them in didDocument")
	case o.Network != "" && o.Network != place.Network:
		return code.BadRequest.Errorf("network %.64q: this gateway registers on %q", o.Network, place.Network)
	case given(q.Execute), given(q.ExecuteData):
		return code.BadRequest.Errorf("operation and operationData are of execute, which is not served here")
	case given(q.Secret.DecryptionResponse):
		return code.BadRequest.Errorf("decryptionResponse: nothing was asked to be decrypted")
	case deactivates && (given(q.Document) || len(q.Operations) > 0 || len(q.Secret.Methods) > 0):
		return code.BadRequest.Errorf("a deactivation takes no didDocument, no didDocumentOperation and no keys")
	}
	return nil
}

// given reports whether a member is there with a value.
func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
