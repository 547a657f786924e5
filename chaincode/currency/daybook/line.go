// SPDX-License-Identifier: Apache-2.0

package daybook

import (
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Side is where a programme's money is at an hour of the day.
type Side string

// The sides. Outside is no side of the books: what enters comes from there.
const (
	Outside   Side = ""
	Undrawn   Side = "undrawn"   // in funds, drawn by runs and not issued, or back at its fund
	Residents Side = "residents" // in their purses and holds, or on the way to them
	Shops     Side = "shops"     // in their purses, or on the way to them
	Claims    Side = "claims"    // redeemed, not paid out yet
	Cases     Side = "cases"     // held by officers' cases
)

// Sides lists the sides of the books.
var Sides = []Side{Undrawn, Residents, Shops, Claims, Cases}

// sideOf is the side that a term of the supply equation belongs to; credits and
// purses go by their owner.
func sideOf(t currency.Term, shop bool) Side {
	switch t {
	case currency.Funds, currency.Reserved, currency.Returned:
		return Undrawn
	case currency.Credits, currency.Purses:
		if shop {
			return Shops
		}
		return Residents
	case currency.Holds:
		return Residents
	case currency.Redemptions:
		return Claims
	case currency.Cases:
		return Cases
	}
	return Outside
}

// Flow is one way of money between sides.
type Flow string

// The flows.
const (
	Entered       Flow = "entered"       // deposits confirmed, appropriations approved
	Issued        Flow = "issued"        // given to residents: sold, paid as benefit, earned
	ExchangedIn   Flow = "exchangedIn"   // from other programmes
	ExchangedOut  Flow = "exchangedOut"  // to other programmes
	Used          Flow = "used"          // paid to shops, captured holds with it
	Respent       Flow = "respent"       // spent by shops, less holds that went back to them; what they paid to shops is in used, too
	Refunded      Flow = "refunded"      // by shops
	Lapsed        Flow = "lapsed"        // back to its fund: not spent in time, or kept from a cash refund or an exchange
	Redeemed      Flow = "redeemed"      // claimed by shops
	CashClaimed   Flow = "cashClaimed"   // claimed by residents
	PaidOut       Flow = "paidOut"       // by the bank, to shops
	CashedOut     Flow = "cashedOut"     // by the bank, to residents
	Held          Flow = "held"          // of residents, by cases
	HeldShops     Flow = "heldShops"     // of shops, by cases
	Recalled      Flow = "recalled"      // claims of residents on the bank, by cases
	RecalledShops Flow = "recalledShops" // claims of shops
	Freed         Flow = "freed"         // given back to residents by cases
	FreedShops    Flow = "freedShops"    // given back to shops by cases
	ClawedBack    Flow = "clawedBack"    // by cases, back to its fund
)

// Flows lists the flows in the order of a report.
var Flows = []Flow{Entered, Issued, ExchangedIn, ExchangedOut, Used, Respent, Refunded, Lapsed, Redeemed, CashClaimed, PaidOut, CashedOut, Held, HeldShops, Recalled, RecalledShops, Freed, FreedShops, ClawedBack}

// ways are the sides that a flow goes from and to.
var ways = map[Flow]struct{ from, to Side }{
	Entered:       {Outside, Undrawn},
	Issued:        {Undrawn, Residents},
	ExchangedIn:   {Outside, Residents},
	ExchangedOut:  {Residents, Outside},
	Used:          {Residents, Shops},
	Respent:       {Shops, Residents},
	Refunded:      {Shops, Residents},
	Lapsed:        {Residents, Undrawn},
	Redeemed:      {Shops, Claims},
	CashClaimed:   {Residents, Claims},
	PaidOut:       {Claims, Outside},
	CashedOut:     {Claims, Outside},
	Held:          {Residents, Cases},
	HeldShops:     {Shops, Cases},
	Recalled:      {Claims, Cases},
	RecalledShops: {Claims, Cases},
	Freed:         {Cases, Residents},
	FreedShops:    {Cases, Shops},
	ClawedBack:    {Cases, Undrawn},
}

// Line is the day of one programme and fund, in won.
type Line struct {
	Program string         `json:"program"`
	Fund    string         `json:"fund"`
	Opening map[Side]int64 `json:"opening"` // before the day's first block
	Flows   map[Flow]int64 `json:"flows"`
	Closing map[Side]int64 `json:"closing"` // after its last, as the records themselves tell
}

func newLine(program, fund string) *Line {
	return &Line{Program: program, Fund: fund, Opening: map[Side]int64{}, Flows: map[Flow]int64{}, Closing: map[Side]int64{}}
}

// Check returns an error unless, on every side, opening and flows make the
// closing, and no flow runs backwards.
func (l *Line) Check() error {
	for _, s := range Sides {
		want := l.Opening[s]
		for f, n := range l.Flows {
			if ways[f].to == s {
				want += n
			}
			if ways[f].from == s {
				want -= n
			}
		}
		if want != l.Closing[s] {
			return fmt.Errorf("programme %s fund %s: %s opened with %d won and by the day's flows close with %d, the records hold %d (%v)",
				l.Program, l.Fund, s, l.Opening[s], want, l.Closing[s], l.Flows)
		}
	}
	for _, f := range Flows {
		if l.Flows[f] < 0 && f != Respent {
			return fmt.Errorf("programme %s fund %s: %d won %s", l.Program, l.Fund, l.Flows[f], f)
		}
	}
	return nil
}

// next is the line of the day after.
func (l *Line) next() *Line {
	n := newLine(l.Program, l.Fund)
	for s, won := range l.Closing {
		n.Opening[s], n.Closing[s] = won, won
	}
	return n
}
