// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
)

// Evidence is what the ledger's own block proves of a receipt's checkpoint, under
// nothing but the certificates of the consortium's authorities: neither the log's
// key nor a witness is asked.
type Evidence struct {
	Block     uint64          `json:"block"`
	Orderers  []fabric.Signer `json:"orderers"`  // who signed the block's header
	Endorsers []fabric.Signer `json:"endorsers"` // peers that computed and signed the checkpoint
}

// CheckEvidence checks that this whole block of the ledger (protobuf common.Block)
// holds the transaction which sealed the receipt's checkpoint; that the peers which
// endorsed it signed that very size and root; and that ordering nodes signed the
// block. Peers and ordering nodes have to be such (by their NodeOUs) of these
// organisations, peers of at least so many different ones. That the transaction was valid
// nobody signs: it is the word of the peer that gave the block. So evidence does not
// exclude another tree of that size, which witnesses do. It returns ErrMalformed,
// ErrNotIncluded, ErrOther or ErrUntrusted.
func CheckEvidence(p Proof, block io.Reader, orgs []fabric.Org, organisations int) (Evidence, error) {
	var e Evidence
	raw, err := io.ReadAll(io.LimitReader(block, maxBlock+1))
	if err != nil {
		return e, err
	}
	if len(raw) > maxBlock {
		return e, malformed("a block of more than %d bytes", maxBlock)
	}
	b, err := fabric.ParseBlock(raw)
	if err == nil {
		err = b.CheckData(b.Envelopes)
	}
	if err != nil {
		return e, malformed("evidence: %w", err)
	}
	e.Block = b.Number
	at := slices.Index(fabric.TransactionIDs(b.Envelopes), p.Tx)
	if at < 0 {
		return e, fmt.Errorf("%w: block %d does not hold transaction %s, which sealed the checkpoint", ErrNotIncluded, b.Number, p.Tx)
	}
	if at >= len(b.Flags) || b.Flags[at] != 0 {
		return e, fmt.Errorf("%w: by the peer that gave block %d, transaction %s is not valid", ErrNotIncluded, b.Number, p.Tx)
	}
	t, err := fabric.ReadTransaction(b.Envelopes[at])
	if err != nil {
		return e, malformed("evidence: %w", err)
	}
	if err := checkpointIn(t, p); err != nil {
		return e, err
	}
	if e.Endorsers, err = t.Endorsers(orgs); err != nil {
		return e, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	different := map[string]bool{}
	for _, s := range e.Endorsers {
		different[s.MSP] = true
	}
	if len(different) < organisations {
		return e, fmt.Errorf("%w: peers of %d organisations endorsed the checkpoint, %d are asked for", ErrUntrusted, len(different), organisations)
	}
	if e.Orderers, err = b.CheckSigners(orgs); err != nil {
		return e, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return e, nil
}

// checkpointIn returns ErrOther unless the transaction writes the proof's
// checkpoint.
func checkpointIn(t fabric.Transaction, p Proof) error {
	place := strings.Split(p.Origin, "/")
	if len(place) != 4 {
		return malformed("origin %.200q is not network, channel, chaincode and source", p.Origin)
	}
	if t.Channel != place[1] {
		return fmt.Errorf("%w: transaction %s is of channel %.60q, the receipt's log is on %.60q", ErrOther, t.ID, t.Channel, place[1])
	}
	// The ledger's composite keys: parts between zero bytes, numbers of fixed width.
	key := fmt.Sprintf("\x00%s\x00%s\x00%016d\x00", anchor.TableCheckpoint, place[3], p.Size)
	value, err := t.Write(place[2], key)
	if err != nil {
		return malformed("evidence: %w", err)
	}
	if value == nil {
		return fmt.Errorf("%w: transaction %s seals no checkpoint of size %d", ErrOther, t.ID, p.Size)
	}
	var c anchor.Checkpoint
	if err := json.Unmarshal(value, &c); err != nil {
		return malformed("evidence: the checkpoint cannot be read")
	}
	if c.Size != p.Size || !bytes.Equal(c.Root, p.Root[:]) || c.Tx != p.Tx || c.Time != p.Time.Unix() {
		return fmt.Errorf("%w: peers endorsed size %d root %x, the receipt has size %d root %x", ErrOther, c.Size, c.Root, p.Size, p.Root)
	}
	return nil
}

// Words says what was proved, for people.
func (e Evidence) Words() string {
	names := func(all []fabric.Signer) string {
		var out []string
		for _, s := range all {
			out = append(out, s.Name+" ("+s.MSP+")")
		}
		return strings.Join(out, ", ")
	}
	return fmt.Sprintf("The ledger's own block %d proves that tree too, down to the certificates you gave:\n"+
		"  peers that computed and signed it: %s\n  ordering nodes that signed the block: %s\n"+
		"  that it was valid there: the word of the peer that gave the block\n", e.Block, names(e.Endorsers), names(e.Orderers))
}
