// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

// won are the fields of records that hold amounts, moments those that hold Unix
// seconds or, of the same name elsewhere, calendar days. Every other number is shown
// as it is. TestFigures holds both to the contract's records.
var (
	won = set("amount", "left", "face", "total", "reserved", "bonus", "returned", "issued", "released", "clawedBack", "waiting", "lapsed",
		"denomination", "holdingCap", "personCeiling", "batchCeiling", "monthlyCap", "lifetimeCap", "dayCeiling", "daySale", "large",
		"revenue", "maxRevenue", "sales", "base", "principal", "subsidy", "pay", "least", "multiple", "each", "won")
	moments = set("opened", "granted", "at", "since", "from", "until", "closed", "sent", "recalled", "first", "last", "expiry", "day")
)

func set(names ...string) map[string]bool {
	s := map[string]bool{}
	for _, n := range names {
		s[n] = true
	}
	return s
}

// figure shows a number to people, by the name of its field.
func figure(name string, n int64) string {
	switch {
	case won[name]:
		return audit.Won(n)
	case !moments[name]:
	case n >= 1e9:
		return time.Unix(n, 0).Format(time.RFC3339)
	case n >= 1e7: // a day is of eight digits
		return currency.Day(n).String()
	}
	return strconv.FormatInt(n, 10)
}
