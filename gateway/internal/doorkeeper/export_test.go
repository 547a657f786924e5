// SPDX-License-Identifier: Apache-2.0

package doorkeeper

import "time"

// SetClock replaces the clock.
func (d *Doorkeeper) SetClock(now func() time.Time) { d.now, d.turned = now, now() }
