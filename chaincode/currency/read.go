// SPDX-License-Identifier: Apache-2.0

package currency

import "time"

// Read lets its bearer see the holder's own history for a short while (TypRead).
type Read struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Program   string `json:"program"`
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o Read) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, 0, o.Exp}
}

// Typ implements Payload.
func (Read) Typ() string { return TypRead }

// MaxRead bounds how far ahead a read order may expire.
const MaxRead = 15 * time.Minute

// Validate implements Payload.
func (o Read) Validate() error { return nil }

// CheckShort returns ORDER_EXPIRED unless the read order is current and expires
// within MaxRead of now.
func (o Read) CheckShort(now time.Time) error {
	if left := o.Exp - now.Unix(); left < 0 || left > int64(MaxRead/time.Second) {
		return OrderExpired.Errorf("exp is %d seconds from now, a read order lives 0 to %s", left, MaxRead)
	}
	return nil
}
