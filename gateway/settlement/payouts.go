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

// Payouts is what a bank is asked to pay: the redemptions of a programme that
// were not paid when it was made.
type Payouts struct {
	V       int       `json:"v"` // 1
	Program string    `json:"program"`
	Unit    string    `json:"unit"` // what amounts are counted in
	Made    time.Time `json:"made"` // UTC, whole seconds
	Rows    []Payout  `json:"rows"`
	Count   int       `json:"count"` // of rows
	Total   int64     `json:"total"` // of their amounts

	Withheld []currency.UnpaidRedemption `json:"-"` // not in the file: not to be paid now
}

// Payout is one transfer that the bank is asked for.
type Payout struct {
	Reference Reference `json:"reference"`
	Merchant  string    `json:"merchant,omitempty"` // empty for a resident's cash refund
	Amount    int64     `json:"amount"`
	Account   string    `json:"account"` // digest of the bank account, as it was when the money was claimed
	Claimed   time.Time `json:"claimed"` // UTC, whole seconds
}

// NewPayouts starts an empty file.
func NewPayouts(program, unit string, made time.Time) *Payouts {
	return &Payouts{V: 1, Program: program, Unit: unit, Made: made.UTC().Truncate(time.Second), Rows: []Payout{}}
}

// Add takes in a redemption, unless it was paid, was recalled or is withheld.
func (f *Payouts) Add(name currency.ReceiptName, r currency.UnpaidRedemption) error {
	if r.Paid != "" || r.Recalled != 0 {
		return nil
	}
	if r.Withheld != nil {
		f.Withheld = append(f.Withheld, r)
		return nil
	}
	reference, err := NewReference(f.Program, name)
	if err != nil {
		return err
	}
	row := Payout{Reference: reference, Merchant: r.Merchant, Amount: r.Amount, Account: r.Payout, Claimed: time.Unix(r.At, 0).UTC()}
	f.Rows, f.Count, f.Total = append(f.Rows, row), f.Count+1, f.Total+r.Amount
	return nil
}

// Validate returns an error where the file contradicts itself or a row is not of
// its form.
func (f *Payouts) Validate() error {
	if f.V != 1 {
		return fmt.Errorf("format version %d: 1 is known", f.V)
	}
	if err := currency.CheckID("programme id", f.Program); err != nil {
		return err
	}
	if err := currency.CheckID("unit", f.Unit); err != nil {
		return err
	}
	if err := checkTime("made", f.Made); err != nil {
		return err
	}
	var total int64
	seen := make(map[currency.ReceiptName]int, len(f.Rows))
	for i, row := range f.Rows {
		name, err := row.validate(f.Program)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		if before, twice := seen[name]; twice {
			return fmt.Errorf("row %d: reference %s stands in row %d already", i+1, row.Reference, before)
		}
		seen[name] = i + 1
		if total += row.Amount; total > currency.MaxAmount {
			return fmt.Errorf("row %d: the total passes %d", i+1, currency.MaxAmount)
		}
	}
	if f.Count != len(f.Rows) || f.Total != total {
		return fmt.Errorf("count %d and total %d are stated, the rows are %d and come to %d", f.Count, f.Total, len(f.Rows), total)
	}
	return nil
}

func (p Payout) validate(program string) (currency.ReceiptName, error) {
	name, err := p.Reference.Redemption(program)
	if err != nil {
		return name, err
	}
	if p.Merchant != "" {
		if err := currency.CheckID("merchant", p.Merchant); err != nil {
			return name, err
		}
	}
	if err := currency.CheckAmount("amount", p.Amount); err != nil {
		return name, err
	}
	if err := currency.CheckDigest("account", p.Account); err != nil {
		return name, err
	}
	return name, checkTime("claimed", p.Claimed)
}

func checkTime(what string, t time.Time) error {
	if t.Year() < 1970 || t.Year() > 9999 || t.Nanosecond() != 0 || t.Location() != time.UTC {
		return fmt.Errorf("%s %s is not a time in UTC of whole seconds", what, t.Format(time.RFC3339Nano))
	}
	return nil
}

// payoutColumns are for ever: what is added later gets a column behind them.
var payoutColumns = []string{"record", "program", "reference", "merchant", "amount", "unit", "account", "claimed"}

// WriteCSV writes the file with a header, a line each payout and a last line
// "total", which has the number of payouts in the place of the reference and
// when the file was made in the place of claimed.
func (f *Payouts) WriteCSV(w io.Writer) error {
	lines := make([][]string, 0, len(f.Rows)+2)
	lines = append(lines, payoutColumns)
	for _, p := range f.Rows {
		lines = append(lines, []string{
			"payout", f.Program, string(p.Reference), p.Merchant, strconv.FormatInt(p.Amount, 10), f.Unit, p.Account, p.Claimed.Format(time.RFC3339),
		})
	}
	lines = append(lines, []string{"total", f.Program, strconv.Itoa(f.Count), "", strconv.FormatInt(f.Total, 10), f.Unit, "", f.Made.Format(time.RFC3339)})
	return writeAll(w, lines)
}

// WriteJSON writes the file as one JSON object.
func (f *Payouts) WriteJSON(w io.Writer) error { return writeJSON(w, f) }

// ReadPayouts reads a payout file of either form, strictly.
func ReadPayouts(r io.Reader) (*Payouts, error) {
	return read(r, payoutColumns, len(payoutColumns), payoutsFromCSV)
}

func payoutsFromCSV(lines *lines) (*Payouts, error) {
	f := &Payouts{V: 1, Rows: []Payout{}}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file ends without its line of totals: a part is missing")
		}
		if err != nil {
			return nil, err
		}
		amount, err := parseAmount(line[4])
		if err != nil {
			return nil, lines.at(err)
		}
		at, err := parseTime(line[7])
		if err != nil {
			return nil, lines.at(err)
		}
		if len(f.Rows) > 0 && (line[1] != f.Program || line[5] != f.Unit) {
			return nil, lines.at(fmt.Errorf("programme %.64q in %.64q, the lines before are of %s in %s", line[1], line[5], f.Program, f.Unit))
		}
		f.Program, f.Unit = line[1], line[5]
		switch line[0] {
		case "payout":
			f.Rows = append(f.Rows, Payout{Reference: Reference(line[2]), Merchant: line[3], Amount: amount, Account: line[6], Claimed: at})
		case "total":
			if line[3] != "" || line[6] != "" {
				return nil, lines.at(errors.New("totals have no merchant and no account"))
			}
			count, err := parseAmount(line[2])
			if err != nil {
				return nil, lines.at(err)
			}
			f.Count, f.Total, f.Made = int(count), amount, at
			if _, err := lines.next(); !errors.Is(err, io.EOF) {
				return nil, lines.at(errors.New("something stands behind the totals"))
			}
			return f, nil
		default:
			return nil, lines.at(fmt.Errorf("record %.64q: payout or total", line[0]))
		}
	}
}
