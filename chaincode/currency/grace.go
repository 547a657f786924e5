// SPDX-License-Identifier: Apache-2.0

package currency

import "time"

// ClockBound is the most that the submitter's clock, which is a transaction's time,
// may be off a peer's (peer.authentication.timewindow). A network may bound it closer.
const ClockBound = 15 * time.Minute

// Grace says how long what is over is left alone before anybody may sweep it, in
// minutes. Who spends in time may have a clock a bound late and who sweeps one a
// bound early: each is at least both together, so a sweep never races them: see [Grace.CheckClock].
type Grace struct {
	Lapse int `json:"lapse,omitempty"` // after the end of the last day value may be spent, 1 to 44640; 0 is 1440, a day
	Hold  int `json:"hold,omitempty"`  // after the deadline of a hold, 1 to 44640; 0 is 60
}

const (
	mostGrace    = 31 * 24 * time.Hour
	defaultLapse = 24 * time.Hour
	defaultHold  = time.Hour
)

func (g Grace) check() error {
	most := int(mostGrace / time.Minute)
	for _, m := range []struct {
		what    string
		minutes int
	}{{"lapse", g.Lapse}, {"hold", g.Hold}} {
		if m.minutes < 0 || m.minutes > most {
			return InvalidPolicy.Errorf("grace of %s %d minutes: 1 to %d, or 0", m.what, m.minutes, most)
		}
	}
	return nil
}

// CheckClock returns INVALID_POLICY where a grace is shorter than twice what clocks
// of the network may be off.
func (g Grace) CheckClock(bound time.Duration) error {
	if least := min(g.lapse(), g.hold()); least < 2*bound {
		return InvalidPolicy.Errorf("grace of %s: at least %s, twice what clocks may be off", least, 2*bound)
	}
	return nil
}

func (g Grace) lapse() time.Duration {
	if g.Lapse == 0 {
		return defaultLapse
	}
	return time.Duration(g.Lapse) * time.Minute
}

func (g Grace) hold() time.Duration {
	if g.Hold == 0 {
		return defaultHold
	}
	return time.Duration(g.Hold) * time.Minute
}

// Calendar tells at a moment what has lapsed. Policies are those of the value it
// is asked about: each version's grace is that of what was issued under it.
type Calendar struct {
	Program  Program
	Policies Policies
	Now      time.Time
}

// Today is the programme's calendar day.
func (c Calendar) Today() Day { return c.Program.Today(c.Now) }

// Lapsed reports whether value of these terms may be swept.
func (c Calendar) Lapsed(t Terms) bool {
	return t.Expiry != 0 && t.Expiry < c.Program.Today(c.Now.Add(-c.Policies[t.Policy].Grace.lapse()))
}

// Terms are the terms of what the purse holds.
func (p Purse) Terms() []Terms {
	all := make([]Terms, len(p.Buckets))
	for i, b := range p.Buckets {
		all[i] = b.Terms
	}
	return all
}

// Terms are the terms of the credit's parts.
func (c Credit) Terms() []Terms {
	all := make([]Terms, len(c.Parts))
	for i, p := range c.Parts {
		all[i] = p.Terms
	}
	return all
}
