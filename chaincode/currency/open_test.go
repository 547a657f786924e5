// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"reflect"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

func TestOpenByEnrolment(t *testing.T) {
	enroller := newParty("enroller")
	now := noon(today)
	good := func() currency.Enrolment {
		return currency.Enrolment{DID: alice.did, Exp: now.Unix(), Channel: here.Channel, Network: here.Network, Person: "p-1", Program: "nowon", V: 1}
	}
	for _, tc := range []struct {
		name   string
		by     party
		change func(*currency.Enrolment)
		alter  func(string) string
		want   *code.Code
	}{
		{"good", enroller, nil, nil, nil},
		{"a second too late", enroller, func(e *currency.Enrolment) { e.Exp-- }, nil, currency.NotEnrolled},
		{"of someone else", enroller, func(e *currency.Enrolment) { e.DID = bob.did }, nil, currency.NotEnrolled},
		{"for another programme", enroller, func(e *currency.Enrolment) { e.Program = "gimpo" }, nil, currency.NotEnrolled},
		{"for another network", enroller, func(e *currency.Enrolment) { e.Network = "other" }, nil, currency.NotEnrolled},
		{"of version 2", enroller, func(e *currency.Enrolment) { e.V = 2 }, nil, currency.NotEnrolled},
		{"of nobody", enroller, func(e *currency.Enrolment) { e.Person = "" }, nil, currency.InvalidID},
		{"of a name", enroller, func(e *currency.Enrolment) { e.Person = "김철수" }, nil, currency.InvalidID},
		{"by oneself", alice, nil, nil, currency.NotEnrolled},
		{"by nobody", enroller, nil, func(string) string { return "" }, currency.NotEnrolled},
		{"that is no JWS", enroller, nil, func(string) string { return "a.b" }, code.BadJWS},
		{"with another signature", enroller, nil, func(s string) string { return s[:len(s)-86] + unsigned("", "")[len(unsigned("", ""))-86:] }, code.BadSignature},
		{"in the enroller's name", party{Signer: func() (s jws.Signer) { s = alice.Signer; s.Kid = enroller.Kid; return s }()}, nil, nil, code.BadSignature},
		{"under another of the enroller's keys", party{Signer: func() (s jws.Signer) { s = enroller.Signer; s.Kid = enroller.did + "#0"; return s }()}, nil, nil, currency.KeyMismatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := good()
			if tc.change != nil {
				tc.change(&e)
			}
			compact := sign(t, tc.by, currency.TypEnrolment, e)
			if tc.alter != nil {
				compact = tc.alter(compact)
			}
			h, person, err := currency.Open{Channel: here.Channel, Network: here.Network, Program: "nowon", Enrolment: compact}.Decide(alice.did, alice.Kid, goodProgram(), nil, "d", now)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			want := alice.holder()
			want.Person, want.Opened, want.Order = "p-1", now.Unix(), "d"
			if !reflect.DeepEqual(h, want) || person != "p-1" {
				t.Errorf("opened %+v for %q", h, person)
			}
		})
	}
	// A signature of the enroller on something else is no enrolment.
	other := sign(t, enroller, currency.TypPayment, good())
	_, _, err := currency.Open{Channel: here.Channel, Network: here.Network, Program: "nowon", Enrolment: other}.Decide(alice.did, alice.Kid, goodProgram(), nil, "d", now)
	wantCode(t, err, currency.WrongOrder)
	other = sign(t, enroller, currency.TypEnrolment, payment(1))
	_, _, err = currency.Open{Channel: here.Channel, Network: here.Network, Program: "nowon", Enrolment: other}.Decide(alice.did, alice.Kid, goodProgram(), nil, "d", now)
	wantCode(t, err, code.BadJWS)
}

func TestOpenFreely(t *testing.T) {
	p := goodProgram()
	p.Open, p.Enrollers = true, nil
	h, person, err := currency.Open{}.Decide(alice.did, alice.Kid, p, nil, "d", noon(today))
	wantCode(t, err, nil)
	if person != "" || h.Person != "" || h.DID != alice.did || h.Key != alice.key.Multikey() {
		t.Errorf("opened %+v for %q", h, person)
	}
	_, _, err = currency.Open{}.Decide("did:web:alice.example", "", p, nil, "d", noon(today))
	wantCode(t, err, code.BadDID)
}
