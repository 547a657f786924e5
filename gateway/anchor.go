// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Anchor is the anchor contract: logs of sources, sealed by those whom the
// sources granted it. Receipts of what was sealed are made and verified by
// package receipt.
type Anchor struct {
	client   *Client
	channel  string
	contract *client.Contract
}

// Anchor is the anchor contract deployed under a name on a channel.
func (c *Client) Anchor(channel, chaincode string) *Anchor {
	return &Anchor{client: c, channel: channel, contract: c.fabric.GetNetwork(channel).GetContract(chaincode)}
}

// Seal carries a seal (see [anchor.Seal]) and the records of each of its logs to
// the ledger and waits for the commit. Sent again, it gives the first result; after
// an error that is [Error.InDoubt] or [Error.Conflict], send the same again.
func (a *Anchor) Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error) {
	payload, _, err := a.submit(ctx, "Seal", append([][]byte{[]byte(signed)}, records...)...)
	return decode[anchor.Sealed]("Seal", payload, err)
}

// GrantRole gives a role to a member of the caller's own organisation. The
// caller is its administrator: NOT_ADMIN, ROLE_UNKNOWN.
func (a *Anchor) GrantRole(ctx context.Context, r call.SetRole) (call.Grant, error) {
	return operateAnchor[call.Grant](ctx, a, "GrantRole", r)
}

// RevokeRole takes a role away. Revoking what was not granted is no error.
func (a *Anchor) RevokeRole(ctx context.Context, r call.SetRole) (call.Grant, error) {
	return operateAnchor[call.Grant](ctx, a, "RevokeRole", r)
}

// RegisterSource registers a source of the caller's organisation, by a keeper:
// SOURCE_EXISTS, INVALID_SOURCE.
func (a *Anchor) RegisterSource(ctx context.Context, r anchor.RegisterSource) (anchor.Source, error) {
	return operateAnchor[anchor.Source](ctx, a, "RegisterSource", r)
}

// ChangeSource is the next version of a source, by a keeper of its owner:
// SOURCE_STATE, NOT_OWNER, INVALID_SOURCE.
func (a *Anchor) ChangeSource(ctx context.Context, r anchor.ChangeSource) (anchor.Source, error) {
	return operateAnchor[anchor.Source](ctx, a, "ChangeSource", r)
}

// Source is a source in a version, 0 being the latest.
func (a *Anchor) Source(ctx context.Context, id string, version int) (anchor.Source, error) {
	return evaluateAnchor[anchor.Source](ctx, a, "Source", anchor.SourceQuery{Source: id, Version: version})
}

// Sources pages through the sources, 1 to 500 at a time; limit 0 is 500.
func (a *Anchor) Sources(ctx context.Context, limit int, bookmark string) (call.Page[anchor.Source], error) {
	return evaluateAnchor[call.Page[anchor.Source]](ctx, a, "Sources", anchor.ListQuery{Limit: limit, Bookmark: bookmark})
}

// Log is a source's log as the ledger keeps it.
func (a *Anchor) Log(ctx context.Context, source string) (anchor.Log, error) {
	return evaluateAnchor[anchor.Log](ctx, a, "Log", anchor.SourceQuery{Source: source})
}

// Checkpoint is the checkpoint of a size, 0 being the latest.
func (a *Anchor) Checkpoint(ctx context.Context, source string, size uint64) (anchor.Checkpoint, error) {
	return evaluateAnchor[anchor.Checkpoint](ctx, a, "Checkpoint", anchor.CheckpointQuery{Source: source, Size: size})
}

// Item is where an item's history stands: ITEM_UNKNOWN.
func (a *Anchor) Item(ctx context.Context, source, item string) (anchor.Item, error) {
	return evaluateAnchor[anchor.Item](ctx, a, "Item", anchor.ItemQuery{Source: source, Item: item})
}

// Tip is where another chain stands: HEADER_UNKNOWN.
func (a *Anchor) Tip(ctx context.Context, source string) (anchor.ChainTip, error) {
	return evaluateAnchor[anchor.ChainTip](ctx, a, "Tip", anchor.SourceQuery{Source: source})
}

// Forks pages through the evidence against a chain.
func (a *Anchor) Forks(ctx context.Context, source string, limit int, bookmark string) (call.Page[anchor.Fork], error) {
	return evaluateAnchor[call.Page[anchor.Fork]](ctx, a, "Forks", anchor.PageQuery{Source: source, Limit: limit, Bookmark: bookmark})
}

func (a *Anchor) submit(ctx context.Context, function string, args ...[]byte) ([]byte, string, error) {
	p, err := a.contract.NewProposal(function, client.WithBytesArguments(args...))
	if err != nil {
		return nil, "", fmt.Errorf("propose %s: %w", function, err)
	}
	endorsing, cancel := context.WithTimeout(ctx, a.client.options.EndorseTimeout)
	defer cancel()
	endorsed, err := p.EndorseWithContext(endorsing)
	if err != nil {
		return nil, p.TransactionID(), newError(PhaseEndorse, p.TransactionID(), anchor.Codes, err)
	}
	tx := &Transaction{client: a.client, registry: anchor.Codes, tx: endorsed}
	if err := tx.Submit(ctx); err != nil {
		return nil, tx.ID(), err
	}
	if err := tx.Wait(ctx); err != nil {
		return nil, tx.ID(), err
	}
	return tx.Result(), tx.ID(), nil
}

func operateAnchor[Record any](ctx context.Context, a *Anchor, function string, request interface{ Validate() error }) (record Record, err error) {
	if err := request.Validate(); err != nil {
		return record, err
	}
	arg, err := json.Marshal(request)
	if err != nil {
		return record, fmt.Errorf("encode the request of %s: %w", function, err)
	}
	for try := 1; ; try++ {
		payload, _, err := a.submit(ctx, function, arg)
		var failed *Error
		if try <= conflictRetries && errors.As(err, &failed) && failed.Conflict() && pause(ctx, time.Duration(try)*conflictPause) {
			continue
		}
		return decode[Record](function, payload, err)
	}
}

func evaluateAnchor[T any](ctx context.Context, a *Anchor, function string, query any) (T, error) {
	var zero T
	arg, err := json.Marshal(query)
	if err != nil {
		return zero, fmt.Errorf("encode the argument of %s: %w", function, err)
	}
	p, err := a.contract.NewProposal(function, client.WithBytesArguments(arg))
	if err != nil {
		return zero, fmt.Errorf("propose %s: %w", function, err)
	}
	ctx, cancel := context.WithTimeout(ctx, a.client.options.EvaluateTimeout)
	defer cancel()
	payload, err := p.EvaluateWithContext(ctx)
	if err != nil {
		err = newError(PhaseEvaluate, p.TransactionID(), anchor.Codes, err)
	}
	return decode[T](function, payload, err)
}
