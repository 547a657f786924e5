// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ecdsa"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestOpenWithDocument(t *testing.T) {
	tn := newMobileTown(t, identity.UnlockPIN)
	minsu := tn.born("minsu", identity.UnlockBiometric)
	tn.funded(minsu)
	tn.batch(tn.pay(mobile, minsu.wallet, "stall", 3_000))

	t.Run("the key is in the document, for authentication, and unlocked with enough", func(t *testing.T) {
		weak := tn.born("weak", identity.UnlockNone)
		tn.refused(currency.UnlockTooLow, tn.courier, "Open", tn.open(mobile, weak.wallet))
		byHome := tn.born("by home", identity.UnlockPIN)
		byHome.Signer = byHome.home
		tn.refused(currency.KeyMismatch, tn.courier, "Open", tn.open(mobile, byHome.wallet))
		stranger := tn.born("stranger", identity.UnlockPIN)
		stranger.use(stranger.phone(identity.UnlockPIN)) // not in the document
		tn.refused(currency.KeyMismatch, tn.courier, "Open", tn.open(mobile, stranger.wallet))
		forged := tn.born("forged", identity.UnlockPIN)
		forged.Key = minsu.Key
		tn.refused(code.BadSignature, tn.courier, "Open", tn.open(mobile, forged.wallet))
		tn.refused(currency.UnlockTooLow, tn.courier, "Open", tn.open(mobile, newWallet("without a document")))
	})
	t.Run("the document is active", func(t *testing.T) {
		c := tn.born("suspended", identity.UnlockPIN)
		c.change(identity.Operation{Type: identity.Suspend})
		tn.refused(currency.DIDInactive, tn.courier, "Open", tn.open(mobile, c.wallet))
		c.change(identity.Operation{Type: identity.Deactivate})
		tn.refused(currency.DIDInactive, tn.courier, "Open", tn.open(mobile, c.wallet))
	})
	t.Run("the registry knows the DID, and the programme a registry", func(t *testing.T) {
		c := tn.born("elsewhere", identity.UnlockPIN)
		tn.refused(currency.DIDUnresolved, tn.courier, "Open", tn.open(bazaar, c.wallet))
		unborn := *c.wallet
		unborn.did = identity.Prefix + "6i2rlsmrz7i3pey55lu6bqdt4poed3li4dukprrpxckzoiivtija"
		unborn.account, unborn.Kid = currency.AccountID(unborn.did), unborn.did+"#"+minsu.Kid[len(minsu.did)+1:]
		tn.refused(currency.DIDUnresolved, tn.courier, "Open", tn.open(mobile, &unborn))
	})
	t.Run("a document that changes before the block undoes the opening", func(t *testing.T) {
		c := tn.born("quick", identity.UnlockPIN)
		opening := tn.endorse(tn.courier, "Open", tn.open(mobile, c.wallet))
		c.change(identity.Operation{Type: identity.Suspend})
		require.Equal(t, mvcc, tn.commit(opening)[0])
	})
}

// Whatever happens to the DID reaches the account with the block of the key sync.
func TestKeySync(t *testing.T) {
	tn := newMobileTown(t, identity.UnlockPIN)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.funded(minsu)
	paid := tn.pay(mobile, minsu.wallet, "stall", 3_000)
	first := tn.order("Pay", paid)
	old := *minsu.wallet

	require.Equal(t, []currency.Synced{{Account: minsu.account}, {Account: tn.stall.account}, {Account: newWallet("nobody").account, Code: "HOLDER_UNKNOWN"}},
		tn.syncKeys(minsu.account, tn.stall.account, newWallet("nobody").account), "nothing changed")

	// A new phone. Until the key sync the account listens to the old one.
	minsu.replacePhone(identity.UnlockBiometric)
	tn.refused(currency.KeyMismatch, tn.courier, "Pay", tn.pay(mobile, minsu.wallet, "stall", 1_000))
	minsu.seq[mobile]--
	stale := tn.endorse(tn.courier, "Pay", tn.pay(mobile, &old, "stall", 1_000))
	sync := tn.endorse(tn.courier, "SyncKeys", tn.json(currency.SyncKeys{Program: mobile, Accounts: []string{minsu.account}}))
	tn.commit(sync, stale)
	require.Equal(t, valid, sync.Status)
	require.Equal(t, mvcc, stale.Status, "stopped from the very block")
	require.Contains(t, tn.events(), "KeySynced")
	old.seq[mobile]--
	tn.refused(currency.KeyMismatch, tn.courier, "Pay", tn.pay(mobile, &old, "stall", 1_000))
	tn.refused(currency.ReadRefused, tn.courier, "Purse", tn.json(currency.OwnQuery{
		PageQuery: currency.PageQuery{Program: mobile}, Account: minsu.account, Read: tn.read(mobile, &old),
	}))
	minsu.seq[mobile] = tn.purse(mobile, minsu.wallet).Seq
	tn.order("Pay", tn.pay(mobile, minsu.wallet, "stall", 2_000))
	require.Equal(t, first, tn.order("Pay", paid), "what the old key paid is still answered")

	// Suspended, resumed.
	minsu.change(identity.Operation{Type: identity.Suspend})
	require.Equal(t, []currency.Synced{{Account: minsu.account, Changed: true, Stopped: currency.StopSuspended}}, tn.syncKeys(minsu.account))
	tn.refused(currency.KeyStopped, tn.courier, "Pay", tn.pay(mobile, minsu.wallet, "stall", 1_000))
	minsu.seq[mobile]--
	require.Equal(t, first, tn.order("Pay", paid))
	tn.issue(mobile, currency.Benefit, []currency.Row{{To: minsu.account, Amount: 500}}) // waits for the key to come back
	minsu.change(identity.Operation{Type: identity.Resume})
	tn.syncKeys(minsu.account)
	tn.order("Pay", tn.pay(mobile, minsu.wallet, "stall", 1_000))

	// A document without a key that the programme accepts.
	second := *minsu.wallet
	minsu.replacePhone(identity.UnlockNone)
	require.Equal(t, currency.StopKeyless, tn.syncKeys(minsu.account)[0].Stopped)
	tn.refused(currency.KeyStopped, tn.courier, "Pay", tn.pay(mobile, &second, "stall", 1_000))
}

// Whatever takes a key its right: an order that was endorsed before and stands behind
// the key sync in the very same block comes to nothing; before it, it counts.
func TestStoppedFromTheVeryBlock(t *testing.T) {
	for name, lose := range map[string]func(c *citizen){
		"replaced": func(c *citizen) { c.replacePhone(identity.UnlockPIN) },
		"rotated away with the control key": func(c *citizen) {
			_, old, _ := did.Split(c.Kid)
			key, public := c.phone(identity.UnlockPIN)
			public.Purposes = []identity.Purpose{identity.Authentication, identity.CapabilityInvocation}
			next := jws.Signer{Key: key, Kid: c.did + "#" + public.ID()}
			c.change(identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{public}, RemoveKeys: []string{old}}, next)
		},
		"removed, and none in its place": func(c *citizen) {
			_, old, _ := did.Split(c.Kid)
			c.change(identity.Operation{Type: identity.Update, RemoveKeys: []string{old}})
		},
		"unlocked with less than the programme asks": func(c *citizen) {
			key, ok := c.Key.(*ecdsa.PrivateKey)
			require.True(t, ok)
			_, old, _ := did.Split(c.Kid)
			public := did.Key{Alg: "ES256", P256: &key.PublicKey}
			c.change(identity.Operation{Type: identity.Update, RemoveKeys: []string{old}, AddKeys: []identity.Key{
				{Multikey: public.Multikey(), Purposes: []identity.Purpose{identity.Authentication}, Unlock: identity.UnlockNone},
			}}, c.Signer)
		},
		"suspended":   func(c *citizen) { c.change(identity.Operation{Type: identity.Suspend}) },
		"deactivated": func(c *citizen) { c.change(identity.Operation{Type: identity.Deactivate}) },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newMobileTown(t, identity.UnlockPIN)
			c := tn.born("minsu", identity.UnlockPIN)
			tn.funded(c)
			phone := *c.wallet
			sync := func() *ledgertest.Endorsement {
				return tn.endorse(tn.courier, "SyncKeys", tn.json(currency.SyncKeys{Program: mobile, Accounts: []string{c.account}}))
			}
			before := sync() // of the document as it was: void when it changes first
			lose(c)
			require.Equal(t, mvcc, tn.commit(before)[0])
			last := tn.endorse(tn.courier, "Pay", tn.pay(mobile, &phone, "stall", 1_000))
			require.Equal(t, valid, tn.commit(last)[0], "until the key sync the account listens to it")
			first := tn.endorse(tn.courier, "Pay", tn.pay(mobile, &phone, "stall", 1_000))
			synced := sync()
			require.Equal(t, []peer.TxValidationCode{valid, mvcc}, tn.commit(synced, first))
			phone.seq[mobile]--
			_, err := tn.net.Endorse(tn.courier, cc, "Pay", tn.pay(mobile, &phone, "stall", 1_000))
			require.Error(t, err)
			wellRefused(t, "Pay", err)
			require.EqualValues(t, 99_000, tn.balance(mobile, c.wallet), "the one that was carried out")
		})
	}
}

// The DID is gone for good; two officers give the money to the person's new one.
func TestRecoveryOfADeactivatedDID(t *testing.T) {
	tn := newMobileTown(t, identity.UnlockPIN)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.funded(minsu)
	minsu.change(identity.Operation{Type: identity.Deactivate})
	require.Equal(t, currency.StopDeactivated, tn.syncKeys(minsu.account)[0].Stopped)
	tn.refused(currency.KeyStopped, tn.courier, "Pay", tn.pay(mobile, minsu.wallet, "stall", 1_000))
	friend := tn.born("friend", identity.UnlockPIN)
	tn.funded(friend)
	tn.refused(currency.KeyStopped, tn.courier, "Give", tn.give(mobile, friend.wallet, minsu.wallet, 100))

	anew := tn.born("minsu anew", identity.UnlockPIN)
	r := currency.ProposeRecovery{Operation: tn.op(), Program: mobile, Account: minsu.account, DID: anew.did}
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(mobile, minsu.wallet))
	tn.do(tn.komsco, "ProposeRecovery", r)
	tn.net.Advance(72 * time.Hour)
	r.Operation = tn.op()
	anew.change(identity.Operation{Type: identity.Suspend})
	tn.refused(currency.DIDInactive, tn.bank, "ApproveRecovery", tn.json(r))
	anew.change(identity.Operation{Type: identity.Resume})
	tn.do(tn.bank, "ApproveRecovery", r)
	require.EqualValues(t, 100_000, tn.balance(mobile, anew.wallet))
	tn.order("Pay", tn.pay(mobile, anew.wallet, "stall", 1_000))
	require.Empty(t, tn.syncKeys(minsu.account)[0].Changed, "a closed account stays as it is")
}

// A till whose key signs no more charges nothing and asks for nothing, though the
// shop is still paid; what it charged before is still answered.
func TestStoppedTillCharges(t *testing.T) {
	tn := newMobileTown(t, "")
	shop, minsu := tn.born("shop", identity.UnlockNone), tn.born("minsu", identity.UnlockPIN)
	tn.register(mobile, "bakery", shop.wallet, region, category)
	tn.funded(minsu)
	before := shop.sign(tn.charging(mobile, shop.wallet, "bakery", minsu.sign(tn.showing(mobile, minsu.wallet, 20_000)), 1_000))
	first := tn.order("Charge", before)

	shop.change(identity.Operation{Type: identity.Suspend})
	require.Equal(t, currency.StopSuspended, tn.syncKeys(shop.account)[0].Stopped)
	token := minsu.sign(tn.showing(mobile, minsu.wallet, 20_000))
	charge := shop.sign(tn.charging(mobile, shop.wallet, "bakery", token, 20_000))
	tn.refused(currency.KeyStopped, tn.courier, "Charge", charge)
	require.Equal(t, first, tn.order("Charge", before))
	minsu.seq[mobile]--
	asked := shop.sign(tn.requesting(mobile, shop.wallet, "bakery", "cake", 5_000))
	tn.refused(currency.KeyStopped, tn.courier, "Pay", minsu.sign(tn.payPart(mobile, minsu.wallet, "bakery", 5_000, asked, 0)))
	minsu.seq[mobile]--
	tn.order("Pay", tn.pay(mobile, minsu.wallet, "bakery", 2_000))

	shop.change(identity.Operation{Type: identity.Resume})
	tn.syncKeys(shop.account)
	tn.order("Pay", minsu.sign(tn.payPart(mobile, minsu.wallet, "bakery", 5_000, asked, 0)))
	require.EqualValues(t, 92_000, tn.balance(mobile, minsu.wallet))
}

// An enroller and a merchant may have documents, too.
func TestOfficialsWithDocuments(t *testing.T) {
	tn := newMobileTown(t, "")
	shop := tn.born("shop", identity.UnlockNone)
	tn.register(mobile, "bakery", shop.wallet, region, category)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.funded(minsu)
	paid := tn.order("Pay", tn.pay(mobile, minsu.wallet, "bakery", 3_000))
	tn.order("Redeem", tn.redeem(mobile, shop.wallet, 3_000, paid.Credit))
	shop.replacePhone(identity.UnlockNone)
	tn.syncKeys(shop.account)
	paid = tn.order("Pay", tn.pay(mobile, minsu.wallet, "bakery", 2_000))
	tn.order("Redeem", tn.redeem(mobile, shop.wallet, 2_000, paid.Credit))
}

func TestKeySyncRefused(t *testing.T) {
	tn := newMobileTown(t, "")
	one := newWallet("any").account
	for name, c := range map[string]struct {
		r    currency.SyncKeys
		want *code.Code
	}{
		"no accounts":                   {currency.SyncKeys{Program: mobile}, currency.TooLarge},
		"too many":                      {currency.SyncKeys{Program: mobile, Accounts: slices.Repeat([]string{one}, currency.MaxSync+1)}, currency.TooLarge},
		"no account":                    {currency.SyncKeys{Program: mobile, Accounts: []string{"x"}}, currency.InvalidID},
		"no programme":                  {currency.SyncKeys{Accounts: []string{one}}, currency.InvalidID},
		"a programme that is not there": {currency.SyncKeys{Program: "other", Accounts: []string{one}}, currency.ProgramUnknown},
		"one without a registry":        {currency.SyncKeys{Program: bazaar, Accounts: []string{one}}, currency.DIDUnresolved},
	} {
		t.Run(name, func(t *testing.T) { tn.refused(c.want, tn.courier, "SyncKeys", tn.json(c.r)) })
	}
	p := tn.program(bazaar)
	p.ID, p.Identity = "astray", &currency.Identity{Chaincode: "nowhere"}
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	tn.refused(code.ContractRefused, tn.courier, "Open", tn.open("astray", tn.born("minsu", identity.UnlockPIN).wallet))
	for _, bad := range []currency.Identity{{}, {Chaincode: "a/b"}, {Chaincode: registry, Unlock: "face"}} {
		p.ID, p.Identity = "bad", &bad
		_, err := tn.net.Endorse(tn.komsco, cc, "DefineProgram", tn.json(currency.DefineProgram{Operation: tn.op(), Program: p}))
		require.ErrorContains(t, err, "INVALID_")
	}
}

// Payments read nothing of the registry: the hot path is what it was.
func TestPaymentsDoNotAskTheRegistry(t *testing.T) {
	tn := newMobileTown(t, identity.UnlockPIN)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.funded(minsu)
	for _, r := range tn.endorse(tn.courier, "PayBatch", tn.pay(mobile, minsu.wallet, "stall", 3_000)).Reads() {
		require.NotEqual(t, registry, r.Namespace, "reads %q", r.Key)
	}
}

// Whatever is done to a document and whenever keys are synced: after a sync only
// a key that the document has signs, and only while it is active. Money stays
// explained throughout: every commit is audited.
func TestRandomKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tn := newMobileTown(t, identity.UnlockPIN)
		c := tn.born("minsu", identity.UnlockPIN)
		tn.funded(c)
		c.seq[mobile] = tn.purse(mobile, c.wallet).Seq
		phones := []*wallet{{Signer: c.Signer, did: c.did, account: c.account, seq: c.seq}}
		status, synced, now := identity.Active, identity.Active, c.Kid // now: the key that the account listens to
		t.Repeat(map[string]func(*rapid.T){
			"replace": func(t *rapid.T) {
				if status != identity.Active {
					t.Skip("not active")
				}
				c.replacePhone(pick(t, "unlock", identity.UnlockPIN, identity.UnlockBiometric))
				phones = append(phones, &wallet{Signer: c.Signer, did: c.did, account: c.account, seq: c.seq})
			},
			"suspend or resume": func(t *rapid.T) {
				switch status {
				case identity.Active:
					c.change(identity.Operation{Type: identity.Suspend})
					status = identity.Suspended
				case identity.Suspended:
					c.change(identity.Operation{Type: identity.Resume})
					status = identity.Active
				default:
					t.Skip("deactivated")
				}
			},
			"deactivate": func(t *rapid.T) {
				if status == identity.Deactivated || !seldom(t, "really") {
					t.Skip("not now")
				}
				c.change(identity.Operation{Type: identity.Deactivate})
				status = identity.Deactivated
			},
			"sync": func(*rapid.T) {
				tn.syncKeys(c.account)
				if synced = status; status == identity.Active {
					now = c.Kid
				}
			},
			"pay": func(t *rapid.T) {
				w := pick(t, "phone", phones...)
				order := tn.pay(mobile, w, "stall", 100)
				tx, err := tn.net.Endorse(tn.courier, cc, "Pay", order)
				good := w.Kid == now && synced == identity.Active && tn.balance(mobile, c.wallet) >= 100
				if (err == nil) != good {
					_, key, _ := did.Split(w.Kid)
					t.Fatalf("paid by %s with the document %s (at the sync %s): %v", key, status, synced, err)
				}
				if err != nil {
					wellRefused(t, "Pay", err)
					c.seq[mobile]--
					return
				}
				tn.commitOne(tx)
				if again := tn.order("Pay", order); fmt.Sprint(again) != fmt.Sprint(result[currency.Receipt](tn, tx.Payload)) {
					t.Fatalf("sent again answers %+v", again)
				}
			},
		})
	})
}
