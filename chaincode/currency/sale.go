// SPDX-License-Identifier: Apache-2.0

package currency

// Form says how an incentive is given.
type Form string

// The forms of an incentive.
const (
	Bonus    Form = "bonus"    // on top of what is paid: 100,000 paid, 110,000 held
	Discount Form = "discount" // off what is bought: 100,000 held, 90,000 paid
)

// Sale says how residents buy value under a policy.
type Sale struct {
	Fund       string      `json:"fund"`                 // origin of what their deposits pay for
	Form       Form        `json:"form"`                 // bonus or discount
	Rate       int         `json:"rate,omitempty"`       // basis points of the amount (1000 = 10%), rounded down to the won
	Rates      []DatedRate `json:"rates,omitempty"`      // of periods, e.g. holidays; the first that covers the day counts
	Hours      int         `json:"hours"`                // an order lapses after so many unless the bank confirms its deposit, 1 to 720
	MonthlyCap int64       `json:"monthlyCap,omitempty"` // what one person may order a calendar month, won; 0 is no cap
}

// DatedRate is the rate of a period.
type DatedRate struct {
	From  Day `json:"from"`  // first day
	Until Day `json:"until"` // last day
	Rate  int `json:"rate"`  // basis points
}

// On is the rate of a day, in basis points.
func (s Sale) On(day Day) int {
	for _, r := range s.Rates {
		if r.From <= day && day <= r.Until {
			return r.Rate
		}
	}
	return s.Rate
}

// Price says what is paid for an amount on a day and what comes as subsidy, won.
func (s Sale) Price(amount int64, day Day) (principal, subsidy int64) {
	subsidy = share(amount, s.On(day))
	if s.Form == Discount {
		return amount - subsidy, subsidy
	}
	return amount, subsidy
}

// share is a rate in basis points of an amount, rounded down to the won.
func share(amount int64, rate int) int64 { // amount ≤ 10^15, rate ≤ 10^4: below 2^63 in steps
	return amount/10_000*int64(rate) + amount%10_000*int64(rate)/10_000
}

func (s Sale) check() error {
	if err := CheckID("sale fund", s.Fund); err != nil {
		return err
	}
	most := 10_000
	switch s.Form {
	case Bonus:
	case Discount:
		most = 9_999 // something is paid
	default:
		return InvalidPolicy.Errorf("sale form %.16q: bonus or discount", string(s.Form))
	}
	switch {
	case s.Hours < 1 || s.Hours > 720:
		return InvalidPolicy.Errorf("purchase orders live %d hours: 1 to 720", s.Hours)
	case s.MonthlyCap < 0 || s.MonthlyCap > MaxAmount:
		return InvalidAmount.Errorf("monthlyCap is %d won, 0 to %d is allowed", s.MonthlyCap, MaxAmount)
	case len(s.Rates) > 100:
		return InvalidPolicy.Errorf("%d dated rates, at most 100", len(s.Rates))
	case s.Rate < 0 || s.Rate > most:
		return InvalidPolicy.Errorf("sale rate %d: 0 to %d basis points", s.Rate, most)
	}
	for _, r := range s.Rates {
		if !r.From.Valid() || !r.Until.Valid() || r.Until < r.From || r.Rate < 0 || r.Rate > most {
			return InvalidPolicy.Errorf("rate %d from %d until %d: days yyyymmdd in order, 0 to %d basis points", r.Rate, r.From, r.Until, most)
		}
	}
	return nil
}
