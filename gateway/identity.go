// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// Identity is the identity contract: the registry of did:komsco. What changes a
// document is the operation that its controllers signed (see
// [identity.Operation.Sign]); the Fabric identity only carries it.
type Identity struct{ contract contract }

// Identity is the identity contract deployed under a name on a channel.
func (c *Client) Identity(channel, chaincode string) *Identity {
	return &Identity{c.contract(channel, chaincode, identity.Codes)}
}

// Operate carries out one operation, given as its signatures, and waits for the
// commit. The same operation again gives the first result; after an error that is
// [Error.InDoubt], call it again with the same signatures.
func (i *Identity) Operate(ctx context.Context, signatures ...string) (identity.Outcome, error) {
	payload, err := i.contract.submit(ctx, "Operate", signatures...)
	return decode[identity.Outcome]("Operate", payload, err)
}

// Resolve is a version of a document: of a number, of a time, or the current one.
func (i *Identity) Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	payload, err := i.contract.ask(ctx, "Resolve", q)
	return decode[identity.Resolved]("Resolve", payload, err)
}

// History is up to 50 versions of a document, with the operations that made them.
// [identity.Verify] checks a whole history without trusting the peer.
func (i *Identity) History(ctx context.Context, q identity.HistoryQuery) ([]identity.Version, error) {
	payload, err := i.contract.ask(ctx, "History", q)
	return decode[[]identity.Version]("History", payload, err)
}
