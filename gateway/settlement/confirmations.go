// SPDX-License-Identifier: Apache-2.0

package settlement

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Confirmations is what a bank says it paid. Rows are taken as they come: what is
// wrong with one is that row's own result.
type Confirmations struct {
	V    int            `json:"v"` // 1
	Rows []Confirmation `json:"rows"`
}

// Confirmation is one transfer that the bank made.
type Confirmation struct {
	Reference Reference `json:"reference"` // as in the payout file
	BankRef   string    `json:"bankref"`   // the bank's own, unique in the programme: 1 to 48 of A-Z a-z 0-9 . _ -
	Amount    int64     `json:"amount"`
	Unit      string    `json:"unit"`
	Sent      time.Time `json:"sent,omitzero"` // when the transfer left the bank, UTC, whole seconds; left out where it does not say
}

// Validate returns an error where the file as a whole cannot be read.
func (f *Confirmations) Validate() error {
	if f.V != 1 {
		return fmt.Errorf("format version %d: 1 is known", f.V)
	}
	if len(f.Rows) == 0 {
		return errors.New("the file confirms nothing")
	}
	return nil
}

// check returns what is wrong with a row before anything is asked.
func (c Confirmation) check(program, unit string) (currency.ReceiptName, error) {
	name, err := c.Reference.Redemption(program)
	if err != nil {
		return name, currency.RedemptionUnknown.Errorf("reference %.64q names no redemption of programme %s", string(c.Reference), program)
	}
	if err := currency.CheckID("bankref", c.BankRef); err != nil {
		return name, err
	}
	if err := currency.CheckAmount("amount", c.Amount); err != nil {
		return name, err
	}
	if c.Unit != unit {
		return name, currency.UnitMismatch.Errorf("%d in %.64q were paid, the programme counts in %s", c.Amount, c.Unit, unit)
	}
	if c.Sent.IsZero() {
		return name, nil
	}
	if err := checkTime("sent", c.Sent); err != nil {
		return name, currency.InvalidID.Errorf("%w", err)
	}
	return name, nil
}

// sent is the time in Unix seconds; 0 is not said.
func (c Confirmation) sent() int64 {
	if c.Sent.IsZero() {
		return 0
	}
	return c.Sent.Unix()
}

// confirmationColumns are for ever; the last may be left out.
var confirmationColumns = []string{"reference", "bankref", "amount", "unit", "sent"}

// WriteCSV writes the file with a header and a line each transfer.
func (f *Confirmations) WriteCSV(w io.Writer) error {
	out := make([][]string, 0, len(f.Rows)+1)
	out = append(out, confirmationColumns)
	for _, c := range f.Rows {
		sent := ""
		if !c.Sent.IsZero() {
			sent = c.Sent.Format(time.RFC3339)
		}
		out = append(out, []string{string(c.Reference), c.BankRef, strconv.FormatInt(c.Amount, 10), c.Unit, sent})
	}
	return writeAll(w, out)
}

// WriteJSON writes the file as one JSON object.
func (f *Confirmations) WriteJSON(w io.Writer) error { return writeJSON(w, f) }

// ReadConfirmations reads a bank's file of either form.
func ReadConfirmations(r io.Reader) (*Confirmations, error) {
	return read(r, confirmationColumns, 4, func(lines *lines) (*Confirmations, error) {
		f := &Confirmations{V: 1}
		for {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				return f, nil
			}
			if err != nil {
				return nil, err
			}
			amount, err := parseAmount(line[2])
			if err != nil {
				return nil, lines.at(err)
			}
			row := Confirmation{Reference: Reference(line[0]), BankRef: line[1], Amount: amount, Unit: line[3]}
			if len(line) > 4 && line[4] != "" {
				if row.Sent, err = parseTime(line[4]); err != nil {
					return nil, lines.at(err)
				}
			}
			f.Rows = append(f.Rows, row)
		}
	})
}
