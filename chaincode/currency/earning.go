// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Earning says what members earn under a policy, and for what.
type Earning struct {
	Allotment   string     `json:"allotment"`             // of source reward, that pays
	LifetimeCap int64      `json:"lifetimeCap,omitempty"` // what one person may ever earn in the programme, won; 0 is no cap
	Validity    *Validity  `json:"validity,omitempty"`    // how long it may be spent; the policy's if left out
	Activities  []Activity `json:"activities"`
}

// Activity is something that is rewarded: Pay won for every For of its unit,
// rounded down to the won. 700 for 60 minutes is 700 an hour; 10 for 100 won is a
// tenth of a donation.
type Activity struct {
	ID        string   `json:"id"`
	Unit      string   `json:"unit"`      // what is counted, e.g. minute or won
	Pay       int64    `json:"pay"`       // won
	For       int64    `json:"for"`       // units, 1 to 1,000,000
	Attesters []string `json:"attesters"` // DIDs of the organisations whose word counts
}

func (e Earning) check() error {
	if err := CheckID("allotment", e.Allotment); err != nil {
		return err
	}
	if e.LifetimeCap < 0 || e.LifetimeCap > MaxAmount {
		return InvalidAmount.Errorf("lifetimeCap is %d won, 0 to %d is allowed", e.LifetimeCap, MaxAmount)
	}
	if n := len(e.Activities); n == 0 || n > 64 {
		return InvalidPolicy.Errorf("%d activities are rewarded, 1 to 64 are allowed", n)
	}
	if e.Validity != nil {
		if err := e.Validity.check(); err != nil {
			return err
		}
	}
	for i, a := range e.Activities {
		if err := a.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(e.Activities[:i], func(o Activity) bool { return o.ID == a.ID }) {
			return InvalidPolicy.Errorf("two activities are called %s", a.ID)
		}
	}
	return nil
}

func (a Activity) check() error {
	if err := CheckID("activity", a.ID); err != nil {
		return err
	}
	if err := CheckID("unit of an activity", a.Unit); err != nil {
		return err
	}
	if a.Pay < 1 || a.Pay > 1_000_000 || a.For < 1 || a.For > 1_000_000 {
		return InvalidPolicy.Errorf("activity %s pays %d won for %d: 1 to 1000000 each", a.ID, a.Pay, a.For)
	}
	if n := len(a.Attesters); n == 0 || n > 100 {
		return InvalidPolicy.Errorf("activity %s has %d attesters, 1 to 100 are allowed", a.ID, n)
	}
	for _, d := range a.Attesters {
		if id, _, err := did.Split(d + "#key"); err != nil || id != d {
			return InvalidPolicy.Errorf("attester %.100q of activity %s is no DID", d, a.ID)
		}
	}
	return nil
}

// Reward is what a quantity earns, won, rounded down.
func (a Activity) Reward(quantity int64) int64 { // quantity ≤ 10^12, pay ≤ 10^6
	return quantity/a.For*a.Pay + quantity%a.For*a.Pay/a.For
}

// maxQuantity bounds what one attestation says was done.
const maxQuantity = 1_000_000_000_000

// TypAttestation is the typ of an Attestation.
const TypAttestation = "attestation+jws"

// Attestation is an accredited organisation's word that a member did something.
// Its evidence counts once in a programme, whoever shows it.
type Attestation struct {
	Activity string `json:"activity"` // of the policy in force
	Channel  string `json:"channel"`
	Evidence string `json:"evidence"` // SHA-256 of the organisation's own record of it, hex
	Exp      int64  `json:"exp"`      // Unix seconds; not credited after
	Holder   string `json:"holder"`   // account id of who did it
	Network  string `json:"network"`
	Program  string `json:"program"`
	Quantity int64  `json:"quantity"`
	Unit     string `json:"unit"` // that quantity is counted in; must be the activity's
	V        int    `json:"v"`
}

// maxAttestation bounds an attestation, in bytes.
const maxAttestation = 4096

// ParseAttestation reads an attestation whose signature was not checked yet. It
// returns BAD_JWS, WRONG_ORDER, TOO_LARGE, INVALID_ID, INVALID_AMOUNT or
// ORDER_ELSEWHERE.
func ParseAttestation(compact string, place Place) (Attestation, *jws.Message, error) {
	var a Attestation
	if len(compact) > maxAttestation {
		return a, nil, TooLarge.Errorf("attestation has %d bytes, at most %d", len(compact), maxAttestation)
	}
	m, err := jws.Parse(compact)
	if err != nil {
		return a, nil, err
	}
	if m.Header.Typ != TypAttestation {
		return a, nil, WrongOrder.Errorf("typ of the attestation is %.40q, expected %s", m.Header.Typ, TypAttestation)
	}
	if err := jws.DecodeCanonical(m.Payload, &a); err != nil {
		return a, nil, badPayload(err)
	}
	if a.V != 1 {
		return a, nil, WrongOrder.Errorf("v of the attestation is %d, expected 1", a.V)
	}
	if a.Network != place.Network || a.Channel != place.Channel {
		return a, nil, OrderElsewhere.Errorf("the attestation is for network %.64q channel %.64q, this is %q %q", a.Network, a.Channel, place.Network, place.Channel)
	}
	for _, id := range [][2]string{{"programme id", a.Program}, {"activity", a.Activity}, {"unit", a.Unit}} {
		if err := CheckID(id[0], id[1]); err != nil {
			return a, nil, err
		}
	}
	if err := CheckAccountID("holder", a.Holder); err != nil {
		return a, nil, err
	}
	if a.Quantity < 1 || a.Quantity > maxQuantity {
		return a, nil, InvalidAmount.Errorf("quantity is %d, 1 to %d is allowed", a.Quantity, int64(maxQuantity))
	}
	return a, m, CheckDigest("evidence", a.Evidence)
}

// Evidence is what an attestation was credited for. Its key is its digest.
type Evidence struct {
	Activity string `json:"activity"`
	Attester string `json:"attester"` // DID
	Holder   string `json:"holder"`   // account id
	Quantity int64  `json:"quantity"`
	Amount   int64  `json:"amount"` // won
	Tx       string `json:"tx"`
	At       int64  `json:"at"` // Unix seconds
}

// Decide rewards what was attested: what the activity pays, but no more than the
// person may still earn. It returns NOT_EARNED, BAD_SIGNATURE, KEY_MISMATCH, UNIT_MISMATCH,
// ORDER_EXPIRED, TO_MERCHANT, HOLDER_FROZEN, HOLDER_CLOSED, POLICY_EXPIRED,
// PURPOSE_UNKNOWN, EARNING_CAP, PERSON_CEILING, FUND_EXCEEDED or
// ALLOTMENT_COOLING.
func (a Attestation) Decide(m *jws.Message, h Holder, who Person, p Program, docs Documents, rules Policy, from Tranche, now time.Time) (Evidence, Person, Tranche, Part, error) {
	var none Part
	attester, activity, err := a.attester(m, p, docs, rules)
	if err != nil {
		return Evidence{}, who, from, none, err
	}
	if now.Unix() > a.Exp {
		return Evidence{}, who, from, none, OrderExpired.Errorf("the attestation expired at %s", time.Unix(a.Exp, 0).UTC().Format(time.RFC3339))
	}
	if h.Merchant != "" {
		return Evidence{}, who, from, none, ToMerchant.Errorf("account %s is merchant %s", a.Holder, h.Merchant)
	}
	if err := h.CanReceive(); err != nil {
		return Evidence{}, who, from, none, err
	}
	e := rules.Earning
	if err := rules.CheckPurpose(from.Purpose); err != nil {
		return Evidence{}, who, from, none, err
	}
	validity := rules.Validity
	if e.Validity != nil {
		validity = *e.Validity
	}
	today := p.Today(now)
	expiry := rules.validity(from.Purpose, validity).Expiry(today)
	if expiry != 0 && expiry < today {
		return Evidence{}, who, from, none, PolicyExpired.Errorf("policy version %d: what is earned may be spent until %s, it is %s", rules.Version, expiry, today)
	}
	amount := activity.Reward(a.Quantity)
	if amount == 0 || amount > MaxAmount {
		return Evidence{}, who, from, none, NotEarned.Errorf("%d of %s earn %d won", a.Quantity, activity.ID, amount)
	}
	if e.LifetimeCap > 0 {
		room := e.LifetimeCap - who.Earned
		if room <= 0 {
			return Evidence{}, who, from, none, EarningCap.Errorf("%d won were earned, no more than %d ever are", who.Earned, e.LifetimeCap)
		}
		amount = min(amount, room)
	}
	if amount > rules.PersonCeiling {
		return Evidence{}, who, from, none, PersonCeiling.Errorf("%d of %s earn %d won at once, the policy allows %d", a.Quantity, activity.ID, amount, rules.PersonCeiling)
	}
	if from, err = from.Draw(Reward, amount, now); err != nil {
		return Evidence{}, who, from, none, err
	}
	who.Earned += amount
	part := Part{Terms: Terms{Policy: rules.Version, Expiry: expiry, Source: Reward, Origin: from.Fund, Purpose: from.Purpose}, Amount: amount}
	return Evidence{
		Activity: a.Activity, Attester: attester, Holder: a.Holder, Quantity: a.Quantity, Amount: amount, At: now.Unix(),
	}, who, from, part, nil
}

// attester checks who signed, for what.
func (a Attestation) attester(m *jws.Message, p Program, docs Documents, rules Policy) (string, Activity, error) {
	if rules.Earning == nil {
		return "", Activity{}, NotEarned.Errorf("programme %s under policy version %d rewards nothing", p.ID, rules.Version)
	}
	i := slices.IndexFunc(rules.Earning.Activities, func(o Activity) bool { return o.ID == a.Activity })
	if i < 0 {
		return "", Activity{}, NotEarned.Errorf("policy version %d does not reward %s", rules.Version, a.Activity)
	}
	activity := rules.Earning.Activities[i]
	attester, _, err := did.Split(m.Header.Kid)
	if err != nil {
		return "", activity, err
	}
	if !slices.Contains(activity.Attesters, attester) {
		return "", activity, NotEarned.Errorf("%.100s does not attest %s", attester, activity.ID)
	}
	key, err := p.asserter(attester, m.Header.Kid, docs)
	if err != nil {
		return "", activity, err
	}
	if err := m.Verify(key); err != nil {
		return "", activity, err
	}
	if a.Unit != activity.Unit {
		return "", activity, UnitMismatch.Errorf("%d %s are attested, %s is counted in %s", a.Quantity, a.Unit, activity.ID, activity.Unit)
	}
	return attester, activity, nil
}

// Earn shows an attestation and is credited what it earns (TypEarn).
type Earn struct {
	Attestation string `json:"attestation"` // compact JWS of an Attestation
	Chaincode   string `json:"chaincode"`
	Channel     string `json:"channel"`
	Exp         int64  `json:"exp"`
	Holder      string `json:"holder"`
	Network     string `json:"network"`
	Program     string `json:"program"`
	Seq         int64  `json:"seq"`
	Tranche     int    `json:"tranche"` // of the policy's allotment, from 0; those at work at the same time name different ones
	V           int    `json:"v"`
}

// Binding implements Payload.
func (o Earn) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Earn) Typ() string { return TypEarn }

// Validate implements Payload.
func (o Earn) Validate() error {
	if err := checkTranche(o.Tranche); err != nil {
		return err
	}
	_, _, err := ParseAttestation(o.Attestation, Place{o.Network, o.Channel, o.Chaincode})
	return err
}

// Shown is the attestation that the order shows. It returns ORDER_ELSEWHERE where
// it is about another account or programme.
func (o Earn) Shown() (Attestation, *jws.Message, error) {
	a, m, err := ParseAttestation(o.Attestation, Place{o.Network, o.Channel, o.Chaincode})
	if err == nil && (a.Program != o.Program || a.Holder != o.Holder) {
		err = OrderElsewhere.Errorf("the attestation is for account %s of programme %s", a.Holder, a.Program)
	}
	return a, m, err
}

func checkTranche(n int) error {
	if n < 0 || n >= MaxTranches {
		return InvalidID.Errorf("tranche %d: 0 to %d", n, MaxTranches-1)
	}
	return nil
}

// SubmitAttestation credits who an attestation names, without an order of
// theirs. Anybody may carry it: the attester's signature decides.
type SubmitAttestation struct {
	call.Operation
	Program     string `json:"program"`
	Attestation string `json:"attestation"` // compact JWS of an Attestation
	Tranche     int    `json:"tranche"`     // of the policy's allotment, from 0
}

// Validate checks the form.
func (r SubmitAttestation) Validate() error {
	if err := checkTranche(r.Tranche); err != nil {
		return err
	}
	return CheckID("programme id", r.Program)
}

// Rewarded is what became of an attestation.
type Rewarded struct {
	Evidence
	Credit CreditName `json:"credit"` // what the member claims
}

// EvidenceQuery names what may have been rewarded before.
type EvidenceQuery struct {
	Program  string `json:"program"`
	Evidence string `json:"evidence"` // digest, hex
}

// Validate checks the form.
func (r EvidenceQuery) Validate() error {
	if err := CheckDigest("evidence", r.Evidence); err != nil {
		return err
	}
	return CheckID("programme id", r.Program)
}
