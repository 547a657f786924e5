// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Case is an officer's case about an account: why, on which receipts, and what is
// held for it meanwhile. It ends with what is held given back to the holder, or,
// by two people, to the funds it came from. Its holder can read it.
type Case struct {
	Reason     string        `json:"reason"`             // an officer's reference; no text about people
	Rule       string        `json:"rule,omitempty"`     // threshold of the policy that was reached, if it is about one
	Policy     int           `json:"policy,omitempty"`   // version whose threshold it is
	Found      *Figures      `json:"found,omitempty"`    // by which the receipts reach it
	Receipts   []ReceiptName `json:"receipts,omitempty"` // that the case is about
	Held       []Part        `json:"held,omitempty"`     // of the account's value, won
	Claims     []HeldClaim   `json:"claims,omitempty"`   // on the bank, which are not paid meanwhile and wait for its word
	Clawback   *Clawback     `json:"clawback,omitempty"` // proposed
	ClawedBack int64         `json:"clawedBack,omitempty"`
	Released   int64         `json:"released,omitempty"` // won
	By         string        `json:"by"`                 // MSP/common name
	At         int64         `json:"at"`                 // Unix seconds
	ClosedBy   string        `json:"closedBy,omitempty"` // MSP/common name; empty while it is open
	Closed     int64         `json:"closed,omitempty"`   // Unix seconds
}

// Clawback is one officer's proposal to give held value back to its funds.
type Clawback struct {
	Amount int64  `json:"amount"` // won
	By     string `json:"by"`     // MSP/common name
}

// Bounds of cases.
const (
	MaxCases        = 16 // open ones of an account
	MaxCaseReceipts = 64 // that a case names
)

// OpenCase takes a case up and freezes the account, if it is not yet; one that its
// holder closed stays so, for claims of it on the bank may still be held. It returns
// HOLDER_CLOSED, or CASE_STATE where as many are open as fit.
func (h Holder) OpenCase(id string, at int64) (Holder, error) {
	if h.Status == Closed && !h.Left() {
		return h, HolderClosed.Errorf("account %s", AccountID(h.DID))
	}
	if len(h.Cases) >= MaxCases {
		return h, CaseState.Errorf("account %s has %d open cases, as many as fit", AccountID(h.DID), len(h.Cases))
	}
	if h.Status == Active {
		h.Status, h.Reason, h.Since = Frozen, id, at
	}
	h.Cases = append(slices.Clone(h.Cases), id)
	return h, nil
}

// CloseCase ends a case. The account may act again where it was frozen by cases
// only, and this was the last.
func (h Holder) CloseCase(id string) Holder {
	h.Cases = slices.DeleteFunc(slices.Clone(h.Cases), func(c string) bool { return c == id })
	switch {
	case h.Status != Frozen || h.Reason != id:
	case len(h.Cases) > 0:
		h.Reason = h.Cases[0]
	default:
		h.Status, h.Reason, h.Since, h.Recovery, h.Cases = Active, "", 0, nil, nil
	}
	return h
}

// checkNoCase returns CASE_OPEN while a case holds on to the account.
func (h Holder) checkNoCase() error {
	if len(h.Cases) > 0 {
		return CaseOpen.Errorf("account %s: case %s is to be closed first", AccountID(h.DID), h.Cases[0])
	}
	return nil
}

func (c Case) checkOpen(id string) error {
	if c.ClosedBy != "" {
		return CaseState.Errorf("case %s was closed by %s", id, c.ClosedBy)
	}
	return nil
}

// Accuse says by which figures the named receipts reach the threshold that the case
// is about, and that the account has a part in them; merchant is its shop's id, if it
// is a shop's. It returns THRESHOLD_UNKNOWN or THRESHOLD_UNMET.
func (r OpenCase) Accuse(rules Policy, merchant string, evidence []Seen) (Figures, error) {
	i := slices.IndexFunc(rules.Fraud, func(t Threshold) bool { return t.Name == r.Rule })
	if i < 0 || !rules.Approved {
		return Figures{}, ThresholdUnknown.Errorf("%s in policy version %d of programme %s", r.Rule, rules.Version, rules.Program)
	}
	found, err := rules.Fraud[i].Measure(evidence)
	if err != nil {
		return found, err
	}
	if !slices.ContainsFunc(evidence, func(s Seen) bool { return s.Concerns(r.Account, merchant) }) {
		return found, ThresholdUnmet.Errorf("threshold %s: account %s has no part in the receipts", r.Rule, r.Account)
	}
	return found, nil
}

// Decide holds an amount out of a purse, in the order in which it would be spent,
// and credits whole. The face goes along: what is held counts as neither used nor
// bought. It returns CASE_STATE, HOLDER_STATE unless the account is frozen (who may
// spend would race it) or its holder closed it, INSUFFICIENT_FUNDS, or BUCKET_LIMIT where more
// kinds of value would be held than one credit can give back.
func (r HoldFunds) Decide(c Case, h Holder, b Buckets, credits []Credit, rules Policy) (Case, Buckets, error) {
	if err := r.check(c, h); err != nil {
		return c, nil, err
	}
	held := slices.Clone(c.Held)
	if r.Amount > 0 {
		left, used, err := b.Draw(r.Amount, rules.Order(), true, func(Bucket) Refusal { return "" })
		if err != nil {
			return c, nil, err
		}
		b, held = left, append(held, used...)
	}
	for _, credit := range credits {
		held = append(held, credit.Parts...)
	}
	var err error
	c.Held, err = mergeHeld(held)
	return c, b, err
}

func (r HoldFunds) check(c Case, h Holder) error {
	if err := c.checkOpen(r.ID); err != nil {
		return err
	}
	if h.Status != Frozen && !h.Left() {
		return HolderState.Errorf("account %s is %s: freeze it first", r.Account, h.Status)
	}
	return nil
}

// mergeHeld sums up what a case holds, as much as one credit can give back.
func mergeHeld(held []Part) ([]Part, error) {
	held = MergeParts(held)
	if len(held) > MaxBuckets {
		return nil, BucketLimit.Errorf("%d kinds of value would be held, at most %d", len(held), MaxBuckets)
	}
	return held, nil
}

// ProposeClawback proposes it, in place of an earlier proposal. It returns
// CASE_STATE or INSUFFICIENT_FUNDS.
func (c Case) ProposeClawback(r ClawBack, by string) (Case, error) {
	if err := c.checkOpen(r.ID); err != nil {
		return c, err
	}
	if held := Total(c.Held); r.Amount > held {
		return c, InsufficientFunds.Errorf("case %s holds %d won, and %d claims that the bank has not recalled; %d are to be clawed back", r.ID, held, len(c.Claims), r.Amount)
	}
	c.Clawback = &Clawback{Amount: r.Amount, By: by}
	return c, nil
}

// ApproveClawback is the second person's word. What is held goes back in the
// order in which it would be spent, each part to the fund it came from. It returns
// CASE_STATE unless this very amount was proposed, SAME_OFFICER or SAME_ORGANISATION.
func (c Case) ApproveClawback(r ClawBack, p Program, rules Policy, by string) (Case, []Part, error) {
	if err := c.checkOpen(r.ID); err != nil {
		return c, nil, err
	}
	if c.Clawback == nil || c.Clawback.Amount != r.Amount {
		return c, nil, CaseState.Errorf("case %s: a clawback of %d won was not proposed", r.ID, r.Amount)
	}
	if err := p.CheckSecond(c.Clawback.By, by); err != nil {
		return c, nil, err
	}
	held, err := Buckets{}.Add(c.Held, true)
	if err != nil {
		return c, nil, err
	}
	left, back, err := held.Draw(r.Amount, rules.Order(), true, func(Bucket) Refusal { return "" })
	if err != nil {
		return c, nil, err
	}
	c.Held = nil
	for _, b := range left {
		c.Held = append(c.Held, Part{Terms: b.Terms, Amount: b.Left})
	}
	c.Clawback, c.ClawedBack = nil, c.ClawedBack+r.Amount
	return c, back, nil
}

// Close ends the case; what is still held goes back to the holder, and claims on the
// bank may be paid again. It returns CASE_STATE.
func (c Case) Close(id, by string, at int64) (Case, []Part, error) {
	if err := c.checkOpen(id); err != nil {
		return c, nil, err
	}
	back := c.Held
	c.Held, c.Claims, c.Clawback, c.Released = nil, nil, nil, Total(back)
	c.ClosedBy, c.Closed = by, at
	return c, back, nil
}

// CaseQuery names a case.
type CaseQuery struct {
	Program string `json:"program"`
	Account string `json:"account"`
	ID      string `json:"id"`
}

// Validate checks the form.
func (r CaseQuery) Validate() error {
	if err := CheckID("case id", r.ID); err != nil {
		return err
	}
	return AccountQuery{Program: r.Program, Account: r.Account}.Validate()
}

// OpenCase opens a case about an account.
type OpenCase struct {
	call.Operation
	CaseQuery
	Reason   string        `json:"reason"`             // an officer's reference
	Rule     string        `json:"rule,omitempty"`     // a threshold's name; the receipts must reach it
	Policy   int           `json:"policy,omitempty"`   // version whose threshold is meant; 0 is the one in force
	Receipts []ReceiptName `json:"receipts,omitempty"` // at most 64
}

// Validate checks the form.
func (r OpenCase) Validate() error {
	if err := CheckID("reason", r.Reason); err != nil {
		return err
	}
	if r.Rule != "" {
		if err := CheckID("rule", r.Rule); err != nil {
			return err
		}
	}
	switch {
	case r.Policy < 0 || r.Policy > 9999:
		return InvalidID.Errorf("policy version %d: 0 to 9999", r.Policy)
	case r.Policy != 0 && r.Rule == "":
		return InvalidID.Errorf("policy version %d is named without a rule", r.Policy)
	}
	if len(r.Receipts) > MaxCaseReceipts {
		return TooLarge.Errorf("%d receipts are named, at most %d are allowed", len(r.Receipts), MaxCaseReceipts)
	}
	for _, name := range r.Receipts {
		if err := name.validate(); err != nil {
			return err
		}
	}
	return r.CaseQuery.Validate()
}

// HoldFunds holds value of an account for a case.
type HoldFunds struct {
	call.Operation
	CaseQuery
	Amount  int64        `json:"amount,omitempty"`  // of the purse, won
	Credits []CreditName `json:"credits,omitempty"` // not claimed yet, at most 500

	Redemptions []HeldClaim `json:"redemptions,omitempty"` // that the bank has not paid, at most 64
}

// Validate checks the form.
func (r HoldFunds) Validate() error {
	if r.Amount != 0 || len(r.Credits)+len(r.Redemptions) == 0 {
		if err := CheckAmount("amount", r.Amount); err != nil {
			return err
		}
	}
	seen := map[CreditName]bool{}
	for _, c := range r.Credits {
		if seen[c] {
			return CreditRepeated.Errorf("%s", c)
		}
		seen[c] = true
	}
	if err := checkClaims(r.Credits); err != nil {
		return err
	}
	if err := checkHeldClaims(r.Redemptions); err != nil {
		return err
	}
	return r.CaseQuery.Validate()
}

// ClawBack proposes, or approves, that an amount of what a case holds go back to its
// funds.
type ClawBack struct {
	call.Operation
	CaseQuery
	Amount int64 `json:"amount"` // won
}

// Validate checks the form.
func (r ClawBack) Validate() error {
	if err := CheckAmount("amount", r.Amount); err != nil {
		return err
	}
	return r.CaseQuery.Validate()
}

// CaseOperation is an operation on a case.
type CaseOperation struct {
	call.Operation
	CaseQuery
}
