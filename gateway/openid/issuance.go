// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/gateway/credential"
)

// Names of OpenID4VCI 1.0.
const (
	GrantPreAuthorized = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
	TypProof           = "openid4vci-proof+jwt"
	OfferScheme        = "openid-credential-offer"
)

// Offer is a credential offer (section 4.1.1).
type Offer struct {
	Issuer         string   `json:"credential_issuer" doc:"URL of the issuer"`
	Configurations []string `json:"credential_configuration_ids" doc:"What is offered, by the names of the issuer's metadata"`
	Grants         Grants   `json:"grants"`
}

// Grants are how an offer is accepted.
type Grants struct {
	PreAuthorized *PreAuthorized `json:"urn:ietf:params:oauth:grant-type:pre-authorized_code,omitempty"`
}

// PreAuthorized is a code that whoever has it exchanges for a credential.
type PreAuthorized struct {
	Code   string  `json:"pre-authorized_code"`
	TxCode *TxCode `json:"tx_code,omitempty" doc:"A second code is asked for, which reaches the holder another way"`
}

// TxCode describes the second code.
type TxCode struct {
	InputMode   string `json:"input_mode,omitempty" enum:"numeric,text"`
	Length      int    `json:"length,omitempty"`
	Description string `json:"description,omitempty" maxLength:"300"`
}

// IssuerMetadata is a credential issuer's (section 12.2.4).
type IssuerMetadata struct {
	Issuer               string                   `json:"credential_issuer"`
	AuthorizationServers []string                 `json:"authorization_servers,omitempty"`
	CredentialEndpoint   string                   `json:"credential_endpoint"`
	NonceEndpoint        string                   `json:"nonce_endpoint,omitempty"`
	Configurations       map[string]Configuration `json:"credential_configurations_supported"`
}

// Configuration is a kind of credential that an issuer issues.
type Configuration struct {
	Format         string               `json:"format" example:"dc+sd-jwt"`
	Type           string               `json:"vct"`
	BindingMethods []string             `json:"cryptographic_binding_methods_supported"`
	SigningAlgs    []string             `json:"credential_signing_alg_values_supported"`
	ProofTypes     map[string]ProofType `json:"proof_types_supported"`
	Metadata       *CredentialMetadata  `json:"credential_metadata,omitempty"`
}

// ProofType says with which algorithms a wallet proves its key.
type ProofType struct {
	SigningAlgs []string `json:"proof_signing_alg_values_supported"`
}

// CredentialMetadata is for who shows a credential to people.
type CredentialMetadata struct {
	Display []Display `json:"display,omitempty"`
	Claims  []Claim   `json:"claims,omitempty"`
}

// Display is a name in a language.
type Display struct {
	Name   string `json:"name"`
	Locale string `json:"locale,omitempty"`
}

// Claim is a claim of a kind of credential.
type Claim struct {
	Path []any `json:"path"`
}

// ServerMetadata is an authorization server's (RFC 8414).
type ServerMetadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	ResponseTypes []string `json:"response_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Anonymous     bool     `json:"pre-authorized_grant_anonymous_access_supported"`
}

// Access is the answer of a token endpoint (RFC 6749 section 5.1).
type Access struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type" example:"Bearer"`
	ExpiresIn int64  `json:"expires_in" doc:"Seconds"`
}

// Nonce is the answer of a nonce endpoint (section 7.2).
type Nonce struct {
	Nonce string `json:"c_nonce" doc:"For one proof of a key"`
}

// CredentialRequest asks for a credential (section 8.2).
type CredentialRequest struct {
	Configuration string `json:"credential_configuration_id,omitempty"`
	Identifier    string `json:"credential_identifier,omitempty"` // not given out here
	Proofs        Proofs `json:"proofs"`
}

// Proofs are proofs of the keys that credentials are to be bound to.
type Proofs struct {
	JWT []string `json:"jwt" doc:"One proof of type openid4vci-proof+jwt"`
}

// Issued is the answer of a credential endpoint (section 8.3).
type Issued struct {
	Credentials []IssuedCredential `json:"credentials"`
}

// IssuedCredential is one of the credentials that were issued.
type IssuedCredential struct {
	Credential string `json:"credential"`
}

// ReadOffer reads a link (openid-credential-offer://?credential_offer=… or
// …?credential_offer_uri=…): the offer itself or, with a nil offer, the URL where it
// is. It returns BAD_OFFER.
func ReadOffer(link string) (*Offer, string, error) {
	if len(link) > 16<<10 {
		return nil, "", BadOffer.Errorf("a link of %d bytes, at most 16384", len(link))
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme == "" {
		return nil, "", BadOffer.Errorf("%.80q is no link", link)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "", BadOffer.Errorf("the link's query cannot be read")
	}
	value, reference := q["credential_offer"], q["credential_offer_uri"]
	switch {
	case len(value) == 1 && len(reference) == 0:
		offer, err := DecodeOffer([]byte(value[0]))
		return offer, "", err
	case len(value) == 0 && len(reference) == 1:
		return nil, reference[0], CheckURL(reference[0])
	default:
		return nil, "", BadOffer.Errorf("the link has one of credential_offer and credential_offer_uri, once")
	}
}

// DecodeOffer reads an offer. It returns BAD_OFFER.
func DecodeOffer(raw []byte) (*Offer, error) {
	var o Offer
	if err := credential.Decode(raw, &o); err != nil {
		return nil, BadOffer.Errorf("%w", err)
	}
	if err := CheckURL(o.Issuer); err != nil {
		return nil, err
	}
	if len(o.Configurations) == 0 {
		return nil, BadOffer.Errorf("nothing is offered")
	}
	if g := o.Grants.PreAuthorized; g == nil || g.Code == "" {
		return nil, BadOffer.Errorf("the offer has no pre-authorised code, the one grant that is known here")
	}
	return &o, nil
}

// Link is the offer in a link, for a QR code.
func (o Offer) Link() (string, error) {
	raw, err := json.Marshal(o)
	return OfferScheme + "://?credential_offer=" + url.QueryEscape(string(raw)), err
}

// CheckURL returns BAD_OFFER for a URL that is not https, or http to this very machine.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(s) > 2048 {
		return BadOffer.Errorf("%.160q is no URL", s)
	}
	if local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"; u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return BadOffer.Errorf("%.160q: https is needed", s)
	}
	return nil
}

// WellKnown is where metadata of an issuer is: the name goes between host and path
// (section 12.2.2, RFC 8414 section 3.1).
func WellKnown(issuer, name string) (string, error) {
	if err := CheckURL(issuer); err != nil {
		return "", err
	}
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" {
		return "", BadOffer.Errorf("issuer %.160q has a query", issuer)
	}
	u.Path = "/.well-known/" + name + strings.TrimSuffix(u.Path, "/")
	return u.String(), nil
}

// PathOf is a path such as address/street as a claims path pointer (appendix C).
func PathOf(path string) []any {
	var out []any
	for _, step := range strings.Split(path, "/") {
		if n, err := strconv.ParseUint(step, 10, 31); err == nil {
			out = append(out, n)
		} else {
			out = append(out, step)
		}
	}
	return out
}
