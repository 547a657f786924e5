// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// Status is where an account or a merchant stands.
type Status string

// The statuses.
const (
	Active    Status = "active"
	Frozen    Status = "frozen"    // accounts: nothing goes out or in until unfrozen
	Suspended Status = "suspended" // merchants: no payments in, no redemption
	Closed    Status = "closed"
)

// Holder is an account: who it belongs to and whether it may act. What it holds
// stands apart, in its Purse, so that a freeze never collides with spending.
type Holder struct {
	DID       string    `json:"did"`
	Kid       string    `json:"kid"` // DID URL of the one key that signs its orders
	Key       string    `json:"key"` // that key as Multikey
	Status    Status    `json:"status"`
	Person    string    `json:"person,omitempty"`    // pairwise id of the person, from the enrolment; in an open programme of one who recovered, the first account
	Merchant  string    `json:"merchant,omitempty"`  // set where the account is a merchant's
	Opened    int64     `json:"opened"`              // Unix seconds
	Order     string    `json:"order,omitempty"`     // digest of the order that opened it
	Tx        string    `json:"tx,omitempty"`        // and the transaction that carried it out
	Stopped   Stop      `json:"stopped,omitempty"`   // why its key signs no more, by the last key sync
	Former    *Signer   `json:"former,omitempty"`    // the key before, for what it signed and is sent again
	Reason    string    `json:"reason,omitempty"`    // why it is frozen, an officer's reference
	Since     int64     `json:"since,omitempty"`     // when it was frozen, Unix seconds
	Recovery  *Recovery `json:"recovery,omitempty"`  // proposed while it is frozen
	Successor string    `json:"successor,omitempty"` // account that took over when the key was lost
	Cases     []string  `json:"cases,omitempty"`     // open ones about it
}

// Person holds what counts per person rather than per account, under [Holder.PersonID].
type Person struct {
	Holder   string    `json:"holder"`             // the one account of the person in this programme
	Month    int       `json:"month,omitempty"`    // yyyymm of the programme's calendar that Bought is of; it never goes back
	Bought   int64     `json:"bought,omitempty"`   // ordered in that month, paid or waiting, won
	Waiting  *Waiting  `json:"waiting,omitempty"`  // the order that is not paid yet, if any
	Region   string    `json:"region,omitempty"`   // of residence, as enrolled last
	Earned   int64     `json:"earned,omitempty"`   // rewarded for activities so far, won
	Cashback []Monthly `json:"cashback,omitempty"` // given for payments of a month
	Owed     int64     `json:"owed,omitempty"`     // cashback of payments that were refunded since, to be set off, won
}

// PersonID names who counts as one person. In a programme open to any DID that is the
// account, or the first of those that took over from one another: a new key makes no
// new person. A programme is open or enrols, so an account's id never meets a person's.
func (h Holder) PersonID() string {
	if h.Person != "" {
		return h.Person
	}
	return AccountID(h.DID)
}

// CanAct returns HOLDER_FROZEN, HOLDER_CLOSED or KEY_STOPPED unless the holder may
// spend.
func (h Holder) CanAct() error {
	if err := h.status(); err != nil {
		return err
	}
	return h.CanSign()
}

// CanSign returns KEY_STOPPED where the key signs no more.
func (h Holder) CanSign() error {
	if h.Stopped == "" {
		return nil
	}
	return h.stopped()
}

// CanReceive returns HOLDER_FROZEN, HOLDER_CLOSED or KEY_STOPPED unless value may
// be sent here. A key that is suspended may come back; what arrives waits for it.
func (h Holder) CanReceive() error {
	if err := h.status(); err != nil || h.Stopped != StopDeactivated {
		return err
	}
	return h.stopped()
}

func (h Holder) stopped() error {
	return KeyStopped.Errorf("account %s: its DID is %s", AccountID(h.DID), h.Stopped)
}

func (h Holder) status() error {
	switch h.Status {
	case Active:
		return nil
	case Frozen:
		return HolderFrozen.Errorf("account %s, for %s", AccountID(h.DID), h.Reason)
	default:
		return HolderClosed.Errorf("account %s", AccountID(h.DID))
	}
}

// Freeze stops an account. It returns HOLDER_STATE unless it is active.
func (h Holder) Freeze(reason string, at int64) (Holder, error) {
	if h.Status != Active {
		return h, HolderState.Errorf("account %s is %s, only an active one is frozen", AccountID(h.DID), h.Status)
	}
	h.Status, h.Reason, h.Since = Frozen, reason, at
	return h, nil
}

// Unfreeze lets an account act again and ends its recovery; of one that its holder
// closed, only that. It returns HOLDER_STATE unless it is frozen.
func (h Holder) Unfreeze() (Holder, error) {
	if h.Left() && h.Recovery != nil {
		h.Recovery = nil
		return h, nil
	}
	if h.Status != Frozen {
		return h, HolderState.Errorf("account %s is %s, not frozen", AccountID(h.DID), h.Status)
	}
	h.Status, h.Reason, h.Since, h.Recovery = Active, "", 0, nil
	return h, nil
}

// Purse is what an account holds. Only the holder's own orders write it, but for
// sweeps, which take out what lapsed and could not be spent any more, and for the
// recovery of a frozen account.
type Purse struct {
	Seq       int64   `json:"seq"`                 // orders carried out so far; the next one's seq is one more
	Buckets   Buckets `json:"buckets,omitempty"`   // what it holds
	HeldUntil int64   `json:"heldUntil,omitempty"` // when the last of its holds has gone back by itself, Unix seconds
	HeldAt    int64   `json:"heldAt,omitempty"`    // when it made the last of them, Unix seconds
	Holds     []int64 `json:"holds,omitempty"`     // seqs of those that were not settled when it last looked, see [MaxHolds]
}

// SetFreeze freezes an account or lets it go.
type SetFreeze struct {
	call.Operation
	Program string `json:"program"`
	Account string `json:"account"`
	Reason  string `json:"reason"` // an officer's reference, e.g. of a case; no text about people
}

// Validate checks the form.
func (r SetFreeze) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	if err := CheckID("reason", r.Reason); err != nil {
		return err
	}
	return CheckAccountID("account", r.Account)
}

// AccountQuery names an account.
type AccountQuery struct {
	Program string `json:"program"`
	Account string `json:"account"`
}

// Validate checks the form.
func (r AccountQuery) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	return CheckAccountID("account", r.Account)
}

// Account is the public face of an account that was opened.
type Account struct {
	Program string `json:"program"`
	Account string `json:"account"`
	Status  Status `json:"status"`
	Opened  int64  `json:"opened"` // Unix seconds
}
