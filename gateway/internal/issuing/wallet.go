// SPDX-License-Identifier: Apache-2.0

package issuing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Token exchanges a pre-authorised code for an access token (OpenID4VCI 1.0 section 6).
// A code serves once; after five wrong transaction codes it is gone. Errors are an
// [*openid.Error], or that the disk did not answer.
func (i *Issuer) Token(form string) (openid.Access, error) {
	q, err := openid.ReadForm(form)
	if err != nil {
		return openid.Access{}, err
	}
	switch {
	case q["grant_type"] == "":
		return openid.Access{}, openid.Errorf(openid.InvalidRequest, "grant_type is missing")
	case q["grant_type"] != openid.GrantPreAuthorized:
		return openid.Access{}, openid.Errorf(openid.UnsupportedGrantType, "grant_type %.80s: %s is supported", q["grant_type"], openid.GrantPreAuthorized)
	case q["pre-authorized_code"] == "":
		return openid.Access{}, openid.Errorf(openid.InvalidRequest, "pre-authorized_code is missing")
	}
	var (
		access  openid.Access
		refused error // beside which the number of tries stays
	)
	err = i.Shelf.Do(func(tx *shelf.Tx) error {
		code := q["pre-authorized_code"]
		var o offer
		found, err := tx.Get(kindCode, code, &o)
		if err != nil {
			return err
		}
		if !found {
			return openid.Errorf(openid.InvalidGrant, "the code is unknown, was exchanged or has expired")
		}
		given, asked := q["tx_code"], o.Second
		switch {
		case asked == "" && given != "":
			return openid.Errorf(openid.InvalidRequest, "no tx_code is expected")
		case asked != "" && given == "":
			return openid.Errorf(openid.InvalidRequest, "tx_code is expected")
		case !same(given, asked):
			if o.Tries++; o.Tries < maxTries {
				refused = openid.Errorf(openid.InvalidGrant, "wrong tx_code, %d more may be tried", maxTries-o.Tries)
				return tx.Put(kindCode, code, o.Expires, o)
			}
			refused = openid.Errorf(openid.InvalidGrant, "wrong tx_code, %d times: the offer is void", maxTries)
			return errors.Join(tx.Drop(kindCode, code), tx.Drop(kindID, o.ID))
		}
		access = openid.Access{Token: once.Secret(), Type: "Bearer", ExpiresIn: int64(tokenLife / time.Second)}
		return errors.Join(tx.Drop(kindCode, code), tx.Drop(kindID, o.ID), tx.Put(kindToken, access.Token, i.Now().Add(tokenLife), o))
	})
	return access, errors.Join(err, refused)
}

// Credential issues what an access token stands for, bound to the key that the request
// proves (section 8). An access token serves for one credential; what is refused
// leaves it as it was. Errors are an [*openid.Error], or that the ledger or the disk
// did not answer.
func (i *Issuer) Credential(ctx context.Context, authorization string, body []byte) (openid.Issued, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return openid.Issued{}, openid.Errorf(openid.InvalidToken, "an access token is needed, as Bearer")
	}
	o, err := i.granted(token)
	if err != nil {
		return openid.Issued{}, err
	}
	proof, err := readRequest(body, o.Kind, func(id string) bool { _, known := i.kind(id); return known })
	if err != nil {
		return openid.Issued{}, err
	}
	binding, err := i.prove(ctx, proof, o.Holder)
	if err != nil {
		return openid.Issued{}, err
	}
	if !i.begin(token) {
		return openid.Issued{}, openid.Errorf(openid.InvalidToken, "the token is serving already")
	}
	defer i.end(token)
	if o, err = i.granted(token); err != nil { // it may have served meanwhile
		return openid.Issued{}, err
	}
	signed, err := i.issue(ctx, o, binding)
	if err == nil {
		err = i.Shelf.Do(func(tx *shelf.Tx) error { return tx.Drop(kindToken, token) })
	}
	if err != nil {
		return openid.Issued{}, err
	}
	return openid.Issued{Credentials: []openid.IssuedCredential{{Credential: signed}}}, nil
}

// granted is what an access token stands for.
func (i *Issuer) granted(token string) (o offer, err error) {
	err = i.Shelf.Do(func(tx *shelf.Tx) error {
		found, err := tx.Get(kindToken, token, &o)
		if err == nil && !found {
			err = openid.Errorf(openid.InvalidToken, "the token is unknown, served already or has expired")
		}
		return err
	})
	return o, err
}

// begin has a token serve for one request at a time.
func (i *Issuer) begin(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.issuing[token] {
		return false
	}
	i.issuing[token] = true
	return true
}

func (i *Issuer) end(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.issuing, token)
}

// issue signs, and checks that others will take it: a key that was rotated away must not
// go on signing unnoticed.
func (i *Issuer) issue(ctx context.Context, o offer, holder *credential.Binding) (string, error) {
	kind, _ := i.kind(o.Kind)
	vc, err := i.draft(kind, o.NewOffer, holder)
	if err != nil {
		return "", err
	}
	signed, err := vc.Sign(i.Signer)
	if err != nil {
		return "", err
	}
	report, err := i.Verifier.Credential(ctx, signed, credential.Demand{CurrentKey: true})
	if err != nil {
		return "", err
	}
	if err := report.Err(); err != nil {
		return "", openid.Errorf(openid.RequestDenied, "the issuer's credential would not verify: %s", err)
	}
	return signed, nil
}

// readRequest reads a credential request and answers its one proof.
func readRequest(body []byte, offered string, known func(string) bool) (proof string, err error) {
	o, err := credential.DecodeObject(body)
	if err != nil {
		return "", openid.Errorf(openid.InvalidCredentialRequest, "%s", err)
	}
	var r struct {
		Configuration *string             `json:"credential_configuration_id"`
		Identifier    *string             `json:"credential_identifier"`
		Encryption    json.RawMessage     `json:"credential_response_encryption"`
		Proofs        map[string][]string `json:"proofs"`
	}
	if err := credential.Decode(body, &r); err != nil {
		return "", openid.Errorf(openid.InvalidCredentialRequest, "%s", err)
	}
	switch {
	case r.Configuration != nil && r.Identifier != nil:
		return "", openid.Errorf(openid.InvalidCredentialRequest, "one of credential_configuration_id and credential_identifier, not both")
	case r.Identifier != nil:
		return "", openid.Errorf(openid.UnknownIdentifier, "no credential identifiers were given out: name the credential_configuration_id")
	case r.Configuration == nil:
		return "", openid.Errorf(openid.InvalidCredentialRequest, "credential_configuration_id is missing")
	case !known(*r.Configuration):
		return "", openid.Errorf(openid.UnknownConfiguration, "%.80s is no configuration of this issuer", *r.Configuration)
	case *r.Configuration != offered:
		return "", openid.Errorf(openid.InvalidCredentialRequest, "%.80s was not offered, %s was", *r.Configuration, offered)
	case r.Encryption != nil:
		return "", openid.Errorf(openid.InvalidEncryption, "credentials are not encrypted here")
	case o["proof"] != nil:
		return "", openid.Errorf(openid.InvalidProof, "proof is of older drafts: send proofs")
	case len(r.Proofs) != 1 || len(r.Proofs["jwt"]) != 1:
		return "", openid.Errorf(openid.InvalidProof, "one proof is needed, of type jwt")
	}
	return r.Proofs["jwt"][0], nil
}

// prove checks a proof of a key (appendix F.1 and F.4) and answers what to bind the
// credential to: a did:komsco as such, so that the credential outlives a rotation of
// its keys; any other key by itself.
func (i *Issuer) prove(ctx context.Context, proof, holder string) (*credential.Binding, error) {
	t, err := i.Verifier.Token(ctx, proof, openid.TypProof, identity.Authentication)
	if err != nil {
		if credential.Refused(err) {
			return nil, openid.Errorf(openid.InvalidProof, "%s", err)
		}
		return nil, err
	}
	now := i.Now()
	made, found, err := credential.Moment(t.Claims, "iat")
	nonce, _ := t.Claims["nonce"].(string)
	_, issuer := t.Claims["iss"]
	switch {
	case t.Claims["aud"] != i.URL:
		return nil, openid.Errorf(openid.InvalidProof, "aud %.160v, this is %s", t.Claims["aud"], i.URL)
	case err != nil || !found:
		return nil, openid.Errorf(openid.InvalidProof, "iat is needed, in whole Unix seconds")
	case made > now.Add(leeway).Unix() || made < now.Add(-proofLife).Unix():
		return nil, openid.Errorf(openid.InvalidProof, "made at %s, it is %s", time.Unix(made, 0).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case issuer:
		return nil, openid.Errorf(openid.InvalidProof, "iss, but there are no client identifiers here")
	case nonce == "":
		return nil, openid.Errorf(openid.InvalidProof, "nonce is needed, see the nonce endpoint")
	}
	id, _, _ := strings.Cut(t.Kid, "#")
	if holder != "" && id != holder {
		return nil, openid.Errorf(openid.RequestDenied, "the offer is for another holder")
	}
	switch err := i.nonces.Use(nonce, ""); {
	case errors.Is(err, once.ErrFull):
		return nil, err
	case err != nil:
		return nil, openid.Errorf(openid.InvalidNonce, "%s", err)
	}
	if strings.HasPrefix(id, identity.Prefix) {
		return &credential.Binding{Kid: id}, nil
	}
	jwk := t.Key.JWK()
	return &credential.Binding{JWK: &jwk}, nil
}
