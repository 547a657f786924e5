// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

func (a *app) roleCommands() *cobra.Command {
	verb := func(name, short, function string) *cobra.Command {
		return operation[call.SetRole, call.Grant]{
			name: name, args: []string{"NAME", "ROLE"}, short: short, function: function, anyProgram: true,
			fill: func(_ context.Context, r *call.SetRole, _ string, args []string) error {
				r.Name, r.Role = args[0], call.Role(args[1])
				return nil
			},
		}.command(a)
	}
	list := &cobra.Command{
		Use: "list NAME [MSP]", Short: "List the roles of a member of your organisation, or of another one",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return arguments("NAME")(cmd, args)
		},
		RunE: a.listRoles,
	}
	names := make([]string, len(currency.Roles))
	for i, r := range currency.Roles {
		names[i] = string(r)
	}
	g := a.group("role", "Who may do what: an organisation's administrator grants roles to its members",
		verb("grant", "Give a role to a member of your organisation, as its administrator", "GrantRole"),
		verb("revoke", "Take a role away", "RevokeRole"), list)
	g.Long = g.Short + ".\n\nNAME is the common name in the member's certificate. The roles: " + strings.Join(names, ", ") + "."
	return g
}

func (a *app) listRoles(cmd *cobra.Command, args []string) error {
	s, err := a.one()
	if err != nil {
		return err
	}
	msp := s.MSP
	if len(args) == 2 {
		msp = args[1]
	}
	c, err := a.currency(cmd.Context())
	if err != nil {
		return err
	}
	grants, err := c.Roles(cmd.Context(), msp, args[0])
	if err != nil || a.json {
		if err != nil {
			return err
		}
		return a.print(cmd, grants)
	}
	if len(grants) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s/%s holds no role\n", msp, args[0])
		return nil
	}
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "role\tgranted by\ton")
	for _, g := range grants {
		fmt.Fprintf(t, "%s\t%s\t%s\n", g.Role, g.By, time.Unix(g.Granted, 0).Format(time.RFC3339))
	}
	return t.Flush()
}
