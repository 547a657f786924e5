// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"fmt"
	"time"
)

// Day is a calendar day of a programme's zone as the number yyyymmdd; 0 is
// never. Days compare as integers.
type Day int32

// DayOf is the calendar day of an instant in a zone.
func DayOf(t time.Time, zone *time.Location) Day {
	return newDay(t.In(zone).Date())
}

func newDay(y int, m time.Month, d int) Day {
	return Day(y*10000 + int(m)*100 + d) //nolint:gosec // years have four digits
}

func (d Day) date() (y int, m time.Month, day int) {
	return int(d) / 10000, time.Month(int(d) / 100 % 100), int(d) % 100
}

// Valid reports whether d is a day of the calendar.
func (d Day) Valid() bool {
	y, m, day := d.date()
	t := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	return y >= 2000 && y < 3000 && newDay(t.Date()) == d
}

// After is the day n days later. Never stays never.
func (d Day) After(n int) Day {
	if d == 0 {
		return 0
	}
	y, m, day := d.date()
	return newDay(time.Date(y, m, day+n, 0, 0, 0, 0, time.UTC).Date())
}

// weekday is the day of the week.
func (d Day) weekday() time.Weekday {
	y, m, day := d.date()
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Weekday()
}

// String is yyyy-mm-dd, or "never".
func (d Day) String() string {
	if d == 0 {
		return "never"
	}
	y, m, day := d.date()
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// Validity says how long issued value may be spent. The zero value is for ever.
type Validity struct {
	Months int    `json:"months,omitempty"` // calendar months, 0 to 600
	Days   int    `json:"days,omitempty"`   // days on top, 0 to 3660
	Until  Day    `json:"until,omitempty"`  // a fixed last day instead
	Round  string `json:"round,omitempty"`  // the last day is moved to the end of its "month" or "year", alone of the day of issue; empty keeps it
}

func (v Validity) check() error {
	fixed := v.Until != 0
	switch {
	case v.Months < 0 || v.Months > 600 || v.Days < 0 || v.Days > 3660:
		return InvalidPolicy.Errorf("validity of %d months and %d days: at most 600 and 3660", v.Months, v.Days)
	case fixed && (v.Months != 0 || v.Days != 0 || v.Round != "" || !v.Until.Valid()):
		return InvalidPolicy.Errorf("validity until %d: a day yyyymmdd that stands alone", v.Until)
	case v.Round != "" && v.Round != "month" && v.Round != "year":
		return InvalidPolicy.Errorf("validity rounds to %.16q: month, year or nothing", v.Round)
	}
	return nil
}

// Expiry is the last day on which value issued on day may be spent. A month
// without that day ends on its last one (issued on 31 January, one month: 28 or
// 29 February).
func (v Validity) Expiry(day Day) Day {
	if v.Until != 0 {
		return v.Until
	}
	if v == (Validity{}) {
		return 0
	}
	y, m, d := day.date()
	first := time.Date(y, m+time.Month(v.Months), 1, 0, 0, 0, 0, time.UTC)
	if last := first.AddDate(0, 1, -1).Day(); d > last {
		d = last
	}
	t := time.Date(first.Year(), first.Month(), d+v.Days, 0, 0, 0, 0, time.UTC)
	switch v.Round {
	case "month":
		t = time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	case "year":
		t = time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return DayOf(t, time.UTC)
}
