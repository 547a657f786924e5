// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/gateway"
)

// Growth is how speed holds as the ledger grows.
type Growth struct {
	Began   time.Time `json:"began"`
	Machine Machine   `json:"machine"`
	Stages  []Grown   `json:"stages"`
	// Cost is CPU time for a payment at the last stage as a multiple of the first.
	Cost float64 `json:"cost"`
}

// Grown is what was measured at one size of the ledger.
type Grown struct {
	Accounts int     `json:"accounts"`
	Receipts int     `json:"receipts"`
	Hot      Measure `json:"hot"`
	CPU      float64 `json:"cpu"`  // ms for a payment, all processes
	Disk     int64   `json:"disk"` // bytes that one peer's ledger takes
	Audit    Audited `json:"audit"`
}

// Audited is what recomputing the supply equation took, at one organisation's
// peer, from block 0.
type Audited struct {
	Seconds float64 `json:"seconds"`
	Peak    float64 `json:"peak"` // MiB that the process grew by meanwhile
	Records int     `json:"records"`
	Bytes   int64   `json:"bytes"` // of the records kept
	Blocks  uint64  `json:"blocks"`
}

// chunk is how many accounts are opened, given money and pay at a time.
const chunk = 10_000

// sizes are the numbers of accounts at which payments and the audit are measured,
// besides the end.
var sizes = []int{50_000, 100_000, 200_000, 500_000}

// Grow loads a new network with accounts, each with as many receipts as make
// receipts together, and measures payments and the audit on the way and at the end.
func Grow(ctx context.Context, o Options, accounts, receipts int) (g *Growth, err error) {
	o.Payers = min(chunk, accounts)
	o.defaults()
	g = &Growth{Began: time.Now().UTC(), Machine: machine()}
	s, err := open(ctx, o)
	if s != nil {
		defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return g, err
	}
	if err := s.grown(ctx, g); err != nil {
		return g, err
	}
	each := max(1, receipts/accounts)
	bar := newBar(s.Progress, "accounts", accounts)
	for s.accounts < accounts {
		fresh, err := s.inhabit(ctx, min(chunk, accounts-s.accounts), each)
		if err != nil {
			return g, fmt.Errorf("at %d accounts: %w", s.accounts, err)
		}
		// Who pays when it is measured comes from all over the ledger: each of its
		// accounts is as likely (Vitter's algorithm R).
		for i, p := range fresh {
			if at := rand.IntN(s.accounts - len(fresh) + i + 1); at < len(s.payers) { //nolint:gosec // a workload
				s.payers[at] = p
			}
		}
		bar.at(s.accounts)
		if s.accounts == accounts || slices.Contains(sizes, s.accounts) {
			if err := s.grown(ctx, g); err != nil {
				return g, err
			}
		}
	}
	g.Cost = per(g.Stages[len(g.Stages)-1].CPU, g.Stages[0].CPU)
	return g, nil
}

// inhabit adds accounts with money that have carried out a number of orders.
func (s *stage) inhabit(ctx context.Context, n, orders int) ([]*payer, error) {
	fresh, err := s.newcomers(ctx, n)
	if err != nil {
		return nil, err
	}
	if _, err := s.issue(ctx, fresh, purse); err != nil {
		return nil, err
	}
	if err := s.credited(ctx, fresh); err != nil {
		return nil, err
	}
	for _, p := range fresh {
		p.Claims = s.credits.of(p.Account()) // with the first payment
	}
	for range orders {
		if err := s.sign(fresh, len(fresh), s.anyShop); err != nil {
			return nil, err
		}
		all := make([]string, len(fresh))
		for i, p := range fresh {
			all[i], p.orders = p.orders[0], nil
		}
		if err := s.sendAll(ctx, all); err != nil {
			return nil, err
		}
		s.receipts += len(fresh)
	}
	_, err = s.catchUp(ctx)
	return fresh, err
}

// grown measures the ledger as it stands.
func (s *stage) grown(ctx context.Context, g *Growth) error {
	if s.profiling = ""; s.Profiles != "" {
		s.profiling = fmt.Sprintf("%s-%d", Hot, s.accounts)
	}
	m, err := payHot(ctx, s)
	if err != nil {
		return err
	}
	now := Grown{Accounts: s.accounts, Receipts: s.receipts, Hot: *m, CPU: usage(m.CPU).total()}
	s.say("%d accounts, %d receipts: %s, %.3f ms of CPU for each", now.Accounts, now.Receipts, m, now.CPU)
	now.Disk = sizeOf(filepath.Join(s.Dir, "nodes"), "peer") / int64(len(s.Orgs()))
	if now.Audit, err = s.auditOne(ctx); err != nil {
		return err
	}
	s.say("audited in %.1f s, %.0f MiB; a peer's ledger takes %d MiB", now.Audit.Seconds, now.Audit.Peak, now.Disk>>20)
	g.Stages = append(g.Stages, now)
	return nil
}

func (s *stage) auditOne(ctx context.Context) (Audited, error) {
	debug.FreeOSMemory() // what is left of the load must not hide what the audit takes
	watch, stop := context.WithCancel(ctx)
	memory := make(chan []int, 1)
	go func() { memory <- s.watchMemory(watch, clientProcess) }()
	began := time.Now()
	report, err := gateway.Audit(ctx, []*gateway.Client{s.client}, s.Consortium().Channel, "currency", 0, nil)
	took := time.Since(began).Seconds()
	stop()
	readings := <-memory
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return Audited{}, fmt.Errorf("audit: %w", err)
	}
	counts := report.Peers[0].Counts
	a := Audited{Seconds: took, Records: counts.Records, Bytes: counts.Bytes, Blocks: counts.Blocks}
	for _, mib := range readings {
		a.Peak = max(a.Peak, float64(mib-readings[0]))
	}
	return a, nil
}

// sizeOf adds up the files of the folders in dir whose names begin with prefix.
func sizeOf(dir, prefix string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		within, relative := filepath.Rel(dir, path)
		if err != nil || relative != nil || d.IsDir() || !strings.HasPrefix(within, prefix) {
			return nil //nolint:nilerr // files come and go while a peer runs
		}
		if info, err := d.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// Save writes growth.json into a folder.
func (g *Growth) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "growth.json"), raw, 0o600)
}
