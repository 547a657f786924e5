// SPDX-License-Identifier: Apache-2.0

package fraud

import (
	"cmp"
	"maps"
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Flag is evidence that reaches a threshold: what a case about it names.
type Flag struct {
	Program  string                 `json:"program"`
	Policy   int                    `json:"policy"` // version whose threshold it is
	Rule     string                 `json:"rule"`   // the threshold's name
	Pattern  currency.Pattern       `json:"pattern"`
	Found    currency.Figures       `json:"found"`          // as the ledger measures the receipts
	Shop     string                 `json:"shop,omitempty"` // merchant id, of payments
	Accounts []string               `json:"accounts"`       // that have a part in it, the shop's first
	Receipts []currency.ReceiptName `json:"receipts"`       // at most 64, as many as a case names
	Cases    []currency.CaseQuery   `json:"cases"`          // about any of the receipts, open or closed
	New      int                    `json:"new"`            // receipts that no case is about
}

// Flags are what reaches the thresholds of a version of a programme's policy, version
// 0 being the one in force, by the thresholds' order and then by time; left out are
// those whose last payment or gift is earlier than since (Unix seconds). It returns
// PROGRAM_UNKNOWN or POLICY_UNKNOWN. Thresholds of a version that is only proposed are
// scanned for as well, so that they can be tried; a case about them is refused.
func (r *Record) Flags(id string, version int, since int64) ([]Flag, error) {
	p := r.programs[id]
	if p == nil || p.ID == "" {
		return nil, currency.ProgramUnknown.Errorf("%s", id)
	}
	if version == 0 {
		version = p.Policy
	}
	rules, found := p.policies[version]
	if !found {
		return nil, currency.PolicyUnknown.Errorf("programme %s has no version %d", id, version)
	}
	flags := []Flag{}
	for _, t := range rules.Fraud {
		for _, evidence := range Find(t, r.counted(p, t, since)) {
			f := Flag{Program: id, Policy: version, Rule: t.Name, Pattern: t.Pattern, Cases: []currency.CaseQuery{}}
			var err error
			if f.Found, err = t.Measure(evidence); err != nil {
				return nil, err
			}
			if f.Found.Last < since {
				continue
			}
			p.fill(&f, evidence)
			flags = append(flags, f)
		}
	}
	return flags, nil
}

// InForce are the flags by the policies in force of all programmes that have one, in
// the order of their ids.
func (r *Record) InForce(since int64) ([]Flag, error) {
	all := []Flag{}
	for _, id := range slices.Sorted(maps.Keys(r.programs)) {
		if r.programs[id].Policy == 0 {
			continue
		}
		flags, err := r.Flags(id, 0, since)
		if err != nil {
			return nil, err
		}
		all = append(all, flags...)
	}
	return all, nil
}

// counted is what a threshold counts and what may stand with something that was not
// earlier than since.
func (r *Record) counted(p *program, t currency.Threshold, since int64) []currency.Seen {
	var all []currency.Seen
	for _, u := range p.uses {
		if u.at <= since-t.Window() {
			continue
		}
		if s, ok := r.seen(p, u); ok && t.Counts(s) {
			all = append(all, s)
		}
	}
	return all
}

func (p *program) fill(f *Flag, evidence []currency.Seen) {
	party := func(account string) {
		if account != "" && !slices.Contains(f.Accounts, account) {
			f.Accounts = append(f.Accounts, account)
		}
	}
	if f.Pattern != currency.RingOfGifts {
		f.Shop = evidence[0].To
		party(p.accounts[f.Shop])
	}
	for _, s := range evidence {
		party(s.From)
		f.Receipts = append(f.Receipts, s.Receipt)
		about := p.cases[s.Receipt]
		if len(about) == 0 {
			f.New++
		}
		for _, c := range about {
			if !slices.Contains(f.Cases, c) {
				f.Cases = append(f.Cases, c)
			}
		}
	}
}

// Find is the evidence that reaches a threshold among what it counts: each accepted by
// its Measure, and together naming all that is part of any evidence which Measure
// accepts. (Measure also refuses what comes to more than the largest amount.)
func Find(t currency.Threshold, counted []currency.Seen) [][]currency.Seen {
	slices.SortFunc(counted, inTime)
	if t.Pattern == currency.RingOfGifts {
		return rings(t, counted)
	}
	type pair struct{ from, to string }
	groups := map[pair][]currency.Seen{}
	for _, s := range counted {
		of := pair{to: s.To}
		if t.Pattern == currency.RepeatedPayments {
			of.from = s.From
		}
		groups[of] = append(groups[of], s)
	}
	var found [][]currency.Seen
	for _, group := range groups {
		found = append(found, cover(t, group)...)
	}
	slices.SortFunc(found, func(a, b []currency.Seen) int { return inTime(a[0], b[0]) })
	return found
}

func inTime(a, b currency.Seen) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Receipt.Holder, b.Receipt.Holder), cmp.Compare(a.Receipt.Seq, b.Receipt.Seq))
}

// cover covers those payments of one group, in their time, that stand in a window which
// reaches the threshold: with as few pieces of evidence as it takes from the first on,
// each as long as its window and a case allow.
func cover(t currency.Threshold, group []currency.Seen) [][]currency.Seen {
	var (
		found       [][]currency.Seen
		end         int // of the window that starts at a payment
		start, stop int // of the latest window that reaches the threshold
		next        int // payments before it are covered, or in no such window
	)
	for i := range group {
		for end < len(group) && group[end].At-group[i].At < t.Window() {
			end++
		}
		if reaches(t, group[i:end]) {
			start, stop = i, end
		}
		if i < next || i >= stop {
			continue
		}
		from, to := start, stop
		if to-from > currency.MaxCaseReceipts {
			from = min(i, to-currency.MaxCaseReceipts)
			to = from + currency.MaxCaseReceipts
		}
		found = append(found, group[from:to:to])
		next = to
	}
	return found
}

// reaches says whether the payments of a window do. Any 64 of them do if they are more.
func reaches(t currency.Threshold, window []currency.Seen) bool {
	if len(window) >= t.Count {
		return true
	}
	var won int64 // of fewer than 64 payments: no overflow
	for _, s := range window {
		won += s.Amount
	}
	return t.Reached(len(window), won)
}
