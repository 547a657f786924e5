// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Transaction is an endorsed transaction as its envelope holds it: what peers
// signed, and what they say it writes.
type Transaction struct {
	ID           string
	Channel      string
	Response     []byte // proposal response payload: results and the hash of what was proposed
	Endorsements []Endorsement
	results      []byte // TxReadWriteSet
}

// Endorsement is a peer's signature over response and endorser.
type Endorsement struct {
	Endorser  []byte // serialised identity
	Signature []byte
}

// ReadTransaction reads an envelope. What the peers signed has to be about this
// very envelope's proposal, its id included: else it is ErrMalformed.
func ReadTransaction(envelope []byte) (t Transaction, err error) {
	payload, err := path("envelope", envelope, 1)
	if err != nil {
		return t, err
	}
	header, err := path("payload", payload, 1)
	if err != nil {
		return t, err
	}
	heads, err := parts("header", header, 1, 2) // channel header, signature header
	if err != nil {
		return t, err
	}
	channel, err := read("channel header", heads[0])
	if err != nil {
		return t, err
	}
	if kind, err := channel.number(1); err != nil || kind != 3 {
		return t, malformed("the envelope is of type %d, an endorsed transaction is of type 3", kind)
	}
	name, err := channel.one(4)
	if err != nil {
		return t, err
	}
	id, err := channel.one(5)
	if err != nil {
		return t, err
	}
	t.Channel, t.ID = string(name), string(id)
	// Transaction.actions: Fabric allows one; its payload.
	action, err := path("transaction", payload, 2, 1, 2)
	if err != nil {
		return t, err
	}
	both, err := parts("action", action, 1, 2) // proposal payload, endorsed action
	if err != nil {
		return t, err
	}
	endorsed, err := read("endorsed action", both[1])
	if err != nil {
		return t, err
	}
	if t.Response, err = endorsed.one(1); err != nil {
		return t, err
	}
	if n := len(endorsed.parts[2]); n > MaxSignatures {
		return t, malformed("%d endorsements, at most %d are read", n, MaxSignatures)
	}
	for _, raw := range endorsed.parts[2] {
		one, err := parts("endorsement", raw, 1, 2)
		if err != nil {
			return t, err
		}
		t.Endorsements = append(t.Endorsements, Endorsement{one[0], one[1]})
	}
	response, err := parts("proposal response", t.Response, 1, 2) // proposal's hash, chaincode action
	if err != nil {
		return t, err
	}
	if proposed := sha256.Sum256(slices.Concat(heads[0], heads[1], both[0])); !bytes.Equal(proposed[:], response[0]) {
		return t, malformed("what peers endorsed is another proposal than the one in the envelope")
	}
	t.results, err = path("chaincode action", response[1], 1)
	return t, err
}

// parts are several fields of one message, each standing at most once.
func parts(what string, raw []byte, numbers ...protowire.Number) (all [][]byte, err error) {
	m, err := read(what, raw)
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		one, err := m.one(n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Write is the value that the transaction writes under a key of a chaincode, nil if
// it writes none.
func (t Transaction) Write(chaincode, key string) (value []byte, err error) {
	sets, err := read("read and write sets", t.results)
	if err != nil {
		return nil, err
	}
	for _, raw := range sets.parts[2] {
		set, err := parts("read and write set", raw, 1, 2)
		if err != nil {
			return nil, err
		}
		if string(set[0]) != chaincode {
			continue
		}
		kv, err := read("writes", set[1])
		if err != nil {
			return nil, err
		}
		for _, raw := range kv.parts[3] {
			w, err := parts("write", raw, 1, 3)
			if err != nil {
				return nil, err
			}
			if string(w[0]) == key {
				value = w[1] // Fabric carries out the last one
			}
		}
	}
	return value, nil
}

// Endorsers returns who endorsed the transaction, every endorsement being good and
// of a peer of one of these organisations: ErrForged or ErrUnsigned if one is not.
// Where an organisation has no NodeOUs, any member may be one.
func (t Transaction) Endorsers(orgs []Org) ([]Signer, error) {
	var all []Signer
	for i, e := range t.Endorsements {
		msp, cert, err := readIdentity(e.Endorser)
		if err != nil {
			return nil, err
		}
		s, err := nodeOf(orgs, msp, cert, "peer")
		if err != nil {
			return nil, fmt.Errorf("endorsement %d: %w", i, err)
		}
		if err := verify(cert, slices.Concat(t.Response, e.Endorser), e.Signature); err != nil {
			return nil, fmt.Errorf("endorsement %d, of %s: %w", i, s.Name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// CheckSigners returns who signed a block, every signature being good and of an
// ordering node of one of these organisations: ErrForged or ErrUnsigned if one is not,
// or if nobody signed. Where an organisation has no NodeOUs, any member may be one. It
// asks for no policy: whoever looks at the answer does. Signatures that name a
// consenter of BFT by number are for Trust.Check, which knows the numbers.
func (b Block) CheckSigners(orgs []Org) ([]Signer, error) {
	var all []Signer
	for i, s := range b.Signatures {
		if len(s.Creator) == 0 {
			return nil, fmt.Errorf("%w: signature %d names a consenter by number, which only the channel's configuration knows", ErrUnsigned, i)
		}
		identity, err := path("signature header", s.Creator, 1)
		if err != nil {
			return nil, err
		}
		msp, cert, err := readIdentity(identity)
		if err != nil {
			return nil, err
		}
		one, err := nodeOf(orgs, msp, cert, "orderer")
		if err != nil {
			return nil, fmt.Errorf("signature %d of block %d: %w", i, b.Number, err)
		}
		if err := verify(cert, b.Signed(s), s.Value); err != nil {
			return nil, fmt.Errorf("signature %d of block %d, of %s: %w", i, b.Number, one.Name, err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: block %d carries no signature", ErrUnsigned, b.Number)
	}
	return all, nil
}

// nodeOf is a peer or an ordering node of one of these organisations.
func nodeOf(orgs []Org, msp string, cert *x509.Certificate, role string) (Signer, error) {
	for _, o := range orgs {
		as := role
		if o.Nodes == nil {
			as = "member"
		}
		if o.MSP == msp && o.has(cert, o.issuer(cert), as) {
			return Signer{msp, cert.Subject.CommonName}, nil
		}
	}
	return Signer{}, fmt.Errorf("%w: %s of %.60s stands under none of the authorities given for it, or is no %s", ErrUnsigned, cert.Subject.CommonName, msp, role)
}
