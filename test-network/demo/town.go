// SPDX-License-Identifier: Apache-2.0

// Package demo plays days of local currency on a platform, through the same
// doors its users take: officers with their own certificates, residents and
// merchants over HTTP with orders they signed.
package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/platform"
)

// Organisations of the default consortium, as a programme names them.
var organisations = currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"}

// officers and the roles they hold, as their organisations' administrators grant
// them.
var officers = []struct {
	msp, name string
	roles     []call.Role
}{
	{"CityMSP", "planner", []call.Role{currency.RoleRegistrar, currency.RolePolicy}},
	{"CityMSP", "treasurer", []call.Role{currency.RoleTreasurer}},
	{"CityMSP", "issuer", []call.Role{currency.RoleIssuer}},
	{"CityMSP", "markets", []call.Role{currency.RoleMerchants}},
	{"KomscoMSP", "approver", []call.Role{currency.RoleApprover}},
	{"KomscoMSP", "guard", []call.Role{currency.RoleGuard, currency.RoleAuditor}},
	{"BankMSP", "cashier", []call.Role{currency.RoleCashier}},
}

// Resident is somebody with an account, whose key signs in this program as a
// phone's would.
type Resident struct {
	Wallet *gateway.Wallet
	*gateway.Holder
	Seq    int64                 // of the last order
	Claims []currency.CreditName // credits to claim with the next order
}

// Shop is a merchant.
type Shop struct {
	*Resident
	ID string
}

// Town is a programme with its officers, residents and shops.
type Town struct {
	Platform  *platform.Platform
	API       *API
	Program   string
	Residents []*Resident
	Shops     []*Shop
	enroller  *gateway.Wallet
}

// Found grants the officers their roles, defines a programme under the first
// free id that begins with name, and brings its policy into force.
func Found(ctx context.Context, p *platform.Platform, name string, rules currency.Policy) (*Town, error) {
	t := &Town{Platform: p, API: NewAPI(p.URL)}
	var err error
	if t.enroller, err = t.wallet(); err != nil {
		return nil, err
	}
	if err := t.grantRoles(ctx); err != nil {
		return nil, err
	}
	planner, err := t.officer(ctx, "CityMSP", "planner")
	if err != nil {
		return nil, err
	}
	if t.Program, err = freeProgram(ctx, planner, name); err != nil {
		return nil, err
	}
	_, err = planner.DefineProgram(ctx, currency.DefineProgram{
		Operation: t.op("define"),
		Program: currency.Program{
			ID: t.Program, Title: "Nowon local currency", Zone: "+09:00",
			Organisations: organisations, Enrollers: []string{t.enroller.DID},
		},
	})
	if err != nil {
		return nil, err
	}
	rules.Program, rules.Version = t.Program, 1
	if _, err := planner.ProposePolicy(ctx, currency.ProposePolicy{Operation: t.op("policy"), Policy: rules}); err != nil {
		return nil, err
	}
	if err := t.level(ctx); err != nil {
		return nil, err
	}
	approver, err := t.officer(ctx, "KomscoMSP", "approver")
	if err != nil {
		return nil, err
	}
	_, err = approver.ApprovePolicy(ctx, currency.ApprovePolicy{
		Operation: t.op("policy"), PolicyQuery: currency.PolicyQuery{Program: t.Program, Version: 1},
	})
	if err != nil {
		return nil, err
	}
	return t, t.level(ctx)
}

// level waits until every organisation's peer has the blocks that any of them
// has by now. Officers of several organisations work hand in hand, and each asks
// the own peer.
func (t *Town) level(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var most uint64
	heights := map[string]func() (uint64, error){}
	for _, org := range t.Platform.Orgs() {
		c, err := t.Platform.Client(ctx, org.MSPID, "Admin")
		if err != nil {
			return err
		}
		heights[org.Name] = func() (uint64, error) { return c.Height(ctx, t.Platform.Consortium().Channel) }
		height, err := heights[org.Name]()
		if err != nil {
			return err
		}
		most = max(most, height)
	}
	for name, height := range heights {
		for {
			n, err := height()
			if err != nil {
				return err
			}
			if n >= most {
				break
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("the peer of %s stays at %d blocks, another one has %d: %w", name, n, most, ctx.Err())
			}
		}
	}
	return nil
}

func freeProgram(ctx context.Context, c *gateway.Currency, name string) (string, error) {
	for n := 1; ; n++ {
		id := name
		if n > 1 {
			id = fmt.Sprintf("%s-%d", name, n)
		}
		_, err := c.Program(ctx, id)
		if errors.Is(err, currency.ProgramUnknown) {
			return id, nil
		}
		if err != nil {
			return "", err
		}
	}
}

func (t *Town) officer(ctx context.Context, msp, name string) (*gateway.Currency, error) {
	return t.Platform.Officer(ctx, msp, name)
}

// op is an operation id that this town's officers use once.
func (t *Town) op(what string) call.Operation { return call.Operation{Op: t.Program + "." + what} }

func (t *Town) grantRoles(ctx context.Context) error {
	for _, o := range officers {
		admin, err := t.officer(ctx, o.msp, "Admin")
		if err != nil {
			return err
		}
		user, err := t.Platform.User(o.msp, o.name)
		if err != nil {
			return err
		}
		for _, role := range o.roles {
			_, err := admin.GrantRole(ctx, call.SetRole{
				Operation: call.Operation{Op: fmt.Sprintf("grant.%s.%s", o.name, role)}, Name: user.CommonName, Role: role,
			})
			if err != nil {
				return fmt.Errorf("grant %s to %s: %w", role, user.CommonName, err)
			}
		}
	}
	return nil
}

// Deposit is the bank's confirmation that money arrived.
func (t *Town) Deposit(ctx context.Context, ref string, won int64) error {
	cashier, err := t.officer(ctx, "BankMSP", "cashier")
	if err != nil {
		return err
	}
	_, err = cashier.ConfirmDeposit(ctx, currency.ConfirmDeposit{
		Operation: t.op("deposit." + ref), Program: t.Program, Ref: ref, Fund: "principal", Amount: won,
	})
	if err != nil {
		return err
	}
	return t.level(ctx)
}

// Appropriate is a budget that two people of two organisations agree on.
func (t *Town) Appropriate(ctx context.Context, id string, won int64) error {
	treasurer, err := t.officer(ctx, "CityMSP", "treasurer")
	if err != nil {
		return err
	}
	_, err = treasurer.ProposeAppropriation(ctx, currency.ProposeAppropriation{
		Operation: t.op("propose." + id), Program: t.Program, ID: id, Fund: "subsidy", Amount: won,
	})
	if err != nil {
		return err
	}
	if err := t.level(ctx); err != nil {
		return err
	}
	approver, err := t.officer(ctx, "KomscoMSP", "approver")
	if err != nil {
		return err
	}
	_, err = approver.ApproveAppropriation(ctx, currency.RecordOperation{
		Operation: t.op("approve." + id), RecordQuery: currency.RecordQuery{Program: t.Program, ID: id},
	})
	if err != nil {
		return err
	}
	return t.level(ctx)
}

// Register takes a new shop into the programme.
func (t *Town) Register(ctx context.Context, id, region, category string) (*Shop, error) {
	markets, err := t.officer(ctx, "CityMSP", "markets")
	if err != nil {
		return nil, err
	}
	owner, err := t.resident()
	if err != nil {
		return nil, err
	}
	account := sha256.Sum256([]byte("salt of " + id + ", account 110-000-000000"))
	_, err = markets.RegisterMerchant(ctx, currency.RegisterMerchant{
		Operation: t.op("merchant." + id), Program: t.Program, ID: id, DID: owner.Wallet.DID,
		Region: region, Category: category, Payout: hex.EncodeToString(account[:]),
	})
	if err != nil {
		return nil, err
	}
	shop := &Shop{Resident: owner, ID: id}
	t.Shops = append(t.Shops, shop)
	return shop, nil
}

func (t *Town) wallet() (*gateway.Wallet, error) {
	key, err := gateway.NewKey()
	if err != nil {
		return nil, err
	}
	c := t.Platform.Consortium()
	return gateway.NewWallet(key, currency.Place{Network: c.Network, Channel: c.Channel, Chaincode: "currency"})
}

func (t *Town) resident() (*Resident, error) {
	w, err := t.wallet()
	if err != nil {
		return nil, err
	}
	return &Resident{Wallet: w, Holder: w.In(t.Program)}, nil
}

// next takes the next sequence number and the credits to claim with it.
func (r *Resident) next() (int64, []currency.CreditName) {
	r.Seq++
	claims := r.Claims
	r.Claims = nil
	return r.Seq, claims
}

// Pay signs a payment to a shop.
func (r *Resident) Pay(shop string, won int64) (string, error) {
	seq, claims := r.next()
	return r.Payment(currency.Payment{Amount: won, Claims: claims, Seq: seq, To: shop})
}

// Give signs a gift to another resident.
func (r *Resident) Give(to string, won int64) (string, error) {
	seq, claims := r.next()
	return r.Gift(currency.Gift{Amount: won, Claims: claims, Seq: seq, To: to})
}

// Collect signs a claim of the credits in r.Claims.
func (r *Resident) Collect() (string, error) {
	seq, claims := r.next()
	return r.Claim(currency.Claim{Claims: claims, Seq: seq})
}

// GiveBack signs a refund of part of a payment.
func (s *Shop) GiveBack(payment currency.ReceiptName, won int64) (string, error) {
	seq, claims := s.next()
	return s.Refund(currency.Refund{Amount: won, Claims: claims, Payment: payment, Seq: seq})
}

// CashIn signs a redemption of what the shop took in.
func (s *Shop) CashIn(won int64) (string, error) {
	seq, claims := s.next()
	return s.Redeem(currency.Redeem{Amount: won, Claims: claims, Seq: seq})
}

// OpenAccounts lets n residents open accounts, all at once.
func (t *Town) OpenAccounts(ctx context.Context, n int) error {
	for range n {
		r, err := t.resident()
		if err != nil {
			return err
		}
		t.Residents = append(t.Residents, r)
	}
	return each(t.Residents, func(i int, r *Resident) error {
		order, err := t.enrol(r, fmt.Sprintf("resident-%d", i))
		if err != nil {
			return err
		}
		return t.API.Order(ctx, "/v1/accounts", order, nil)
	})
}

// Newcomer is a new resident with the order that opens the account, enrolled as
// a person.
func (t *Town) Newcomer(person string) (*Resident, string, error) {
	r, err := t.resident()
	if err != nil {
		return nil, "", err
	}
	order, err := t.enrol(r, person)
	return r, order, err
}

func (t *Town) enrol(r *Resident, person string) (string, error) {
	enrolment, err := t.enroller.Enrol(currency.Enrolment{DID: r.Wallet.DID, Person: person, Program: t.Program})
	if err != nil {
		return "", err
	}
	return r.Open(enrolment)
}

// Issue sells won to every resident, with the policy's bonus: principal from the
// deposit and subsidy from the appropriation of the run's name. The residents
// will claim it with their next orders.
func (t *Town) Issue(ctx context.Context, run string, won int64) (gateway.Issued, error) {
	issuer, err := t.officer(ctx, "CityMSP", "issuer")
	if err != nil {
		return gateway.Issued{}, err
	}
	rows := make([]currency.Row, len(t.Residents))
	for i, r := range t.Residents {
		rows[i] = currency.Row{To: r.Wallet.Account, Amount: won}
	}
	total := int64(len(rows)) * won
	done, err := issuer.Issue(ctx, gateway.Issue{
		Program: t.Program, Run: run, Unit: "KRW", Source: currency.Principal, Rows: rows,
		Draws: []currency.Draw{{Deposit: run, Amount: total}, {Appropriation: run, Amount: total / 10}},
	})
	if err != nil {
		return done, err
	}
	if len(done.Failed) > 0 {
		return done, fmt.Errorf("%d rows were not issued, the first: %+v", len(done.Failed), done.Failed[0])
	}
	return done, each(t.Residents, func(_ int, r *Resident) error { return t.Look(ctx, r) })
}

// Settle opens n accounts and sells won to each.
func (t *Town) Settle(ctx context.Context, n int, won int64) error {
	if err := t.OpenAccounts(ctx, n); err != nil {
		return err
	}
	if err := t.Deposit(ctx, "sale-1", int64(n)*won); err != nil {
		return err
	}
	if err := t.Appropriate(ctx, "sale-1", int64(n)*won/10); err != nil {
		return err
	}
	_, err := t.Issue(ctx, "sale-1", won)
	return err
}

// Look asks for the holder's unclaimed credits, to be claimed with the next
// order.
func (t *Town) Look(ctx context.Context, r *Resident) error {
	_, err := t.credits(ctx, r, func(e call.Entry[currency.Credit]) error {
		name, err := gateway.CreditName(e)
		r.Claims = append(r.Claims, name)
		return err
	})
	return err
}

// Takings is what a shop may claim and has not yet, in won.
func (t *Town) Takings(ctx context.Context, s *Shop) (int64, error) {
	return t.credits(ctx, s.Resident, func(call.Entry[currency.Credit]) error { return nil })
}

func (t *Town) credits(ctx context.Context, r *Resident, visit func(call.Entry[currency.Credit]) error) (total int64, err error) {
	read, err := r.Read()
	if err != nil {
		return 0, err
	}
	for next := ""; ; {
		path := fmt.Sprintf("/v1/programs/%s/accounts/%s/credits?bookmark=%s", t.Program, r.Wallet.Account, url.QueryEscape(next))
		var page call.Page[currency.Credit]
		if err := t.API.Get(ctx, path, read, &page); err != nil {
			return 0, err
		}
		for _, e := range page.Records {
			total += currency.Total(e.Record.Parts)
			if err := visit(e); err != nil {
				return 0, err
			}
		}
		if next = page.Next; next == "" {
			return total, nil
		}
	}
}

// each runs f for every item at once and joins what went wrong.
func each[T any](items []T, f func(int, T) error) error {
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() { errs[i] = f(i, item) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
