// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

// correctedHead is the first line of a file of rows that were not issued.
var correctedHead = []string{"row", "account", "amount", "code", "detail"}

// writeFailed writes the rows that were not issued, to be mended in their places.
func writeFailed(file string, rows []gateway.FailedRow) error {
	return writeWhole(file, func(out io.Writer) error {
		w := csv.NewWriter(out)
		_ = w.Write(correctedHead) // errors are the writer's at the end
		for _, r := range rows {
			_ = w.Write([]string{strconv.Itoa(r.Row), r.To, strconv.FormatInt(r.Amount, 10), r.Code, r.Detail})
		}
		w.Flush()
		return w.Error()
	})
}

// readCorrected reads row,account,amount lines; what stands behind is passed over.
func readCorrected(cmd *cobra.Command, file string) ([]currency.CorrectedRow, error) {
	in, name, err := open(cmd, file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r := csv.NewReader(bufio.NewReader(in))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = -1, true, true
	var rows []currency.CorrectedRow
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, usage("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		if len(record) < 3 {
			return nil, usage("%s line %d: each line is row,account,amount", name, line)
		}
		if first && strings.EqualFold(strings.TrimPrefix(record[0], "\ufeff"), "row") { // spreadsheets write the mark
			continue
		}
		row := currency.CorrectedRow{To: account(strings.TrimSpace(record[1]))}
		if row.Row, err = number("row", strings.TrimSpace(record[0])); err != nil {
			return nil, usage("%s line %d: %w", name, line, err)
		}
		if err := currency.CheckAccountID("account", row.To); err != nil {
			return nil, usage("%s line %d: %w", name, line, err)
		}
		if row.Amount, err = parseWon(strings.TrimSpace(record[2])); err != nil {
			return nil, usage("%s line %d: %w", name, line, err)
		}
		if row.Amount == 0 {
			return nil, usage("%s line %d: 0 won; leave the line out to correct the row later, or never", name, line)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, usage("%s has no rows", name)
	}
	return rows, nil
}

// correctionsDone is what correcting answers.
type correctionsDone struct {
	Run         string                `json:"run"`
	Corrections []currency.Correction `json:"corrections"` // one a batch
	Rows        int                   `json:"rows"`        // that are corrected
	Issued      int64                 `json:"issued"`      // won, without bonus; 0 until they are approved
	Bonus       int64                 `json:"bonus"`
	Failed      int                   `json:"failed"` // rows that fell once more
}

func sumCorrections(run string, all []currency.Correction) correctionsDone {
	out := correctionsDone{Run: run, Corrections: all}
	for _, c := range all {
		out.Rows += len(c.Rows) - len(c.Failed)
		out.Issued += c.Issued
		out.Bonus += c.Bonus
		out.Failed += len(c.Failed)
	}
	return out
}

func (a *app) runCorrect() *cobra.Command {
	var file, roster string
	cmd := &cobra.Command{
		Use: "correct RUN ID", Short: "Propose rows in place of those that were not issued, as the issuer's issuing officer",
		Long: `Propose rows in place of those of a run that were not issued.

Each line of the file is row,account,amount: the row as trustctl issue reported it,
counted from 0, and who is to be given what instead. trustctl issue --keep-open
--failed FILE writes such a file. --roster is the file that was issued, unchanged. ID names the correction. Another organisation's
approver approves it with trustctl run approve-correction, which pays it. The run
must be open: closing it returns what is left.`,
		Example: "  trustctl run correct welfare-2026-03 fix-1 --rows wrong.csv --roster welfare.csv",
		Args:    arguments("RUN", "ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, c, err := a.corrections(cmd, args, file, roster)
			if err != nil {
				return err
			}
			done, err := c.ProposeCorrections(cmd.Context(), all)
			if err != nil {
				return fmt.Errorf("%w; %d corrections were proposed: the same command goes on", err, len(done))
			}
			return a.print(cmd, sumCorrections(all.Run, done))
		},
	}
	cmd.Flags().StringVar(&file, "rows", "", "`file` of row,account,amount lines")
	cmd.Flags().StringVar(&roster, "roster", "", "`file` that the run was opened with")
	return cmd
}

func (a *app) runApproveCorrection() *cobra.Command {
	var file, roster string
	cmd := &cobra.Command{
		Use: "approve-correction RUN ID", Short: "Approve a correction for your own copies of the files, and pay it, as an approver of another organisation",
		Args: arguments("RUN", "ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, c, err := a.corrections(cmd, args, file, roster)
			if err != nil {
				return err
			}
			done, err := c.ApproveCorrections(cmd.Context(), all)
			if err != nil {
				return fmt.Errorf("%w; %d corrections were paid: the same command goes on", err, len(done))
			}
			sum := sumCorrections(all.Run, done)
			if err := a.print(cmd, sum); err != nil {
				return err
			}
			if sum.Failed > 0 {
				return fmt.Errorf("%d of %d corrected rows were not issued either; %s won were", sum.Failed, sum.Rows+sum.Failed, audit.Won(sum.Issued+sum.Bonus))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "rows", "", "`file` of row,account,amount lines as you know it")
	cmd.Flags().StringVar(&roster, "roster", "", "`file` that the run was opened with, as you know it")
	return cmd
}

func (a *app) runCorrection() *cobra.Command {
	return query(a, "correction", "Show a correction, by its whole id: ID.BATCH", []string{"RUN", "ID"},
		func(ctx context.Context, c *gateway.Currency, program string, args []string) (any, error) {
			return c.Correction(ctx, program, args[0], args[1])
		})
}

func (a *app) corrections(cmd *cobra.Command, args []string, file, roster string) (gateway.Corrections, *gateway.Currency, error) {
	all := gateway.Corrections{Run: args[0], ID: args[1]}
	if file == "" {
		return all, nil, usage("--rows is missing")
	}
	if roster == "" {
		return all, nil, usage("--roster is missing: the file that the run was opened with")
	}
	var err error
	if all.Program, err = a.needProgram(); err != nil {
		return all, nil, err
	}
	if all.Rows, err = readCorrected(cmd, file); err != nil {
		return all, nil, err
	}
	if all.Roster, err = readRows(cmd, roster, true); err != nil { // the run decided on repeats
		return all, nil, err
	}
	c, err := a.currency(cmd.Context())
	return all, c, err
}
