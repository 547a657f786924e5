// SPDX-License-Identifier: Apache-2.0

package currency

import "time"

// Close closes the signer's account for good (TypClose). Its person may open
// another one.
type Close struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Program   string `json:"program"`
	Seq       int64  `json:"seq"`
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o Close) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Close) Typ() string { return TypClose }

// Validate implements Payload.
func (Close) Validate() error { return nil }

// Decide closes an account that holds nothing, and of whose holds none may still
// be captured, waits to go back or came back and was not claimed. Other credits not
// claimed yet lie apart and are not seen here: who closes claims first. It returns
// NOT_EMPTY, CASE_OPEN, or HOLDER_STATE for a merchant's account, which its officers
// close.
func (o Close) Decide(p Purse, h Holder, now time.Time) (Holder, error) {
	if h.Merchant != "" {
		return h, HolderState.Errorf("account %s is merchant %s's: its officers close the merchant", o.Holder, h.Merchant)
	}
	if err := h.checkNoCase(); err != nil {
		return h, err
	}
	if won := p.Buckets.Total(); won > 0 {
		return h, NotEmpty.Errorf("account %s holds %d won", o.Holder, won)
	}
	if from := time.Unix(p.HeldUntil, 0); p.HeldUntil > 0 && !now.After(from) {
		return h, NotEmpty.Errorf("a hold of account %s may come back until %s", o.Holder, from.UTC().Format(time.RFC3339))
	}
	if len(p.Holds) > 0 {
		return h, NotEmpty.Errorf("hold %s is not settled: have it released, and claim what comes back", ReceiptName{o.Holder, p.Holds[0]})
	}
	h.Status = Closed
	return h, nil
}
