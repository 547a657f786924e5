// SPDX-License-Identifier: Apache-2.0

package daybook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// YearReport is a fiscal year, the calendar year of each programme: what became of
// every fund's budget.
type YearReport struct {
	Year     int       `json:"year"`
	Programs []YearsOf `json:"programs"`
}

// YearsOf is the year of one programme. It closes with the supply at height To, as
// an audit at that height recomputes it.
type YearsOf struct {
	Program        string            `json:"program"`
	To             uint64            `json:"to"`
	Over           bool              `json:"over"` // a block of a later year was seen: nothing is added any more
	Funds          []YearLine        `json:"funds"`
	Appropriations []YearOfOneBudget `json:"appropriations"`
}

// YearLine is the year of one fund, in won. Two equations hold:
//
//	brought + appropriated + deposited + lapsed + clawedBack = issued + left
//	carried + issued + exchangedIn = used + cashed + exchangedOut + lapsed + held + outstanding
type YearLine struct {
	Fund         string `json:"fund"`
	Brought      int64  `json:"brought"`      // undrawn from years before
	Appropriated int64  `json:"appropriated"` // approved by two people
	Deposited    int64  `json:"deposited"`    // confirmed by the bank
	Issued       int64  `json:"issued"`       // given to residents
	Carried      int64  `json:"carried"`      // held by residents from years before
	ExchangedIn  int64  `json:"exchangedIn"`
	ExchangedOut int64  `json:"exchangedOut"`
	Used         int64  `json:"used"`        // come to shops, less what they gave back or spent themselves
	Cashed       int64  `json:"cashed"`      // claimed by residents in cash, less what was recalled
	Lapsed       int64  `json:"lapsed"`      // back at the fund: not spent in time, or kept from a cash refund
	Returned     int64  `json:"returned"`    // of what ever lapsed, taken into an appropriation this year, which may issue it again
	Outstanding  int64  `json:"outstanding"` // still held by residents
	Left         int64  `json:"left"`        // undrawn: in deposits and appropriations, reserved by runs, or lapsed and not returned yet
	Waiting      int64  `json:"waiting"`     // of that, lapsed and not returned yet
	PaidOut      int64  `json:"paidOut"`     // by the bank, to shops
	ClawedBack   int64  `json:"clawedBack"`  // by officers' cases, of residents and shops, back at the fund
	Held         int64  `json:"held"`        // taken from residents, or of their claims on the bank, for cases, less what cases gave back
}

// Check returns an error unless both equations hold.
func (l YearLine) Check() error {
	if in, out := l.Brought+l.Appropriated+l.Deposited+l.Lapsed+l.ClawedBack, l.Issued+l.Left; in != out {
		return fmt.Errorf("fund %s: %d won came into the budget, %d are issued or left: %+v", l.Fund, in, out, l)
	}
	if in, out := l.Carried+l.Issued+l.ExchangedIn, l.Used+l.Cashed+l.ExchangedOut+l.Lapsed+l.Held+l.Outstanding; in != out {
		return fmt.Errorf("fund %s: %d won were residents', %d are explained: %+v", l.Fund, in, out, l)
	}
	return nil
}

// YearOfOneBudget is an appropriation in the books of the year, or of none.
type YearOfOneBudget struct {
	ID       string `json:"id"`
	Fund     string `json:"fund"`
	Year     int    `json:"year,omitempty"`
	Amount   int64  `json:"amount"`   // approved, won
	Returned int64  `json:"returned"` // taken into it of what lapsed, won
	Drawn    int64  `json:"drawn"`    // by runs and allotments, less what they gave back, won
	Left     int64  `json:"left"`     // won
}

// MakeYear reads blocks as Make does until the year is over in every programme, or
// they end; the year is one of four digits. It returns an error where a line does not
// tie; the report is whole then.
func MakeYear(blocks iter.Seq2[[]Tx, error], year int) (YearReport, error) {
	r := YearReport{Year: year, Programs: []YearsOf{}}
	b, all := NewBook(), map[string]*annual{}
	of := func(p *Program) *annual {
		if all[p.ID] == nil {
			all[p.ID] = &annual{lines: map[string]*Line{}}
		}
		return all[p.ID]
	}
	for txs, err := range blocks {
		if err != nil {
			return r, err
		}
		if err := b.Add(txs, func(p *Program, next currency.Day) { of(p).day(b, p, year, int(next)/10_000) }); err != nil {
			return r, err
		}
		if b.past(currency.Day(year*10_000 + 1231)) { //nolint:gosec // four digits and four are below 2^31
			break
		}
	}
	for _, p := range b.Programs() {
		y := of(p)
		if !y.over && int(p.Day)/10_000 <= year {
			y.day(b, p, year, year+1) // as if it ended here
			y.over = false
		}
		if y.closed == nil {
			continue // the programme came later
		}
		out := y.report(p.ID, year)
		r.Programs = append(r.Programs, out)
		for _, l := range out.Funds {
			if err := l.Check(); err != nil {
				return r, fmt.Errorf("%d, programme %s, %w", year, p.ID, err)
			}
		}
	}
	return r, nil
}

// annual adds the days of a year up.
type annual struct {
	lines          map[string]*Line // by fund
	opened, closed *budgets
	to             uint64
	over           bool
}

// day takes in a day that ended; next is the year of the one that follows.
func (y *annual) day(b *Book, p *Program, year, next int) {
	switch now := int(p.Day) / 10_000; {
	case now > year:
		return
	case now == year:
		for _, l := range p.Lines() {
			y.add(l)
		}
	case next >= year: // the year begins
		for _, l := range p.Lines() {
			n := l.next()
			y.lines[l.Fund] = n
		}
		y.opened = b.budgets(p.ID)
	}
	if next > year {
		y.closed, y.to, y.over = b.budgets(p.ID), p.To, true
	}
}

func (y *annual) add(l Line) {
	sum := y.lines[l.Fund]
	if sum == nil {
		sum = newLine(l.Program, l.Fund)
		maps.Copy(sum.Opening, l.Opening)
		y.lines[l.Fund] = sum
	}
	for f, won := range l.Flows {
		sum.Flows[f] += won
	}
	maps.Copy(sum.Closing, l.Closing)
}

func (y *annual) report(program string, year int) YearsOf {
	opened := y.opened
	if opened == nil { // the programme began this year
		opened = &budgets{}
	}
	out := YearsOf{Program: program, To: y.to, Over: y.over, Funds: []YearLine{}, Appropriations: []YearOfOneBudget{}}
	for _, name := range slices.Sorted(maps.Keys(y.lines)) {
		l := y.lines[name]
		appropriated := y.closed.appropriated(name) - opened.appropriated(name)
		out.Funds = append(out.Funds, YearLine{
			Fund: name, Brought: l.Opening[Undrawn], Appropriated: appropriated, Deposited: l.Flows[Entered] - appropriated,
			Issued: l.Flows[Issued], Carried: l.Opening[Residents], ExchangedIn: l.Flows[ExchangedIn], ExchangedOut: l.Flows[ExchangedOut],
			Used: l.Flows[Used] - l.Flows[Respent] - l.Flows[Refunded], Cashed: l.Flows[CashClaimed] - l.Flows[Recalled], Lapsed: l.Flows[Lapsed],
			Returned: y.closed.returned(name) - opened.returned(name), Outstanding: l.Closing[Residents], Left: l.Closing[Undrawn],
			Waiting: y.closed.waiting[name], PaidOut: l.Flows[PaidOut],
			ClawedBack: l.Flows[ClawedBack], Held: l.Flows[Held] + l.Flows[Recalled] - l.Flows[Freed],
		})
	}
	for _, a := range y.closed.all {
		if a.Year == 0 || a.Year == year {
			out.Appropriations = append(out.Appropriations, a)
		}
	}
	return out
}

// budgets are a programme's approved appropriations, and what waits to be returned
// to one, at an hour.
type budgets struct {
	all     []YearOfOneBudget // by id
	waiting map[string]int64  // by fund
}

func (b *budgets) appropriated(fund string) (won int64) {
	for _, a := range b.all {
		if a.Fund == fund {
			won += a.Amount
		}
	}
	return won
}

func (b *budgets) returned(fund string) (won int64) {
	for _, a := range b.all {
		if a.Fund == fund {
			won += a.Returned
		}
	}
	return won
}

// budgets reads them from the records as they stand, which were read before.
func (b *Book) budgets(program string) *budgets {
	out := &budgets{waiting: map[string]int64{}}
	returned := map[string]int64{}
	for key, raw := range b.values {
		parts := strings.Split(key, "\x00")
		if len(parts) < 2 || parts[1] != program {
			continue
		}
		switch parts[0] {
		case currency.TableAppropriation:
			var a currency.Appropriation
			if json.Unmarshal(raw, &a) == nil && a.Approved {
				out.all = append(out.all, YearOfOneBudget{ID: a.ID, Fund: a.Fund, Year: a.Year, Amount: a.Amount, Left: a.Left})
			}
		case currency.TableFundReturn:
			var r currency.FundReturn
			if json.Unmarshal(raw, &r) != nil {
				continue
			}
			if r.Appropriation == "" {
				out.waiting[r.Fund] += r.Amount
			} else {
				returned[r.Appropriation] += r.Amount
			}
		}
	}
	for i := range out.all {
		a := &out.all[i]
		a.Returned = returned[a.ID]
		a.Drawn = a.Amount + a.Returned - a.Left
	}
	slices.SortFunc(out.all, func(a, b YearOfOneBudget) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
