// SPDX-License-Identifier: Apache-2.0

// Package currency holds the rules of local currency and vouchers: the types,
// their validation and every decision about money. It knows nothing of Fabric:
// state goes in, a decision comes out. The transaction functions that load and
// save that state are in package contract.
//
// Amounts are won, whole, 1 to 10^15. One token is one won.
package currency

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// MaxAmount bounds every amount and every sum, in won.
const MaxAmount int64 = 1_000_000_000_000_000

// CheckAmount returns INVALID_AMOUNT unless 0 < n ≤ MaxAmount.
func CheckAmount(what string, n int64) error {
	if n <= 0 || n > MaxAmount {
		return InvalidAmount.Errorf("%s is %d won, 1 to %d is allowed", what, n, MaxAmount)
	}
	return nil
}

// sum adds amounts; it returns INVALID_AMOUNT where the sum leaves the range.
func sum(what string, amounts ...int64) (int64, error) {
	var total int64
	for _, a := range amounts {
		if a < 0 || a > MaxAmount || total+a > MaxAmount {
			return 0, InvalidAmount.Errorf("%s passes %d won", what, MaxAmount)
		}
		total += a
	}
	return total, nil
}

// AccountID is the holder id of a DID: the first 16 bytes of its SHA-256 in
// base64url, 22 characters. It stands in keys and orders in the DID's place.
func AccountID(did string) string {
	digest := sha256.Sum256([]byte(did))
	return base64.RawURLEncoding.EncodeToString(digest[:16])
}

// CheckAccountID returns INVALID_ID unless s has the form of an AccountID.
func CheckAccountID(what, s string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != 16 || strings.ContainsAny(s, "\r\n") {
		return InvalidID.Errorf("%s %.64q is not an account id (22 characters of base64url)", what, s)
	}
	return nil
}

// CheckID returns INVALID_ID unless s is a name people chose: 1 to 48 of
// A-Z a-z 0-9 . _ -, but not "." or "..", which paths of URLs swallow.
func CheckID(what, s string) error {
	if s == "" || len(s) > 48 {
		return InvalidID.Errorf("%s has %d characters, 1 to 48 are allowed", what, len(s))
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("._-", c) < 0 {
			return InvalidID.Errorf("%s %q has characters outside A-Z a-z 0-9 . _ -", what, s)
		}
	}
	if s == "." || s == ".." {
		return InvalidID.Errorf("%s %q cannot stand in a path", what, s)
	}
	return nil
}

// CheckDigest returns INVALID_ID unless s is a SHA-256 digest in lower-case hex.
func CheckDigest(what, s string) error {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != sha256.Size || strings.ToLower(s) != s {
		return InvalidID.Errorf("%s %.80q is not a SHA-256 digest in 64 lower-case hex digits", what, s)
	}
	return nil
}

// CreditName names a credit within its receiver's: the transaction that made it
// and its number there, "txid:n".
type CreditName string

// NewCreditName names credit n of a transaction.
func NewCreditName(tx string, n int) CreditName { return CreditName(tx + ":" + strconv.Itoa(n)) }

// Split returns transaction id and number, or INVALID_ID.
func (c CreditName) Split() (tx string, n int64, err error) {
	tx, num, ok := strings.Cut(string(c), ":")
	n, errN := strconv.ParseInt(num, 10, 32)
	if !ok || errN != nil || n < 0 || strconv.FormatInt(n, 10) != num || CheckDigest("", tx) != nil {
		return "", 0, InvalidID.Errorf("credit %.100q is not of the form txid:n", string(c))
	}
	return tx, n, nil
}

// ReceiptName names a receipt: whose, and under which sequence number.
type ReceiptName struct {
	Holder string `json:"holder"`
	Seq    int64  `json:"seq"`
}

// String is holder/seq.
func (r ReceiptName) String() string { return fmt.Sprintf("%s/%d", r.Holder, r.Seq) }
