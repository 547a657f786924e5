// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sort"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// job is what the id of a job holds: the operation, and who may sign it.
type job struct {
	Operation identity.Operation `json:"operation"`
	Keys      map[string]string  `json:"keys"` // DID URL to algorithm

	subject string // DID
	digest  string // of the operation, hex
	size    int    // of the operation, bytes
}

// maxOffered is how many keys a job may name: those of a document and of all who may
// recover it are fewer.
const maxOffered = 512

// maxAsked bounds the bytes of an operation, times the keys that are asked to sign it: the
// answer holds the whole operation for each, three times as long.
const maxAsked = 1 << 20

func newJob(o identity.Operation) (*job, error) {
	j := &job{Operation: o, Keys: map[string]string{}}
	return j, j.derive()
}

func (j *job) derive() error {
	payload, err := j.Operation.Payload()
	if err != nil {
		return code.Broken.Errorf("%w", err)
	}
	if len(payload) > identity.MaxPayload {
		return identity.TooLarge.Errorf("the operation has %d bytes, at most %d", len(payload), identity.MaxPayload)
	}
	digest := sha256.Sum256(payload)
	j.size, j.digest = len(payload), hex.EncodeToString(digest[:])
	if j.subject, err = j.Operation.Subject(); err != nil {
		return code.Broken.Errorf("%w", err)
	}
	return nil
}

// offer notes that a key of a document may sign.
func (j *job) offer(id string, k identity.Key) error {
	public, err := k.Public()
	if err == nil {
		j.Keys[id+"#"+public.Thumbprint()] = public.Alg
	}
	return err
}

// request answers what is to be signed. It returns THRESHOLD_NOT_MET or
// DOCUMENT_TOO_LARGE.
func (j *job) request() (Answer, error) {
	if len(j.Keys) == 0 {
		return Answer{}, identity.ThresholdNotMet.Errorf("%s: there is no key that could sign it", j.Operation.Type)
	}
	if len(j.Keys)*j.size > maxAsked {
		return Answer{}, identity.TooLarge.Errorf("the operation has %d bytes, for each of %d keys; at most %d bytes in all", j.size, len(j.Keys), maxAsked)
	}
	id, err := json.Marshal(j)
	if err != nil {
		return Answer{}, code.Broken.Errorf("%w", err)
	}
	a := Answer{
		JobID: base64.RawURLEncoding.EncodeToString(id), RegistrationMetadata: map[string]string{},
		State: State{State: Action, Action: "signPayload", DID: j.subject, SigningRequest: map[string]SigningRequest{}},
	}
	for kid, alg := range j.Keys {
		input, err := j.input(kid, alg)
		if err != nil {
			return Answer{}, err
		}
		a.State.SigningRequest[kid] = SigningRequest{Payload: j.Operation, Serialized: base64.StdEncoding.EncodeToString([]byte(input)), Kid: kid, Alg: alg}
	}
	return a, nil
}

func (j *job) input(kid, alg string) (string, error) {
	input, err := jws.SigningInput(jws.Header{Alg: alg, Kid: kid, Typ: identity.TypOperation}, j.Operation)
	if err != nil {
		return "", errNoJob()
	}
	return input, nil
}

func errNoJob() error { return code.BadRequest.Errorf("jobId is none that was given out here") }

func decodeJob(id string) (*job, error) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	j := &job{}
	if err != nil || json.Unmarshal(raw, j) != nil || len(j.Keys) > maxOffered || j.derive() != nil {
		return nil, errNoJob()
	}
	return j, nil
}

// parseJob reads a job that a client brings back, which may have changed it: what
// it gets is what it then has to sign. It returns BAD_REQUEST.
func parseJob(id string, place identity.Place) (*job, error) {
	j, err := decodeJob(id)
	if err != nil {
		return nil, err
	}
	if o := j.Operation; o.V != 1 || (identity.Place{Network: o.Network, Channel: o.Channel, Chaincode: o.Chaincode}) != place || o.Validate() != nil {
		return nil, errNoJob()
	}
	return j, nil
}

// fits returns BAD_REQUEST unless the job is of one of the types and about what the
// request names.
func (j *job) fits(q Request, types []identity.Type) error {
	if !slices.Contains(types, j.Operation.Type) {
		return code.BadRequest.Errorf("the job is a %.20q, which is not finished here", string(j.Operation.Type))
	}
	if q.DID != "" && q.DID != j.subject {
		return code.BadRequest.Errorf("did is %.80q, the job is about %s", q.DID, j.subject)
	}
	return nil
}

// signed are the operation's signatures as they are submitted. It returns
// BAD_REQUEST or TOO_LARGE.
func (j *job) signed(responses map[string]Signature) ([]string, error) {
	if len(responses) > identity.MaxSignatures {
		return nil, identity.TooLarge.Errorf("%d signatures, at most %d", len(responses), identity.MaxSignatures)
	}
	kids := make([]string, 0, len(responses))
	for kid := range responses {
		kids = append(kids, kid)
	}
	sort.Strings(kids)
	compacts := make([]string, 0, len(kids))
	for _, kid := range kids {
		r := responses[kid]
		alg, known := j.Keys[kid]
		switch {
		case !known:
			return nil, code.BadRequest.Errorf("signingResponse %.160q answers no request", kid)
		case r.Kid != "" && r.Kid != kid, r.Alg != "" && r.Alg != alg:
			return nil, code.BadRequest.Errorf("signingResponse %.160q is by key %.160q with %.20q; asked is %s", kid, r.Kid, r.Alg, alg)
		case r.Signature == "":
			return nil, code.BadRequest.Errorf("signingResponse %.160q has no signature", kid)
		}
		signature, err := decodeBase64(r.Signature)
		if err != nil {
			return nil, code.BadRequest.Errorf("signature of %.160s is not base64", kid)
		}
		input, err := j.input(kid, alg)
		if err != nil {
			return nil, err
		}
		compacts = append(compacts, input+"."+base64.RawURLEncoding.EncodeToString(signature))
	}
	return compacts, nil
}

// decodeBase64 takes base64 and base64url, padded or not: clients differ.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}
