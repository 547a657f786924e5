// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"errors"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
)

// maxResultLimit is how many results a peer sends to a chaincode at a time.
const maxResultLimit = 100

// rangeScan is the peer's side of an iterator. The peer reads one result ahead
// of each batch, so what counts as read is more than what the chaincode took.
type rangeScan struct {
	end       string
	at        *entry    // the next entry of the range
	read      RangeRead // what the transaction depends on
	limit     int       // results before it stops without a word
	pageSize  int       // 0: no page
	paginated bool
	returned  int
	pending   []*queryresult.KV
	closed    bool
}

// page is the pagination asked for: a size and where to go on.
type page struct {
	size     int32
	bookmark string
}

// scan opens a range. A nil page, or one that asks for nothing, is a plain one.
func (s *simulation) scan(namespace, start, end string, p *page) (*rangeScan, error) {
	r := &rangeScan{end: end, limit: s.net.queryLimit}
	if p != nil && (p.size != 0 || p.bookmark != "") {
		if err := s.paginate(); err != nil {
			return nil, err
		}
		r.paginated = true
		if p.bookmark != "" {
			start = p.bookmark
		}
		if p.size > 0 {
			r.pageSize = int(p.size)
			r.limit = min(r.limit, r.pageSize)
		}
	}
	r.at = s.net.state[namespace].seek(start)
	r.read = RangeRead{Namespace: namespace, Start: start}
	s.ranges = append(s.ranges, r)
	return r, nil
}

// next takes one result and widens what the transaction depends on: to the key
// taken, or to the whole range once there is nothing left.
func (r *rangeScan) next() *queryresult.KV {
	if !r.more() || r.pageSize > 0 && len(r.read.Reads) >= r.pageSize {
		r.read.Exhausted = true
		r.read.End = r.end
		return nil
	}
	e := r.at
	r.at = e.next[0]
	r.read.Reads = append(r.read.Reads, Read{r.read.Namespace, e.key, e.version})
	r.read.End = e.key
	return &queryresult.KV{Namespace: r.read.Namespace, Key: e.key, Value: bytes.Clone(e.value)}
}

func (r *rangeScan) more() bool { return r.at != nil && (r.end == "" || r.at.key < r.end) }

// batch returns the next results and whether there are more to fetch.
func (r *rangeScan) batch() ([]*queryresult.KV, bool, error) {
	if r.closed {
		return nil, false, errors.New("query iterator not found")
	}
	for r.returned < r.limit {
		kv := r.next()
		if kv == nil {
			break
		}
		r.returned++
		if !r.paginated && len(r.pending) == maxResultLimit {
			full := r.pending
			r.pending = []*queryresult.KV{kv}
			return full, true, nil
		}
		r.pending = append(r.pending, kv)
	}
	r.closed = true
	return r.pending, false, nil
}

// bookmark is the key at which the next page begins, "" after the last one.
func (r *rangeScan) bookmark() string {
	if r.more() {
		return r.at.key
	}
	return ""
}

// iterator is the shim's side: it hands out a batch and fetches the next one as
// soon as the last result is taken.
type iterator struct {
	stub    *stub
	scan    *rangeScan
	results []*queryresult.KV
	more    bool
}

func (s *stub) iterate(scan *rangeScan) (*iterator, error) {
	it := &iterator{stub: s, scan: scan}
	var err error
	it.results, it.more, err = scan.batch()
	return it, err
}

// HasNext implements shim.StateQueryIteratorInterface.
func (it *iterator) HasNext() bool { return len(it.results) > 0 || it.more }

// Next implements shim.StateQueryIteratorInterface.
func (it *iterator) Next() (*queryresult.KV, error) {
	if len(it.results) == 0 {
		return nil, errors.New("no such key")
	}
	kv := it.results[0]
	it.results = it.results[1:]
	if len(it.results) == 0 && it.more {
		var err error
		if it.results, it.more, err = it.scan.batch(); err != nil {
			return nil, it.stub.failed("QUERY_STATE_NEXT", err)
		}
	}
	return kv, nil
}

// Close implements shim.StateQueryIteratorInterface.
func (it *iterator) Close() error {
	it.scan.closed = true
	return nil
}
