// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"errors"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// ErrPrivateData and ErrKeyPolicy answer the calls that this Fabric leaves out.
var (
	ErrPrivateData = errors.New("ledgertest: private data is not supported")
	ErrKeyPolicy   = errors.New("ledgertest: key-level endorsement policies are not supported")
)

// Rich queries fail as on LevelDB. Fabric counts a paginated one as made even
// then, so no write may follow.

func (s *stub) GetQueryResult(string) (shim.StateQueryIteratorInterface, error) {
	return nil, s.failed("GET_QUERY_RESULT", errors.New("ExecuteQuery not supported for leveldb"))
}

func (s *stub) GetQueryResultWithPagination(_ string, pageSize int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	err := errors.New("ExecuteQuery not supported for leveldb")
	if pageSize != 0 || bookmark != "" {
		err = errors.New("ExecuteQueryWithMetadata not supported for leveldb")
		if refused := s.sim.paginate(); refused != nil {
			err = refused
		}
	}
	return nil, nil, s.failed("GET_QUERY_RESULT", err)
}

func (s *stub) GetHistoryForKey(string) (shim.HistoryQueryIteratorInterface, error) {
	return nil, s.failed("GET_HISTORY_FOR_KEY", errors.New("history database is not enabled"))
}

func (s *stub) SetStateValidationParameter(string, []byte) error { return ErrKeyPolicy }

func (s *stub) GetStateValidationParameter(string) ([]byte, error) { return nil, ErrKeyPolicy }

func (s *stub) GetPrivateData(string, string) ([]byte, error) { return nil, ErrPrivateData }

func (s *stub) GetMultiplePrivateData(string, ...string) ([][]byte, error) {
	return nil, ErrPrivateData
}

func (s *stub) GetPrivateDataHash(string, string) ([]byte, error) { return nil, ErrPrivateData }

func (s *stub) PutPrivateData(string, string, []byte) error { return ErrPrivateData }

func (s *stub) DelPrivateData(string, string) error { return ErrPrivateData }

func (s *stub) PurgePrivateData(string, string) error { return ErrPrivateData }

func (s *stub) SetPrivateDataValidationParameter(string, string, []byte) error {
	return ErrPrivateData
}

func (s *stub) GetPrivateDataValidationParameter(string, string) ([]byte, error) {
	return nil, ErrPrivateData
}

func (s *stub) GetPrivateDataByRange(string, string, string) (shim.StateQueryIteratorInterface, error) {
	return nil, ErrPrivateData
}

func (s *stub) GetPrivateDataByPartialCompositeKey(string, string, []string) (
	shim.StateQueryIteratorInterface, error,
) {
	return nil, ErrPrivateData
}

func (s *stub) GetPrivateDataQueryResult(string, string) (shim.StateQueryIteratorInterface, error) {
	return nil, ErrPrivateData
}
