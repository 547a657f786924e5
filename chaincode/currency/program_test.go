// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func goodProgram() currency.Program {
	return currency.Program{
		ID: "nowon", Title: "노원 NW", Zone: "+09:00",
		Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
		Enrollers:     []string{newParty("enroller").did},
	}
}

func TestProgramValidate(t *testing.T) {
	zone := func(z string) func(*currency.Program) { return func(p *currency.Program) { p.Zone = z } }
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Program)
		want     *code.Code
	}{
		{"good", func(*currency.Program) {}, nil},
		{"open", func(p *currency.Program) { p.Open, p.Enrollers = true, nil }, nil},
		{"id missing", func(p *currency.Program) { p.ID = "" }, currency.InvalidID},
		{"id of 48", func(p *currency.Program) { p.ID = strings.Repeat("n", 48) }, nil},
		{"id of 49", func(p *currency.Program) { p.ID = strings.Repeat("n", 49) }, currency.InvalidID},
		{"id with a slash", func(p *currency.Program) { p.ID = "a/b" }, currency.InvalidID},
		{"id with a line break", func(p *currency.Program) { p.ID = "a\n" }, currency.InvalidID},
		{"id of two dots", func(p *currency.Program) { p.ID = ".." }, currency.InvalidID},
		{"title missing", func(p *currency.Program) { p.Title = "" }, currency.InvalidPolicy},
		{"title of 201 bytes", func(p *currency.Program) { p.Title = strings.Repeat("x", 201) }, currency.InvalidPolicy},
		{"zone missing", zone(""), currency.InvalidPolicy},
		{"zone by name", zone("Asia/Seoul"), currency.InvalidPolicy},
		{"zone without a colon", zone("+0900"), currency.InvalidPolicy},
		{"zone in negative zero", zone("-00:00"), currency.InvalidPolicy},
		{"zone of 60 minutes", zone("+08:60"), currency.InvalidPolicy},
		{"zone of a day", zone("+24:00"), currency.InvalidPolicy},
		{"zone west", zone("-05:30"), nil},
		{"zone UTC", zone("+00:00"), nil},
		{"organisation missing", func(p *currency.Program) { p.Organisations.Bank = "" }, currency.InvalidID},
		{"one organisation", func(p *currency.Program) {
			p.Organisations = currency.Organisations{Issuer: "CityMSP", Operator: "CityMSP", Bank: "CityMSP"}
		}, currency.InvalidPolicy},
		{"one organisation that may", func(p *currency.Program) {
			p.SameOrganisation = true
			p.Organisations = currency.Organisations{Issuer: "CityMSP", Operator: "CityMSP", Bank: "CityMSP"}
		}, nil},
		{"neither open nor enrolling", func(p *currency.Program) { p.Enrollers = nil }, currency.InvalidPolicy},
		{"open and enrolling", func(p *currency.Program) { p.Open = true }, currency.InvalidPolicy},
		{"33 enrollers", func(p *currency.Program) { p.Enrollers = slices.Repeat(p.Enrollers, 33) }, currency.InvalidPolicy},
		{"an enroller who does not resolve", func(p *currency.Program) { p.Enrollers = []string{"did:web:city.example"} }, code.BadDID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := goodProgram()
			tc.malleate(&p)
			wantCode(t, p.Validate(), tc.want)
			wantCode(t, currency.DefineProgram{Program: p}.Validate(), tc.want)
		})
	}
	p := goodProgram()
	p.Policy = 1
	wantCode(t, currency.DefineProgram{Program: p}.Validate(), currency.InvalidPolicy)
}

func TestToday(t *testing.T) {
	p := goodProgram()
	for at, want := range map[string]currency.Day{
		"2026-03-01T14:59:59Z": 2026_03_01,
		"2026-03-01T15:00:00Z": 2026_03_02,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Today(now); got != want {
			t.Errorf("at %s it is %s, want %s", at, got, want)
		}
	}
}

func TestCheckSecond(t *testing.T) {
	strict, lax := goodProgram(), goodProgram()
	lax.SameOrganisation = true
	for _, tc := range []struct {
		name          string
		program       currency.Program
		first, second string
		want          *code.Code
	}{
		{"two of two", strict, "CityMSP/kim", "KomscoMSP/lee", nil},
		{"two of one", strict, "CityMSP/kim", "CityMSP/lee", currency.SameInstitution},
		{"two of one that may", lax, "CityMSP/kim", "CityMSP/lee", nil},
		{"the same person", strict, "CityMSP/kim", "CityMSP/kim", currency.SameOfficer},
		{"the same person where one organisation may", lax, "CityMSP/kim", "CityMSP/kim", currency.SameOfficer},
		{"namesakes", strict, "CityMSP/kim", "KomscoMSP/kim", nil},
		{"a name with a slash is of its own MSP", strict, "CityMSP/kim", "CityMSP/x/kim", currency.SameInstitution},
	} {
		t.Run(tc.name, func(t *testing.T) { wantCode(t, tc.program.CheckSecond(tc.first, tc.second), tc.want) })
	}
}

func TestOrganisationsAll(t *testing.T) {
	o := currency.Organisations{Issuer: "B", Operator: "A", Bank: "B"}
	if got := o.All(); !slices.Equal(got, []string{"A", "B"}) {
		t.Error(got)
	}
}
