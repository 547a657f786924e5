// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func (s *stub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	it, _, err := s.simpleRange(start, end, nil)
	return it, err
}

func (s *stub) GetStateByRangeWithPagination(start, end string, pageSize int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	return s.simpleRange(start, end, &page{pageSize, bookmark})
}

func (s *stub) GetStateByPartialCompositeKey(objectType string, attributes []string) (
	shim.StateQueryIteratorInterface, error,
) {
	it, _, err := s.compositeRange(objectType, attributes, nil)
	return it, err
}

func (s *stub) GetStateByPartialCompositeKeyWithPagination(objectType string, attributes []string,
	pageSize int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	return s.compositeRange(objectType, attributes, &page{pageSize, bookmark})
}

func (s *stub) GetAllStatesCompositeKeyWithPagination(pageSize int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	return s.stateRange(compositePrefix, compositePrefix+lastInComposite, &page{pageSize, bookmark})
}

// simpleRange keeps composite keys out: an empty start becomes the first simple
// key, and neither end may lie among composite ones.
func (s *stub) simpleRange(start, end string, p *page) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	if start == "" {
		start = emptyKeySubstitute
	}
	for _, key := range []string{start, end} {
		if strings.HasPrefix(key, compositePrefix) {
			return nil, nil, fmt.Errorf(
				"first character of the key [%s] contains a null character which is not allowed", key)
		}
	}
	return s.stateRange(start, end, p)
}

func (s *stub) compositeRange(objectType string, attributes []string, p *page) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	start, err := shim.CreateCompositeKey(objectType, attributes)
	if err != nil {
		return nil, nil, err
	}
	return s.stateRange(start, start+lastInComposite, p)
}

func (s *stub) stateRange(start, end string, p *page) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	mustBeUTF8(start, end)
	if p != nil {
		mustBeUTF8(p.bookmark)
	}
	scan, err := s.sim.scan(s.chaincode, start, end, p)
	if err != nil {
		return nil, nil, s.failed("GET_STATE_BY_RANGE", err)
	}
	it, err := s.iterate(scan)
	if err != nil {
		return nil, nil, s.failed("GET_STATE_BY_RANGE", err)
	}
	metadata := &peer.QueryResponseMetadata{}
	if scan.paginated {
		metadata.FetchedRecordsCount = int32(scan.returned) //nolint:gosec // at most the page's size, an int32
		metadata.Bookmark = scan.bookmark()
	}
	return it, metadata, nil
}
