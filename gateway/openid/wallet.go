// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/gateway/credential"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// Wallet is a holder's side of both protocols.
type Wallet struct {
	HTTP     *http.Client         // http.DefaultClient if nil
	Verifier *credential.Verifier // by which the wallet checks what it gets and who asks
	Holder   credential.Signer    // the holder's key
	KeyAlong bool                 // the issuer learns the key only, not the DID behind it

	AnyVerifier bool // answer those too who name no accreditation: the person alone judges them
}

// Accepted is a credential that an issuer gave.
type Accepted struct {
	Credential    string
	Configuration string
	Report        credential.Report // of the credential by itself; verified
}

// Offer reads an offer from its link, fetching it where the link only says where it is.
// It returns BAD_OFFER.
func (w *Wallet) Offer(ctx context.Context, link string) (*Offer, error) {
	offer, reference, err := ReadOffer(link)
	if err != nil || offer != nil {
		return offer, err
	}
	raw, err := w.do(ctx, http.MethodGet, reference, "", "", nil)
	if err != nil {
		return nil, err
	}
	return DecodeOffer(raw)
}

// Accept exchanges an offer for a credential of a configuration, the first offered if
// empty. txCode is what reached the holder another way, empty if none is asked for. What
// the issuer gives is verified and has to be bound to the holder's key. It returns
// BAD_OFFER, BAD_ISSUER_ANSWER, an [*Error] of the issuer's, or what is wrong with the
// credential.
func (w *Wallet) Accept(ctx context.Context, o *Offer, configuration, txCode string) (Accepted, error) {
	if configuration == "" && len(o.Configurations) > 0 {
		configuration = o.Configurations[0]
	}
	if !slices.Contains(o.Configurations, configuration) || o.Grants.PreAuthorized == nil {
		return Accepted{}, BadOffer.Errorf("%.80q is not offered", configuration)
	}
	issuer, access, err := w.access(ctx, o, txCode)
	if err != nil {
		return Accepted{}, err
	}
	kind, known := issuer.Configurations[configuration]
	if !known || kind.Format != credential.FormatSDJWT {
		return Accepted{}, BadAnswer.Errorf("configuration %.80q is of format %.40q, %s is taken", configuration, kind.Format, credential.FormatSDJWT)
	}
	claims := map[string]any{"aud": issuer.Issuer, "iat": w.now().Unix()}
	if issuer.NonceEndpoint != "" {
		var nonce Nonce
		if err := w.json(ctx, http.MethodPost, issuer.NonceEndpoint, "", "", nil, &nonce); err != nil {
			return Accepted{}, err
		}
		claims["nonce"] = nonce.Nonce
	}
	proof, err := credential.SignToken(TypProof, claims, w.Holder, w.KeyAlong)
	if err != nil {
		return Accepted{}, err
	}
	body, err := json.Marshal(CredentialRequest{Configuration: configuration, Proofs: Proofs{JWT: []string{proof}}})
	if err != nil {
		return Accepted{}, err
	}
	var issued Issued
	if err := w.json(ctx, http.MethodPost, issuer.CredentialEndpoint, access, "application/json", body, &issued); err != nil {
		return Accepted{}, err
	}
	if len(issued.Credentials) != 1 {
		return Accepted{}, BadAnswer.Errorf("%d credentials for one proof", len(issued.Credentials))
	}
	got := Accepted{Credential: issued.Credentials[0].Credential, Configuration: configuration}
	if got.Report, err = w.Verifier.Credential(ctx, got.Credential, credential.Demand{Types: []string{kind.Type}}); err != nil {
		return got, err
	}
	if err := got.Report.Err(); err != nil {
		return got, err
	}
	return got, w.owns(ctx, got.Credential)
}

// owns checks that a credential is bound to the holder's key, by showing it to oneself.
func (w *Wallet) owns(ctx context.Context, sdjwt string) error {
	self := credential.Presenting{Nonce: credential.NewNonce(), Audience: "self", Issued: w.now().Unix()}
	shown, err := self.Present(sdjwt, w.Holder)
	if err != nil {
		return err
	}
	r, err := w.Verifier.Presentation(ctx, shown, credential.Demand{Challenge: self.Nonce, Domain: self.Audience})
	if err != nil {
		return err
	}
	return r.Err()
}

// access finds the issuer's endpoints and exchanges the code for an access token.
func (w *Wallet) access(ctx context.Context, o *Offer, txCode string) (m IssuerMetadata, token string, err error) {
	at, err := WellKnown(o.Issuer, "openid-credential-issuer")
	if err != nil {
		return m, "", err
	}
	if err := w.json(ctx, http.MethodGet, at, "", "", nil, &m); err != nil {
		return m, "", err
	}
	if m.Issuer != o.Issuer {
		return m, "", BadAnswer.Errorf("metadata of %.160q, the offer is of %.160q", m.Issuer, o.Issuer)
	}
	server := m.Issuer
	if len(m.AuthorizationServers) > 0 {
		server = m.AuthorizationServers[0]
	}
	var s ServerMetadata
	if at, err = WellKnown(server, "oauth-authorization-server"); err != nil {
		return m, "", err
	}
	if err := w.json(ctx, http.MethodGet, at, "", "", nil, &s); err != nil {
		return m, "", err
	}
	if s.Issuer != server {
		return m, "", BadAnswer.Errorf("metadata of the server %.160q, %.160q is meant", s.Issuer, server)
	}
	form := url.Values{"grant_type": {GrantPreAuthorized}, "pre-authorized_code": {o.Grants.PreAuthorized.Code}}
	if txCode != "" {
		form.Set("tx_code", txCode)
	}
	var a Access
	if err := w.json(ctx, http.MethodPost, s.TokenEndpoint, "", mediaForm, []byte(form.Encode()), &a); err != nil {
		return m, "", err
	}
	if !strings.EqualFold(a.Type, "Bearer") || a.Token == "" {
		return m, "", BadAnswer.Errorf("a token of type %.40q, Bearer is known", a.Type)
	}
	return m, a.Token, nil
}

const mediaForm = "application/x-www-form-urlencoded"

func (w *Wallet) now() time.Time {
	if w.Verifier != nil && w.Verifier.Now != nil {
		return w.Verifier.Now()
	}
	return time.Now()
}

func (w *Wallet) json(ctx context.Context, method, to, bearer, media string, body []byte, answer any) error {
	raw, err := w.do(ctx, method, to, bearer, media, body)
	if err != nil {
		return err
	}
	if err := credential.Decode(raw, answer); err != nil {
		return BadAnswer.Errorf("%.160s: %w", to, err)
	}
	return nil
}

// do sends a request and returns what a 2xx answer says.
func (w *Wallet) do(ctx context.Context, method, to, bearer, media string, body []byte) ([]byte, error) {
	if err := CheckURL(to); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, BadOffer.Errorf("%w", err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	client := http.Client{}
	if w.HTTP != nil {
		client = *w.HTTP
	}
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) >= 5 {
			return BadAnswer.Errorf("%.160s redirects on and on", to)
		}
		return CheckURL(r.URL.String()) // never into the clear
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // nothing is lost
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(raw) > maxAnswer {
		return nil, BadAnswer.Errorf("%.160s: the answer cannot be read, or has more than %d bytes", to, maxAnswer)
	}
	if res.StatusCode/100 == 2 {
		return raw, nil
	}
	said := &Error{HTTP: res.StatusCode}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err == nil && kind == "application/json" && credential.Decode(raw, said) == nil && said.Code != "" {
		return nil, said
	}
	return nil, errors.Join(BadAnswer.Errorf("%.160s answered %d", to, res.StatusCode), problemIn(raw))
}

// problemIn is the problem (RFC 9457) of an answer, if it is one.
func problemIn(raw []byte) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if credential.Decode(raw, &p) != nil || p.Code == "" {
		return nil
	}
	return errors.New(p.Code + ": " + p.Detail)
}
