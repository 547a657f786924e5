// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// grouped is a number as people write amounts: digits, or groups of three.
var grouped = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,3}(_[0-9]{3})+)$`)

// parseWon reads an amount in won: 1000000, 1,000,000 or 1_000_000. Nothing is
// guessed: no sign, no decimals, no unit.
func parseWon(s string) (int64, error) {
	if !grouped.MatchString(s) {
		return 0, fmt.Errorf("%q is not a whole number of won, such as 50000 or 50,000", s)
	}
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", "_", "").Replace(s), 10, 64)
	if err != nil || n > currency.MaxAmount {
		return 0, fmt.Errorf("%s won is more than the %d that any amount may be", s, currency.MaxAmount)
	}
	return n, nil
}

// wonFlag is a flag that holds an amount.
type wonFlag struct{ to *int64 }

func (w wonFlag) String() string {
	if w.to == nil || *w.to == 0 {
		return ""
	}
	return strconv.FormatInt(*w.to, 10)
}

func (w wonFlag) Set(s string) (err error) {
	*w.to, err = parseWon(s)
	return err
}

func (wonFlag) Type() string { return "won" }

func wonVar(f *pflag.FlagSet, to *int64, name, text string) { f.Var(wonFlag{to}, name, text) }

// dayFlag is a flag that holds a calendar day.
type dayFlag struct{ to *currency.Day }

func (d dayFlag) String() string {
	if d.to == nil || *d.to == 0 {
		return ""
	}
	return d.to.String()
}

func (d dayFlag) Set(s string) error {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("%q is not a day such as 2026-12-31", s)
	}
	*d.to = currency.DayOf(day, time.UTC)
	return nil
}

func (dayFlag) Type() string { return "yyyy-mm-dd" }

// momentFlag is a flag for a moment, kept in Unix seconds.
type momentFlag struct{ to *int64 }

func (m momentFlag) String() string {
	if m.to == nil || *m.to == 0 {
		return ""
	}
	return time.Unix(*m.to, 0).UTC().Format(time.RFC3339)
}

func (m momentFlag) Set(s string) error {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fmt.Errorf("%q is not a moment such as 2026-11-27T18:20:00+09:00", s)
	}
	*m.to = at.Unix()
	return nil
}

func (momentFlag) Type() string { return "moment" }

// sourceVar is the flag that says how value comes to be.
func sourceVar(f *pflag.FlagSet, to *currency.Source) {
	f.StringVar((*string)(to), "source", "", "principal, benefit or reward")
}

// purposeVar is the flag that says what value is kept for.
func purposeVar(f *pflag.FlagSet, to *string) {
	f.StringVar(to, "purpose", "", "`id` of a purpose of the policy in force, that all of it is kept for; none by default")
}

// account reads an account id, or a DID in its place.
func account(s string) string {
	if strings.HasPrefix(s, "did:") {
		return currency.AccountID(s)
	}
	return s
}

// recordVerb is an operation on a record that its id names.
func recordVerb[Record any](name, id, short, function string) operation[currency.RecordOperation, Record] {
	return operation[currency.RecordOperation, Record]{
		name: name, args: []string{id}, short: short, function: function,
		fill: func(_ context.Context, r *currency.RecordOperation, program string, args []string) error {
			r.RecordQuery = currency.RecordQuery{Program: program, ID: args[0]}
			return nil
		},
	}
}
