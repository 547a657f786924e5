// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) programCommands() *cobra.Command {
	define := operation[currency.DefineProgram, currency.Program]{
		name: "define", args: []string{"ID"}, short: "Define a programme, as a registrar of one of its organisations", function: "DefineProgram",
		anyProgram: true, needs: []string{"title", "issuer", "operator", "bank"},
		flags: func(f *pflag.FlagSet, r *currency.DefineProgram) {
			p := &r.Program
			f.StringVar(&p.Title, "title", "", "what people call it")
			f.StringVar(&p.Zone, "zone", "+09:00", "offset of its calendar")
			f.StringVar(&p.Organisations.Issuer, "issuer", "", "MSP `id` that sets policies, proposes appropriations and issues")
			f.StringVar(&p.Organisations.Operator, "operator", "", "MSP `id` that runs the platform; approves and freezes")
			f.StringVar(&p.Organisations.Bank, "bank", "", "MSP `id` that confirms deposits and payouts")
			f.BoolVar(&p.SameOrganisation, "same-organisation", false, "two people of one organisation may do what two must")
			f.BoolVar(&p.Open, "open", false, "any DID may open an account")
			f.StringArrayVar(&p.Enrollers, "enroller", nil, "`DID` whose enrolments count; several times for several")
		},
		fill: func(_ context.Context, r *currency.DefineProgram, _ string, args []string) error {
			r.Program.ID = args[0]
			return nil
		},
	}
	show := query(a, "show", "Show the programme", nil, func(ctx context.Context, c *gateway.Currency, program string, _ []string) (currency.Program, error) {
		return c.Program(ctx, program)
	})
	return a.group("program", "Programmes", define.command(a), show)
}

func (a *app) policyCommands() *cobra.Command {
	var order []string
	propose := operation[currency.ProposePolicy, currency.Policy]{
		name: "propose", args: []string{"VERSION"}, short: "Propose the next version of the rules, as the issuer's policy officer", function: "ProposePolicy",
		needs: []string{"unit", "person-ceiling", "batch-ceiling"},
		flags: func(f *pflag.FlagSet, r *currency.ProposePolicy) {
			p := &r.Policy
			f.StringVar(&p.Unit, "unit", "", "what amounts are counted in, e.g. KRW")
			p.Denomination = 1
			wonVar(f, &p.Denomination, "denomination", "issued amounts are multiples of it")
			f.IntVar(&p.Validity.Months, "months", 0, "months that value may be spent; neither months, days nor until is for ever")
			f.IntVar(&p.Validity.Days, "days", 0, "days on top")
			f.Var(dayFlag{&p.Validity.Until}, "until", "a last day for all value instead")
			f.StringVar(&p.Validity.Round, "round", "", "move the last day to the end of its `month` or year")
			f.IntVar(&p.BonusRate, "bonus-rate", 0, "bonus on bought value in basis points, 1000 is 10%")
			wonVar(f, &p.HoldingCap, "holding-cap", "what a person may hold; none by default")
			wonVar(f, &p.PersonCeiling, "person-ceiling", "what a person may be issued in a batch, with bonus")
			wonVar(f, &p.BatchCeiling, "batch-ceiling", "what a batch may issue, with bonus")
			f.StringSliceVar(&p.Regions, "regions", nil, "`codes` of merchants' regions where it may be spent; all by default")
			f.StringSliceVar(&p.Categories, "categories", nil, "`names` of merchants' categories where it may be spent; all by default")
			f.StringSliceVar(&order, "spend-order", nil, "`sources` among equal expiries, all four; benefit,reward,subsidy,principal by default")
			f.BoolVar(&p.Gifts, "gifts", false, "holders may give it to one another")
			f.BoolVar(&p.Respend, "respend", false, "merchants may spend it themselves")
		},
		fill: func(_ context.Context, r *currency.ProposePolicy, program string, args []string) (err error) {
			r.Policy.Program = program
			for _, source := range order {
				r.Policy.SpendOrder = append(r.Policy.SpendOrder, currency.Source(source))
			}
			r.Policy.Version, err = number("VERSION", args[0])
			return err
		},
	}
	approve := operation[currency.ApprovePolicy, currency.Policy]{
		name: "approve", args: []string{"VERSION"}, short: "Bring a version into force, as an approver of another organisation", function: "ApprovePolicy",
		fill: func(_ context.Context, r *currency.ApprovePolicy, program string, args []string) (err error) {
			r.Program = program
			r.Version, err = number("VERSION", args[0])
			return err
		},
	}
	var version int
	show := query(a, "show", "Show the rules in force, or another version", nil, func(ctx context.Context, c *gateway.Currency, program string, _ []string) (currency.Policy, error) {
		return c.Policy(ctx, program, version)
	})
	show.Flags().IntVar(&version, "version", 0, "of the policy; 0 is the one in force")
	return a.group("policy", "Versions of a programme's rules", propose.command(a), approve.command(a), show)
}

func number(what, s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, usage("%s %q is not a number", what, s)
	}
	return n, nil
}
