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
	Rates      []DatedRate `json:"rates,omitempty"`      // of regions and periods, e.g. holidays: the first that fits takes the place of rate, those that add come on top
	MaxRate    int         `json:"maxRate,omitempty"`    // above which no addition lifts it, basis points; 0 is no bound but the whole
	Hours      int         `json:"hours"`                // an order lapses after so many unless the bank confirms its deposit, 1 to 720
	MonthlyCap int64       `json:"monthlyCap,omitempty"` // what one person may order a calendar month, won; 0 is no cap
}

// DatedRate is the rate of a period, of residents of a region, or both.
type DatedRate struct {
	From   Day    `json:"from,omitempty"`   // first day; 0 is always
	Until  Day    `json:"until,omitempty"`  // last day; 0 is for ever
	Region string `json:"region,omitempty"` // of who buys; empty is any
	Rate   int    `json:"rate"`             // basis points
	Adds   bool   `json:"adds,omitempty"`   // on top of the rate, e.g. after a disaster
}

func (r DatedRate) fits(day Day, region string) bool {
	return r.From <= day && (r.Until == 0 || day <= r.Until) && (r.Region == "" || r.Region == region)
}

// On is the rate of a day for residents of a region, in basis points.
func (s Sale) On(day Day, region string) int {
	rate, adds, found := s.Rate, 0, false
	for _, r := range s.Rates {
		switch {
		case !r.fits(day, region):
		case r.Adds:
			adds += r.Rate
		case !found:
			rate, found = r.Rate, true
		}
	}
	most := s.most()
	if s.MaxRate > 0 {
		most = max(rate, min(most, s.MaxRate))
	}
	return min(rate+adds, most)
}

// most is the highest rate there may be: of a discount, something is paid.
func (s Sale) most() int {
	if s.Form == Discount {
		return 9_999
	}
	return 10_000
}

// Price says what residents of a region pay for an amount on a day and what comes
// as subsidy, won.
func (s Sale) Price(amount int64, day Day, region string) (principal, subsidy int64) {
	subsidy = share(amount, s.On(day, region))
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
	if s.Form != Bonus && s.Form != Discount {
		return InvalidPolicy.Errorf("sale form %.16q: bonus or discount", string(s.Form))
	}
	most := s.most()
	switch {
	case s.Hours < 1 || s.Hours > 720:
		return InvalidPolicy.Errorf("purchase orders live %d hours: 1 to 720", s.Hours)
	case s.MonthlyCap < 0 || s.MonthlyCap > MaxAmount:
		return InvalidAmount.Errorf("monthlyCap is %d won, 0 to %d is allowed", s.MonthlyCap, MaxAmount)
	case len(s.Rates) > 100:
		return InvalidPolicy.Errorf("%d dated rates, at most 100", len(s.Rates))
	case s.MaxRate < 0 || s.MaxRate > most:
		return InvalidPolicy.Errorf("sale maxRate %d: 0 to %d basis points", s.MaxRate, most)
	case s.Rate < 0 || s.Rate > most:
		return InvalidPolicy.Errorf("sale rate %d: 0 to %d basis points", s.Rate, most)
	}
	for _, r := range s.Rates {
		if (r.From != 0 && !r.From.Valid()) || (r.Until != 0 && (!r.Until.Valid() || r.Until < r.From)) || r.Rate < 0 || r.Rate > most {
			return InvalidPolicy.Errorf("rate %d from %d until %d: days yyyymmdd in order, 0 to %d basis points", r.Rate, r.From, r.Until, most)
		}
		if r.Region != "" {
			if err := CheckID("region of a rate", r.Region); err != nil {
				return err
			}
		}
		if r.From == 0 && r.Until == 0 && r.Region == "" {
			return InvalidPolicy.Errorf("rate %d is of no period and no region", r.Rate)
		}
	}
	return nil
}
