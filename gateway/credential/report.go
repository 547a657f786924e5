// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Outcome is what became of a check.
type Outcome string

// The outcomes.
const (
	OK         Outcome = "ok"
	Failed     Outcome = "failed"     // also where it was called for and could not be made
	NotChecked Outcome = "notChecked" // nothing calls for it
)

// Name names a check.
type Name string

// The checks, in the order of a report.
const (
	Signature     Name = "signature"     // the bytes are the key's
	SigningKey    Name = "key"           // the key was in the document, for this purpose, at the time of signing
	Validity      Name = "validity"      // the credential's own times
	Status        Name = "status"        // neither revoked nor suspended
	Accreditation Name = "accreditation" // the issuer may issue this, by a root's word
	Schema        Name = "schema"        // the content is what the registered schema asks for
	HolderBinding Name = "holderBinding" // who presents is whom it was issued to
	Challenge     Name = "challenge"     // made for this request
	Domain        Name = "domain"        // made for this verifier
	UnlockLevel   Name = "unlock"        // how the holder's key is unlocked
	Purpose       Name = "purpose"       // the verifier may ask for what it asks for
)

var order = []Name{Signature, SigningKey, Validity, Status, Accreditation, Schema, HolderBinding, Challenge, Domain, UnlockLevel, Purpose}

// Check is one check of a report.
type Check struct {
	Check   Name    `json:"check"`
	Outcome Outcome `json:"outcome"`
	Code    string  `json:"code,omitempty"` // of a failure
	Reason  string  `json:"reason"`
}

// Report tells what was checked about a credential or presentation.
type Report struct {
	Verified    bool     `json:"verified"` // no check failed
	Format      string   `json:"format"`
	Issuer      string   `json:"issuer,omitempty"` // DID
	Holder      string   `json:"holder,omitempty"` // DID, of a presentation
	Signed      int64    `json:"signed,omitempty"` // Unix seconds, as the signer says
	Checks      []Check  `json:"checks"`
	Credentials []Report `json:"credentials,omitempty"` // of a presentation
	// Claims is what the credential says. Do not use it unless Verified.
	Claims Object `json:"claims,omitempty"`
}

// Of is a check of the report.
func (r *Report) Of(name Name) Check {
	if i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Check == name }); i >= 0 {
		return r.Checks[i]
	}
	return Check{Check: name, Outcome: NotChecked, Reason: "not reached"}
}

// Err is the first failure, of the credentials inside too, with its code; nil if
// there is none.
func (r *Report) Err() error {
	for _, c := range r.Checks {
		if c.Outcome == Failed {
			for _, registry := range []*code.Registry{Codes, identity.Codes} {
				if known := registry.Lookup(c.Code); known != nil {
					return known.Errorf("%s: %s", c.Check, c.Reason)
				}
			}
			return code.Broken.Errorf("%s: %s: %s", c.Code, c.Check, c.Reason)
		}
	}
	for i := range r.Credentials {
		if err := r.Credentials[i].Err(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) note(name Name, outcome Outcome, reason string, args ...any) {
	r.Checks = append(r.Checks, Check{Check: name, Outcome: outcome, Reason: fmt.Sprintf(reason, args...)})
}

// judge notes a check that was made: ok with a reason, or failed by the error.
func (r *Report) judge(name Name, err error, reason string, args ...any) {
	if err == nil {
		r.note(name, OK, reason, args...)
		return
	}
	failed := Check{Check: name, Outcome: Failed, Code: code.Broken.Name, Reason: err.Error()}
	var said *code.Code
	if errors.As(err, &said) {
		failed.Code, failed.Reason = said.Name, strings.TrimPrefix(err.Error(), said.Name+": ")
	}
	r.Checks = append(r.Checks, failed)
}

// refusal tells a refusal, which is a finding about the credential, from a failure
// to reach the ledger, which is none: it returns the latter.
func refusal(err error) error {
	var said *code.Code
	if err == nil || errors.As(err, &said) && said.Kind != code.Internal {
		return nil
	}
	return err
}

// close puts the checks in order and sums them up. A check that was not reached
// because an earlier one failed is told so.
func (r *Report) close() {
	for _, name := range order {
		if !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Check == name }) {
			r.note(name, NotChecked, "not called for, or not reached after a failure")
		}
	}
	slices.SortStableFunc(r.Checks, func(a, b Check) int { return slices.Index(order, a.Check) - slices.Index(order, b.Check) })
	r.Verified = !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Outcome == Failed })
	for _, inner := range r.Credentials {
		r.Verified = r.Verified && inner.Verified
	}
	// A report that says nothing of the signature vouches for nothing.
	r.Verified = r.Verified && r.Of(Signature).Outcome == OK && r.Of(SigningKey).Outcome == OK
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
