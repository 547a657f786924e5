// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Why a header does not count.
var (
	ErrForged   = errors.New("a signature does not hold")
	ErrUnsigned = errors.New("too few sign, or others than the channel's configuration asks for")
	ErrConfig   = errors.New("the block stands under another configuration than the one known")
)

// Signer is who signed a block.
type Signer struct {
	MSP  string `json:"msp"`
	Name string `json:"name"` // common name of the certificate
}

// signer is one in the light of a configuration.
type signer struct {
	msp  string
	cert *x509.Certificate
	org  *Org              // nil where the rule names the organisation by no role
	by   *x509.Certificate // the organisation's authority that issued cert, nil if none did
}

// Check returns who signed a block by what the configuration asks for: those whom the
// channel's own BlockValidation policy names and, under BFT, a quorum of distinct
// consenters too. It returns ErrForged, ErrUnsigned or ErrMalformed if they do not
// suffice, and ErrConfig if another configuration is needed to judge.
//
// Under BFT a signature that does not hold, is nobody's, or is the second of one node
// counts for nothing and spoils nothing, as in Fabric itself: up to f consenters may
// add what they like, and must not be able to stop who follows the chain. Under Raft
// one node signs; there every signature has to hold, so that what a header carries is
// who vouches for it.
func (t Trust) Check(b Block) ([]Signer, error) {
	last, err := b.LastConfig()
	if err != nil {
		return nil, err
	}
	if last != t.Config && last != b.Number {
		return nil, fmt.Errorf("%w: block %d stands under that of block %d, the one known is that of block %d", ErrConfig, b.Number, last, t.Config)
	}
	if len(b.Signatures) == 0 {
		return nil, fmt.Errorf("%w: block %d carries no signature", ErrUnsigned, b.Number)
	}
	var by []signer
	var names []Signer
	var spoiled error // why the first signature that does not count does not
	for i, s := range b.Signatures {
		one, err := t.signed(b, s, by)
		if err != nil {
			err = fmt.Errorf("signature %d of block %d: %w", i, b.Number, err)
			if !t.BFT() {
				return nil, err
			}
			if spoiled == nil {
				spoiled = err
			}
			continue
		}
		by, names = append(by, one), append(names, Signer{one.msp, one.cert.Subject.CommonName})
	}
	if err := t.suffice(b, by, names); err != nil {
		if spoiled != nil {
			err = fmt.Errorf("%w; %w", err, spoiled)
		}
		return names, err
	}
	return names, nil
}

// signed is who made a signature that holds, and is none of those counted already.
func (t Trust) signed(b Block, s Signature, before []signer) (signer, error) {
	one, err := t.whose(s)
	if err != nil {
		return one, err
	}
	name := one.cert.Subject.CommonName
	if slices.ContainsFunc(before, func(o signer) bool { return bytes.Equal(o.cert.Raw, one.cert.Raw) }) {
		return one, fmt.Errorf("%w: %s signed twice, which counts once: leave one out", ErrUnsigned, name)
	}
	if err := verify(one.cert, b.Signed(s), s.Value); err != nil {
		return one, fmt.Errorf("of %s: %w", name, err)
	}
	if one.org != nil {
		one.by = one.org.issuer(one.cert)
	}
	return one, nil
}

// suffice returns ErrUnsigned unless these, whose signatures hold, are enough.
func (t Trust) suffice(b Block, by []signer, names []Signer) error {
	if !t.Rule.satisfied(by, make([]bool, len(by))) {
		return fmt.Errorf("%w: block %d is signed by %v, BlockValidation asks for %s", ErrUnsigned, b.Number, names, t.Rule)
	}
	if !t.BFT() {
		return nil
	}
	have := 0
	for _, s := range by {
		if slices.ContainsFunc(t.Consenters, func(c Consenter) bool { return c.MSP == s.msp && bytes.Equal(c.Cert, s.cert.Raw) }) {
			have++
		}
	}
	if have < t.Quorum() {
		return fmt.Errorf("%w: %d of %d consenters signed block %d, the quorum is %d", ErrUnsigned, have, len(t.Consenters), b.Number, t.Quorum())
	}
	return nil
}

// Next is the trust after a block that passed Check: that of its configuration if
// it is a configuration block, whose one envelope has to come along then, else t.
func (t Trust) Next(b Block, data []byte) (Trust, error) {
	last, err := b.LastConfig()
	if err != nil {
		return t, err
	}
	if last != b.Number {
		if len(data) > 0 {
			return t, malformed("block %d is no configuration block; its data came along for nothing", b.Number)
		}
		return t, nil
	}
	next, err := Begin(b.Header, data)
	if err == nil && next.Channel != t.Channel {
		err = malformed("block %d is of channel %.60q, the chain is channel %.60q", b.Number, next.Channel, t.Channel)
	}
	return next, err
}

// ErrNoData tells that a configuration block came without its data.
var ErrNoData = errors.New("a configuration block came without its data")

// Begin is the trust that a configuration block stands for, whoever vouches for
// its header.
func Begin(h Header, data []byte) (Trust, error) {
	if len(data) == 0 {
		return Trust{}, fmt.Errorf("%w: block %d", ErrNoData, h.Number)
	}
	if err := h.CheckData([][]byte{data}); err != nil {
		return Trust{}, err
	}
	return ReadTrust(h.Number, data)
}

// whose finds the certificate behind a signature.
func (t Trust) whose(s Signature) (signer, error) {
	var who signer
	var err error
	switch {
	case (len(s.Creator) == 0) == (len(s.Consenter) == 0):
		return who, malformed("exactly one of signature header and identifier header is needed")
	case len(s.Creator) > 0:
		identity, err := path("signature header", s.Creator, 1)
		if err != nil {
			return who, err
		}
		if who.msp, who.cert, err = readIdentity(identity); err != nil {
			return who, err
		}
	default:
		m, err := read("identifier header", s.Consenter)
		if err != nil {
			return who, err
		}
		id, err := m.number(1)
		if err != nil {
			return who, err
		}
		at := slices.IndexFunc(t.Consenters, func(c Consenter) bool { return uint64(c.ID) == id })
		if at < 0 {
			return who, fmt.Errorf("%w: consenter %d is not in the configuration", ErrUnsigned, id)
		}
		who.msp = t.Consenters[at].MSP
		if who.cert, err = x509.ParseCertificate(t.Consenters[at].Cert); err != nil {
			return who, malformed("certificate of consenter %d", id)
		}
	}
	if at := slices.IndexFunc(t.Orgs, func(o Org) bool { return o.MSP == who.msp }); at >= 0 {
		who.org = &t.Orgs[at]
	}
	return who, err
}

// readIdentity reads a SerializedIdentity.
func readIdentity(raw []byte) (msp string, cert *x509.Certificate, err error) {
	m, err := read("identity", raw)
	if err != nil {
		return "", nil, err
	}
	id, err := m.one(1)
	if err != nil {
		return "", nil, err
	}
	text, err := m.one(2)
	if err != nil {
		return "", nil, err
	}
	cert, err = readPEM(text)
	return string(id), cert, err
}

// verify checks a signature as Fabric does: ECDSA over SHA-256 with the smaller s
// alone, or Ed25519.
func verify(cert *x509.Certificate, message, signature []byte) error {
	switch key := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		var rs struct{ R, S *big.Int }
		rest, err := asn1.Unmarshal(signature, &rs)
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("%w: not an ECDSA signature", ErrForged)
		}
		if again, err := asn1.Marshal(rs); err != nil || !bytes.Equal(again, signature) {
			return fmt.Errorf("%w: spelled in another way than DER", ErrForged)
		}
		if half := new(big.Int).Rsh(key.Params().N, 1); rs.S.Cmp(half) > 0 {
			return fmt.Errorf("%w: its s is the larger of the two", ErrForged)
		}
		digest := sha256.Sum256(message)
		if !ecdsa.VerifyASN1(key, digest[:], signature) {
			return ErrForged
		}
		return nil
	case ed25519.PublicKey:
		if !ed25519.Verify(key, message, signature) {
			return ErrForged
		}
		return nil
	default:
		return fmt.Errorf("%w: keys of type %T are not read", ErrForged, cert.PublicKey)
	}
}

// is reports whether the signer is a principal.
func (s signer) is(p Principal) bool {
	if s.msp != p.MSP {
		return false
	}
	if p.Role == "" {
		return bytes.Equal(s.cert.Raw, p.Cert)
	}
	if s.org == nil {
		return false
	}
	return s.org.has(s.cert, s.by, p.Role)
}

// has reports whether a certificate is one of the organisation's in a role. issuer is
// what the method of that name answers for it.
func (o Org) has(cert, issuer *x509.Certificate, role string) bool {
	if issuer == nil || cert.IsCA || slices.Contains(o.Revoked, revokedName(issuer, cert.SerialNumber.Text(16))) {
		return false
	}
	carries := func(u *Unit) bool {
		return u != nil && slices.Contains(cert.Subject.OrganizationalUnit, u.Name) && (len(u.Issuer) == 0 || bytes.Equal(u.Issuer, issuer.Raw))
	}
	if len(o.Units) > 0 && !slices.ContainsFunc(o.Units, func(u Unit) bool { return carries(&u) }) {
		return false
	}
	listed := slices.ContainsFunc(o.Admins, func(der []byte) bool { return bytes.Equal(der, cert.Raw) })
	if o.Nodes == nil {
		return role == "member" || role == "admin" && listed
	}
	have := map[string]bool{}
	for name, unit := range map[string]*Unit{"client": o.Nodes.Client, "peer": o.Nodes.Peer, "admin": o.Nodes.Admin, "orderer": o.Nodes.Orderer} {
		if carries(unit) {
			have[name] = true
		}
	}
	if len(have) != 1 {
		return false
	}
	return role == "member" || have[role] || role == "admin" && listed
}

// maxChain bounds the certificates between a member's and a root.
const maxChain = 5

// issuer is who issued a certificate, under one of the organisation's roots, nil
// if nobody did. Only signatures and what authorities may do count: no clock is
// looked at, so that a block judged once is judged alike for ever.
func (o Org) issuer(cert *x509.Certificate) *x509.Certificate {
	tried := map[int]int{}
	for i := range o.Intermediates {
		tried[i] = maxChain
	}
	return o.above(cert, 0, tried)
}

// above is issuer of a certificate that has so many of authorities below it. tried is
// how far up each intermediate was looked at by now: what leads to no root from there
// leads to none from further up. Without it, authorities of one name and key would
// make more ways than can be tried.
func (o Org) above(cert *x509.Certificate, below int, tried map[int]int) *x509.Certificate {
	for i, der := range append(slices.Clone(o.Roots), o.Intermediates...) {
		at := i - len(o.Roots)
		if at >= 0 && below >= tried[at] {
			continue
		}
		by, err := x509.ParseCertificate(der)
		if err != nil || !bytes.Equal(by.RawSubject, cert.RawIssuer) || cert.CheckSignatureFrom(by) != nil {
			continue
		}
		if (by.MaxPathLen > 0 || by.MaxPathLenZero) && below > by.MaxPathLen {
			continue
		}
		if at < 0 {
			return by
		}
		if tried[at] = below; o.above(by, below+1, tried) != nil {
			return by
		}
	}
	return nil
}
