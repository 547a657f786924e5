// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// clock lets time pass, or has what comes next submitted by a clock that is late, as
// those of gateways may be; now and then a month is about to end.
func (d *days) clock(t *rapid.T) {
	if now := d.net.Now(); now.After(d.latest) {
		d.latest = now
	}
	switch pick(t, "clock", 0, 0, 0, 1, 2) {
	case 1:
		now := d.latest.In(korea)
		d.net.At(time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, korea).Add(-5 * time.Minute))
	case 2:
		d.net.At(d.latest.Add(-10 * time.Minute))
	default:
		d.net.At(d.latest.Add(pick(t, "later", 10*time.Minute, time.Hour, 24*time.Hour, 15*24*time.Hour, 200*24*time.Hour)))
	}
}

// rare has officers, and others, do what is not done every day.
func (d *days) rare(t *rapid.T) {
	for range 1 + upTo(4).Draw(t, "things") {
		d.rareCall(t)
		d.maybeCommit(t)
	}
}

func (d *days) rareCall(t *rapid.T) {
	program := d.program(t)
	kiosk := fmt.Sprintf("kiosk-%d", upTo(3).Draw(t, "kiosk"))
	terms := currency.MerchantTerms{Business: businessOf("kiosk")}
	switch pick(t, "rare", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) {
	case 0:
		terms = currency.MerchantTerms{Business: businessOf("stall"), Share: pick(t, "share", 0, 0, 5000), Owner: pick(t, "owner", "", "", "p-"+d.wallets[2].account)}
		d.call(t, d.city, "SetMerchantTerms", currency.SetMerchantTerms{Operation: d.op(), Program: program, ID: "stall", MerchantTerms: terms})
	case 1:
		d.call(t, d.city, "VerifySales", currency.VerifySales{
			Operation: d.op(), Program: program, ID: "stall", Sales: pick[int64](t, "sales", 0, verifiedSales), Evidence: businessOf("papers"),
		})
	case 2:
		r := d.registering(program, kiosk, newWallet(kiosk), region, category)
		r.MerchantTerms = terms
		d.call(t, d.city, "RegisterMerchant", r)
		d.maybeCommit(t)
		fallthrough
	case 3:
		d.call(t, d.city, "BanMerchant", currency.BanMerchant{Operation: d.op(), Program: program, ID: kiosk, Reason: mostly(t, "reason", "limits", "fraud", "rudeness")})
		d.maybeCommit(t)
		fallthrough
	case 4:
		d.call(t, d.city, "LiftBan", currency.LiftBan{Operation: d.op(), BanQuery: currency.BanQuery{Program: program, Business: terms.Business}})
	case 5:
		word := d.attest(program, d.wallet(t, "attested"), "volunteering", pick[int64](t, "minutes", 60, 100_000), pick(t, "record", "a", "b", "c"))
		d.call(t, d.courier, "SubmitAttestation", currency.SubmitAttestation{Operation: d.op(), Program: program, Attestation: word, Tranche: upTo(10).Draw(t, "tranche")})
	case 6:
		r := d.allot(program, fmt.Sprintf("more-%d", upTo(3).Draw(t, "allotment")))
		if rapid.Bool().Draw(t, "for rewards") {
			r.Source, r.Purpose = currency.Reward, pick(t, "purpose", "", "stalls")
		}
		d.call(t, d.city, "OpenAllotment", r)
		d.maybeCommit(t)
		switch pick(t, "end", 0, 1, 2) {
		case 1:
			d.call(t, d.city, "CloseAllotment", currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: r.ID}})
		case 2:
			d.call(t, d.komsco, "StopAllotment", currency.StopAllotment{
				Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: mostly(t, "stopped", r.ID, "sale")}, Reason: "case-1",
			})
		}
	case 7:
		d.call(t, d.city, "OpenTickets", d.ticketingIn(program, d.office, "series-"+strconv.Itoa(d.ops), 2, 2))
	case 8:
		p := d.town.program(program)
		p.ID = "quarter-" + strconv.Itoa(d.ops)
		d.call(t, d.komsco, "DefineProgram", currency.DefineProgram{Operation: d.op(), Program: p})
	case 9:
		d.try(t, d.courier, "SyncKeys", d.json(currency.SyncKeys{Program: program, Accounts: []string{d.wallet(t, "synced").account}}))
	default:
		packed, err := jws.Pack(d.sign(t, map[string]int64{}).order)
		if err != nil {
			t.Fatalf("%v", err)
		}
		d.try(t, d.courier, "PayPacked", packed)
	}
}

// bans fails where a shop of a business that was put out is active.
func (d *days) bans(t *rapid.T) {
	today, out := currency.DayOf(d.net.Now(), korea), map[string]bool{}
	if d.latest.After(d.net.Now()) {
		today = currency.DayOf(d.latest, korea)
	}
	prefix := ledger.CompositeKey(currency.TableBan)
	for key, raw := range d.net.Range(cc, prefix, prefix+"~") {
		_, of, _ := ledger.SplitKey(key)
		b := result[currency.Ban](d.town, raw)
		out[of[0]+"/"+of[1]] = b.Check(today) != nil
	}
	prefix = ledger.CompositeKey(currency.TableMerchant)
	for key, raw := range d.net.Range(cc, prefix, prefix+"~") {
		_, of, _ := ledger.SplitKey(key)
		if m := result[currency.Merchant](d.town, raw); out[of[0]+"/"+m.Business] && m.Status == currency.Active {
			t.Fatalf("merchant %s is %s, its business was put out", of[1], m.Status)
		}
	}
}

// everyOperation fails unless random days tried every function that changes
// something. Roles are granted before they begin.
func everyOperation(t *testing.T, tried, done map[string]int) {
	t.Helper()
	if n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String()); err != nil || n < 100 || testing.Short() {
		return // too few days for all of it
	}
	var never []string // tried, that is: whether what is rare is carried out too, depends on luck
	for _, f := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		if !f.Mutates || f.Name == "GrantRole" || f.Name == "RevokeRole" {
			continue
		}
		if t.Logf("%s: carried out %d times, tried %d", f.Name, done[f.Name], tried[f.Name]); tried[f.Name] == 0 {
			never = append(never, f.Name)
		}
	}
	require.Empty(t, never, "random days never tried these")
}
