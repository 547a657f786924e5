// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Anchor is the anchor contract: logs of sources, sealed by those whom the
// sources granted it. Receipts of what was sealed are made and verified by
// package receipt.
type Anchor struct{ contract contract }

// Anchor is the anchor contract deployed under a name on a channel.
func (c *Client) Anchor(channel, chaincode string) *Anchor {
	return &Anchor{c.contract(channel, chaincode, anchor.Codes)}
}

// Own is the contract for who vouches for the answers: peers of the client's own
// organisation give them, never another's in their stead.
func (a *Anchor) Own() *Anchor { return &Anchor{a.contract.own()} }

// Seal carries a seal (see [anchor.Seal]) and the records of each of its logs to
// the ledger and waits for the commit. Sent again, it gives the first result: after
// an error that is [Error.InDoubt], send the same again.
func (a *Anchor) Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error) {
	args := make([]string, 0, 1+len(records))
	args = append(args, signed)
	for _, r := range records {
		args = append(args, string(r)) // bytes travel as they are
	}
	payload, err := a.contract.submit(ctx, "Seal", args...)
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

func operateAnchor[Record any](ctx context.Context, a *Anchor, function string, request interface{ Validate() error }) (record Record, err error) {
	if err := request.Validate(); err != nil {
		return record, err
	}
	arg, err := json.Marshal(request)
	if err != nil {
		return record, fmt.Errorf("encode the request of %s: %w", function, err)
	}
	payload, err := a.contract.submit(ctx, function, string(arg))
	return decode[Record](function, payload, err)
}

func evaluateAnchor[T any](ctx context.Context, a *Anchor, function string, query any) (T, error) {
	payload, err := a.contract.ask(ctx, function, query)
	return decode[T](function, payload, err)
}
