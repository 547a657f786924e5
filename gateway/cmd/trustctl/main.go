// SPDX-License-Identifier: Apache-2.0

// Command trustctl is the officers' and operators' command: every function of
// the currency contract that an officer may call, whole issues from a file, and
// the audit of the supply from an organisation's own peer. See README.md.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit code: 0 done, 1 refused or failed, 2 not understood.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{}
	defer a.close()
	root := a.root()
	root.SetArgs(hyphened(root, args))
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	f := explain(err)
	f.command = cmd.CommandPath()
	f.write(errs, a.json)
	return f.exit
}

// app is what the verbs share.
type app struct {
	json     bool
	flags    settings // as given
	profiles []string
	peers    []string
	clients  []io.Closer
}

func (a *app) close() {
	for _, c := range a.clients {
		_ = c.Close() // the program ends
	}
}

func (a *app) root() *cobra.Command {
	root := a.group("trustctl", "Run the platform's money: programmes, funds, issues, merchants, payouts, audits",
		a.programCommands(), a.policyCommands(), a.depositCommands(), a.appropriationCommands(), a.runCommands(), a.issueCommand(),
		a.allotmentCommands(), a.purchaseCommands(), a.earningCommands(), a.merchantCommands(), a.holderCommands(), a.payoutCommands(), a.refundCommands(), a.lapseCommands(), a.recoveryCommands(), a.fraudCommands(), a.roleCommands(), a.auditCommand(), a.reportCommands(), a.anchorCommands(), a.verifyCommand(),
		a.traceCommand(),
		a.profileCommand(), a.errorsCommand(), a.versionCommand(),
	)
	root.Long = `trustctl calls the currency contract with an officer's own certificate.

Who you are and which peer you use comes from flags, TRUSTCTL_… variables or a
profile file written once (trustctl profile --help). Every change carries an
operation id: after any doubt send the same command again with --op ID, it is
carried out once. Exit codes: 0 done, 1 refused or failed, 2 not understood.`
	root.SilenceUsage, root.SilenceErrors = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "answer in JSON, errors too")
	f.StringArrayVar(&a.profiles, "profile", nil, "profile `file` or name; several for audit (TRUSTCTL_PROFILE)")
	f.StringArrayVar(&a.peers, "peer", nil, "`host:port` of your organisation's peer; several for audit (TRUSTCTL_PEER)")
	for _, s := range settingList {
		if s.flag != "peer" {
			f.StringVar(s.of(&a.flags), s.flag, "", s.usage+" ("+s.env()+")")
		}
	}
	return root
}

// group is a command that only holds others.
func (a *app) group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs, SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			names := make([]string, len(verbs))
			for i, v := range verbs {
				names[i] = v.Name()
			}
			if len(args) == 0 {
				if cmd.HasParent() {
					return usage("say what to do: %s", strings.Join(names, ", "))
				}
				return cmd.Help()
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return usage("there is no %s %s; did you mean %s?", cmd.CommandPath(), args[0], strings.Join(near, " or "))
			}
			return usage("there is no %s %s; there are %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
		},
	}
	c.AddCommand(verbs...)
	return c
}

// arguments wants exactly the named ones.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usage("%s is missing", names[len(args)])
		}
		if len(args) > len(names) {
			return usage("%q is one argument too many", args[len(names)])
		}
		return nil
	}
}
