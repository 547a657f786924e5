// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypHeader is the typ of each JWS in a header's body.
const TypHeader = "header+jws"

// MaxHeight bounds heights: they are JSON numbers.
const MaxHeight = 1 << 50

// HeaderContent is what a chain's keys sign about one of its headers, whatever
// the chain is made of.
type HeaderContent struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Hash      string `json:"hash"` // of the header: 32 bytes, in hex
	Height    int64  `json:"height"`
	Network   string `json:"network"`
	Previous  string `json:"previous"` // hash of the header before; empty at height 0
	Source    string `json:"source"`
	V         int    `json:"v"`
}

// NewHeader is a header's statement, bound to its place.
func NewHeader(p Place, source string, height int64, hash, previous string) HeaderContent {
	return HeaderContent{
		Chaincode: p.Chaincode, Channel: p.Channel, Network: p.Network, V: 1,
		Source: source, Height: height, Hash: hash, Previous: previous,
	}
}

// HeaderRecord is the record of a header whose statement these signed: compact
// JWS of one and the same payload. submitter is who brings it.
func HeaderRecord(submitter string, signed ...string) (Record, error) {
	c, _, err := parseHeader(signed)
	if err != nil {
		return Record{}, err
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil {
		return Record{}, InvalidRecord.Errorf("hash %.80q is not in hex", c.Hash)
	}
	return Record{
		Kind: Header, Algorithm: SHA256, Digest: hash, Submitter: submitter,
		Reference: ReferenceOf(strconv.FormatInt(c.Height, 10)), Body: []byte(strings.Join(signed, "\n")),
	}, nil
}

func parseHeader(signed []string) (c HeaderContent, all []*jws.Message, err error) {
	if len(signed) > MaxSigners {
		return c, nil, InvalidRecord.Errorf("%d signatures, at most %d", len(signed), MaxSigners)
	}
	for i, compact := range signed {
		m, err := jws.Parse(compact)
		if err != nil {
			return c, nil, err
		}
		if m.Header.Typ != TypHeader {
			return c, nil, InvalidRecord.Errorf("typ is %.40q, expected %s", m.Header.Typ, TypHeader)
		}
		if i == 0 {
			if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
				return c, nil, InvalidRecord.Errorf("header %w", err)
			}
		} else if !bytes.Equal(m.Payload, all[0].Payload) {
			return c, nil, InvalidRecord.Errorf("signature %d is of another statement than the first", i)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return c, nil, InvalidRecord.Errorf("no signature")
	}
	return c, all, nil
}

// CheckHeader reads the body of a header and checks all that needs no state but
// the source: form, place, and that enough of the chain's keys signed it. It
// returns INVALID_RECORD, ELSEWHERE, SIGNERS_MISSING, BAD_JWS, BAD_DID or
// BAD_SIGNATURE.
func CheckHeader(r Record, p Place, s Source) (HeaderContent, error) {
	c, signed, err := parseHeader(strings.Split(string(r.Body), "\n"))
	if err != nil {
		return c, err
	}
	if err := p.Check(c.V, c.Network, c.Channel, c.Chaincode); err != nil {
		return c, err
	}
	if c.Source != s.ID {
		return c, Elsewhere.Errorf("the header is for source %.48q", c.Source)
	}
	if err := c.validate(); err != nil {
		return c, err
	}
	want, err := HeaderRecord(r.Submitter, strings.Split(string(r.Body), "\n")...)
	if err != nil {
		return c, err
	}
	if !bytes.Equal(want.Append(nil), r.Append(nil)) {
		return c, InvalidRecord.Errorf("the record is not that of the header in its body")
	}
	return c, checkSigners(signed, s)
}

func checkSigners(signed []*jws.Message, s Source) error {
	var by []string
	for _, m := range signed {
		signer, _, err := did.Split(m.Header.Kid)
		if err != nil {
			return err
		}
		if s.Headers == nil || !slices.Contains(s.Headers.Signers, signer) {
			return SignersMissing.Errorf("%.100s is none of the source's signers", signer)
		}
		if slices.Contains(by, signer) {
			return SignersMissing.Errorf("%.100s signed twice, which counts once: leave one out", signer)
		}
		by = append(by, signer)
		method, err := did.Resolve(signer)
		if err != nil {
			return err
		}
		if err := verifyAs(m, method); err != nil {
			return err
		}
	}
	if len(by) < s.Headers.Threshold {
		return SignersMissing.Errorf("%d of the source's %d keys signed, %d are needed", len(by), len(s.Headers.Signers), s.Headers.Threshold)
	}
	return nil
}

func (c HeaderContent) validate() error {
	if c.Height < 0 || c.Height > MaxHeight {
		return InvalidRecord.Errorf("height is %d", c.Height)
	}
	if err := CheckDigest("hash", c.Hash); err != nil {
		return err
	}
	if c.Height == 0 && c.Previous == "" {
		return nil
	}
	return CheckDigest("previous", c.Previous)
}

// ChainTip is where another chain stands in its log.
type ChainTip struct {
	Height int64  `json:"height"`
	Hash   string `json:"hash"`
	Gaps   []Gap  `json:"gaps,omitempty"`
	Forks  int    `json:"forks"`           // heights at which evidence of a fork is kept
	Trust  int64  `json:"trust,omitempty"` // height of the header that says who signs the next; not of statements
}

// Gap is heights that were left out, both ends among them.
type Gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// MaxGaps bounds the gaps of a chain.
const MaxGaps = 1000

// HeaderAt is a header in the log.
type HeaderAt struct {
	Hash     string `json:"hash"`
	Previous string `json:"previous"`
	Index    uint64 `json:"index"`           // of its leaf
	Under    int64  `json:"under,omitempty"` // height of the trust that it was checked under; not of statements
	Start    bool   `json:"start,omitempty"` // the one that the source names
}

// Fork is evidence, kept for ever, that a chain's keys signed two histories.
type Fork struct {
	Height   int64  `json:"height"`
	Known    string `json:"known"`    // hash at this height that is in the log
	Other    string `json:"other"`    // the one that contradicts it
	Evidence string `json:"evidence"` // what was signed: compact JWS, one a line, or a block's body in base64
	Time     int64  `json:"time"`     // Unix seconds
	Tx       string `json:"tx"`
}

// Advance is the chain after a header. empty tells that the log has none yet, at
// what it has at the header's own height. It returns HEADER_EXISTS,
// HEADER_PAST, HEADER_GAP, and with evidence FORKED_CHAIN or UNTRUSTED_CHAIN.
func (t ChainTip) Advance(c HeaderContent, empty bool, at *HeaderAt, gaps bool) (ChainTip, *Fork, error) {
	next := ChainTip{Height: c.Height, Hash: c.Hash, Gaps: t.Gaps, Forks: t.Forks, Trust: t.Trust}
	switch {
	case empty:
		return next, nil, nil
	case at != nil && at.Hash == c.Hash:
		return t, nil, HeaderExists.Errorf("height %d is leaf %d", c.Height, at.Index)
	case at != nil:
		return t, &Fork{Height: c.Height, Known: at.Hash, Other: c.Hash},
			ForkedChain.Errorf("height %d is %s in the log, %s was signed", c.Height, at.Hash, c.Hash)
	case c.Height < t.Height:
		return t, nil, HeaderPast.Errorf("height %d, the log is at %d", c.Height, t.Height)
	case c.Height == t.Height+1:
		if c.Previous != t.Hash {
			return t, &Fork{Height: t.Height, Known: t.Hash, Other: c.Previous},
				UntrustedChain.Errorf("height %d says that %d was %.64s, the log has %s", c.Height, t.Height, c.Previous, t.Hash)
		}
		return next, nil, nil
	case !gaps || len(t.Gaps) >= MaxGaps:
		return t, nil, HeaderGap.Errorf("height %d, the log is at %d", c.Height, t.Height)
	default:
		next.Gaps = append(slices.Clone(t.Gaps), Gap{From: t.Height + 1, To: c.Height - 1})
		return next, nil, nil
	}
}
