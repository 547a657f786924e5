// SPDX-License-Identifier: Apache-2.0

package settlement

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// MaxFile bounds a file that is read, in bytes: some 100,000 rows.
const MaxFile = 32 << 20

// file is what both forms are read into.
type file interface{ Validate() error }

// read takes a file in as JSON, where it begins with a brace, else as CSV with
// these columns, of which there are at least so many.
func read[T any, F interface {
	*T
	file
}](r io.Reader, columns []string, least int, fromCSV func(*lines) (F, error)) (F, error) {
	limited := &io.LimitedReader{R: r, N: MaxFile + 1}
	in := bufio.NewReader(limited)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" { // spreadsheets write it
		_, _ = in.Discard(3)
	}
	var f F
	first, err := in.Peek(1)
	if err == nil && first[0] == '{' {
		f = new(T)
		err = readJSON(in, f)
	} else {
		var l *lines
		if l, err = newLines(in, columns, least); err == nil {
			f, err = fromCSV(l)
		}
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("the file is larger than %d MiB", MaxFile>>20)
	}
	if err != nil {
		return nil, err
	}
	return f, f.Validate()
}

func readJSON(r io.Reader, into any) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return jws.DecodeStrict(raw, into)
}

func writeJSON(w io.Writer, f any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(f)
}

// lines reads CSV under a header that is known.
type lines struct {
	csv  *csv.Reader
	line int
}

func newLines(r io.Reader, columns []string, least int) (*lines, error) {
	l := &lines{csv: csv.NewReader(r)}
	l.csv.ReuseRecord = true // each has as many fields as the first
	header, err := l.next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%w; the columns are %s", err, strings.Join(columns, ","))
	}
	if n := len(header); n < least || n > len(columns) || !slices.Equal(header, columns[:n]) {
		return nil, fmt.Errorf("line %d: the columns are %s", l.line, strings.Join(columns, ","))
	}
	return l, nil
}

func (l *lines) next() ([]string, error) {
	record, err := l.csv.Read()
	if err == nil {
		l.line, _ = l.csv.FieldPos(0)
	}
	return record, err
}

func (l *lines) at(err error) error { return fmt.Errorf("line %d: %w", l.line, err) }

// parseAmount reads a whole number as it is written here: no sign, no grouping,
// no zero in front.
func parseAmount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.64q is not a whole number of digits only", s)
	}
	return n, nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !strings.HasSuffix(s, "Z") {
		return t, fmt.Errorf("%.64q is not a time such as 2026-11-27T09:30:00Z", s)
	}
	return t, nil
}

func writeAll(w io.Writer, lines [][]string) error { return csv.NewWriter(w).WriteAll(lines) }
