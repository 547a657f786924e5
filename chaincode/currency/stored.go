// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// Readable shows a stored value as JSON, as the version before stored it, and what
// is no record of a known lean form as it is.
func Readable(table string, value []byte) []byte {
	var record encoding.BinaryUnmarshaler
	switch table {
	case TableHolder:
		record = new(Holder)
	case TablePurse:
		record = new(Purse)
	case TableReceipt:
		record = new(Receipt)
	case TableCredit:
		record = new(Credit)
	}
	if record == nil || record.UnmarshalBinary(value) != nil {
		return value
	}
	object, err := json.Marshal(record)
	if err != nil {
		return value
	}
	return append([]byte(jsonFormat+","), object[1:]...)
}

// AppendBinary implements encoding.BinaryAppender: the stored form. Of DID, key and
// DID URL, which mostly repeat one key, it keeps what the DID does not say.
func (h Holder) AppendBinary(b []byte) ([]byte, error) {
	rest := h
	var hot leanWriter
	rest.DID = hot.text(h.DID)
	hot.tail(h.Key, methodID(h.DID))
	hot.tail(h.Kid, h.DID+"#"+h.Key)
	rest.Key, rest.Kid = "", ""
	rest.Status = leanCode(&hot, leanStatuses, h.Status)
	rest.Person, rest.Merchant = hot.text(h.Person), hot.text(h.Merchant)
	rest.Opened = hot.number(h.Opened)
	rest.Order, rest.Tx = hot.digest(h.Order), hot.digest(h.Tx)
	return hot.record(b, rest, reflect.ValueOf(rest).IsZero())
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler; it reads the version
// before, too.
func (h *Holder) UnmarshalBinary(raw []byte) error {
	*h = Holder{}
	r, err := readLean(raw, h)
	if err != nil || r == nil {
		return err
	}
	r.text(&h.DID)
	h.Key = r.tail(methodID(h.DID))
	h.Kid = r.tail(h.DID + "#" + h.Key)
	readCode(r, leanStatuses, &h.Status)
	r.text(&h.Person)
	r.text(&h.Merchant)
	r.number(&h.Opened)
	r.digest(&h.Order)
	r.digest(&h.Tx)
	return r.end()
}

// methodID is what a DID has behind its method: of a did:key, the key.
func methodID(did string) string { return did[strings.LastIndexByte(did, ':')+1:] }

// AppendBinary implements encoding.BinaryAppender: the stored form.
func (p Purse) AppendBinary(b []byte) ([]byte, error) {
	rest := p
	var hot leanWriter
	rest.Seq, rest.HeldUntil = hot.number(p.Seq), hot.number(p.HeldUntil)
	if rest.Buckets = nil; !hot.buckets(p.Buckets) {
		rest.Buckets = p.Buckets
	}
	return hot.record(b, rest, reflect.ValueOf(rest).IsZero())
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler; it reads the version
// before, too.
func (p *Purse) UnmarshalBinary(raw []byte) error {
	*p = Purse{}
	r, err := readLean(raw, p)
	if err != nil || r == nil {
		return err
	}
	r.number(&p.Seq)
	r.number(&p.HeldUntil)
	r.buckets(&p.Buckets)
	return r.end()
}

// AppendBinary implements encoding.BinaryAppender: the stored form.
func (r Receipt) AppendBinary(b []byte) ([]byte, error) {
	rest := r
	var hot leanWriter
	rest.Kind = leanCode(&hot, leanKinds, r.Kind)
	rest.Order, rest.Tx = hot.digest(r.Order), hot.digest(r.Tx)
	rest.At, rest.Amount = hot.number(r.At), hot.number(r.Amount)
	rest.To, rest.Ref = hot.text(r.To), hot.text(r.Ref)
	rest.Credit = hot.credit(r.Credit, r.Tx)
	if rest.Used = nil; !hot.parts(r.Used) {
		rest.Used = r.Used
	}
	return hot.record(b, rest, reflect.ValueOf(rest).IsZero())
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler; it reads the version
// before, too.
func (r *Receipt) UnmarshalBinary(raw []byte) error {
	*r = Receipt{}
	l, err := readLean(raw, r)
	if err != nil || l == nil {
		return err
	}
	readCode(l, leanKinds, &r.Kind)
	l.digest(&r.Order)
	l.digest(&r.Tx)
	l.number(&r.At)
	l.number(&r.Amount)
	l.text(&r.To)
	l.text(&r.Ref)
	l.credit(&r.Credit, r.Tx)
	l.parts(&r.Used)
	return l.end()
}
