// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxBuckets bounds the kinds of value in one purse.
const MaxBuckets = 64

// Source says how value came to be.
type Source string

// The sources of value.
const (
	Principal Source = "principal" // bought: a confirmed deposit stands behind it
	Subsidy   Source = "subsidy"   // the discount or bonus on top of what was bought
	Benefit   Source = "benefit"   // a welfare payment
	Reward    Source = "reward"    // earned
)

var sources = []Source{Principal, Subsidy, Benefit, Reward}

// Terms are what value keeps wherever it goes. Plain won, which merchants hold,
// has only an origin.
type Terms struct {
	Policy int    `json:"policy,omitempty"` // version whose rules bind its use; 0 for plain won
	Expiry Day    `json:"expiry,omitempty"` // last day it may be spent; 0 never expires
	Source Source `json:"source,omitempty"`
	Origin string `json:"origin"` // the fund it came from
	// what it is kept for, one of the policy's purposes; empty is not restricted beyond the policy
	Purpose string `json:"purpose,omitempty"`
}

// Plain are the terms that are left when a merchant has been paid.
func (t Terms) Plain() Terms { return Terms{Origin: t.Origin} }

// IsPlain reports whether these are the terms of plain won.
func (t Terms) IsPlain() bool { return t.Policy == 0 }

func (t Terms) compare(o Terms) int {
	return cmp.Or(compareExpiry(t.Expiry, o.Expiry), cmp.Compare(t.Source, o.Source),
		cmp.Compare(t.Policy, o.Policy), cmp.Compare(t.Origin, o.Origin), cmp.Compare(t.Purpose, o.Purpose))
}

func boundFirst(a, b Terms) int {
	switch {
	case (a.Purpose == "") == (b.Purpose == ""):
		return 0
	case a.Purpose == "":
		return 1
	default:
		return -1
	}
}

func compareExpiry(a, b Day) int {
	if a == 0 || b == 0 { // never comes last
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// Part is an amount of value with its terms.
type Part struct {
	Terms
	Amount int64 `json:"amount"`
}

// Total sums parts. Parts come from state that was checked when it was made.
func Total(parts []Part) int64 {
	var total int64
	for _, p := range parts {
		total += p.Amount
	}
	return total
}

// MergeParts joins parts of equal terms, in the order of terms.
func MergeParts(parts []Part) []Part {
	out := slices.Clone(parts)
	slices.SortFunc(out, func(a, b Part) int { return a.compare(b.Terms) })
	n := 0
	for _, p := range out {
		if n > 0 && out[n-1].Terms == p.Terms {
			out[n-1].Amount += p.Amount
			continue
		}
		out[n] = p
		n++
	}
	return out[:n]
}

// Bucket is value in a purse.
type Bucket struct {
	Terms
	Face int64 `json:"face"` // what was put in, won; with what was bought together with it and is spent
	Left int64 `json:"left"` // what has not been spent of it, won
}

// Buckets are the value in a purse, in the order of their terms, none empty.
type Buckets []Bucket

// Total is all that is left, in won.
func (bs Buckets) Total() int64 {
	var total int64
	for _, b := range bs {
		total += b.Left
	}
	return total
}

// Add puts parts in. face is false for refunds, which give back what was counted
// when it first came. It returns BUCKET_LIMIT where more kinds would be held than
// fit; the receiver is not changed.
func (bs Buckets) Add(parts []Part, face bool) (Buckets, error) {
	out := slices.Clone(bs)
	for _, p := range parts {
		i, found := slices.BinarySearchFunc(out, p.Terms, func(b Bucket, t Terms) int { return b.compare(t) })
		if !found {
			out = slices.Insert(out, i, Bucket{Terms: p.Terms})
		}
		out[i].Left += p.Amount
		if face {
			out[i].Face += p.Amount
		}
	}
	for i := range out {
		out.takeFace(i)
	}
	if len(out) > MaxBuckets {
		return nil, BucketLimit.Errorf("%d kinds of value, at most %d", len(out), MaxBuckets)
	}
	return out, nil
}

// Refusal is why a bucket may not be used, in a few words; empty if it may.
type Refusal string

// Draw takes an amount from the buckets that may be used: earliest expiry first,
// ties by source in the order given, then what is kept for a purpose before what is
// free, then by policy version, origin and purpose. moved
// takes the face along, for gifts. The receiver is not changed.
//
// It returns INSUFFICIENT_FUNDS, saying what kept the rest from being used.
func (bs Buckets) Draw(amount int64, order []Source, moved bool, may func(Bucket) Refusal) (left Buckets, used []Part, err error) {
	return bs.draw(amount, order, moved, func(b Bucket) (*room, Refusal) { return nil, may(b) })
}

// room bounds what buckets that share it may be used for together, and says what
// keeps more of them. It may lie within a wider one, which it shares with others.
type room struct {
	left   int64 // won
	why    Refusal
	within *room
}

// most is what a bucket may be used for, and what keeps the rest; nil has no bound.
func (r *room) most(left int64) (most int64, why Refusal) {
	most = left
	for ; r != nil; r = r.within {
		if r.left < most {
			most, why = r.left, r.why
		}
	}
	return most, why
}

func (r *room) take(won int64) {
	for ; r != nil; r = r.within {
		r.left -= won
	}
}

// draw is Draw where buckets may have a room; nil is none.
func (bs Buckets) draw(amount int64, order []Source, moved bool, may func(Bucket) (*room, Refusal)) (left Buckets, used []Part, err error) {
	d := bs.plan(amount, order, may)
	if d.free < amount {
		return nil, nil, d.short(amount, bs)
	}
	left = slices.Clone(bs)
	for n, p := range d.used {
		b := &left[d.from[n]]
		b.Left -= p.Amount
		if moved {
			b.Face -= p.Amount
		}
	}
	return left.dropEmpty(), d.used, nil
}

// dropEmpty takes out what is empty. What was spent of it goes on counting with what was
// bought together with it, as long as some of that is left.
func (bs Buckets) dropEmpty() Buckets {
	for i, b := range bs {
		if b.Left > 0 {
			continue
		}
		for j, other := range bs {
			if j != i && other.Left > 0 && other.boughtWith(b) {
				bs[j].Face += b.Face
				break
			}
		}
	}
	return slices.DeleteFunc(bs, func(b Bucket) bool { return b.Left == 0 })
}

// takeFace gives a bucket the face that it lacks after a refund, out of what counts as
// spent of what was bought together with it, as far as that goes.
func (bs Buckets) takeFace(i int) {
	for j, other := range bs {
		lacks := bs[i].Left - bs[i].Face
		if spent := other.Face - other.Left; j != i && lacks > 0 && spent > 0 && other.boughtWith(bs[i]) {
			bs[j].Face -= min(lacks, spent)
			bs[i].Face += min(lacks, spent)
		}
	}
	bs[i].Face = max(bs[i].Face, bs[i].Left)
}

// drawing is what would be taken from buckets.
type drawing struct {
	used    []Part
	from    []int // indexes of the buckets that used are taken from
	free    int64 // what may be used in all, won
	refused []Withheld
}

// refuse notes what of a bucket may not be used.
func (d *drawing) refuse(b Bucket, won int64, why Refusal) {
	d.refused = append(d.refused, Withheld{Terms: b.Terms, Amount: won, Why: string(why)})
}

// short is INSUFFICIENT_FUNDS with its figures.
func (d drawing) short(amount int64, bs Buckets) error {
	return InsufficientFunds.Errorf("%d won are asked for, %d of %d may be used%s", amount, d.free, bs.Total(), reasons(d.refused))
}

// plan says what draw would take: up to an amount.
func (bs Buckets) plan(amount int64, order []Source, may func(Bucket) (*room, Refusal)) drawing {
	var d drawing
	index := make([]int, 0, len(bs))
	var rooms map[int]*room
	for i, b := range bs {
		r, why := may(b)
		if why != "" {
			d.refuse(b, b.Left, why)
			continue
		}
		if r != nil {
			if rooms == nil {
				rooms = map[int]*room{}
			}
			rooms[i] = r
		}
		index = append(index, i)
	}
	rank := func(s Source) int {
		if i := slices.Index(order, s); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(index, func(i, j int) int {
		a, b := bs[i], bs[j]
		return cmp.Or(compareExpiry(a.Expiry, b.Expiry), cmp.Compare(rank(a.Source), rank(b.Source)), boundFirst(a.Terms, b.Terms), a.compare(b.Terms))
	})
	for _, i := range index {
		most, why := rooms[i].most(bs[i].Left)
		if kept := bs[i].Left - most; kept > 0 {
			d.refuse(bs[i], kept, why)
		}
		rooms[i].take(most)
		d.free += most
		if take := min(amount, most); take > 0 {
			amount -= take
			d.used, d.from = append(d.used, Part{Terms: bs[i].Terms, Amount: take}), append(d.from, i)
		}
	}
	return d
}

func reasons(refused []Withheld) string {
	if len(refused) == 0 {
		return ""
	}
	won := map[string]int64{}
	for _, w := range refused {
		won[w.Why] += w.Amount
	}
	said := make([]string, 0, len(won))
	for why, amount := range won {
		said = append(said, fmt.Sprintf("%d %s", amount, why))
	}
	slices.Sort(said)
	return " (" + strings.Join(said, ", ") + ")"
}
