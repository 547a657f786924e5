// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// LogKey is the verifier key under which this sealer would sign checkpoints of a
// source's log from now on: what the source registers.
func (s *Sealer) LogKey(source string) (string, error) { return s.logKey(source, s.logKeys()[0]) }

func (s *Sealer) logKey(source string, key ed25519.PrivateKey) (string, error) {
	return note.NewEd25519VerifierKey(anchor.Origin(s.Place, source), key.Public().(ed25519.PublicKey))
}

// logKeys are the keys that may sign checkpoints, the newest first.
func (s *Sealer) logKeys() []ed25519.PrivateKey {
	if len(s.LogKeys) > 0 {
		return s.LogKeys
	}
	return []ed25519.PrivateKey{s.Key}
}

// registered is the key of this sealer that a source has registered for its log.
// Between the day on which a gateway has a new key and the one on which the source
// registers it, that is the older one.
func (s *Sealer) registered(from anchor.Source) (ed25519.PrivateKey, error) {
	for _, key := range s.logKeys() {
		own, err := s.logKey(from.ID, key)
		if err != nil {
			return nil, err
		}
		if own == from.LogKey {
			return key, nil
		}
	}
	return nil, anchor.SealerNotGranted.Errorf("source %s has registered log key %s, which is none of this gateway's %d", from.ID, from.LogKey, len(s.logKeys()))
}

// COSE is a receipt in its second form, for its source's log.
func (s *Sealer) COSE(ctx context.Context, source string, r receipt.Receipt) ([]byte, error) {
	from, err := s.store.Source(ctx, source)
	if err != nil {
		return nil, err
	}
	key, err := s.registered(from)
	if err != nil {
		return nil, err
	}
	c, err := r.COSE(key)
	if err != nil {
		return nil, err
	}
	return c.Marshal()
}

// Checkpoint is a log's checkpoint of a size, 0 being the latest, signed and with
// what witnesses have cosigned of it.
func (s *Sealer) Checkpoint(ctx context.Context, source string, size uint64) (receipt.Checkpoint, []byte, error) {
	c, signed, err := s.sign1(ctx, source, size)
	if err != nil {
		return c, nil, err
	}
	lines, err := s.store.Cosignatures(ctx, source, c.Size)
	for _, line := range lines {
		signed = append(signed, line...)
	}
	return c, signed, err
}

// sign1 is a checkpoint under the log's own key alone.
func (s *Sealer) sign1(ctx context.Context, source string, size uint64) (receipt.Checkpoint, []byte, error) {
	var none receipt.Checkpoint
	if err := s.Err(); err != nil {
		return none, nil, err
	}
	from, err := s.store.Source(ctx, source)
	if err != nil {
		return none, nil, err
	}
	c, err := s.store.Checkpoint(ctx, source, size)
	if err != nil {
		return none, nil, err
	}
	key, err := s.registered(from)
	if err != nil {
		return none, nil, err
	}
	signer, err := receipt.NewLogSigner(anchor.Origin(s.Place, source), key)
	if err != nil {
		return none, nil, err
	}
	checkpoint := receipt.Checkpoint{
		Origin: anchor.Origin(s.Place, source), Size: c.Size, Root: [32]byte(c.Root), Time: time.Unix(c.Time, 0).UTC(), Tx: c.Tx,
	}
	signed, err := checkpoint.Sign(signer)
	return checkpoint, signed, err
}

// Receipt is the receipt of a leaf: in the first tree with it that all witnesses
// cosigned, or where there is none yet, as it was sealed.
func (s *Sealer) Receipt(ctx context.Context, source string, index uint64) (receipt.Receipt, error) {
	var r receipt.Receipt
	size, err := s.store.SealedAt(ctx, source, index)
	if err != nil {
		return r, err
	}
	if len(s.Witnesses) > 0 {
		var all []string
		for _, w := range s.Witnesses {
			all = append(all, w.id())
		}
		cosigned, err := s.store.CosignedAt(ctx, source, index, all...)
		if err != nil {
			return r, err
		}
		if cosigned > 0 {
			size = cosigned
		}
	}
	checkpoint, signed, err := s.Checkpoint(ctx, source, size)
	if err != nil {
		return r, err
	}
	tiles := s.store.Tiles(source)
	r.Index, r.Note = index, signed
	if r.Entry, err = tiles.Entry(index); err != nil {
		return r, fmt.Errorf("entry %d of log %s: %w", index, source, err)
	}
	if r.Path, err = tiles.Inclusion(index, checkpoint.Size); err != nil {
		return r, fmt.Errorf("proof of leaf %d of log %s: %w", index, source, err)
	}
	return r, nil
}

// ErrNoEvidence is a ledger that gives no whole blocks.
var ErrNoEvidence = errors.New("this gateway's ledger gives no whole blocks")

// Evidence is the ledger's own block with the transaction that sealed the
// checkpoint of a leaf's receipt, as the peer has it.
func (s *Sealer) Evidence(ctx context.Context, source string, index uint64) ([]byte, error) {
	r, err := s.Receipt(ctx, source, index)
	if err != nil {
		return nil, err
	}
	text, _, ok := strings.Cut(string(r.Note), "\n\n")
	if !ok {
		return nil, fmt.Errorf("checkpoint of leaf %d of log %s cannot be read", index, source)
	}
	c, err := receipt.ParseCheckpoint(text + "\n")
	if err != nil {
		return nil, err
	}
	ledger, ok := s.ledger.(interface {
		BlockOf(ctx context.Context, tx string) ([]byte, error)
	})
	if !ok {
		return nil, ErrNoEvidence
	}
	return ledger.BlockOf(ctx, c.Tx)
}

// Consistency proves that a log only grew between two of its checkpoints.
func (s *Sealer) Consistency(ctx context.Context, source string, from, to uint64) ([][32]byte, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	for _, size := range []uint64{from, to} {
		if size == 0 {
			continue
		}
		if _, err := s.store.Checkpoint(ctx, source, size); err != nil {
			return nil, err
		}
	}
	if from > to {
		return nil, anchor.CheckpointUnknown.Errorf("from %d to %d: a log only grows", from, to)
	}
	return s.store.Tiles(source).Consistency(from, to)
}

// Record is the record of a leaf.
func (s *Sealer) Record(ctx context.Context, source string, index uint64) (anchor.Record, error) {
	if _, err := s.store.SealedAt(ctx, source, index); err != nil {
		return anchor.Record{}, err
	}
	entry, err := s.store.Tiles(source).Entry(index)
	if err != nil {
		return anchor.Record{}, err
	}
	_, r, err := anchor.ParseEntry(entry)
	return r, err
}
