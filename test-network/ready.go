// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/network"
)

const (
	// lifecycleName is the system chaincode that answers before any contract is deployed. Its endorsement policy is the
	// channel's LifecycleEndorsement.
	lifecycleName = "_lifecycle"
	// unknownFunction is asked of a contract to see that it is there: it has to refuse it.
	unknownFunction = "no such function"
	attemptTimeout  = 5 * time.Second
	// retryInterval is longer than pollInterval: peers log every refused attempt with a stack trace.
	retryInterval = 250 * time.Millisecond
)

// checkEndorsement waits until endorsement works: through the gateway of every organisation's peer by the plan that it
// derives from the channel's policy, and by all organisations together.
func (n *Network) checkEndorsement(ctx context.Context) error {
	var all []string
	for _, o := range n.state.Consortium.Organisations {
		all = append(all, o.MSP)
	}
	return n.eachOrganisation(func(_ network.Organisation, s *session) error {
		contract, closeGateway, err := s.contract(n.state.Consortium.Channel, lifecycleName)
		if err != nil {
			return err
		}
		defer closeGateway()
		return n.retry(ctx, "endorsement by the channel's policy", func(ctx context.Context) error {
			_, byPlan := endorseQuery(ctx, contract)
			_, byAll := endorseQuery(ctx, contract, client.WithEndorsingOrganizations(all...))
			return errors.Join(endorsed(byPlan), endorsed(byAll))
		})
	})
}

// endorsed lets an endorsement pass on which every peer answered and only their
// answers differ: each lists the channel's contracts in an order of its own.
func endorsed(err error) error {
	if err != nil && strings.Contains(explain(err).Error(), "ProposalResponsePayloads do not match") {
		return nil
	}
	return err
}

// checkCommit commits a transaction that changes nothing, and waits until every organisation's peer has it.
func (n *Network) checkCommit(ctx context.Context) error {
	var height uint64
	err := n.asAdmin(n.state.Consortium.Organisations[0], func(s *session) error {
		contract, closeGateway, err := s.contract(n.state.Consortium.Channel, lifecycleName)
		if err != nil {
			return err
		}
		defer closeGateway()
		return n.retry(ctx, "a transaction", func(ctx context.Context) error {
			tx, err := endorseQuery(ctx, contract)
			if err != nil {
				return err
			}
			commit, err := tx.SubmitWithContext(ctx) // refused until the orderers have elected a leader
			if err != nil {
				return err
			}
			result, err := commit.StatusWithContext(ctx)
			if err != nil {
				return err
			}
			if !result.Successful {
				return fmt.Errorf("transaction %s: %s", result.TransactionID, result.Code)
			}
			height = result.BlockNumber + 1
			return nil
		})
	})
	if err != nil {
		return err
	}
	return n.awaitHeight(ctx, height)
}

// level waits until every organisation's peer holds the blocks that any of them holds now. Before that, peers may answer
// differently and an endorsement by several of them fails.
func (n *Network) level(ctx context.Context) error {
	var height uint64
	err := n.eachOrganisation(func(_ network.Organisation, s *session) error {
		info, err := channel.GetBlockChainInfo(ctx, s.conn, s.id, n.state.Consortium.Channel)
		height = max(height, info.GetHeight())
		return err
	})
	if err != nil {
		return err
	}
	return n.awaitHeight(ctx, height)
}

func (n *Network) awaitHeight(ctx context.Context, height uint64) error {
	return n.eachOrganisation(func(_ network.Organisation, s *session) error {
		return n.retry(ctx, fmt.Sprintf("block %d", height-1), func(ctx context.Context) error {
			info, err := channel.GetBlockChainInfo(ctx, s.conn, s.id, n.state.Consortium.Channel)
			if err == nil && info.GetHeight() < height {
				err = fmt.Errorf("it has %d of %d blocks", info.GetHeight(), height)
			}
			return err
		})
	})
}

// checkChaincode waits until a contract answers on every organisation's peer and can be endorsed by its policy.
func (n *Network) checkChaincode(ctx context.Context, name string) error {
	return n.eachOrganisation(func(o network.Organisation, s *session) error {
		contract, closeGateway, err := s.contract(n.state.Consortium.Channel, name)
		if err != nil {
			return err
		}
		defer closeGateway()
		return n.retry(ctx, "chaincode "+name, func(ctx context.Context) error {
			_, err := contract.EvaluateWithContext(ctx, unknownFunction, client.WithEndorsingOrganizations(o.MSP))
			if err := unlessAnswered(err); err != nil {
				return err
			}
			proposal, err := contract.NewProposal(unknownFunction)
			if err != nil {
				return err
			}
			_, err = proposal.EndorseWithContext(ctx)
			return unlessAnswered(err)
		})
	})
}

// unlessAnswered drops an error that is the contract's own answer.
func unlessAnswered(err error) error {
	if err != nil && strings.Contains(explain(err).Error(), "chaincode response ") {
		return nil
	}
	return err
}

// retry calls f until it succeeds.
func (n *Network) retry(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		attempt, cancelAttempt := context.WithTimeout(ctx, attemptTimeout)
		err := f(attempt)
		cancelAttempt()
		if err == nil {
			return nil
		}
		if dead := n.anyDied(); dead != nil {
			return dead
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w: %w", what, ctx.Err(), explain(err))
		case <-time.After(retryInterval):
		}
	}
}

// anyDied reports a node that is not running although it should.
func (n *Network) anyDied() error {
	all, err := n.processes()
	if err != nil {
		return err
	}
	for _, p := range all {
		r, err := n.readRecord(p.Name)
		if err != nil {
			return err
		}
		if r.PID != 0 && !r.Stopped && !r.alive() && p.Kind != KindService {
			return n.died(p.Name)
		}
	}
	return nil
}

// contract opens a contract; the returned function closes it.
func (s *session) contract(channelName, name string) (*client.Contract, func(), error) {
	gw, err := s.gateway()
	if err != nil {
		return nil, nil, fmt.Errorf("open gateway: %w", err)
	}
	return gw.GetNetwork(channelName).GetContract(name), func() { _ = gw.Close() }, nil
}

func endorseQuery(ctx context.Context, contract *client.Contract, options ...client.ProposalOption) (*client.Transaction, error) {
	args, err := proto.Marshal(&lifecycle.QueryChaincodeDefinitionsArgs{})
	if err != nil {
		return nil, err
	}
	proposal, err := contract.NewProposal("QueryChaincodeDefinitions", append(options, client.WithBytesArguments(args))...)
	if err != nil {
		return nil, err
	}
	return proposal.EndorseWithContext(ctx)
}

// explain adds what each peer said, which a gateway's error keeps in its details.
func explain(err error) error {
	var said []string
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*gateway.ErrorDetail); ok {
			said = append(said, fmt.Sprintf("%s (%s): %s", d.GetAddress(), d.GetMspId(), d.GetMessage()))
		}
	}
	if len(said) == 0 {
		return err
	}
	return fmt.Errorf("%w; %s", err, strings.Join(said, "; "))
}
