// SPDX-License-Identifier: Apache-2.0

// Package demo plays days of local currency on a platform, through the same
// doors its users take: officers with their own certificates, residents and
// merchants over HTTP with orders they signed.
package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/platform"
)

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
	return FoundAs(ctx, p, name, rules, func(*currency.Program) {})
}

// FoundAs is Found for a programme that differs from the usual one.
func FoundAs(ctx context.Context, p *platform.Platform, name string, rules currency.Policy, change func(*currency.Program)) (*Town, error) {
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
	program := currency.Program{
		ID: t.Program, Title: "Nowon local currency", Zone: "+09:00",
		Organisations: organisations, Enrollers: []string{t.enroller.DID},
	}
	change(&program)
	if _, err := planner.DefineProgram(ctx, currency.DefineProgram{Operation: t.op("define"), Program: program}); err != nil {
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

// Join is somebody of another town with the order that opens an account here,
// under the same key and as the same person.
func (t *Town) Join(r *Resident, person string) (*Resident, string, error) {
	here := &Resident{Wallet: r.Wallet, Holder: r.Wallet.In(t.Program)}
	order, err := t.enrol(here, person)
	return here, order, err
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
