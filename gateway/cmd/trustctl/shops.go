// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// termsFlags are what a programme knows of a shop besides.
func termsFlags(f *pflag.FlagSet, t *currency.MerchantTerms) {
	f.StringVar(&t.Class, "class", "", "`name` of a class that policies may name")
	wonVar(f, &t.Revenue, "revenue", "what it takes in a year; not known by default")
	f.StringVar(&t.Owner, "owner", "", "person `id` of its owner, who may not pay there")
	f.StringVar(&t.Business, "business", "", "salted SHA-256 `digest` of the business's registration number, in hex")
	f.Var(dayFlag{&t.Until}, "until", "last day of a temporary registration")
	f.IntVar(&t.Share, "share", 0, "at most this part of a bill is taken, in basis points; 0 is all")
}

func termsVerb() operation[currency.SetMerchantTerms, currency.Merchant] {
	return operation[currency.SetMerchantTerms, currency.Merchant]{
		name: "terms", args: []string{"ID"}, short: "Change what the programme knows of a shop, all of it at once, as the issuer's merchants officer", function: "SetMerchantTerms",
		flags: func(f *pflag.FlagSet, r *currency.SetMerchantTerms) { termsFlags(f, &r.MerchantTerms) },
		fill: func(_ context.Context, r *currency.SetMerchantTerms, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
}

func salesVerb() operation[currency.VerifySales, currency.Merchant] {
	return operation[currency.VerifySales, currency.Merchant]{
		name: "sales", args: []string{"ID"}, short: "Note a shop's verified sales of a month, which raise what it may redeem", function: "VerifySales",
		needs: []string{"won", "evidence"},
		flags: func(f *pflag.FlagSet, r *currency.VerifySales) {
			wonVar(f, &r.Sales, "won", "what it sells in a month")
			f.StringVar(&r.Evidence, "evidence", "", "SHA-256 `digest` of the papers, in hex")
		},
		fill: func(_ context.Context, r *currency.VerifySales, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
}

func banVerb() operation[currency.BanMerchant, currency.Ban] {
	return operation[currency.BanMerchant, currency.Ban]{
		name: "ban", args: []string{"ID"}, short: "Close a merchant, and all others of its business, and keep it out for as long as the policy says; those suspended stay so, and unpaid", function: "BanMerchant",
		needs: []string{"reason"},
		flags: func(f *pflag.FlagSet, r *currency.BanMerchant) {
			f.StringVar(&r.Reason, "reason", "", "one of the policy's bans, e.g. fraud")
		},
		fill: func(_ context.Context, r *currency.BanMerchant, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
}

func liftVerb() operation[currency.LiftBan, currency.Ban] {
	return operation[currency.LiftBan, currency.Ban]{
		name: "lift-ban", args: []string{"BUSINESS"}, short: "Let a banned business register again", function: "LiftBan",
		fill: func(_ context.Context, r *currency.LiftBan, program string, args []string) error {
			r.Program, r.Business = program, args[0]
			return nil
		},
	}
}
