// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	strict "github.com/go-json-experiment/json"
)

// Holders, purses, receipts and credits, which payments and allowances read or write,
// are stored leaner than JSON: a peer copies what it stores a dozen times. The form is
//
//	format version (one byte) ‖ length of the rest ‖ rest ‖ members that nearly every record has
//
// where numbers are unsigned varints, texts have their length in front, and the
// rest is the JSON object of all other members, empty where there are none. So a
// member that is new to a type is kept without a word here, only less lean.
const leanFormat = 2

// jsonFormat is the version before: a JSON object that starts with it.
const jsonFormat = `{"v":1`

var errTorn = errors.New("the record is torn")

// Codes of what is one of a few texts. They only ever grow at the end.
var (
	leanKinds    = []Kind{"", KindPayment, KindGift, KindClaim, KindRefund, KindRedemption, KindHold, KindCapture, KindVoid, KindCashOut, KindClose, KindPurchase, KindTicket, KindExchange, KindShare, KindEarn, KindCashback}
	leanStatuses = []Status{"", Active, Frozen, Suspended, Closed}
	leanSources  = []Source{"", Principal, Subsidy, Benefit, Reward}
)

// leanWriter collects members. Each method returns what is left for the rest:
// nothing, or the value where it has no lean form.
type leanWriter struct{ b []byte }

func (w *leanWriter) record(b []byte, rest any, empty bool) ([]byte, error) {
	b = append(b, leanFormat)
	if empty {
		return append(append(b, 0), w.b...), nil
	}
	object, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	b = append(binary.AppendUvarint(b, uint64(len(object))), object...)
	return append(b, w.b...), nil
}

func (w *leanWriter) number(n int64) int64 {
	if n < 0 {
		w.b = append(w.b, 0)
		return n
	}
	w.b = binary.AppendUvarint(w.b, uint64(n))
	return 0
}

// tail takes a text behind one that is known, or alone where it does not begin so.
func (w *leanWriter) tail(s, known string) {
	rest, ok := strings.CutPrefix(s, known)
	if ok {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
	w.text(rest)
}

func (w *leanWriter) text(s string) string {
	w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
	return ""
}

// digest takes 64 lower-case hexadecimal digits as 32 bytes.
func (w *leanWriter) digest(s string) string {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 32 || strings.ToLower(s) != s {
		w.b = append(w.b, 0)
		return s
	}
	w.b = append(append(w.b, 1), raw...)
	return ""
}

// credit takes one of the record's own transaction as its number.
func (w *leanWriter) credit(name CreditName, own string) CreditName {
	tx, n, err := name.Split()
	if err != nil || tx != own {
		w.b = append(w.b, 0)
		return name
	}
	w.b = binary.AppendUvarint(w.b, uint64(n)+1) //nolint:gosec // Split returns none below zero
	return ""
}

func leanCode[T ~string](w *leanWriter, codes []T, v T) T {
	i := max(0, slices.Index(codes, v))
	w.b = append(w.b, byte(i)) //nolint:gosec // there are a few
	if codes[i] == v {
		return ""
	}
	return v
}

func (w *leanWriter) terms(t Terms) {
	at := len(w.b)
	leanCode(w, leanSources, t.Source)
	if t.Purpose != "" {
		w.b[at] |= leanPurpose
	}
	w.number(int64(t.Policy))
	w.number(int64(t.Expiry))
	w.text(t.Origin)
	if t.Purpose != "" {
		w.text(t.Purpose)
	}
}

// leanPurpose marks the code of the source of value that is kept for a purpose.
const leanPurpose = 0x40

// isLean reports whether terms say all that t holds.
func (t Terms) isLean() bool {
	known := t.Policy >= 0 && t.Expiry >= 0 && slices.Contains(leanSources, t.Source)
	t.Policy, t.Expiry, t.Source, t.Origin, t.Purpose = 0, 0, "", "", ""
	return known && t == Terms{}
}

// parts writes all or, where one has no lean form, none.
func (w *leanWriter) parts(parts []Part) bool {
	for _, p := range parts {
		if !p.isLean() || p != (Part{Terms: p.Terms, Amount: max(p.Amount, 0)}) {
			w.b = append(w.b, 0)
			return false
		}
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(parts)))
	for _, p := range parts {
		w.terms(p.Terms)
		w.number(p.Amount)
	}
	return true
}

func (w *leanWriter) buckets(buckets Buckets) bool {
	for _, b := range buckets {
		if !b.isLean() || b != (Bucket{Terms: b.Terms, Face: max(b.Face, 0), Left: max(b.Left, 0)}) {
			w.b = append(w.b, 0)
			return false
		}
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(buckets)))
	for _, b := range buckets {
		w.terms(b.Terms)
		w.number(b.Face)
		w.number(b.Left)
	}
	return true
}

// leanReader reads members in the order in which they were written. A member that
// is not there leaves what the rest had of it.
type leanReader struct {
	b    []byte
	torn bool
}

// readLean reads format version and rest into record and returns a reader of what
// follows, nil where nothing does: the version before.
func readLean(raw []byte, record any) (*leanReader, error) {
	if strings.HasPrefix(string(raw[:min(len(raw), len(jsonFormat))]), jsonFormat) {
		if end := raw[len(jsonFormat):]; len(end) == 0 || (end[0] != ',' && end[0] != '}') {
			return nil, fmt.Errorf("has a format version that this chaincode does not read: %.16q", raw)
		}
		object := append([]byte("{"), raw[len(jsonFormat):]...)
		if object[1] == ',' {
			object = append(object[:1], object[2:]...)
		}
		return nil, strict.Unmarshal(object, record)
	}
	if len(raw) == 0 || raw[0] != leanFormat {
		return nil, fmt.Errorf("has no format version that this chaincode reads: %.16q", raw)
	}
	r := &leanReader{b: raw[1:]}
	if rest := r.take(r.uint()); len(rest) > 0 {
		if err := strict.Unmarshal(rest, record); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *leanReader) end() error {
	if r.torn || len(r.b) > 0 {
		return errTorn
	}
	return nil
}

func (r *leanReader) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.torn, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *leanReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.torn, r.b = true, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *leanReader) number(into *int64) {
	if n := r.uint(); n > 0 {
		*into = int64(n) //nolint:gosec // was one when it was written
	}
}

func (r *leanReader) tail(known string) string {
	var rest string
	behind := r.uint() == 1
	if r.text(&rest); behind {
		return known + rest
	}
	return rest
}

func (r *leanReader) text(into *string) {
	if s := r.take(r.uint()); len(s) > 0 {
		*into = string(s)
	}
}

func (r *leanReader) digest(into *string) {
	if r.uint() > 0 {
		*into = hex.EncodeToString(r.take(32))
	}
}

func (r *leanReader) credit(into *CreditName, own string) {
	if n := r.uint(); n > 0 {
		*into = NewCreditName(own, int(n-1)) //nolint:gosec // was one when it was written
	}
}

func readCode[T ~string](r *leanReader, codes []T, into *T) { setCode(r, r.uint(), codes, into) }

func setCode[T ~string](r *leanReader, i uint64, codes []T, into *T) {
	switch {
	case i >= uint64(len(codes)):
		r.torn = true
	case i > 0:
		*into = codes[i]
	}
}

func (r *leanReader) terms() Terms {
	var t Terms
	var policy, expiry int64
	source := r.uint()
	setCode(r, source&^leanPurpose, leanSources, &t.Source)
	r.number(&policy)
	r.number(&expiry)
	r.text(&t.Origin)
	if source&leanPurpose != 0 {
		r.text(&t.Purpose)
	}
	t.Policy, t.Expiry = int(policy), Day(expiry) //nolint:gosec // was one when it was written
	return t
}

func (r *leanReader) parts(into *[]Part) {
	for n := r.uint(); n > 0 && !r.torn; n-- {
		p := Part{Terms: r.terms()}
		r.number(&p.Amount)
		*into = append(*into, p)
	}
}

func (r *leanReader) buckets(into *Buckets) {
	for n := r.uint(); n > 0 && !r.torn; n-- {
		b := Bucket{Terms: r.terms()}
		r.number(&b.Face)
		r.number(&b.Left)
		*into = append(*into, b)
	}
}
