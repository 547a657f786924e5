// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/platform"
)

// Numbers of a day.
type Numbers struct {
	Residents int
	Bought    int64 // won that each resident buys
	Burst     int   // payments at one stall, spread over the residents
	Elsewhere int   // payments at other shops
	Gifts     int
}

// Day is what make demo plays.
var Day = Numbers{Residents: 200, Bought: 50_000, Burst: 1000, Elsewhere: 200, Gifts: 40}

// Rules is the policy of the demo's programme: 10% bonus, five years, 1.5 million
// won held at most, spent at Nowon's markets, restaurants and cafés.
var Rules = currency.Policy{
	Unit: "KRW", Denomination: 1000, Validity: currency.Validity{Months: 60, Round: "month"}, BonusRate: 1000,
	HoldingCap: 1_500_000, PersonCeiling: 770_000, BatchCeiling: 20_000_000,
	Regions: []string{"11350"}, Categories: []string{"market", "restaurant", "cafe"}, Gifts: true,
}

// Report is how the day went.
type Report struct {
	Program      string
	Accounts     int
	Issued       int64 // won, bonus included
	Paid         int   // payments committed
	PaidWon      int64
	BurstSeconds float64 // from the first of the burst's payments to the last answer
	Burst        int
	Gifts        int
	GiftsWon     int64
	RefundedWon  int64
	PaidOutWon   int64
	Refusal      string // how the issue in the wrong unit was answered
	Audit        gateway.AuditReport
	Took         time.Duration
}

// Play plays a day. say gets a line for each step.
func Play(ctx context.Context, p *platform.Platform, n Numbers, say func(string, ...any)) (*Report, error) {
	started := time.Now()
	say("City, KOMSCO and bank set up the programme")
	t, err := Found(ctx, p, "nowon", Rules)
	if err != nil {
		return nil, err
	}
	d := &day{Town: t, Numbers: n, report: &Report{Program: t.Program}, say: say}
	for _, step := range []func(context.Context) error{
		d.fund, d.openShops, d.openAccounts, d.issue, d.burst, d.elsewhere, d.give, d.closeTill, d.wrongUnit, d.prove,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	d.report.Took = time.Since(started)
	return d.report, nil
}

type day struct {
	*Town
	Numbers
	report *Report
	say    func(string, ...any)
	stall  *Shop
	first  currency.ReceiptName // of a payment at the stall, to be refunded
}

const burstWon, elsewhereWon, giftWon, refundWon = 3_000, 4_500, 1_000, 2_000

func (d *day) fund(ctx context.Context) error {
	total := int64(d.Numbers.Residents) * d.Bought
	d.say("The bank confirms %s won; two people of two organisations sign %s won of subsidy", Won(total), Won(total/10))
	if err := d.Deposit(ctx, "sale-1", total); err != nil {
		return err
	}
	return d.Appropriate(ctx, "sale-1", total/10)
}

func (d *day) openShops(ctx context.Context) error {
	d.say("Shops register")
	for i, category := range []string{"market", "restaurant", "cafe", "market"} {
		id := fmt.Sprintf("%s-%d", category, i+1)
		if _, err := d.Register(ctx, id, "11350", category); err != nil {
			return err
		}
	}
	d.stall = d.Shops[0]
	return nil
}

func (d *day) openAccounts(ctx context.Context) error {
	d.say("%d residents open accounts", d.Numbers.Residents)
	d.report.Accounts = d.Numbers.Residents
	return d.OpenAccounts(ctx, d.Numbers.Residents)
}

func (d *day) issue(ctx context.Context) error {
	d.say("The city issues %s won with a bonus of 10%% to each", Won(d.Bought))
	done, err := d.Issue(ctx, "sale-1", d.Bought)
	d.report.Issued = done.Issued + done.Bonus
	return err
}

// payAll shares n payments out among the residents, all of whom pay at once. A
// resident sends one after the other and waits for the commit of the last, which
// only comes after those before it: their sequence numbers count up.
func (d *day) payAll(ctx context.Context, n int, won int64, shop func(i int) string) error {
	err := each(d.Town.Residents, func(i int, r *Resident) error {
		for k := i; k < n; k += d.Numbers.Residents {
			order, err := r.Pay(shop(k), won)
			if err != nil {
				return err
			}
			path := "/v1/payments"
			if k+d.Numbers.Residents < n {
				path += "?wait=accepted"
			}
			if err := d.API.Order(ctx, path, order, nil); err != nil {
				return err
			}
		}
		return nil
	})
	d.report.Paid += n
	d.report.PaidWon += int64(n) * won
	return err
}

func (d *day) burst(ctx context.Context) error {
	d.say("%d payments of %s won at one market stall, all at once", d.Burst, Won(burstWon))
	began := time.Now()
	err := d.payAll(ctx, d.Burst, burstWon, func(int) string { return d.stall.ID })
	d.report.BurstSeconds, d.report.Burst = time.Since(began).Seconds(), d.report.Paid
	r := d.Town.Residents[0]
	d.first = currency.ReceiptName{Holder: r.Wallet.Account, Seq: r.Seq}
	return err
}

func (d *day) elsewhere(ctx context.Context) error {
	d.say("%d payments elsewhere", d.Elsewhere)
	return d.payAll(ctx, d.Elsewhere, elsewhereWon, func(i int) string { return d.Shops[1+i%(len(d.Shops)-1)].ID })
}

func (d *day) give(ctx context.Context) error {
	d.say("%d residents give %s won to a neighbour", d.Gifts, Won(giftWon))
	givers := d.Town.Residents[:min(d.Gifts, len(d.Town.Residents)/2)]
	receivers := d.Town.Residents[len(d.Town.Residents)/2:]
	err := each(givers, func(i int, r *Resident) error {
		order, err := r.Give(receivers[i].Wallet.Account, giftWon)
		if err != nil {
			return err
		}
		if err := d.API.Order(ctx, "/v1/gifts", order, nil); err != nil {
			return err
		}
		if err := d.Look(ctx, receivers[i]); err != nil {
			return err
		}
		if order, err = receivers[i].Collect(); err != nil {
			return err
		}
		return d.API.Order(ctx, "/v1/claims", order, nil)
	})
	d.report.Gifts, d.report.GiftsWon = len(givers), int64(len(givers))*giftWon
	return err
}

// closeTill refunds one payment, redeems the rest and is paid out by the bank.
func (d *day) closeTill(ctx context.Context) error {
	d.say("The stall refunds %s won of one payment and redeems the rest; the bank pays it out", Won(refundWon))
	if err := d.Look(ctx, d.stall.Resident); err != nil {
		return err
	}
	credits := d.stall.Claims
	d.stall.Claims = credits[:min(len(credits), currency.MaxClaims)]
	order, err := d.stall.GiveBack(d.first, refundWon)
	if err != nil {
		return err
	}
	if err := d.API.Order(ctx, "/v1/refunds", order, nil); err != nil {
		return err
	}
	d.report.RefundedWon = refundWon
	for rest := range slices.Chunk(credits[min(len(credits), currency.MaxClaims):], currency.MaxClaims) {
		d.stall.Claims = rest
		if order, err = d.stall.Collect(); err != nil {
			return err
		}
		if err := d.API.Order(ctx, "/v1/claims", order, nil); err != nil {
			return err
		}
	}
	takings := int64(d.report.Burst)*burstWon - refundWon
	if order, err = d.stall.CashIn(takings); err != nil {
		return err
	}
	if err := d.API.Order(ctx, "/v1/redemptions", order, nil); err != nil {
		return err
	}
	cashier, err := d.officer(ctx, "BankMSP", "cashier")
	if err != nil {
		return err
	}
	paid, err := cashier.ConfirmPayout(ctx, currency.ConfirmPayout{
		Operation: d.op("payout-1"), Program: d.Program, Ref: "transfer-1", Account: d.stall.Wallet.Account, Seq: d.stall.Seq, Amount: takings,
	})
	d.report.PaidOutWon = paid.Amount
	return err
}

// wrongUnit tries to issue shares in a programme that counts won.
func (d *day) wrongUnit(ctx context.Context) error {
	d.say("Somebody tries to issue 1,000 shares instead of 1,000 won")
	issuer, err := d.officer(ctx, "CityMSP", "issuer")
	if err != nil {
		return err
	}
	if err := d.Deposit(ctx, "mistake-1", 1000); err != nil {
		return err
	}
	_, err = issuer.Issue(ctx, gateway.Issue{
		Program: d.Program, Run: "mistake-1", Unit: "share", Source: currency.Principal,
		Rows:  []currency.Row{{To: d.Town.Residents[0].Wallet.Account, Amount: 1000}},
		Draws: []currency.Draw{{Deposit: "mistake-1", Amount: 1000}},
	})
	if !errors.Is(err, currency.UnitMismatch) {
		return fmt.Errorf("an issue in the wrong unit was answered with %w", err)
	}
	d.report.Refusal = err.Error()
	return nil
}

// prove recomputes the supply from every organisation's own peer.
func (d *day) prove(ctx context.Context) error {
	d.say("Every organisation recomputes the supply from its own peer's blocks")
	var clients []*gateway.Client
	for _, org := range d.Platform.Orgs() {
		c, err := d.Platform.Client(ctx, org.MSPID, "Admin")
		if err != nil {
			return err
		}
		clients = append(clients, c)
	}
	var err error
	d.report.Audit, err = gateway.Audit(ctx, clients, d.Platform.Consortium().Channel, "currency", 0, nil)
	return errors.Join(err, d.report.Audit.Err())
}
