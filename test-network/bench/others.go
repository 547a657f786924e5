// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/gateway"
)

// boundTime is how long signatures are checked for the bound.
const boundTime = 2 * time.Second

// bound counts P-256 signature checks a second on all cores, divided by the
// endorsers that each payment needs: what a platform of this design cannot pass
// on these cores, were everything else free.
func bound(context.Context, *stage) (*Measure, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte("a payment order"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return nil, err
	}
	var checks atomic.Int64
	began := time.Now()
	var wg sync.WaitGroup
	for range cores() {
		wg.Go(func() {
			for time.Since(began) < boundTime {
				if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
					panic("a good signature does not verify") // not reached
				}
				checks.Add(1)
			}
		})
	}
	wg.Wait()
	n, took := float64(checks.Load()), time.Since(began).Seconds()
	return &Measure{
		PerSecond: n / took / endorsers, Items: int(n) / endorsers, Seconds: took,
		Note: fmt.Sprintf("%.3f ms a check, %d endorsers", 1000*took*float64(cores())/n, endorsers),
	}, nil
}

// submit carries out one transaction of a contract and waits for its commit.
// The error names the validation code or the phase.
func submit(ctx context.Context, c *client.Contract, function string, args ...string) error {
	_, err := c.SubmitWithContext(ctx, function, client.WithArguments(args...))
	var (
		commit   *client.CommitError
		endorse  *client.EndorseError
		sent     *client.SubmitError
		awaiting *client.CommitStatusError
	)
	switch {
	case errors.As(err, &commit):
		return &gateway.Error{Phase: gateway.PhaseCommit, TxID: commit.TransactionID, Validation: commit.Code}
	case errors.As(err, &endorse):
		return &phaseError{gateway.PhaseEndorse, err}
	case errors.As(err, &sent):
		return &phaseError{gateway.PhaseSubmit, err}
	case errors.As(err, &awaiting):
		return &phaseError{gateway.PhaseCommitStatus, err}
	}
	return err
}

// phaseError says where a transaction failed on its way to a block.
type phaseError struct {
	phase gateway.Phase
	error
}

func (e *phaseError) Unwrap() error { return e.error }

// contended reports whether others who wrote the same keys are to blame: for a
// conflict at commit, or for endorsers who were at different blocks and so do
// not agree.
func contended(err error) bool {
	var (
		failed *gateway.Error
		phase  *phaseError
	)
	return errors.As(err, &failed) && failed.Conflict() || errors.As(err, &phase) && phase.phase == gateway.PhaseEndorse
}

// repeat has callers call f, each again as soon as it returns. Failures are
// counted, not fatal: some are what is measured.
func repeat(callers int, f func(ctx context.Context, caller int) error) load {
	return func(ctx, stop context.Context, t *tally) error {
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for stop.Err() == nil {
					began := time.Now()
					t.add(began, f(ctx, i))
				}
			})
		}
		wg.Wait()
		return nil
	}
}

// floorCallers are tried in every round; the best counts.
var floorCallers = []int{32, 64, 128}

// floor is a transaction that does nothing but write one key blindly.
func floor(ctx context.Context, s *stage) (*Measure, error) {
	var best *Measure
	for _, callers := range floorCallers {
		m, err := s.measure(ctx, "noop", countValid, repeat(callers, s.noop()))
		if err != nil {
			return nil, err
		}
		m.Note = fmt.Sprintf("%d callers", callers)
		if best == nil || m.PerSecond > best.PerSecond {
			best, s.floorWorkers = m, callers
		}
	}
	return best, nil
}

// noop writes a key of its own with each call.
func (s *stage) noop() func(context.Context, int) error {
	c := s.client.Fabric().GetNetwork(s.Consortium().Channel).GetContract("noop")
	return func(ctx context.Context, caller int) error {
		return submit(ctx, c, "put", fmt.Sprintf("%d-%d", caller, time.Now().UnixNano()), "x")
	}
}

// noopIdle is one no-op after the other on an idle network.
func noopIdle(ctx context.Context, s *stage) (*Measure, error) {
	return s.measure(ctx, "noop", countValid, repeat(1, s.noop()))
}

// The usual token: as many people as the floor's middle has callers, each with
// a certificate.
const (
	usualPeople  = 64
	usualMint    = 1_000_000_000
	usualRetries = 5
)

// usualSpread: everybody pays somebody else, nobody is paid twice at a time.
func usualSpread(ctx context.Context, s *stage) (*Measure, error) {
	return s.usual(ctx, 0, func(caller int) string { return "friend-" + strconv.Itoa(caller) })
}

// usualHot: everybody pays one payee. A transfer that conflicts is lost.
func usualHot(ctx context.Context, s *stage) (*Measure, error) {
	return s.usual(ctx, 0, func(int) string { return "stall" })
}

// usualHotRetried: a transfer that conflicts is made anew, up to five times.
func usualHotRetried(ctx context.Context, s *stage) (*Measure, error) {
	return s.usual(ctx, usualRetries, func(int) string { return "stall" })
}

func (s *stage) usual(ctx context.Context, retries int, payee func(caller int) string) (*Measure, error) {
	contracts, err := s.usualPayers(ctx)
	if err != nil {
		return nil, err
	}
	transfer := func(ctx context.Context, caller int) error {
		for try := 0; ; try++ {
			err := submit(ctx, contracts[caller], "Transfer", payee(caller), strconv.Itoa(price))
			if try == retries || !contended(err) {
				return err
			}
		}
	}
	m, err := s.measure(ctx, "usual", countValid, repeat(usualPeople, transfer))
	if err == nil {
		m.Note = fmt.Sprintf("%d payers", usualPeople)
	}
	return m, err
}

// usualPayers are people with certificates and money, made once.
func (s *stage) usualPayers(ctx context.Context) ([]*client.Contract, error) {
	contracts := make([]*client.Contract, usualPeople)
	for i := range contracts {
		c, err := s.Client(ctx, courierOrg, "payer-"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		contracts[i] = c.Fabric().GetNetwork(s.Consortium().Channel).GetContract("usual")
	}
	if s.minted {
		return contracts, nil
	}
	errs := make([]error, len(contracts))
	var wg sync.WaitGroup
	for i, c := range contracts {
		wg.Go(func() { errs[i] = submit(ctx, c, "Mint", strconv.Itoa(usualMint)) })
	}
	wg.Wait()
	s.minted = true
	return contracts, errors.Join(errs...)
}
