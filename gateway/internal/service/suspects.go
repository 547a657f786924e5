// SPDX-License-Identifier: Apache-2.0

package service

import (
	"sync"
	"time"
)

const (
	suspicion   = 10 * time.Minute // how long after a forged order a client's signatures are checked
	maxSuspects = 10_000
)

// suspects remembers which clients lately sent forged orders. The contract checks
// every signature anyway; checking here keeps their orders out of the lanes.
type suspects struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (s *suspects) add(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	if len(s.until) >= maxSuspects {
		for c, until := range s.until {
			if now.After(until) {
				delete(s.until, c)
			}
		}
		if len(s.until) >= maxSuspects {
			clear(s.until)
		}
	}
	s.until[client] = now.Add(suspicion)
}

func (s *suspects) has(client string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.until[client])
}
