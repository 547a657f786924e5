// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func TestExpiry(t *testing.T) {
	for _, tc := range []struct {
		name     string
		validity currency.Validity
		issued   currency.Day
		want     currency.Day
	}{
		{"for ever", currency.Validity{}, 2026_03_02, 0},
		{"five years", currency.Validity{Months: 60}, 2026_03_02, 2031_03_02},
		{"a month without that day", currency.Validity{Months: 1}, 2026_01_31, 2026_02_28},
		{"the same in a leap year", currency.Validity{Months: 1}, 2028_01_31, 2028_02_29},
		{"30 days of April", currency.Validity{Months: 1}, 2026_03_31, 2026_04_30},
		{"29 February, a year on", currency.Validity{Months: 12}, 2028_02_29, 2029_02_28},
		{"29 February, four years on", currency.Validity{Months: 48}, 2028_02_29, 2032_02_29},
		{"2000 was a leap year", currency.Validity{Months: 12}, 1999_02_28, 2000_02_28},
		{"over the end of the year", currency.Validity{Months: 2}, 2026_12_31, 2027_02_28},
		{"December stays in its year", currency.Validity{Months: 11}, 2026_01_15, 2026_12_15},
		{"days", currency.Validity{Days: 7}, 2026_02_27, 2026_03_06},
		{"days over 29 February", currency.Validity{Days: 2}, 2028_02_28, 2028_03_01},
		{"months, then days", currency.Validity{Months: 1, Days: 1}, 2026_01_31, 2026_03_01},
		{"rounded to the month", currency.Validity{Months: 1, Round: "month"}, 2026_01_05, 2026_02_28},
		{"rounded to December", currency.Validity{Months: 1, Round: "month"}, 2026_11_05, 2026_12_31},
		{"rounded to the year", currency.Validity{Months: 36, Round: "year"}, 2026_03_02, 2029_12_31},
		{"days may pass into what is rounded", currency.Validity{Days: 1, Round: "year"}, 2026_12_31, 2027_12_31},
		{"the rest of this month", currency.Validity{Round: "month"}, 2026_02_03, 2026_02_28},
		{"the rest of this year", currency.Validity{Round: "year"}, 2026_02_03, 2026_12_31},
		{"a fixed day", currency.Validity{Until: 2026_11_30}, 2026_03_02, 2026_11_30},
		{"a fixed day that has passed", currency.Validity{Until: 2026_01_31}, 2026_03_02, 2026_01_31},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.validity.Expiry(tc.issued); got != tc.want {
				t.Errorf("issued on %s, expires %s, want %s", tc.issued, got, tc.want)
			}
		})
	}
}

// Whoever is issued value later never has to spend it sooner.
func TestExpiryIsMonotone(t *testing.T) {
	anyDay := rapid.Custom(func(t *rapid.T) currency.Day {
		return currency.DayOf(time.Unix(rapid.Int64Range(1_500_000_000, 4_000_000_000).Draw(t, "unix"), 0), time.UTC)
	})
	rapid.Check(t, func(t *rapid.T) {
		v := currency.Validity{
			Months: rapid.IntRange(0, 600).Draw(t, "months"),
			Days:   rapid.IntRange(0, 3660).Draw(t, "days"),
			Round:  rapid.SampledFrom([]string{"", "month", "year"}).Draw(t, "round"),
		}
		a, b := anyDay.Draw(t, "a"), anyDay.Draw(t, "b")
		first, second := v.Expiry(min(a, b)), v.Expiry(max(a, b))
		if v == (currency.Validity{}) {
			if first != 0 || second != 0 {
				t.Fatalf("the zero validity ends on %s", first)
			}
			return
		}
		if first > second || first < min(a, b) || !first.Valid() || !second.Valid() {
			t.Fatalf("issued on %s and %s, expires %s and %s", min(a, b), max(a, b), first, second)
		}
	})
}

func TestDayOf(t *testing.T) {
	korea := time.FixedZone("+09:00", 9*60*60)
	for _, tc := range []struct {
		at   string
		zone *time.Location
		want currency.Day
	}{
		{"2026-03-01T14:59:59Z", korea, 2026_03_01},
		{"2026-03-01T15:00:00Z", korea, 2026_03_02},
		{"2026-12-31T15:00:00Z", korea, 2027_01_01},
		{"2026-12-31T23:59:59Z", time.UTC, 2026_12_31},
		{"2026-01-01T03:00:00Z", time.FixedZone("-05:00", -5*60*60), 2025_12_31},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := currency.DayOf(at, tc.zone); got != tc.want {
			t.Errorf("%s in %s is %s, want %s", tc.at, tc.zone, got, tc.want)
		}
	}
}

func TestDayValid(t *testing.T) {
	for day, want := range map[currency.Day]bool{
		2026_03_02: true, 2028_02_29: true, 2000_02_29: true, 2999_12_31: true,
		0: false, -2026_03_02: false, 2026_02_29: false, 2100_02_29: false, 2026_13_01: false, 2026_00_10: false,
		2026_04_31: false, 2026_04_00: false, 1999_12_31: false, 3000_01_01: false,
	} {
		if got := day.Valid(); got != want {
			t.Errorf("%d valid: %t", day, got)
		}
	}
	if got := currency.Day(2026_03_02).String(); got != "2026-03-02" {
		t.Error(got)
	}
	if got := currency.Day(0).String(); got != "never" {
		t.Error(got)
	}
}
