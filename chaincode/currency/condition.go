// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Bounds of conditions.
const (
	MaxConditionArgs  = 16
	MaxConditionBytes = 4096 // of all arguments together
	MaxAnswerBytes    = 1024
)

// Condition is another contract of the channel that must agree in the same
// transaction, or nothing moves: delivery against payment. It is part of what
// the holder signs.
type Condition struct {
	Args     []string `json:"args,omitempty"` // at most 16, 4096 bytes together
	Contract string   `json:"contract"`       // name of its chaincode
	Function string   `json:"function"`
}

func (c *Condition) validate(own string) error {
	if c == nil {
		return nil
	}
	if err := CheckID("condition's contract", c.Contract); err != nil {
		return err
	}
	if c.Contract == own {
		return InvalidID.Errorf("condition's contract %s is this chaincode, which cannot be called back", c.Contract)
	}
	if err := CheckID("condition's function", c.Function); err != nil {
		return err
	}
	if n := len(strings.Join(c.Args, "")); len(c.Args) > MaxConditionArgs || n > MaxConditionBytes {
		return TooLarge.Errorf("condition has %d arguments of %d bytes, at most %d of %d", len(c.Args), n, MaxConditionArgs, MaxConditionBytes)
	}
	return nil
}

// Digest is SHA-256 of the condition's JSON, in hex.
func (c Condition) Digest() string {
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // not reached: strings always encode
	}
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

// Deal is what a condition is told as its first argument, as JSON: what moves if
// it agrees. The order's own arguments follow. A contract that delivers by it
// MUST make sure that the signed proposal names currency's chaincode: who calls
// it otherwise tells of a deal that nobody pays.
type Deal struct {
	V       int    `json:"v"` // 1
	Program string `json:"program"`
	Kind    Kind   `json:"kind"`   // payment, gift or hold
	From    string `json:"from"`   // account id of the payer
	To      string `json:"to"`     // merchant id of a payment or hold, else account id
	Amount  int64  `json:"amount"` // won
	Ref     string `json:"ref,omitempty"`
	Order   string `json:"order"` // digest of the order
}

// Agreed is what a condition answered, as the receipt keeps it.
type Agreed struct {
	Contract string `json:"contract"`
	Function string `json:"function"`
	Digest   string `json:"digest"` // of the condition
	Answer   string `json:"answer"` // JSON, {"agree":true,…}, as it came
}

// Agree reads a condition's answer. It returns CONDITION_REFUSED unless that is a
// JSON object with agree true of at most 1024 bytes.
func (c Condition) Agree(answer []byte) (*Agreed, error) {
	if len(answer) > MaxAnswerBytes {
		return nil, ConditionRefused.Errorf("%s of contract %s answers %d bytes, at most %d", c.Function, c.Contract, len(answer), MaxAnswerBytes)
	}
	var says struct {
		Agree bool `json:"agree"`
	}
	if err := json.Unmarshal(answer, &says); err != nil || !says.Agree {
		return nil, ConditionRefused.Errorf("%s of contract %s answers %.256q, not {\"agree\":true}", c.Function, c.Contract, answer)
	}
	return &Agreed{Contract: c.Contract, Function: c.Function, Digest: c.Digest(), Answer: string(answer)}, nil
}

// ConditionOf is the condition that an order names, nil if it names none.
func ConditionOf(p Payload) *Condition {
	switch o := p.(type) {
	case Payment:
		return o.Condition
	case Gift:
		return o.Condition
	case Authorise:
		return o.Condition
	default:
		return nil
	}
}
