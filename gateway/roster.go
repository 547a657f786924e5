// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"cmp"
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// roster is the rows of an issue as the batches of its run take them: in the order
// of their recipients, whatever the order of the file. Recipients next to each other
// are next to each other in the peers' databases too, so a batch reads and writes a
// few of their blocks instead of one for each row; and who approves a run needs the
// same rows, not the same file.
type roster struct {
	batches [][]currency.Row
	places  [][]int // of these rows among the issue's, from 0
}

// byRecipient are the places of rows in the order in which they are issued.
func byRecipient(rows []currency.Row) []int {
	order := inFile(rows)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rows[a].To, rows[b].To), cmp.Compare(rows[a].Amount, rows[b].Amount))
	})
	return order
}

func inFile(rows []currency.Row) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	return order
}

// layRoster cuts rows as a run announced them. A run that was opened by hand may have
// kept the order of its file; where neither order is the run's, the rows are others.
func layRoster(rows []currency.Row, announced []currency.Announced) (roster, error) {
	n := 0
	for _, a := range announced {
		n += a.Rows
	}
	if n != len(rows) {
		return roster{}, currency.RosterMismatch.Errorf("the run announced %d rows, these are %d", n, len(rows))
	}
	r := cutRoster(rows, byRecipient(rows), announced)
	if !r.is(announced) {
		if f := cutRoster(rows, inFile(rows), announced); f.is(announced) {
			return f, nil
		}
	}
	return r, nil
}

func cutRoster(rows []currency.Row, order []int, announced []currency.Announced) (r roster) {
	for _, a := range announced {
		places := order[:a.Rows]
		batch := make([]currency.Row, len(places))
		for i, place := range places {
			batch[i] = rows[place]
		}
		r.batches, r.places = append(r.batches, batch), append(r.places, places)
		order = order[a.Rows:]
	}
	return r
}

// is reports whether these are the rows that the run announced.
func (r roster) is(announced []currency.Announced) bool {
	for n, batch := range r.batches {
		if currency.RowsDigest(batch) != announced[n].Digest {
			return false
		}
	}
	return true
}

// Batches are the rows of a whole issue as its run's batches take them. It returns
// ROSTER_MISMATCH where the run announced another number of rows.
func Batches(run currency.Run, rows []currency.Row) ([][]currency.Row, error) {
	r, err := layRoster(rows, run.Batches)
	return r.batches, err
}

// RosterRoot is the root of rows cut as a run cuts them: what its second person
// approves, made from a roster of their own. It returns ROSTER_MISMATCH where the
// run announced another number of rows.
func RosterRoot(run currency.Run, rules currency.Policy, rows []currency.Row) (string, error) {
	batches, err := Batches(run, rows)
	if err != nil {
		return "", err
	}
	all := make([]currency.Announced, len(batches))
	for n, b := range batches {
		if all[n], err = currency.Announce(b, run.Source, rules); err != nil {
			return "", err
		}
	}
	return currency.RosterRoot(all), nil
}
