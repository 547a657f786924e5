// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

var (
	repeatedly = currency.Threshold{Name: "same-shop", Pattern: currency.RepeatedPayments, Hours: 24, Count: 3, Won: 300_000}
	roundly    = currency.Threshold{Name: "round", Pattern: currency.RoundPayments, Hours: 48, Count: 3, Least: 50_000, Multiple: 10_000}
	ringing    = currency.Threshold{Name: "ring", Pattern: currency.RingOfGifts, Hours: 72, Least: 10_000, Accounts: 4}
)

func TestThresholdsOfAPolicy(t *testing.T) {
	for _, tc := range []struct {
		name     string
		of       currency.Threshold
		malleate func(*currency.Threshold)
		want     *code.Code
	}{
		{"repeated", repeatedly, func(*currency.Threshold) {}, nil},
		{"round", roundly, func(*currency.Threshold) {}, nil},
		{"ring", ringing, func(*currency.Threshold) {}, nil},
		{"dated", ringing, func(t *currency.Threshold) { t.From, t.Until = today, today }, nil},
		{"no name", repeatedly, func(t *currency.Threshold) { t.Name = "" }, currency.InvalidID},
		{"unknown pattern", repeatedly, func(t *currency.Threshold) { t.Pattern = "odd" }, currency.InvalidPolicy},
		{"no window", repeatedly, func(t *currency.Threshold) { t.Hours = 0 }, currency.InvalidPolicy},
		{"window of 93 days", repeatedly, func(t *currency.Threshold) { t.Hours = 93 * 24 }, currency.InvalidPolicy},
		{"one payment", repeatedly, func(t *currency.Threshold) { t.Count = 1 }, currency.InvalidPolicy},
		{"more payments than a case names", repeatedly, func(t *currency.Threshold) { t.Count = currency.MaxCaseReceipts + 1 }, currency.InvalidPolicy},
		{"won below zero", repeatedly, func(t *currency.Threshold) { t.Won = -1 }, currency.InvalidAmount},
		{"least above all amounts", roundly, func(t *currency.Threshold) { t.Least = currency.MaxAmount + 1 }, currency.InvalidAmount},
		{"multiples of one won", roundly, func(t *currency.Threshold) { t.Multiple = 1 }, currency.InvalidPolicy},
		{"multiples of what is not round", repeatedly, func(t *currency.Threshold) { t.Multiple = 10 }, currency.InvalidPolicy},
		{"accounts of no ring", repeatedly, func(t *currency.Threshold) { t.Accounts = 3 }, currency.InvalidPolicy},
		{"ring of one", ringing, func(t *currency.Threshold) { t.Accounts = 1 }, currency.InvalidPolicy},
		{"ring of nine", ringing, func(t *currency.Threshold) { t.Accounts = 9 }, currency.InvalidPolicy},
		{"ring with a count", ringing, func(t *currency.Threshold) { t.Count = 3 }, currency.InvalidPolicy},
		{"until before from", ringing, func(t *currency.Threshold) { t.From, t.Until = today, today-1 }, currency.InvalidPolicy},
		{"from no day", ringing, func(t *currency.Threshold) { t.From = 2026_02_30 }, currency.InvalidPolicy},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := goodPolicy()
			tc.malleate(&tc.of)
			p.Fraud = []currency.Threshold{tc.of}
			wantCode(t, p.Validate(), tc.want)
		})
	}
	p := goodPolicy()
	p.Fraud = []currency.Threshold{roundly, roundly}
	wantCode(t, p.Validate(), currency.InvalidPolicy)
	p.Fraud = make([]currency.Threshold, 33)
	wantCode(t, p.Validate(), currency.InvalidPolicy)
}

func paid(seq int64, hour time.Duration, amount int64) currency.Seen {
	at := noon(today).Add(hour * time.Hour)
	return currency.Seen{
		Receipt: currency.ReceiptName{Holder: alice.account, Seq: seq}, At: at.Unix(), Day: currency.DayOf(at, time.UTC),
		Amount: amount, From: alice.account, To: "bakery",
	}
}

func gave(from, to string, hour time.Duration, amount int64) currency.Seen {
	s := paid(1, hour, amount)
	s.Receipt.Holder, s.From, s.To, s.Gift = from, from, to, true
	return s
}

// Evidence reaches a threshold by itself, exactly at it and not below.
func TestMeasure(t *testing.T) {
	other := paid(3, 2, 100)
	other.To = "bar"
	bobs := paid(3, 2, 50_000)
	bobs.From = bob.account
	late := roundly
	late.From = today.After(1)
	for _, tc := range []struct {
		name     string
		of       currency.Threshold
		evidence []currency.Seen
		want     *code.Code
	}{
		{"by number", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), paid(3, 2, 100)}, nil},
		{"in whatever order", repeatedly, []currency.Seen{paid(3, 2, 100), paid(1, 0, 100), paid(2, 1, 100)}, nil},
		{"one too few", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100)}, currency.ThresholdUnmet},
		{"by won", repeatedly, []currency.Seen{paid(1, 0, 100_000), paid(2, 1, 200_000)}, nil},
		{"a won too few", repeatedly, []currency.Seen{paid(1, 0, 100_000), paid(2, 1, 199_999)}, currency.ThresholdUnmet},
		{"a second inside the window", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), func() currency.Seen { s := paid(3, 24, 100); s.At--; return s }()}, nil},
		{"a window later", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), paid(3, 24, 100)}, currency.ThresholdUnmet},
		{"two shops", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), other}, currency.ThresholdUnmet},
		{"two payers", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), bobs}, currency.ThresholdUnmet},
		{"a receipt twice", repeatedly, []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), paid(2, 1, 100)}, currency.ThresholdUnmet},
		{"nothing", repeatedly, nil, currency.ThresholdUnmet},
		{"gifts for payments", repeatedly, []currency.Seen{gave("a", "b", 0, 100), gave("a", "b", 1, 100), gave("a", "b", 2, 100)}, currency.ThresholdUnmet},
		{"round, of several payers", roundly, []currency.Seen{paid(1, 0, 50_000), paid(2, 1, 60_000), bobs}, nil},
		{"one not round", roundly, []currency.Seen{paid(1, 0, 50_000), paid(2, 1, 60_001), bobs}, currency.ThresholdUnmet},
		{"one too small", roundly, []currency.Seen{paid(1, 0, 50_000), paid(2, 1, 40_000), bobs}, currency.ThresholdUnmet},
		{"before its day", late, []currency.Seen{paid(1, 0, 50_000), paid(2, 1, 60_000), bobs}, currency.ThresholdUnmet},
		{"a ring of two", ringing, []currency.Seen{gave("a", "b", 0, 10_000), gave("b", "a", 1, 10_000)}, nil},
		{"a ring of four, against time", ringing, []currency.Seen{gave("a", "b", 9, 10_000), gave("b", "c", 2, 10_000), gave("c", "d", 7, 10_000), gave("d", "a", 1, 10_000)}, nil},
		{"a ring of five", ringing, []currency.Seen{gave("a", "b", 0, 10_000), gave("b", "c", 1, 10_000), gave("c", "d", 2, 10_000), gave("d", "e", 3, 10_000), gave("e", "a", 4, 10_000)}, currency.ThresholdUnmet},
		{"two rings", ringing, []currency.Seen{gave("a", "b", 0, 10_000), gave("b", "a", 1, 10_000), gave("c", "d", 2, 10_000), gave("d", "c", 3, 10_000)}, currency.ThresholdUnmet},
		{"a tail", ringing, []currency.Seen{gave("x", "a", 0, 10_000), gave("a", "b", 0, 10_000), gave("b", "a", 1, 10_000)}, currency.ThresholdUnmet},
		{"no way back", ringing, []currency.Seen{gave("a", "b", 0, 10_000), gave("b", "c", 1, 10_000)}, currency.ThresholdUnmet},
		{"a gift too small", ringing, []currency.Seen{gave("a", "b", 0, 9_999), gave("b", "a", 1, 10_000)}, currency.ThresholdUnmet},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := tc.of.Measure(tc.evidence)
			wantCode(t, err, tc.want)
			if err == nil && (f.Count != len(tc.evidence) || f.Won == 0 || f.First > f.Last) {
				t.Errorf("found %+v", f)
			}
		})
	}
}

// An account is accused only of what it has a part in, by a threshold that two people
// approved.
func TestAccuse(t *testing.T) {
	p := goodPolicy()
	p.Fraud = []currency.Threshold{repeatedly}
	seen := []currency.Seen{paid(1, 0, 100), paid(2, 1, 100), paid(3, 2, 100)}
	about := func(account, rule string) currency.OpenCase {
		return currency.OpenCase{CaseQuery: currency.CaseQuery{Program: "nowon", Account: account, ID: "c"}, Rule: rule}
	}
	for _, tc := range []struct {
		account, merchant, rule string
		approved                bool
		want                    *code.Code
	}{
		{alice.account, "", "same-shop", true, nil},
		{bakery.account, "bakery", "same-shop", true, nil},
		{bob.account, "", "same-shop", true, currency.ThresholdUnmet},
		{bakery.account, "bar", "same-shop", true, currency.ThresholdUnmet},
		{alice.account, "", "round", true, currency.ThresholdUnknown},
		{alice.account, "", "same-shop", false, currency.ThresholdUnknown},
	} {
		p.Approved = tc.approved
		_, err := about(tc.account, tc.rule).Accuse(p, tc.merchant, seen)
		wantCode(t, err, tc.want)
	}
}

// What FRAUD.md shows is a policy that stands.
func TestDocumentedThresholds(t *testing.T) {
	text, err := os.ReadFile("FRAUD.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```json\n")
	block, _, found := strings.Cut(rest, "```")
	p := goodPolicy()
	if err := jws.DecodeStrict([]byte("{"+block+"}"), &struct {
		Fraud *[]currency.Threshold `json:"fraud"`
	}{&p.Fraud}); err != nil || !found || len(p.Fraud) != 3 {
		t.Fatalf("%v: %s", err, block)
	}
	wantCode(t, p.Validate(), nil)
}
