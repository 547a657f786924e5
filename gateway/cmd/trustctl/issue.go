// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

// issued is what a whole issue answers.
type issued struct {
	Run     string              `json:"run"`
	Rows    int                 `json:"rows"` // that were issued
	Issued  int64               `json:"issued"`
	Bonus   int64               `json:"bonus"`
	Batches int                 `json:"batches"`
	Resumed int                 `json:"resumed,omitempty"` // batches that had been issued before
	Closed  bool                `json:"closed"`
	Failed  []gateway.FailedRow `json:"failed,omitempty"`
}

func (a *app) issueCommand() *cobra.Command {
	var (
		i                        gateway.Issue
		deposits, appropriations []string
		repeats, dry             bool
		wrong                    string
	)
	cmd := &cobra.Command{
		Use: "issue FILE.csv", Short: "Issue to everyone in a file: a whole run, as the issuer's issuing officer",
		Long: `Issue to everyone in a file: opens a run, issues its batches, closes it.

Each line of the file is account,amount: an account id or DID, and whole won
without the bonus; - reads standard input. The run's id stands for the issue. After
an interruption the same command goes on where it stopped; nothing is issued twice.
Bought value (--source principal) is paid for by deposits and its bonus by
appropriations, everything else by appropriations. Without =AMOUNT each gives what
is needed. Exit code 1 if some rows were not issued; their money has gone back, or
with --keep-open waits for trustctl run correct.`,
		Example: `  trustctl issue sale.csv --run sale-2026-03 --unit KRW --source principal \
      --deposit B-7781 --appropriation discount-2026`,
		Args: arguments("FILE.csv"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			for _, name := range []string{"run", "unit", "source"} {
				if !cmd.Flags().Changed(name) {
					return usage("--%s is missing", name)
				}
			}
			if i.Program, err = a.needProgram(); err != nil {
				return err
			}
			if i.Draws, err = parseDraws(deposits, appropriations); err != nil {
				return err
			}
			if i.Rows, err = readRows(cmd, args[0], repeats); err != nil {
				return err
			}
			if wrong != "" && !dry {
				if err := checkNew(wrong); err != nil {
					return err
				}
			}
			return a.issue(cmd, i, dry, wrong)
		},
	}
	f := cmd.Flags()
	f.StringVar(&i.Run, "run", "", "`id` of the run")
	f.StringVar(&i.Unit, "unit", "", "what the file is counted in; must be the programme's unit")
	sourceVar(f, &i.Source)
	purposeVar(f, &i.Purpose)
	f.StringArrayVar(&deposits, "deposit", nil, "`REF[=AMOUNT]` of a deposit that pays for it; several times for several")
	f.StringArrayVar(&appropriations, "appropriation", nil, "`ID[=AMOUNT]` of an appropriation that pays for it; several times for several")
	f.IntVar(&i.BatchRows, "batch-rows", 500, "rows in a batch, at most 1000")
	f.IntVar(&i.Parallel, "parallel", 4, "batches under way at a time")
	f.BoolVar(&i.KeepOpen, "keep-open", false, "leave the run open")
	f.StringVar(&wrong, "failed", "", "write the rows that were not issued to a new `file`, as trustctl run correct takes them")
	f.BoolVar(&repeats, "allow-repeats", false, "an account may stand on several lines")
	f.BoolVar(&dry, "dry-run", false, "show what would be issued, and do nothing")
	return cmd
}

func (a *app) issue(cmd *cobra.Command, i gateway.Issue, dry bool, wrong string) error {
	c, err := a.currency(cmd.Context())
	if err != nil {
		return err
	}
	if dry {
		rules, err := c.Policy(cmd.Context(), i.Program, 0)
		if err != nil {
			return err
		}
		if err := rules.CheckPurpose(i.Purpose); err != nil {
			return err
		}
		sum, err := currency.Announce(i.Rows, i.Source, rules)
		if err != nil {
			return err
		}
		return a.print(cmd, issued{Run: i.Run, Rows: sum.Rows, Issued: sum.Total, Bonus: sum.Bonus, Batches: (sum.Rows + i.BatchRows - 1) / max(i.BatchRows, 1)})
	}
	if !a.json {
		p := newProgress(cmd.ErrOrStderr())
		i.Progress = func(s gateway.IssueProgress) {
			p.say(int64(s.RowsDone), int64(s.Rows), "%s: batch %d of %d, %s of %s rows, %s won", i.Run, s.BatchesDone, s.Batches,
				audit.Won(int64(s.RowsDone)), audit.Won(int64(s.Rows)), audit.Won(s.Won))
		}
	}
	done, err := c.Issue(cmd.Context(), i)
	if err != nil && done.Run.ID == "" {
		return err // nothing was begun
	}
	if err != nil {
		return fmt.Errorf("%w; %d rows with %s won were issued: the same command goes on from there", err, done.Rows, audit.Won(done.Issued+done.Bonus))
	}
	if err := a.print(cmd, issued{
		Run: i.Run, Rows: done.Rows, Issued: done.Issued, Bonus: done.Bonus, Batches: len(done.Run.Batches), Resumed: done.Resumed,
		Closed: done.Run.Closed, Failed: done.Failed,
	}); err != nil {
		return err
	}
	if wrong != "" {
		if err := writeFailed(wrong, done.Failed); err != nil {
			return err
		}
	}
	if len(done.Failed) > 0 {
		return fmt.Errorf("%d of %d rows were not issued", len(done.Failed), len(i.Rows))
	}
	return nil
}
