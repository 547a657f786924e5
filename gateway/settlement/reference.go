// SPDX-License-Identifier: Apache-2.0

// Package settlement is what passes between the platform and a bank that pays
// merchants: payout files out, confirmations in, both as CSV and as JSON, matched
// by one reference a redemption. SETTLEMENT.md describes the files.
package settlement

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Reference names a redemption of a programme to a bank: capitals and digits
// only, 31 to 34 of them for a merchant's first 16 million orders, so that it
// passes through transfer systems (35 characters in ISO 20022's EndToEndId). It is
// RFC 4648 base32, without padding, of the account id's 16 bytes, the sequence number
// (big endian, as few bytes as hold it) and two bytes of SHA-256 over programme
// and both, which tell a typing error or another programme's reference.
type Reference string

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

const (
	accountBytes = 16
	checkBytes   = 2
)

// NewReference makes the reference of a redemption.
func NewReference(program string, redemption currency.ReceiptName) (Reference, error) {
	account, err := base64.RawURLEncoding.Strict().DecodeString(redemption.Holder)
	if err != nil || len(account) != accountBytes {
		return "", currency.CheckAccountID("account", redemption.Holder)
	}
	if redemption.Seq < 1 || redemption.Seq > currency.MaxAmount {
		return "", currency.InvalidID.Errorf("seq is %d, the first order has 1", redemption.Seq)
	}
	body := trimmed(account, uint64(redemption.Seq))
	return Reference(alphabet.EncodeToString(append(body, check(program, body)...))), nil
}

func trimmed(account []byte, seq uint64) []byte {
	number := binary.BigEndian.AppendUint64(nil, seq)
	for number[0] == 0 {
		number = number[1:]
	}
	return append(account, number...)
}

func check(program string, body []byte) []byte {
	sum := sha256.Sum256(append([]byte(program+"\x00"), body...))
	return sum[:checkBytes]
}

// Redemption is what the reference names, or INVALID_ID where it is none of this
// programme's. Lower case is read too.
func (r Reference) Redemption(program string) (currency.ReceiptName, error) {
	raw, err := alphabet.DecodeString(strings.ToUpper(string(r)))
	if n := len(raw) - accountBytes - checkBytes; err == nil && n >= 1 && n <= 8 {
		body := raw[:len(raw)-checkBytes]
		var number [8]byte
		copy(number[8-n:], body[accountBytes:])
		name := currency.ReceiptName{
			Holder: base64.RawURLEncoding.EncodeToString(body[:accountBytes]),
			Seq:    int64(binary.BigEndian.Uint64(number[:])), //nolint:gosec // one too large is no reference of a redemption
		}
		// Made anew it must be the same: no second spelling names a redemption.
		if again, err := NewReference(program, name); err == nil && strings.EqualFold(string(again), string(r)) {
			return name, nil
		}
	}
	return currency.ReceiptName{}, currency.InvalidID.Errorf("reference %.64q names no redemption of programme %s", string(r), program)
}
