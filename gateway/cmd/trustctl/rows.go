// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// readRows reads account,amount lines: an account id or DID, and whole won. A
// first line "account,amount" is passed over. Everything that could be a mistake
// is refused with its line: this is money.
func readRows(cmd *cobra.Command, file string, repeats bool) ([]currency.Row, error) {
	in, name, err := open(cmd, file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	buffered := bufio.NewReader(in)
	if mark, _ := buffered.Peek(3); string(mark) == "\xef\xbb\xbf" { // spreadsheets write it
		_, _ = buffered.Discard(3)
	}
	r := csv.NewReader(buffered)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = 2, true, true
	var rows []currency.Row
	lines := map[string]int{}
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, usage("%s: %w; each line is account,amount", name, err)
		}
		line, _ := r.FieldPos(0)
		to, amount := strings.TrimSpace(record[0]), strings.TrimSpace(record[1])
		if first && strings.EqualFold(to, "account") && strings.EqualFold(amount, "amount") {
			continue
		}
		row := currency.Row{To: account(to)}
		if err := currency.CheckAccountID("account", row.To); err != nil {
			return nil, usage("%s line %d: %w", name, line, err)
		}
		if row.Amount, err = parseWon(amount); err != nil {
			return nil, usage("%s line %d: %w", name, line, err)
		}
		if row.Amount == 0 {
			return nil, usage("%s line %d: 0 won", name, line)
		}
		if before, twice := lines[row.To]; twice && !repeats {
			return nil, usage("%s line %d: account %s stands on line %d already; --allow-repeats if that is meant", name, line, row.To, before)
		}
		lines[row.To] = line
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, usage("%s has no rows", name)
	}
	return rows, nil
}

// parseDraws reads --deposit and --appropriation flags, REF or REF=AMOUNT.
func parseDraws(deposits, appropriations []string) ([]currency.Draw, error) {
	var draws []currency.Draw
	for _, kind := range []struct {
		flags []string
		draw  func(id string, amount int64) currency.Draw
	}{
		{deposits, func(id string, n int64) currency.Draw { return currency.Draw{Deposit: id, Amount: n} }},
		{appropriations, func(id string, n int64) currency.Draw { return currency.Draw{Appropriation: id, Amount: n} }},
	} {
		for _, f := range kind.flags {
			id, text, given := strings.Cut(f, "=")
			var amount int64
			var err error
			if given {
				if amount, err = parseWon(text); err != nil {
					return nil, usage("%s: %w", f, err)
				}
			}
			draws = append(draws, kind.draw(id, amount))
		}
	}
	if len(draws) == 0 {
		return nil, usage("say what pays for it: --deposit REF, --appropriation ID")
	}
	return draws, nil
}
