// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// answered is what a peer's gateway answers.
func answered(t *testing.T, c codes.Code, message string, details ...string) error {
	t.Helper()
	st := status.New(c, message)
	for _, d := range details {
		var err error
		st, err = st.WithDetails(&gatewaypb.ErrorDetail{Address: "peer0:7051", MspId: "CityMSP", Message: d})
		require.NoError(t, err)
	}
	return st.Err()
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name                         string
		phase                        Phase
		cause                        error
		is                           error
		temporary, inDoubt, conflict bool
		says                         string
	}{
		{
			name: "refused by the contract", phase: PhaseEndorse, is: currency.InsufficientFunds,
			cause: answered(t, codes.Aborted, "failed to endorse transaction, see attached details for more info",
				"chaincode response 422, INSUFFICIENT_FUNDS: 5000 won are asked for, 300 of 300 may be used"),
			says: "INSUFFICIENT_FUNDS: 5000 won are asked for, 300 of 300 may be used",
		},
		{
			name: "refused in a query", phase: PhaseEvaluate, is: currency.ProgramUnknown,
			cause: answered(t, codes.Unknown, "evaluate call to endorser returned error: chaincode response 404, PROGRAM_UNKNOWN: nowon"),
			says:  "PROGRAM_UNKNOWN: nowon",
		},
		{
			name: "endorsers differ", phase: PhaseEndorse, temporary: true,
			cause: answered(t, codes.Aborted, "failed to assemble transaction: ProposalResponsePayloads do not match"),
			says:  "endorse transaction tx1: Aborted: failed to assemble transaction: ProposalResponsePayloads do not match",
		},
		{
			name: "no peer", phase: PhaseEndorse, temporary: true,
			cause: answered(t, codes.Unavailable, "connection refused", "dial: refused"),
			says:  "endorse transaction tx1: Unavailable: connection refused; CityMSP peer0:7051: dial: refused",
		},
		{name: "late", phase: PhaseEndorse, cause: context.DeadlineExceeded, temporary: true, says: "endorse transaction tx1: context deadline exceeded"},
		{
			name: "no orderer", phase: PhaseSubmit, temporary: true, inDoubt: true,
			cause: answered(t, codes.Unavailable, "no orderers could successfully process transaction"),
			says:  "submit transaction tx1: Unavailable: no orderers could successfully process transaction",
		},
		{
			name: "the orderer refuses the bytes", phase: PhaseSubmit, inDoubt: true,
			cause: answered(t, codes.Aborted, "received unsuccessful response from orderer: status=FORBIDDEN"),
			says:  "submit transaction tx1: Aborted: received unsuccessful response from orderer: status=FORBIDDEN",
		},
		{
			name: "conflict", phase: PhaseCommitStatus, conflict: true,
			cause: &client.CommitError{TransactionID: "tx1", Code: peer.TxValidationCode_MVCC_READ_CONFLICT},
			says:  "transaction tx1 is in a block without effect: MVCC_READ_CONFLICT",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error = newError(c.phase, "tx1", currency.Codes, c.cause)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.temporary, e.Temporary(), "temporary")
			require.Equal(t, c.inDoubt, e.InDoubt(), "in doubt")
			require.Equal(t, c.conflict, e.Conflict(), "conflict")
			require.Equal(t, c.says, err.Error())
			require.Equal(t, "tx1", e.TxID)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
				require.False(t, errors.Is(err, currency.HolderFrozen))
			} else {
				require.Nil(t, e.Code)
			}
		})
	}
}

func TestRefusedElsewhere(t *testing.T) {
	refusal := "chaincode response 422, INSUFFICIENT_FUNDS: 104000 won are asked for, 0 of 0 may be used"
	at := func(phase Phase, details ...string) *Error {
		return newError(phase, "tx1", currency.Codes, answered(t, codes.Aborted, "failed to endorse transaction", details...))
	}
	require.True(t, at(PhaseEndorse, refusal).refusedElsewhere("KomscoMSP"), "only CityMSP refused")
	require.False(t, at(PhaseEndorse, refusal).refusedElsewhere("CityMSP"), "our own peer refused")
	require.False(t, at(PhaseEndorse, "connection refused").refusedElsewhere("KomscoMSP"), "no refusal of the contract")
	require.False(t, at(PhaseEndorse).refusedElsewhere("KomscoMSP"), "nobody says who refused")
	require.False(t, at(PhaseEvaluate, refusal).refusedElsewhere("KomscoMSP"), "a query asks one peer")
}
