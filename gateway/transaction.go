// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Transaction is an endorsed transaction. Its steps are separate so that one in
// doubt can be taken up again: Submit sends the very same bytes each time, and
// however often they arrive, they count once.
type Transaction struct {
	client   *Client
	registry *code.Registry
	tx       *client.Transaction
	commit   *client.Commit
}

// ID is the transaction's id, 64 hexadecimal digits.
func (t *Transaction) ID() string { return t.tx.TransactionID() }

// Result is the chaincode's answer.
func (t *Transaction) Result() []byte { return t.tx.Result() }

// Submit sends the transaction to the orderer. An [*Error] of PhaseSubmit leaves
// it open whether it arrived.
func (t *Transaction) Submit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.client.options.SubmitTimeout)
	defer cancel()
	commit, err := t.tx.SubmitWithContext(ctx)
	if err != nil {
		return newError(PhaseSubmit, t.ID(), t.registry, err)
	}
	t.commit = commit
	return nil
}

// Wait waits until the transaction is in a block, after Submit. It returns an
// [*Error] of PhaseCommit where it has no effect, and one of PhaseCommitStatus
// where that is not known yet; then Submit and Wait may be called again.
func (t *Transaction) Wait(ctx context.Context) error {
	if t.commit == nil {
		return newError(PhaseCommitStatus, t.ID(), t.registry, errors.New("it was not submitted"))
	}
	validation, err := t.status(ctx)
	if err == nil && validation == peer.TxValidationCode_DUPLICATE_TXID {
		// Sent twice; what became of the first counts, and that is what the peer has on its ledger.
		validation, err = t.status(ctx)
	}
	if err != nil {
		return newError(PhaseCommitStatus, t.ID(), t.registry, err)
	}
	if validation != peer.TxValidationCode_VALID {
		return &Error{Phase: PhaseCommit, TxID: t.ID(), Validation: validation}
	}
	return nil
}

func (t *Transaction) status(ctx context.Context) (peer.TxValidationCode, error) {
	ctx, cancel := context.WithTimeout(ctx, t.client.options.CommitStatusTimeout)
	defer cancel()
	status, err := t.commit.StatusWithContext(ctx)
	if err != nil {
		return 0, err
	}
	return status.Code, nil
}

// Currency is the currency contract. Officers' functions go through Submit and
// Evaluate with the request types of package currency; what holders sign has
// methods of its own.
type Currency struct {
	client   *Client
	channel  string
	contract *client.Contract
}

// Submit carries out a function and waits for its commit. It returns the
// chaincode's answer and the transaction's id; the id also where it fails after
// the proposal was made. The error is an [*Error].
func (c *Currency) Submit(ctx context.Context, function string, args ...string) (payload []byte, tx string, err error) {
	t, err := c.Endorse(ctx, function, args...)
	if err != nil {
		return nil, txOf(err), err
	}
	if err := t.Submit(ctx); err != nil {
		return nil, t.ID(), err
	}
	if err := t.Wait(ctx); err != nil {
		return nil, t.ID(), err
	}
	return t.Result(), t.ID(), nil
}

// Evaluate asks one peer and changes nothing. The error is an [*Error].
func (c *Currency) Evaluate(ctx context.Context, function string, args ...string) ([]byte, error) {
	p, err := c.contract.NewProposal(function, client.WithArguments(args...))
	if err != nil {
		return nil, fmt.Errorf("propose %s: %w", function, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.client.options.EvaluateTimeout)
	defer cancel()
	payload, err := p.EvaluateWithContext(ctx)
	if err != nil {
		return nil, newError(PhaseEvaluate, p.TransactionID(), currency.Codes, err)
	}
	return payload, nil
}

// Endorse has as many organisations endorse a function as the policy asks for
// and submits nothing. The error is an [*Error].
func (c *Currency) Endorse(ctx context.Context, function string, args ...string) (*Transaction, error) {
	return contract{client: c.client, fabric: c.contract, codes: currency.Codes}.endorse(ctx, function, args...)
}

func txOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.TxID
	}
	return ""
}
