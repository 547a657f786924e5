// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
	"github.com/komsco/trust-platform/gateway/openid"
)

// VCAPI is a surface in the paths and forms of the W3C CCG's VC API, by which
// conformance suites drive an implementation: Data Integrity by ecdsa-jcs-2019 and
// eddsa-jcs-2022.
type VCAPI struct {
	Signers  map[string]credential.Signer // by the DID of the issuer
	Verifier *credential.Verifier
	Statuses *statuses.Keeper    // which entries credentials have
	Lists    map[string][]string // by the DID of the issuer: of these its credentials get an entry each, if they come without
	Anyone   bool                // has credentials issued and their status changed; otherwise the issuer has to have signed in
}

// WithVCAPI has the API serve the VC API. Call it before serving.
func (a *API) WithVCAPI(v *VCAPI) *API {
	a.vc = v
	return a
}

// IssueRequest asks for a credential to be issued.
type IssueRequest struct {
	Credential map[string]any `json:"credential" doc:"VC 2.0 without a proof; its issuer is one whose key this gateway has"`
	Options    IssueOptions   `json:"options,omitempty"`
}

// IssueOptions say how a credential is issued. Others than these are ignored.
type IssueOptions struct {
	CredentialID string `json:"credentialId,omitempty" doc:"By which its status is changed, where the credential has no id"`
}

// IssueAnswer is the credential that was issued.
type IssueAnswer struct {
	Credential json.RawMessage `json:"verifiableCredential"`
}

// VerifyRequest asks about a credential or a presentation.
type VerifyRequest struct {
	Credential   any           `json:"verifiableCredential,omitempty" doc:"Object with a proof; or a compact JWS or SD-JWT as text"`
	Presentation any           `json:"verifiablePresentation,omitempty"`
	Options      VerifyOptions `json:"options,omitempty"`
}

// VerifyOptions are what a presentation has to answer.
type VerifyOptions struct {
	Challenge string `json:"challenge,omitempty"`
	Domain    string `json:"domain,omitempty"`
}

// VerifyAnswer says whether it verified.
type VerifyAnswer struct {
	Verified bool               `json:"verified"`
	Problems []*Problem         `json:"problemDetails" doc:"What is wrong with it"`
	Report   *credential.Report `json:"report,omitempty" doc:"Every check; left out for what is no credential at all"`
}

type verifyOutput struct {
	Status int
	Body   VerifyAnswer
}

// maxVC bounds a body in bytes.
const maxVC = credential.MaxSize

func (a *API) vcAPI() {
	none := openid.NotOffered.Errorf("this gateway does not serve the VC API")
	operation := func(id, path, summary string, body any, status int) huma.Operation {
		op := a.protocol(http.MethodPost, id, path, summary, "application/json", body)
		op.Tags, op.DefaultStatus, op.MaxBodyBytes = []string{"vc-api"}, status, maxVC
		op.Responses, op.Errors = map[string]*huma.Response{}, problems(401, 403, 404, 413, 415, 422, 500, 503)
		return op
	}
	issue := operation("vc-issue", "/credentials/issue", "Issue a credential with a Data Integrity proof (VC API)", IssueRequest{}, http.StatusCreated)
	issue.Errors = append(issue.Errors, http.StatusBadRequest)
	issue.Description = "A credential without credentialStatus gets an entry of each of the issuer's lists that the gateway is set up with, drawn at random."
	raw(a, issue, func(ctx context.Context, in *rawInput) (*noStore[IssueAnswer], error) {
		if a.vc == nil {
			return nil, problemOf(none)
		}
		signed, err := a.issueVC(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return &noStore[IssueAnswer]{"no-store", IssueAnswer{json.RawMessage(signed)}}, nil
	})
	a.vcStatus(operation("vc-status", "/credentials/status", "Change the status of a credential that was issued (VC API)", StatusRequest{}, http.StatusOK), none)
	for _, kind := range []struct{ id, path, summary, member string }{
		{"vc-verify", "/credentials/verify", "Verify a credential (VC API)", "verifiableCredential"},
		{"vp-verify", "/presentations/verify", "Verify a presentation and the credentials in it (VC API)", "verifiablePresentation"},
	} {
		verify := operation(kind.id, kind.path, kind.summary, VerifyRequest{}, http.StatusOK)
		verify.Description = "200 where it verifies, 400 with the problems where it does not: as the suites have it."
		verify.Responses["400"] = a.response("It does not verify", VerifyAnswer{})
		raw(a, verify, func(ctx context.Context, in *rawInput) (*verifyOutput, error) {
			if a.vc == nil {
				return nil, problemOf(none)
			}
			return a.verifyVC(ctx, in, kind.member)
		})
	}
}

func (a *API) issueVC(ctx context.Context, in *rawInput) (string, error) {
	o, err := credential.DecodeObject(in.RawBody)
	if err != nil {
		return "", err
	}
	vc, ok := o["credential"].(credential.Object)
	if !ok {
		return "", credential.Malformed.Errorf("credential is no object")
	}
	issuer, _ := vc["issuer"].(string)
	if named, ok := vc["issuer"].(credential.Object); ok {
		issuer, _ = named["id"].(string)
	}
	if issuer == "" && vc["issuer"] == nil && len(a.vc.Signers) == 1 {
		for issuer = range a.vc.Signers { // the only one
		}
	}
	signer, known := a.vc.Signers[issuer]
	if !known {
		return "", openid.NotOffered.Errorf("the issuer %.160q has no key at this gateway", issuer)
	}
	if !a.vc.Anyone {
		who, err := a.caller(in.Authorization)
		if err != nil {
			return "", err
		}
		if who != issuer {
			return "", openid.ClientRefused.Errorf("%.160s may not have credentials of %s issued", who, issuer)
		}
	}
	// What cannot be signed takes no entry.
	if _, err := credential.SignIntegrity(vc, signer, time.Now()); err != nil {
		return "", err
	}
	if err := a.withStatus(ctx, o, vc, issuer, a.publicURL(in.base)); err != nil {
		return "", err
	}
	return credential.SignIntegrity(vc, signer, time.Now())
}

func (a *API) verifyVC(ctx context.Context, in *rawInput, member string) (*verifyOutput, error) {
	out := &verifyOutput{Status: http.StatusBadRequest, Body: VerifyAnswer{Problems: []*Problem{}}}
	report, err := a.verified(ctx, in.RawBody, member)
	switch {
	case credential.Refused(err):
		out.Body.Problems = append(out.Body.Problems, problemOf(err))
		return out, nil
	case err != nil:
		return nil, problemOf(err)
	}
	out.Body.Verified, out.Body.Report = report.Verified, &report
	if report.Verified {
		out.Status = http.StatusOK
		return out, nil
	}
	out.Body.Problems = append(out.Body.Problems, problemOf(report.Err()))
	return out, nil
}

func (a *API) verified(ctx context.Context, body []byte, member string) (credential.Report, error) {
	o, err := credential.DecodeObject(body)
	if err != nil {
		return credential.Report{}, err
	}
	var request VerifyRequest
	if err := credential.Decode(body, &request); err != nil {
		return credential.Report{}, err
	}
	shown, isText := o[member].(string)
	if !isText {
		if _, ok := o[member].(credential.Object); !ok {
			return credential.Report{}, credential.Malformed.Errorf("%s is needed", member)
		}
		plain, err := json.Marshal(o[member]) // numbers stay as they were written
		if err != nil {
			return credential.Report{}, err
		}
		shown = string(plain)
	}
	demand := credential.Demand{Challenge: request.Options.Challenge, Domain: request.Options.Domain}
	if member == "verifiablePresentation" {
		return a.vc.Verifier.Presentation(ctx, shown, demand)
	}
	return a.vc.Verifier.Credential(ctx, shown, credential.Demand{})
}
