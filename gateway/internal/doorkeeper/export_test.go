// SPDX-License-Identifier: Apache-2.0

package doorkeeper

import "time"

// SetClock replaces the clock; challenges of before are forgotten.
func (d *Doorkeeper) SetClock(now func() time.Time) { d.clock(now) }
