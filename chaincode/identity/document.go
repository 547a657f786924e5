// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The contexts of a document (JSON-LD). Terms of our own are declared in place, so
// nothing has to be fetched to understand them.
const (
	contextDID      = "https://www.w3.org/ns/did/v1"
	contextJWK      = "https://w3id.org/security/suites/jws-2020/v1"
	contextMultikey = "https://w3id.org/security/multikey/v1"
	vocabulary      = "https://github.com/komsco/trust-platform/blob/main/chaincode/identity/METHOD.md#"
)

// Document is a DID document (DID Core 1.0, Controlled Identifiers 1.0). Its JSON
// is that of all of its representations.
type Document struct {
	Context              []any                `json:"@context"`
	ID                   string               `json:"id"`
	Controller           []string             `json:"controller,omitempty"`
	VerificationMethod   []VerificationMethod `json:"verificationMethod,omitempty"`
	AssertionMethod      []string             `json:"assertionMethod,omitempty"`
	Authentication       []string             `json:"authentication,omitempty"`
	CapabilityDelegation []string             `json:"capabilityDelegation,omitempty"`
	CapabilityInvocation []string             `json:"capabilityInvocation,omitempty"`
	Service              []ServiceEntry       `json:"service,omitempty"`
}

// VerificationMethod is a key in a document. Unlock and Attestation are terms of
// this method.
type VerificationMethod struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"` // JsonWebKey2020 or Multikey
	Controller  string   `json:"controller"`
	JWK         *did.JWK `json:"publicKeyJwk,omitempty"`
	Multikey    string   `json:"publicKeyMultibase,omitempty"`
	Unlock      Unlock   `json:"unlock,omitempty"`
	Attestation string   `json:"attestation,omitempty"`
}

// ServiceEntry is a service in a document.
type ServiceEntry struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Endpoint string `json:"serviceEndpoint"`
}

// Document is what the state says as a DID document. A suspended one has its keys
// without any relationship, so that nothing can be proved with them; a deactivated
// one has nothing but its id.
func (s State) Document(id string) Document {
	d := Document{Context: []any{contextDID}, ID: id}
	if s.Status == Deactivated {
		return d
	}
	var jwk, multikey, control bool
	for _, k := range s.Keys {
		url := id + "#" + k.ID()
		m := VerificationMethod{ID: url, Controller: id, JWK: k.JWK, Multikey: k.Multikey, Unlock: k.Unlock, Attestation: k.Attestation}
		if m.Type = "Multikey"; k.JWK != nil {
			m.Type = "JsonWebKey2020"
		}
		jwk, multikey, control = jwk || k.JWK != nil, multikey || k.JWK == nil, control || k.Has(CapabilityInvocation)
		d.VerificationMethod = append(d.VerificationMethod, m)
		if s.Status == Suspended {
			continue
		}
		for _, r := range []struct {
			purpose Purpose
			into    *[]string
		}{
			{AssertionMethod, &d.AssertionMethod},
			{Authentication, &d.Authentication},
			{CapabilityDelegation, &d.CapabilityDelegation},
			{CapabilityInvocation, &d.CapabilityInvocation},
		} {
			if k.Has(r.purpose) {
				*r.into = append(*r.into, url)
			}
		}
	}
	for _, service := range s.Services {
		d.Service = append(d.Service, ServiceEntry{ID: id + "#" + service.ID, Type: service.Type, Endpoint: service.Endpoint})
	}
	if len(s.Control.Controllers) > 0 {
		if control {
			d.Controller = append(d.Controller, id)
		}
		d.Controller = append(d.Controller, s.Control.Controllers...)
	}
	if jwk {
		d.Context = append(d.Context, contextJWK)
	}
	if multikey {
		d.Context = append(d.Context, contextMultikey)
	}
	if len(d.Service) > 0 {
		// Types are the controller's words: to JSON-LD they would be references to nowhere.
		d.Context = append(d.Context, map[string]string{"@vocab": vocabulary + "service-"})
	}
	if jwk || multikey {
		d.Context = append(d.Context, map[string]string{"unlock": vocabulary + "unlock", "attestation": vocabulary + "attestation"})
	}
	return d
}

// Relationship lists the DID URLs of the keys that serve a purpose.
func (d Document) Relationship(p Purpose) []string {
	switch p {
	case AssertionMethod:
		return d.AssertionMethod
	case Authentication:
		return d.Authentication
	case CapabilityDelegation:
		return d.CapabilityDelegation
	case CapabilityInvocation:
		return d.CapabilityInvocation
	default:
		return nil
	}
}

// KeyDocument is the document of a did:key or did:jwk, which says the same for
// ever: its one key serves all purposes. It returns BAD_DID.
func KeyDocument(id string) (Document, error) {
	method, err := did.Resolve(id, did.ES256K)
	if err != nil {
		return Document{}, err
	}
	url := []string{method.URL}
	d := Document{
		ID: id, AssertionMethod: url, Authentication: url, CapabilityDelegation: url, CapabilityInvocation: url,
		Context:            []any{contextDID, contextMultikey},
		VerificationMethod: []VerificationMethod{{ID: method.URL, Type: "Multikey", Controller: id, Multikey: method.Key.Multikey()}},
	}
	if len(id) > 8 && id[:8] == "did:jwk:" {
		jwk := method.Key.JWK()
		d.Context[1] = contextJWK
		d.VerificationMethod[0] = VerificationMethod{ID: method.URL, Type: "JsonWebKey2020", Controller: id, JWK: &jwk}
	}
	return d, nil
}
