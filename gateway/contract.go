// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// contract is a contract on a channel with the codes that it refuses with.
type contract struct {
	client *Client
	fabric *client.Contract
	codes  *code.Registry
	askOwn bool // queries go to peers of the client's own organisation alone
}

func (c *Client) contract(channel, chaincode string, codes *code.Registry) contract {
	return contract{client: c, fabric: c.fabric.GetNetwork(channel).GetContract(chaincode), codes: codes}
}

// submit carries out a function and waits for its commit; after a conflict it is
// endorsed anew. The error is an [*Error].
func (c contract) submit(ctx context.Context, function string, args ...string) ([]byte, error) {
	for try := 1; ; try++ {
		payload, err := c.submitOnce(ctx, function, args)
		var failed *Error
		if try <= conflictRetries && errors.As(err, &failed) && failed.Conflict() && pause(ctx, time.Duration(try)*conflictPause) {
			continue
		}
		return payload, err
	}
}

func (c contract) submitOnce(ctx context.Context, function string, args []string) ([]byte, error) {
	t, err := c.endorse(ctx, function, args...)
	if err != nil {
		return nil, err
	}
	if err := t.Submit(ctx); err != nil {
		return nil, err
	}
	return t.Result(), t.Wait(ctx)
}

// endorse has as many organisations endorse a function as the policy asks for. Where
// peers answer differently, or only others' refuse, some have yet to take in a block that
// others have: they are asked again. The error is an [*Error].
func (c contract) endorse(ctx context.Context, function string, args ...string) (*Transaction, error) {
	for try := 1; ; try++ {
		t, err := c.endorseOnce(ctx, function, args)
		var failed *Error
		if try <= conflictRetries && errors.As(err, &failed) && failed.behind(c.client.options.MSPID) && pause(ctx, time.Duration(try)*conflictPause) {
			continue
		}
		return t, err
	}
}

func (c contract) endorseOnce(ctx context.Context, function string, args []string) (*Transaction, error) {
	p, err := c.fabric.NewProposal(function, client.WithArguments(args...))
	if err != nil {
		return nil, fmt.Errorf("propose %s: %w", function, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.client.options.EndorseTimeout)
	defer cancel()
	tx, err := p.EndorseWithContext(ctx)
	if err != nil {
		return nil, newError(PhaseEndorse, p.TransactionID(), c.codes, err)
	}
	return &Transaction{client: c.client, registry: c.codes, tx: tx}, nil
}

// own is the contract as the client's own organisation's peers have it. Where they
// cannot answer, Fabric would ask another organisation's; here the query fails.
func (c contract) own() contract {
	c.askOwn = true
	return c
}

// ask queries a function with one JSON argument. The error is an [*Error].
func (c contract) ask(ctx context.Context, function string, query any) ([]byte, error) {
	arg, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("encode the argument of %s: %w", function, err)
	}
	options := []client.ProposalOption{client.WithArguments(string(arg))}
	if c.askOwn {
		options = append(options, client.WithEndorsingOrganizations(c.client.options.MSPID))
	}
	p, err := c.fabric.NewProposal(function, options...)
	if err != nil {
		return nil, fmt.Errorf("propose %s: %w", function, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.client.options.EvaluateTimeout)
	defer cancel()
	payload, err := p.EvaluateWithContext(ctx)
	if err != nil {
		return nil, newError(PhaseEvaluate, p.TransactionID(), c.codes, err)
	}
	return payload, nil
}
