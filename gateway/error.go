// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Phase is how far a transaction came before it failed.
type Phase string

// The phases. After a failure to endorse or evaluate, and after one to commit,
// nothing was changed. After one to submit or to get the commit status, nobody
// knows yet: see [Error.InDoubt].
const (
	PhaseEvaluate     Phase = "evaluate"
	PhaseEndorse      Phase = "endorse"
	PhaseSubmit       Phase = "submit"
	PhaseCommitStatus Phase = "commitStatus"
	PhaseCommit       Phase = "commit"
)

// Error is a transaction that failed. errors.Is finds the chaincode's code, as
// in errors.Is(err, currency.InsufficientFunds), and what caused it.
type Error struct {
	Phase      Phase
	TxID       string
	Code       *code.Code            // the chaincode's refusal; nil where something else failed
	Detail     string                // the refusal's sentence with its figures
	Validation peer.TxValidationCode // of a transaction that is in a block without effect: Phase is PhaseCommit
	Cause      error                 // what the peer or the network answered; nil where Phase is PhaseCommit
}

// Error says what failed, the chaincode's code first where there is one.
func (e *Error) Error() string {
	switch {
	case e.Code != nil:
		return fmt.Sprintf("%s: %s", e.Code.Name, e.Detail)
	case e.Phase == PhaseCommit:
		return fmt.Sprintf("transaction %s is in a block without effect: %s", e.TxID, e.Validation)
	default:
		return fmt.Sprintf("%s transaction %s: %s", e.Phase, e.TxID, describe(e.Cause))
	}
}

// Unwrap finds the chaincode's code and the cause.
func (e *Error) Unwrap() []error {
	var all []error
	if e.Code != nil {
		all = append(all, e.Code)
	}
	if e.Cause != nil {
		all = append(all, e.Cause)
	}
	return all
}

// InDoubt reports whether the transaction may have been carried out, or may yet
// be. Ask for the status of the same transaction, or send the same order or
// operation again: neither is carried out twice.
func (e *Error) InDoubt() bool { return e.Phase == PhaseSubmit || e.Phase == PhaseCommitStatus }

// Conflict reports whether what the transaction had read was changed by another
// one before it. Endorsed anew it may well succeed.
func (e *Error) Conflict() bool {
	return e.Validation == peer.TxValidationCode_MVCC_READ_CONFLICT || e.Validation == peer.TxValidationCode_PHANTOM_READ_CONFLICT
}

// disagreed reports whether endorsers answered differently, as they do while one
// has yet to take in a block that another has. Nothing was submitted.
func (e *Error) disagreed() bool {
	return e.Phase == PhaseEndorse && e.Code == nil && status.Code(e.Cause) == codes.Aborted
}

// behind reports whether some endorsers have yet to take in a block that others have.
func (e *Error) behind(own string) bool { return e.disagreed() || e.refusedElsewhere(own) }

// refusedElsewhere reports whether other organisations' peers refused what own's, which
// is asked first, endorsed: what a client reads at its own peer, the others may have yet
// to take in.
func (e *Error) refusedElsewhere(own string) bool {
	st, ok := status.FromError(e.Cause)
	if e.Phase != PhaseEndorse || e.Code == nil || !ok {
		return false
	}
	others := 0
	for _, d := range st.Details() {
		if detail, ok := d.(*gateway.ErrorDetail); ok {
			if detail.GetMspId() == own {
				return false
			}
			others++
		}
	}
	return others > 0
}

// Temporary reports whether the network, not the request, stood in the way:
// peers or orderers that are gone, overloaded, late or not yet at one height.
func (e *Error) Temporary() bool {
	if e.Code != nil || e.Phase == PhaseCommit {
		return false
	}
	if errors.Is(e.Cause, context.DeadlineExceeded) {
		return true
	}
	switch status.Code(e.Cause) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return true
	case codes.Aborted, codes.FailedPrecondition, codes.NotFound:
		// Endorsers that differ or that are too few to satisfy the policy; an orderer's refusal of the bytes stays one.
		return e.Phase != PhaseSubmit
	default:
		return false
	}
}

// newError reads what the peer's gateway answered. registry may be nil.
func newError(phase Phase, tx string, registry *code.Registry, err error) *Error {
	e := &Error{Phase: phase, TxID: tx, Cause: err}
	var commit *client.CommitError
	if errors.As(err, &commit) {
		e.Phase, e.Validation = PhaseCommit, commit.Code
		return e
	}
	if registry == nil {
		return e
	}
	for _, message := range messages(err) {
		if refusal := registry.Parse(message); refusal != nil {
			e.Code, e.Detail = refusal.Code, refusal.Detail()
			return e
		}
	}
	return e
}

// messages are the endorsers' own words and the status around them.
func messages(err error) []string {
	st, ok := status.FromError(err)
	if !ok {
		return []string{err.Error()}
	}
	var all []string
	for _, d := range st.Details() {
		if detail, ok := d.(*gateway.ErrorDetail); ok {
			all = append(all, detail.GetMessage())
		}
	}
	return append(all, st.Message())
}

func describe(err error) string {
	st, ok := status.FromError(err)
	if !ok {
		return err.Error()
	}
	said := []string{st.Code().String() + ": " + st.Message()}
	for _, d := range st.Details() {
		if detail, ok := d.(*gateway.ErrorDetail); ok {
			said = append(said, detail.GetMspId()+" "+detail.GetAddress()+": "+detail.GetMessage())
		}
	}
	return strings.Join(said, "; ")
}
