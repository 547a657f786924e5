// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Guards stand between an issue and its money, beside the ceilings of a person
// and of a batch. What is left out stands open.
type Guards struct {
	// DayCeiling is what may be issued in all on one day of the programme's calendar, won. Runs, bonus included, allotments and
	// series of tickets count on the day they are opened, with all that they reserve: what is drawn from them later is counted
	// then. What residents buy counts on the day its deposit is confirmed, without the subsidy, which an allotment has. Exchanges
	// bring no new money and do not count.
	DayCeiling int64 `json:"dayCeiling,omitempty"`
	DaySale    int64 `json:"daySale,omitempty"`    // the part of it set aside for what residents buy, won; a programme on sale needs one
	SaleShares int   `json:"saleShares,omitempty"` // equal shares of daySale, 1 to 1000: purchases of different shares never wait for each other
	Large      int64 `json:"large,omitempty"`      // an issue of so many won or more cools down first: a run, an allotment, a series of tickets
	CoolHours  int   `json:"coolHours,omitempty"`  // for so long, 1 to 720: another organisation's guard may stop it meanwhile
	Approval   bool  `json:"approval,omitempty"`   // every issue waits for a second person, who names the root of its roster
}

func (g Guards) check(batchCeiling int64) error {
	switch {
	case g.DayCeiling < 0 || g.DayCeiling > MaxAmount || g.Large < 0 || g.Large > MaxAmount:
		return InvalidAmount.Errorf("dayCeiling %d and large %d won, 0 to %d are allowed", g.DayCeiling, g.Large, MaxAmount)
	case g.DayCeiling > 0 && g.DayCeiling < batchCeiling:
		return InvalidPolicy.Errorf("a day's ceiling of %d won is below the batch's of %d", g.DayCeiling, batchCeiling)
	case g.DaySale < 0 || g.DaySale > g.DayCeiling:
		return InvalidPolicy.Errorf("daySale is %d won of a day's ceiling of %d", g.DaySale, g.DayCeiling)
	case g.SaleShares < 0 || g.SaleShares > MaxTranches || (g.DaySale > 0) != (g.SaleShares > 0):
		return InvalidPolicy.Errorf("daySale of %d won in %d shares: both or neither, 1 to %d shares", g.DaySale, g.SaleShares, MaxTranches)
	case g.DaySale < int64(g.SaleShares):
		return InvalidPolicy.Errorf("daySale of %d won in %d shares leaves less than one won for each", g.DaySale, g.SaleShares)
	case g.CoolHours < 0 || g.CoolHours > 720 || (g.Large > 0) != (g.CoolHours > 0):
		return InvalidPolicy.Errorf("large from %d won cools down for %d hours: both or neither, 1 to 720 hours", g.Large, g.CoolHours)
	}
	return nil
}

// DayIssued counts what one day issues: all that is opened, or one share of what is
// sold.
type DayIssued struct {
	Reserved int64 `json:"reserved"` // won, bonus included
}

// Add counts won more, of which the day may have a ceiling; 0 is none. It returns
// DAY_CEILING.
func (d DayIssued) Add(won, ceiling int64, today Day) (DayIssued, error) {
	total, err := sum("the day", d.Reserved, won)
	if err != nil {
		return d, err
	}
	if ceiling > 0 && total > ceiling {
		return d, DayCeiling.Errorf("%d won more on %s, %d were issued, the policy allows %d", won, today, d.Reserved, ceiling)
	}
	d.Reserved = total
	return d, nil
}

// Open counts what a run, an allotment or a series of tickets reserves. It returns
// DAY_CEILING.
func (d DayIssued) Open(won int64, g Guards, today Day) (DayIssued, error) {
	if g.DayCeiling > 0 && g.DayCeiling == g.DaySale {
		return d, DayCeiling.Errorf("%d won on %s: the policy sets all of a day aside for what residents buy", won, today)
	}
	return d.Add(won, g.DayCeiling-g.DaySale, today)
}

// Sell counts what one share of a day sells. It returns DAY_CEILING.
func (d DayIssued) Sell(won int64, g Guards, today Day) (DayIssued, error) {
	return d.Add(won, g.DaySale/int64(g.SaleShares), today)
}

// Share is the share of the day's sale that a purchase counts in: callers at work
// at the same time name different tranches. No share is 0 where nothing is counted.
func (g Guards) Share(tranche int) (share int, counted bool) {
	if g.SaleShares == 0 {
		return 0, false
	}
	return tranche % g.SaleShares, true
}

// guard sets what the run has to wait for.
func (r Run) guard(g Guards, now time.Time) Run {
	r.Waits = g.Approval
	r.From = g.coolUntil(r.Reserved+r.Bonus, now)
	return r
}

// coolUntil is the moment before which nothing of an issue is given out, Unix
// seconds; 0 where it is not large.
func (g Guards) coolUntil(won int64, now time.Time) int64 {
	if g.Large == 0 || won < g.Large {
		return 0
	}
	return now.Add(time.Duration(g.CoolHours) * time.Hour).Unix()
}

// CheckIssuing returns RUN_STOPPED, RUN_WAITING or RUN_COOLING while nothing of
// the run may be issued.
func (r Run) CheckIssuing(now time.Time) error {
	switch {
	case r.StoppedBy != "":
		return RunStopped.Errorf("run %s by %s: %s", r.ID, r.StoppedBy, r.Reason)
	case r.Waits:
		return RunWaiting.Errorf("run %s of %d won waits for a second person to approve roster %s", r.ID, r.Reserved+r.Bonus, r.Root)
	case now.Unix() < r.From:
		return RunCooling.Errorf("run %s of %d won may be issued from %s", r.ID, r.Reserved+r.Bonus, time.Unix(r.From, 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// Approve is the second person's word for this very roster. It returns
// RUN_CLOSED, RUN_STOPPED, RUN_APPROVED, ROSTER_MISMATCH, SAME_OFFICER or
// SAME_ORGANISATION.
func (r Run) Approve(root string, p Program, by string) (Run, error) {
	switch {
	case r.Closed:
		return r, RunClosed.Errorf("run %s", r.ID)
	case r.StoppedBy != "":
		return r, RunStopped.Errorf("run %s by %s: %s", r.ID, r.StoppedBy, r.Reason)
	case !r.Waits:
		return r, RunApproved.Errorf("run %s does not wait, approved by %q", r.ID, r.ApprovedBy)
	case r.Root != root:
		return r, RosterMismatch.Errorf("run %s was opened for roster %s, approved is %s", r.ID, r.Root, root)
	}
	if err := p.CheckSecond(r.By, by); err != nil {
		return r, err
	}
	r.Waits, r.ApprovedBy = false, by
	return r, nil
}

// Stop ends all issuing by a run, by a guard of another organisation; closing it
// then gives the rest back. It returns RUN_CLOSED, RUN_STOPPED, SAME_OFFICER or
// SAME_ORGANISATION.
func (r Run) Stop(reason string, p Program, by string) (Run, error) {
	switch {
	case r.Closed:
		return r, RunClosed.Errorf("run %s", r.ID)
	case r.StoppedBy != "":
		return r, RunStopped.Errorf("run %s by %s: %s", r.ID, r.StoppedBy, r.Reason)
	}
	if err := p.CheckSecond(r.By, by); err != nil {
		return r, err
	}
	r.StoppedBy, r.Reason = by, reason
	return r, nil
}

// RosterRoot is the root of the Merkle tree (RFC 9162, section 2.1.1) whose leaves
// are the digests of the announced batches in their order, 32 bytes each, in hex:
// the whole roster in one name. Each digest is that of its batch's rows (see
// RowsDigest), so the root changes with any row.
func RosterRoot(batches []Announced) string {
	leaves := make([][]byte, len(batches))
	for i, b := range batches {
		digest, err := hex.DecodeString(b.Digest)
		if err != nil {
			return "" // not reached: digests were validated
		}
		leaves[i] = digest
	}
	return hex.EncodeToString(treeHash(leaves))
}

func treeHash(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		leaf := sha256.Sum256(append([]byte{0}, leaves[0]...))
		return leaf[:]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	node := sha256.Sum256([]byte("\x01" + string(treeHash(leaves[:k])) + string(treeHash(leaves[k:]))))
	return node[:]
}

// ApproveRun approves an issue by the root of its roster.
type ApproveRun struct {
	call.Operation
	RecordQuery
	Root string `json:"root"` // RosterRoot of what the approver has seen
}

// Validate checks the form.
func (r ApproveRun) Validate() error {
	if err := CheckDigest("root", r.Root); err != nil {
		return err
	}
	return r.RecordQuery.Validate()
}

// StopRun stops an issue.
type StopRun struct {
	call.Operation
	RecordQuery
	Reason string `json:"reason"` // an officer's reference, e.g. of a case
}

// Validate checks the form.
func (r StopRun) Validate() error {
	if err := CheckID("reason", r.Reason); err != nil {
		return err
	}
	return r.RecordQuery.Validate()
}
