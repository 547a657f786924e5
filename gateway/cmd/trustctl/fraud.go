// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) fraudCommands() *cobra.Command {
	claw := func(name, short, function string) *cobra.Command {
		return operation[currency.ClawBack, currency.Case]{
			name: name, args: []string{"ACCOUNT", "CASE"}, short: short, function: function, needs: []string{"amount"},
			flags: func(f *pflag.FlagSet, r *currency.ClawBack) { wonVar(f, &r.Amount, "amount", "of what the case holds") },
			fill: func(_ context.Context, r *currency.ClawBack, program string, args []string) error {
				r.CaseQuery = caseOf(program, args)
				return nil
			},
		}.command(a)
	}
	release := operation[currency.CaseOperation, currency.Case]{
		name: "release", args: []string{"ACCOUNT", "CASE"}, function: "CloseCase",
		short: "Close a case: give back what it still holds and let the account act again",
		fill: func(_ context.Context, r *currency.CaseOperation, program string, args []string) error {
			r.CaseQuery = caseOf(program, args)
			return nil
		},
	}
	show := query(a, "show", "Show a case, as an auditor or guard", []string{"ACCOUNT", "CASE"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Case, error) {
		return c.Case(ctx, caseOf(program, args))
	})
	list := query(a, "list", "List the cases about an account", []string{"ACCOUNT"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) ([]call.Entry[currency.Case], error) {
		all := []call.Entry[currency.Case]{}
		for bookmark := ""; ; {
			page, err := c.Cases(ctx, program, account(args[0]), "", 0, bookmark)
			if err != nil {
				return nil, err
			}
			all = append(all, page.Records...)
			if bookmark = page.Next; bookmark == "" {
				return all, nil
			}
		}
	})
	return a.group("fraud", "Officers' cases about what looks like fraud; ACCOUNT is an account id or a DID",
		a.fraudScan(), a.fraudOpen(), a.fraudHold(), release.command(a),
		claw("clawback", "Propose that held money go back to the funds it came from, as a guard of issuer or operator", "ProposeClawback"),
		claw("approve", "Carry a clawback of the same amount out, as an approver of another organisation", "ApproveClawback"),
		show, list)
}

func caseOf(program string, args []string) currency.CaseQuery {
	return currency.CaseQuery{Program: program, Account: account(args[0]), ID: args[1]}
}

func (a *app) fraudOpen() *cobra.Command {
	var names []string
	return operation[currency.OpenCase, currency.Case]{
		name: "open", args: []string{"ACCOUNT", "CASE"}, function: "OpenCase",
		short: "Open a case about an account and freeze it, as a guard of issuer or operator",
		needs: []string{"reason"},
		flags: func(f *pflag.FlagSet, r *currency.OpenCase) {
			f.StringVar(&r.Reason, "reason", "", "your `reference`; no text about people. The holder can read it")
			f.StringVar(&r.Rule, "rule", "", "`name` of a fraud threshold of the policy, which the receipts must reach")
			f.IntVar(&r.Policy, "policy", 0, "`version` of the policy whose threshold is meant; 0 is the one in force")
			f.StringSliceVar(&names, "receipt", nil, "`ACCOUNT/SEQ` of a receipt that the case is about; several times for several")
		},
		fill: func(_ context.Context, r *currency.OpenCase, program string, args []string) error {
			r.CaseQuery = caseOf(program, args)
			for _, text := range names {
				who, seq, ok := strings.Cut(text, "/")
				n, err := strconv.ParseInt(seq, 10, 64)
				if !ok || err != nil {
					return usage("--receipt %s: ACCOUNT/SEQ", text)
				}
				r.Receipts = append(r.Receipts, currency.ReceiptName{Holder: account(who), Seq: n})
			}
			return nil
		},
	}.command(a)
}

func (a *app) fraudHold() *cobra.Command {
	return operation[currency.HoldFunds, currency.Case]{
		name: "hold", args: []string{"ACCOUNT", "CASE"}, function: "HoldFunds",
		short: "Hold money of a frozen or closed account for a case, as a guard of issuer or operator",
		flags: func(f *pflag.FlagSet, r *currency.HoldFunds) {
			wonVar(f, &r.Amount, "amount", "out of the purse")
			f.Var(heldFlag{&r.Redemptions}, "redemption", "`SEQ[=WON]` of a claim on the bank that is not paid: all of it, or so much; several times for several. Its money is in the case once the bank recalls it (trustctl payout recall)")
			creditsVar(f, &r.Credits, "`TX:N` of a credit that waits for the account (trustctl holder credits), whole; several times for several")
		},
		fill: func(_ context.Context, r *currency.HoldFunds, program string, args []string) error {
			r.CaseQuery = caseOf(program, args)
			return nil
		},
	}.command(a)
}

// heldFlag holds claims on the bank: SEQ, or SEQ=WON for a part of one.
type heldFlag struct{ to *[]currency.HeldClaim }

func (f heldFlag) String() string {
	if f.to == nil || len(*f.to) == 0 {
		return ""
	}
	return fmt.Sprint(*f.to)
}

func (f heldFlag) Set(s string) error {
	number, won, part := strings.Cut(s, "=")
	var h currency.HeldClaim
	var err error
	if h.Seq, err = strconv.ParseInt(number, 10, 64); err != nil || h.Seq < 1 {
		return fmt.Errorf("%q is not SEQ or SEQ=WON", s)
	}
	if part {
		if h.Amount, err = parseWon(won); err != nil {
			return err
		}
	}
	*f.to = append(*f.to, h)
	return nil
}

func (heldFlag) Type() string { return "seq[=won]" }
