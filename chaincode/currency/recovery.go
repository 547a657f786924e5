// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// RecoveryHours is how long a recovery waits where the programme does not say.
const RecoveryHours = 72

// Recovery is one officer's proposal that another key take over a frozen account,
// whose holder lost the key. The holder has time to object: unfreezing the
// account ends it.
type Recovery struct {
	DID  string `json:"did"`  // whose account takes over
	By   string `json:"by"`   // MSP/common name
	From int64  `json:"from"` // when a second person may approve it, Unix seconds
}

// Cooldown is how long a recovery waits for objections.
func (p Program) Cooldown() time.Duration {
	if p.RecoveryHours == 0 {
		return RecoveryHours * time.Hour
	}
	return time.Duration(p.RecoveryHours) * time.Hour
}

// Left reports whether the holder closed the account: nobody took it over. What
// arrives there later, such as a refund, waits for another account of the same person.
func (h Holder) Left() bool { return h.Status == Closed && h.Successor == "" && h.Merchant == "" }

// ProposeRecovery begins a recovery anew. It returns HOLDER_STATE unless the
// account is frozen, or was closed by its holder.
func (h Holder) ProposeRecovery(r ProposeRecovery, p Program, by string, now time.Time) (Holder, error) {
	if h.Status != Frozen && !h.Left() {
		return h, HolderState.Errorf("account %s is %s: freeze it first", r.Account, h.Status)
	}
	h.Recovery = &Recovery{DID: r.DID, By: by, From: now.Add(p.Cooldown()).Unix()}
	return h, nil
}

// Recover closes the account in favour of the proposed one. It returns
// HOLDER_STATE where nothing, or another key, was proposed, CASE_OPEN, RECOVERY_EARLY,
// SAME_OFFICER, SAME_ORGANISATION or what [Program.SignerOf] does.
func (h Holder) Recover(r ProposeRecovery, p Program, docs Documents, by string, now time.Time) (before, after Holder, err error) {
	if h.Status != Frozen {
		return h, after, HolderState.Errorf("account %s is %s", r.Account, h.Status)
	}
	if err := h.checkRecovery(r, p, by, now); err != nil {
		return h, after, err
	}
	key, err := p.SignerOf(r.DID, "", h.Merchant, docs)
	if err != nil {
		return h, after, err
	}
	after = Holder{
		DID: r.DID, Kid: key.Kid, Key: key.Key, Status: Active,
		Person: h.Person, Merchant: h.Merchant, Opened: now.Unix(),
	}
	if h.Merchant == "" {
		after.Person = h.PersonID()
	}
	h.Status, h.Recovery, h.Successor = Closed, nil, AccountID(r.DID)
	return h, after, nil
}

// Reunite lets another account of the same person, which is there already, have what
// waits for one that its holder closed. It returns HOLDER_STATE where nothing, or
// another account, was proposed, or it is another person's, which an
// open programme leaves to the officers, RECOVERY_EARLY,
// SAME_OFFICER, SAME_ORGANISATION, TO_MERCHANT, HOLDER_FROZEN or HOLDER_CLOSED.
func (h Holder) Reunite(r ProposeRecovery, p Program, to Holder, by string, now time.Time) (Holder, error) {
	if !h.Left() {
		return h, HolderState.Errorf("account %s is %s", r.Account, h.Status)
	}
	if err := h.checkRecovery(r, p, by, now); err != nil {
		return h, err
	}
	if to.Merchant != "" {
		return h, ToMerchant.Errorf("account %s is merchant %s", AccountID(r.DID), to.Merchant)
	}
	if !p.Open && to.Person != h.Person {
		return h, HolderState.Errorf("account %s is another person's than %s", AccountID(r.DID), r.Account)
	}
	if err := to.CanReceive(); err != nil {
		return h, err
	}
	h.Recovery, h.Successor = nil, AccountID(r.DID)
	return h, nil
}

// checkRecovery checks that this very recovery was proposed, by somebody else and
// long enough ago.
func (h Holder) checkRecovery(r ProposeRecovery, p Program, by string, now time.Time) error {
	if h.Recovery == nil || h.Recovery.DID != r.DID {
		return HolderState.Errorf("account %s is %s, its recovery by %.100s was not proposed", r.Account, h.Status, r.DID)
	}
	if err := h.checkNoCase(); err != nil {
		return err
	}
	if err := p.CheckSecond(h.Recovery.By, by); err != nil {
		return err
	}
	if from := time.Unix(h.Recovery.From, 0); now.Before(from) {
		return RecoveryEarly.Errorf("account %s: the holder may object until %s", r.Account, from.UTC().Format(time.RFC3339))
	}
	return nil
}

// ProposeRecovery proposes that another key take over an account, or approves it.
type ProposeRecovery struct {
	call.Operation
	Program string `json:"program"`
	Account string `json:"account"` // the frozen one, or the one that its holder closed
	DID     string `json:"did"`     // the holder's new one; of a closed account, one with an account already
}

// Validate checks the form.
func (r ProposeRecovery) Validate() error {
	if err := CheckHolderDID(r.DID); err != nil {
		return err
	}
	return AccountQuery{Program: r.Program, Account: r.Account}.Validate()
}

// ForwardCredits moves credits of a recovered account to the one that took over.
// Anybody may ask for it: where they go is settled.
type ForwardCredits struct {
	call.Operation
	Program string       `json:"program"`
	Account string       `json:"account"` // the one that was recovered
	Credits []CreditName `json:"credits"` // 1 to 500
}

// Validate checks the form.
func (r ForwardCredits) Validate() error {
	if len(r.Credits) == 0 {
		return TooLarge.Errorf("no credits are named, 1 to %d are allowed", MaxClaims)
	}
	if err := checkClaims(r.Credits); err != nil {
		return err
	}
	return AccountQuery{Program: r.Program, Account: r.Account}.Validate()
}

// Forwarded is what became of credits that were to be forwarded. Their names stay.
type Forwarded struct {
	Account string       `json:"account"`           // that may claim them now; empty where none moved
	Moved   []CreditName `json:"moved,omitempty"`   // under their old names
	Unknown []CreditName `json:"unknown,omitempty"` // not there, or moved before
}
