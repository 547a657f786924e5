// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypStep is the typ of the JWS in a step's body.
const TypStep = "step+jws"

// MaxLinks bounds the steps of other items that a step links to.
const MaxLinks = 16

// StepContent is what somebody signs about an item: a thing, a paper, a budget
// line. The digest of what was signed names the step.
type StepContent struct {
	Chaincode string   `json:"chaincode"`
	Channel   string   `json:"channel"`
	Content   string   `json:"content"` // SHA-256 of what happened, in hex; the text itself stays with the parties
	Item      string   `json:"item"`    // id of the thing within the source
	Links     []string `json:"links"`   // steps of other items that went into this one, in hex
	Network   string   `json:"network"`
	Prev      string   `json:"prev"` // the item's step before, in hex; empty for the first
	Source    string   `json:"source"`
	V         int      `json:"v"`
}

// NewStep is a step's content, bound to its place.
func NewStep(p Place, source, item, content, prev string, links ...string) StepContent {
	if links == nil {
		links = []string{}
	}
	return StepContent{
		Chaincode: p.Chaincode, Channel: p.Channel, Network: p.Network, V: 1,
		Source: source, Item: item, Content: content, Prev: prev, Links: links,
	}
}

// StepRecord is the record of a step that was signed.
func StepRecord(compact string) (Record, error) {
	m, err := jws.Parse(compact)
	if err != nil {
		return Record{}, err
	}
	var c StepContent
	if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
		return Record{}, InvalidRecord.Errorf("step %w", err)
	}
	submitter, _, err := did.Split(m.Header.Kid)
	if err != nil {
		return Record{}, err
	}
	digest := m.Digest()
	return Record{
		Kind: Step, Algorithm: SHA256, Digest: digest[:], Submitter: submitter,
		Reference: ReferenceOf(c.Item), Body: []byte(compact),
	}, nil
}

// CheckStep reads the body of a step and checks all that needs no state: form,
// place, and that its DID signed it. It returns INVALID_RECORD, ELSEWHERE,
// BAD_JWS, BAD_DID or BAD_SIGNATURE.
func CheckStep(r Record, p Place, source string) (StepContent, error) {
	var c StepContent
	m, err := jws.Parse(string(r.Body))
	if err != nil {
		return c, err
	}
	if m.Header.Typ != TypStep {
		return c, InvalidRecord.Errorf("typ is %.40q, expected %s", m.Header.Typ, TypStep)
	}
	if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
		return c, InvalidRecord.Errorf("step %w", err)
	}
	if err := p.Check(c.V, c.Network, c.Channel, c.Chaincode); err != nil {
		return c, err
	}
	if c.Source != source {
		return c, Elsewhere.Errorf("the step is for source %.48q", c.Source)
	}
	if err := c.validate(); err != nil {
		return c, err
	}
	want, err := StepRecord(string(r.Body))
	if err != nil {
		return c, err
	}
	if !bytes.Equal(want.Append(nil), r.Append(nil)) {
		return c, InvalidRecord.Errorf("the record is not that of the step in its body")
	}
	method, err := did.Resolve(r.Submitter)
	if err != nil {
		return c, err
	}
	return c, verifyAs(m, method)
}

func (c StepContent) validate() error {
	if err := CheckID("item", c.Item); err != nil {
		return err
	}
	if err := CheckDigest("content", c.Content); err != nil {
		return err
	}
	if c.Prev != "" {
		if err := CheckDigest("prev", c.Prev); err != nil {
			return err
		}
	}
	if c.Links == nil || len(c.Links) > MaxLinks {
		return InvalidRecord.Errorf("%d links: a list of at most %d is needed", len(c.Links), MaxLinks)
	}
	for i, l := range c.Links {
		if err := CheckDigest("link", l); err != nil {
			return err
		}
		if i > 0 && c.Links[i-1] >= l {
			return InvalidRecord.Errorf("links are not in ascending order, each once")
		}
	}
	return nil
}

// Item is where an item's history stands.
type Item struct {
	Steps int64  `json:"steps"`
	Last  string `json:"last"`  // digest of the latest step, in hex
	Index uint64 `json:"index"` // of its leaf
}

// StepAt is where a step stands.
type StepAt struct {
	Item  string `json:"item"`
	Index uint64 `json:"index"`
}

// Follow is the item after a step. It returns STEP_EXISTS or STEP_BROKEN.
func (it Item) Follow(r Record, c StepContent, known bool, index uint64) (Item, error) {
	digest := hex.EncodeToString(r.Digest)
	if known {
		return it, StepExists.Errorf("step %s of item %s", digest, c.Item)
	}
	if c.Prev != it.Last {
		return it, StepBroken.Errorf("item %s: the step follows %.64q, its latest is %q (step %d)", c.Item, c.Prev, it.Last, it.Steps)
	}
	return Item{Steps: it.Steps + 1, Last: digest, Index: index}, nil
}
