// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Open opens an account (TypOpen).
type Open struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Enrolment string `json:"enrolment,omitempty"` // compact JWS of an Enrolment; left out where the programme is open
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Program   string `json:"program"`
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o Open) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, 0, o.Exp}
}

// Typ implements Payload.
func (Open) Typ() string { return TypOpen }

// Validate implements Payload.
func (o Open) Validate() error {
	if len(o.Enrolment) > 4096 {
		return TooLarge.Errorf("enrolment has %d bytes, at most 4096", len(o.Enrolment))
	}
	return nil
}

// TypEnrolment is the typ of an Enrolment.
const TypEnrolment = "enrolment+jws"

// Enrolment attests that a DID belongs to a person who may take part, under an
// id that is used for this programme only. An enroller of the programme signs it.
type Enrolment struct {
	Channel string `json:"channel"`
	DID     string `json:"did"` // whose account may be opened
	Exp     int64  `json:"exp"` // Unix seconds
	Network string `json:"network"`
	Person  string `json:"person"` // pairwise person id: 1 to 48 of A-Z a-z 0-9 . _ -
	Program string `json:"program"`
	Region  string `json:"region,omitempty"` // of residence, e.g. a 5-digit legal-dong code; rates of a region need it
	V       int    `json:"v"`
}

// Region is the region of residence that the enrolment tells, which Decide has
// checked; empty if none.
func (o Open) Region() string {
	m, err := jws.Parse(o.Enrolment)
	if err != nil {
		return ""
	}
	var e Enrolment
	if err := jws.DecodeCanonical(m.Payload, &e); err != nil {
		return ""
	}
	return e.Region
}

// Decide opens an account for the key that kid names. person is the enrolled
// person's id, empty in an open programme. docs tells what documents say, where
// the programme names an identity contract. It returns NOT_ENROLLED, BAD_DID,
// BAD_SIGNATURE or what [Program.SignerOf] does.
func (o Open) Decide(holderDID, kid string, p Program, docs Documents, digest string, now time.Time) (h Holder, person string, err error) {
	key, err := p.SignerOf(holderDID, kid, "", docs)
	if err != nil {
		return h, "", err
	}
	if p.Open && o.Enrolment != "" {
		return h, "", NotEnrolled.Errorf("programme %s is open to all and takes no enrolment", p.ID)
	}
	if !p.Open {
		if person, err = o.enrolled(holderDID, p, docs, now); err != nil {
			return h, "", err
		}
	}
	return Holder{
		DID: holderDID, Kid: key.Kid, Key: key.Key, Status: Active,
		Person: person, Opened: now.Unix(), Order: digest,
	}, person, nil
}

func (o Open) enrolled(holderDID string, p Program, docs Documents, now time.Time) (string, error) {
	if o.Enrolment == "" {
		return "", NotEnrolled.Errorf("programme %s asks for an enrolment", p.ID)
	}
	m, err := jws.Parse(o.Enrolment)
	if err != nil {
		return "", err
	}
	if m.Header.Typ != TypEnrolment {
		return "", WrongOrder.Errorf("typ of the enrolment is %.40q, expected %s", m.Header.Typ, TypEnrolment)
	}
	var e Enrolment
	if err := jws.DecodeCanonical(m.Payload, &e); err != nil {
		return "", badPayload(err)
	}
	enroller, _, err := did.Split(m.Header.Kid)
	if err != nil {
		return "", err
	}
	listed := false
	for _, d := range p.Enrollers {
		listed = listed || d == enroller
	}
	if !listed {
		return "", NotEnrolled.Errorf("%.100s does not enrol for programme %s", enroller, p.ID)
	}
	key, err := p.asserter(enroller, m.Header.Kid, docs)
	if err != nil {
		return "", err
	}
	if err := m.Verify(key); err != nil {
		return "", err
	}
	if e.V != 1 || e.DID != holderDID || e.Program != p.ID || e.Network != o.Network || e.Channel != o.Channel {
		return "", NotEnrolled.Errorf("the enrolment is for another holder, programme, channel or network")
	}
	if now.Unix() > e.Exp {
		return "", NotEnrolled.Errorf("the enrolment expired at %s", time.Unix(e.Exp, 0).UTC().Format(time.RFC3339))
	}
	if e.Region != "" {
		if err := CheckID("region", e.Region); err != nil {
			return "", err
		}
	}
	return e.Person, CheckID("person", e.Person)
}

func badPayload(err error) error { return code.BadJWS.Errorf("payload %w", err) }
