// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// wanted is a DID document, or a part of one, as a client sends it.
type wanted struct {
	ID                   string                  `json:"id"`
	Controller           oneOrMore               `json:"controller"`
	Methods              []method                `json:"verificationMethod"`
	AssertionMethod      []reference             `json:"assertionMethod"`
	Authentication       []reference             `json:"authentication"`
	CapabilityDelegation []reference             `json:"capabilityDelegation"`
	CapabilityInvocation []reference             `json:"capabilityInvocation"`
	Service              []identity.ServiceEntry `json:"service"`

	// What a document of this method never has.
	KeyAgreement json.RawMessage `json:"keyAgreement"`
	AlsoKnownAs  json.RawMessage `json:"alsoKnownAs"`
}

// method is a verification method.
type method struct {
	ID          string             `json:"id"`
	JWK         *jwk               `json:"publicKeyJwk"`
	Multikey    string             `json:"publicKeyMultibase"`
	Unlock      identity.Unlock    `json:"unlock"`
	Attestation string             `json:"attestation"`
	Purpose     []identity.Purpose `json:"purpose"`

	PrivateJWK json.RawMessage `json:"privateKeyJwk"`
	Private    json.RawMessage `json:"privateKeyMultibase"`
	SecretKey  json.RawMessage `json:"secretKeyMultibase"`
}

type jwk struct {
	did.JWK
	D json.RawMessage `json:"d"` // of a private key
}

// reference is a method of a relationship: named, or embedded.
type reference struct {
	url    string
	method *method
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *reference) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		r.method = &method{}
		if err := json.Unmarshal(raw, r.method); err != nil {
			return err
		}
		r.url = r.method.ID
		return nil
	}
	return json.Unmarshal(raw, &r.url)
}

// oneOrMore is a string or a list of them.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *oneOrMore) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		*s = oneOrMore{""}
		return json.Unmarshal(raw, &(*s)[0])
	}
	return json.Unmarshal(raw, (*[]string)(s))
}

// part is what a document or a part of one says, in this method's terms.
type part struct {
	named    []named
	services []identity.Service
}

// named is a key that a part names: with the key itself, or one that the document
// has already.
type named struct {
	id       string
	key      *identity.Key
	listed   bool // as a verificationMethod, not in a relationship alone
	purposes []identity.Purpose
}

// reader reads the documents of one request.
type reader struct {
	id    string            // the document's DID; empty where it is to be created
	keys  map[string]string // ids of keys by the names that the request has for them
	known []identity.Key    // of the document as it is
}

func (r *reader) relative(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, r.id), "#")
}

// read reads a document. Keys are known here by what they are, so the ids of new
// ones serve only to tell which relationship is whose. It returns BAD_REQUEST or
// INVALID_KEY.
func (r *reader) read(raw json.RawMessage) (part, error) {
	var w wanted
	if err := json.Unmarshal(raw, &w); err != nil || !given(raw) {
		return part{}, code.BadRequest.Errorf("didDocument: an object is needed: %v", err)
	}
	switch {
	case given(w.KeyAgreement), given(w.AlsoKnownAs):
		return part{}, code.BadRequest.Errorf("didDocument: a document of did:komsco has no keyAgreement and no alsoKnownAs")
	case w.ID != "" && w.ID != r.id && (r.id != "" || w.ID != identity.Placeholder):
		return part{}, code.BadRequest.Errorf("didDocument: id is %.80q, the DID is %.80q", w.ID, r.id)
	}
	var p part
	for i := range w.Methods {
		if err := r.method(&p, w.Methods[i], true); err != nil {
			return p, err
		}
	}
	for _, rel := range w.relationships() {
		for _, ref := range rel.methods {
			if err := r.refer(&p, rel.purpose, ref); err != nil {
				return p, err
			}
		}
	}
	for _, s := range w.Service {
		p.services = append(p.services, identity.Service{ID: r.relative(s.ID), Type: s.Type, Endpoint: s.Endpoint})
	}
	return p, nil
}

// method notes a key that the part names.
func (r *reader) method(p *part, m method, listed bool) error {
	if given(m.PrivateJWK) || given(m.Private) || given(m.SecretKey) || (m.JWK != nil && given(m.JWK.D)) {
		return code.BadRequest.Errorf("verificationMethod %.80q: a private key was sent. It is private no more: draw another, and keep it on the device", m.ID)
	}
	name := r.relative(m.ID)
	n := named{id: r.idOf(name), listed: listed, purposes: m.Purpose}
	if m.JWK != nil || m.Multikey != "" {
		n.key = &identity.Key{Multikey: m.Multikey, Unlock: m.Unlock, Attestation: m.Attestation}
		if m.JWK != nil {
			n.key.JWK = &m.JWK.JWK
		}
		public, err := n.key.Public()
		if err != nil {
			return err
		}
		n.id = public.Thumbprint()
		if name != "" {
			r.keys[name] = n.id
		}
	} else if n.id == "" {
		return code.BadRequest.Errorf("verificationMethod %.80q has no key, and the document has none of this id", m.ID)
	}
	have := p.key(n.id)
	if have.key == nil {
		have.key = n.key
	}
	have.listed = have.listed || listed
	have.purposes = append(have.purposes, n.purposes...)
	return nil
}

// refer notes that a key serves a purpose.
func (r *reader) refer(p *part, purpose identity.Purpose, ref reference) error {
	if ref.method != nil {
		m := *ref.method
		m.Purpose = []identity.Purpose{purpose}
		return r.method(p, m, true)
	}
	id := r.idOf(r.relative(ref.url))
	if id == "" {
		return code.BadRequest.Errorf("%s names %.80q, which is no verificationMethod of the document", purpose, ref.url)
	}
	k := p.key(id)
	k.purposes = append(k.purposes, purpose)
	return nil
}

// idOf is the id of the key that the request or the document has under a name.
func (r *reader) idOf(name string) string {
	if id, ok := r.keys[name]; ok {
		return id
	}
	if slices.ContainsFunc(r.known, func(k identity.Key) bool { return k.ID() == name }) {
		return name
	}
	return ""
}

// key is the part's entry of a key, made where there is none.
func (p *part) key(id string) *named {
	i := slices.IndexFunc(p.named, func(n named) bool { return n.id == id })
	if i < 0 {
		i = len(p.named)
		p.named = append(p.named, named{id: id})
	}
	return &p.named[i]
}

type relationship struct {
	purpose identity.Purpose
	methods []reference
}

func (w wanted) relationships() []relationship {
	return []relationship{
		{identity.AssertionMethod, w.AssertionMethod},
		{identity.Authentication, w.Authentication},
		{identity.CapabilityDelegation, w.CapabilityDelegation},
		{identity.CapabilityInvocation, w.CapabilityInvocation},
	}
}
