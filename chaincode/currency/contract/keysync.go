// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// keySyncFunctions:
//
//   - SyncKeys {program, accounts} by anybody: reads the documents of the accounts'
//     DIDs from the programme's identity contract, as they are when the block is
//     made, and stops keys that are gone, lets those sign that took their place;
//     emits KeySynced for accounts that changed. Answers a currency.Synced for each.
//     PROGRAM_UNKNOWN, DID_UNRESOLVED.
//
// A payment that was endorsed before and stands behind it in a block conflicts:
// it read the holder's record.
func keySyncFunctions() []ledger.Function {
	return []ledger.Function{ledger.Public("SyncKeys", syncKeys)}
}

func syncKeys(t *ledger.Tx, r currency.SyncKeys) ([]currency.Synced, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return nil, err
	}
	if p.Identity == nil {
		return nil, currency.DIDUnresolved.Errorf("programme %s names no identity contract: nothing to be in line with", p.ID)
	}
	docs := documents(t, p)
	all := make([]currency.Synced, len(r.Accounts))
	for i, account := range r.Accounts {
		all[i].Account = account
		h, found, err := holders.Get(t, r.Program, account)
		if err != nil {
			return nil, err
		}
		if !found {
			all[i].Code = currency.HolderUnknown.Name
			continue
		}
		if h.HasDocument() {
			state, err := docs(h.DID)
			if err != nil {
				return nil, err
			}
			after := h.Sync(p, state)
			if all[i].Changed = after.Kid != h.Kid || after.Stopped != h.Stopped; all[i].Changed {
				t.Emit("KeySynced", r.Program+"/"+account)
				if err := holders.Put(t, after, r.Program, account); err != nil {
					return nil, err
				}
			}
			h = after
		}
		all[i].Stopped = h.Stopped
	}
	return all, nil
}

// documents asks the programme's identity contract.
func documents(t *ledger.Tx, p currency.Program) currency.Documents {
	if p.Identity == nil {
		return nil
	}
	return func(did string) (identity.State, error) {
		found, err := ledger.Ask[identity.Resolved](t, identity.Codes, p.Identity.Chaincode, "Resolve", identity.ResolveQuery{DID: did})
		return found.Version.State, err
	}
}
