// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"slices"
	"sync"
)

// How many read the peer at a time to catch up, and how far in one turn: anybody may
// ask for what happened from the first block on.
const (
	places     = 4
	turnBlocks = 256
	turnEvents = 64 // those are in memory until the listener takes them
)

// turns gives out the places, to who has waited longest; of an account to one listener
// at a time, so that none takes them all.
type turns struct {
	mu      sync.Mutex
	taken   map[string]bool // by account
	waiting []*turn
}

type turn struct {
	account string
	come    chan struct{}
}

// wait waits for a place; ok is false where ctx was done before. Give it back with leave.
func (q *turns) wait(ctx context.Context, account string) (ok bool) {
	t := &turn{account, make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, t)
	q.next()
	q.mu.Unlock()
	select {
	case <-t.come:
		return true
	case <-ctx.Done():
	}
	q.mu.Lock()
	i := slices.Index(q.waiting, t)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	return i < 0 // it came at the same moment
}

func (q *turns) leave(account string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.taken, account)
	q.next()
}

// next gives the places that are free. It is called with the lock held.
func (q *turns) next() {
	q.waiting = slices.DeleteFunc(q.waiting, func(t *turn) bool {
		if len(q.taken) == places || q.taken[t.account] {
			return false
		}
		q.taken[t.account] = true
		close(t.come)
		return true
	})
}
