// SPDX-License-Identifier: Apache-2.0

package statuses

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/openid"
)

// statementLife is how long a statement is good that changes entries.
const statementLife = 5 * time.Minute

// Change sets or clears the status of a credential.
type Change struct {
	Caller  string // DID of the issuer who signed in; anyone may if empty
	ID      string // of the credential
	Purpose identity.StatusPurpose
	Set     bool
	Entry   *Entry // that is meant, of a list of the issuer's; found by the id if nil
}

// Changed is a list in which entries were changed, and the issuer's statement that did.
type Changed struct {
	List string `json:"list"`
	identity.Told
}

// Change makes the issuer's statement to the ledger, one for each list, and answers when
// they are committed. An entry that the request names has to be one of the credential's,
// unless nothing is known of this id: it was issued elsewhere. It returns
// CREDENTIAL_UNKNOWN, BAD_STATUS_CHANGE, CLIENT_REFUSED, NOT_OFFERED for an issuer without
// a key here, or what the ledger says: STATUS_FINAL for a revocation to be taken back.
func (k *Keeper) Change(ctx context.Context, c Change) ([]Changed, error) {
	entries, err := k.meant(ctx, c)
	if err != nil {
		return nil, err
	}
	issuer := entries[0].Issuer
	signer, known := k.Signers[issuer]
	switch {
	case c.Caller != "" && c.Caller != issuer:
		return nil, openid.ClientRefused.Errorf("%.160s may not change the status of credentials of %s", c.Caller, issuer)
	case !known:
		return nil, openid.NotOffered.Errorf("the issuer %.160q has no key at this gateway", issuer)
	}
	var done []Changed
	for len(entries) > 0 {
		list := entries[0].List
		n := slices.IndexFunc(entries, func(e Entry) bool { return e.List != list })
		if n < 0 {
			n = len(entries)
		}
		said := identity.SetStatus{
			Chaincode: k.Place.Chaincode, Channel: k.Place.Channel, Network: k.Place.Network, V: 1,
			Exp: k.Now().Add(statementLife).Unix(), List: list, Nonce: credential.NewNonce(),
		}
		for _, e := range entries[:n] {
			said.Changes = append(said.Changes, identity.StatusChange{Index: e.Index, Set: c.Set})
		}
		statement, err := signer.Sign(said.Typ(), said)
		if err != nil {
			return nil, err
		}
		told, err := k.Ledger.Tell(ctx, said.Typ(), statement)
		if err != nil {
			return nil, err
		}
		done, entries = append(done, Changed{list, told}), entries[n:]
	}
	return done, nil
}

// meant are the entries that a change is about, of one issuer, by list and index.
func (k *Keeper) meant(ctx context.Context, c Change) ([]Entry, error) {
	have, err := k.entries(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if c.Entry != nil {
		e := *c.Entry
		e.Purpose = ""
		have = slices.DeleteFunc(have, func(other Entry) bool { return other.Issuer != e.Issuer }) // ids are each issuer's own
		if len(have) > 0 && !slices.Contains(have, e) {
			return nil, credential.BadStatusChange.Errorf("entry %d of %s is not the credential's", e.Index, e.List)
		}
		e.Purpose = c.Purpose
		return []Entry{e}, k.check(ctx, e)
	}
	var all []Entry
	for _, e := range have {
		l, err := k.list(ctx, e.Issuer, e.List)
		if errors.Is(err, identity.StatusListUnknown) {
			continue // of a ledger that is no more
		}
		if err != nil {
			return nil, err
		}
		if l.Purpose == c.Purpose && (c.Caller == "" || c.Caller == e.Issuer) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil, credential.Unissued.Errorf("%.160q, for %s", c.ID, c.Purpose)
	}
	if all[0].Issuer != all[len(all)-1].Issuer {
		return nil, credential.BadStatusChange.Errorf("%.160q is of several issuers: name the entry", c.ID)
	}
	return all, nil
}
