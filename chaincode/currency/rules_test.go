// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// wantCode fails unless err raises want; nil wants no error.
func wantCode(t fataler, err error, want *code.Code) {
	t.Helper()
	switch {
	case want == nil && err != nil:
		t.Fatalf("refused: %v", err)
	case want != nil && !errors.Is(err, want):
		t.Fatalf("got error %v, want %s", err, want.Name)
	case want != nil && !strings.HasPrefix(err.Error(), want.Name+": "):
		t.Fatalf("error %q has no sentence behind its code", err)
	}
}

var digest = strings.Repeat("ab", 32)

// party is someone with an Ed25519 key, derived from a name.
type party struct {
	jws.Signer
	did     string
	account string
	key     did.Key
}

func newParty(name string) party {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	key := did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)}
	d, kid := did.OfKey(key)
	return party{Signer: jws.Signer{Key: private, Kid: kid}, did: d, account: currency.AccountID(d), key: key}
}

func (p party) holder() currency.Holder {
	return currency.Holder{DID: p.did, Kid: p.Kid, Key: p.key.Multikey(), Status: currency.Active}
}

var (
	alice  = newParty("alice")
	bob    = newParty("bob")
	bakery = newParty("bakery")
)

var here = currency.Place{Network: "trust", Channel: "trust", Chaincode: "currency"}

const today currency.Day = 2026_03_02

func noon(day currency.Day) time.Time {
	return time.Date(int(day)/10000, time.Month(int(day)/100%100), int(day)%100, 12, 0, 0, 0, time.UTC)
}

func goodPolicy() currency.Policy {
	return currency.Policy{
		Program: "nowon", Version: 1, Unit: "KRW", Denomination: 100, Validity: currency.Validity{Months: 60},
		BonusRate: 1000, HoldingCap: 1_500_000, PersonCeiling: 800_000, BatchCeiling: 100_000_000,
		Regions: []string{"11350"}, Categories: []string{"food", "books"}, Gifts: true, Approved: true,
	}
}

func goodMerchant() currency.Merchant {
	return currency.Merchant{
		ID: "bakery", DID: bakery.did, Account: bakery.account, Region: "11350", Category: "food",
		Status: currency.Active, Payout: digest,
	}
}

// Generators. Few terms and days, so that they meet.

var anyTerms = rapid.Custom(func(t *rapid.T) currency.Terms {
	return currency.Terms{
		Policy:  rapid.IntRange(1, 2).Draw(t, "policy"),
		Expiry:  rapid.SampledFrom([]currency.Day{0, 2026_03_01, 2026_03_02, 2026_12_31, 2031_03_02}).Draw(t, "expiry"),
		Source:  rapid.SampledFrom([]currency.Source{currency.Principal, currency.Subsidy, currency.Benefit, currency.Reward}).Draw(t, "source"),
		Origin:  rapid.SampledFrom([]string{"budget-2026", "deposits", "welfare"}).Draw(t, "origin"),
		Purpose: rapid.SampledFrom([]string{"", "", "meals"}).Draw(t, "purpose"),
	}
})

var anyPart = rapid.Custom(func(t *rapid.T) currency.Part {
	return currency.Part{
		Terms:  anyTerms.Draw(t, "terms"),
		Amount: rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, currency.MaxAmount/100)).Draw(t, "amount"),
	}
})

var anyBuckets = rapid.Custom(func(t *rapid.T) currency.Buckets {
	bs, err := currency.Buckets(nil).Add(rapid.SliceOfN(anyPart, 0, 20).Draw(t, "parts"), true)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return bs
})

// byTerms sums parts of equal terms.
func byTerms(parts []currency.Part) map[currency.Terms]int64 {
	sums := map[currency.Terms]int64{}
	for _, p := range parts {
		sums[p.Terms] += p.Amount
	}
	return sums
}

func byOrigin(parts []currency.Part) map[string]int64 {
	sums := map[string]int64{}
	for _, p := range parts {
		sums[p.Origin] += p.Amount
	}
	return sums
}

func lefts(bs currency.Buckets) map[currency.Terms]int64 {
	sums := map[currency.Terms]int64{}
	for _, b := range bs {
		sums[b.Terms] += b.Left
	}
	return sums
}

// wellFormed fails unless buckets are what a purse may hold: distinct terms, the
// earliest expiry first, none empty, none with more left than was put in.
func wellFormed(t fataler, bs currency.Buckets) {
	t.Helper()
	seen := map[currency.Terms]bool{}
	for i, b := range bs {
		if b.Left <= 0 || b.Left > b.Face {
			t.Fatalf("bucket %d has %d left of %d", i, b.Left, b.Face)
		}
		if seen[b.Terms] {
			t.Fatalf("two buckets of terms %+v", b.Terms)
		}
		seen[b.Terms] = true
		if i > 0 && later(bs[i-1].Expiry, b.Expiry) {
			t.Fatalf("bucket %d of %s stands behind one of %s", i, b.Expiry, bs[i-1].Expiry)
		}
	}
	if len(bs) > currency.MaxBuckets {
		t.Fatalf("%d buckets", len(bs))
	}
}

// later reports whether a expires after b; 0 is never.
func later(a, b currency.Day) bool {
	if a == 0 || b == 0 {
		return a == 0 && b != 0
	}
	return a > b
}

func txID(n int) string { return fmt.Sprintf("%064x", n) }
