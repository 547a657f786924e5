// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// MaxSync bounds the accounts of one key sync.
const MaxSync = 100

// Stop says why an account's key signs no more, as its DID's document had it at
// the last key sync.
type Stop string

// The reasons. All but the last pass when the document says otherwise again.
const (
	StopSuspended   Stop = "suspended"
	StopKeyless     Stop = "keyless" // no key that the programme accepts is left
	StopDeactivated Stop = "deactivated"
)

// Sync brings an account in line with its DID's document. A key that is still
// good stays; where it is gone, the one that the document gained last takes over,
// and what the former one signed and had carried out is still answered. An
// officer's freeze is not touched.
func (h Holder) Sync(p Program, state identity.State) Holder {
	if h.Status == Closed {
		return h
	}
	switch state.Status {
	case identity.Deactivated:
		h.Stopped = StopDeactivated
		return h
	case identity.Suspended:
		h.Stopped = StopSuspended
		return h
	case identity.Active:
	}
	least := p.least(h.Merchant)
	for _, k := range state.Keys {
		if s, ok := signer(h.DID, k); ok && s.Kid == h.Kid && level(k.Unlock) >= level(least) {
			h.Stopped = ""
			return h
		}
	}
	next, all := newest(h.DID, state, least)
	if all == 0 {
		h.Stopped = StopKeyless
		return h
	}
	h.Former = &Signer{Kid: h.Kid, Key: h.Key}
	h.Kid, h.Key, h.Stopped = next.Kid, next.Key, ""
	return h
}

// SyncKeys brings accounts in line with what their DIDs' documents say now.
// Anybody may ask for it.
type SyncKeys struct {
	Program  string   `json:"program"`
	Accounts []string `json:"accounts"` // 1 to 100
}

// Validate checks the form.
func (r SyncKeys) Validate() error {
	if len(r.Accounts) == 0 || len(r.Accounts) > MaxSync {
		return TooLarge.Errorf("%d accounts, 1 to %d are allowed", len(r.Accounts), MaxSync)
	}
	for _, a := range r.Accounts {
		if err := CheckAccountID("account", a); err != nil {
			return err
		}
	}
	return CheckID("programme id", r.Program)
}

// Synced is where an account's key stands after a key sync. Code is
// HOLDER_UNKNOWN where the programme has no such account.
type Synced struct {
	Account string `json:"account"`
	Changed bool   `json:"changed,omitempty"` // by this key sync
	Stopped Stop   `json:"stopped,omitempty"`
	Code    string `json:"code,omitempty"`
}

// HasDocument reports whether the account's key is told by a registry, and not by
// the DID itself.
func (h Holder) HasDocument() bool { return strings.HasPrefix(h.DID, identity.Prefix) }
