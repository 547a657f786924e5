// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"math/bits"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// FormatStatusToken is the format, and the typ, of a status list as SD-JWT VCs name it by
// their status claim: IETF's Token Status List (draft-ietf-oauth-status-list).
const FormatStatusToken = "statuslist+jwt" //nolint:gosec // a name

// The statuses of a Token Status List (section 7.1) that have a meaning for everybody.
const (
	tokenValid     = 0
	tokenInvalid   = 1
	tokenSuspended = 2
)

// maxStatuses bounds the entries of a list, as of a Bitstring Status List.
const maxStatuses = 16 << 20

// SignStatusToken is a status list as the token that its issuer signs, good until a time:
// an entry of one bit where it revokes, of two where it suspends. url is where it will be
// served, which credentials name.
func SignStatusToken(list identity.StatusBits, url string, issued, until time.Time, by Signer) (string, error) {
	width, packed := 1, make([]byte, len(list.Bits))
	for i, b := range list.Bits { // whose first entry is the highest bit; here it is the lowest
		packed[i] = bits.Reverse8(b)
	}
	if list.Purpose == identity.Suspension {
		width, packed = 2, make([]byte, 2*len(list.Bits))
		for i := range 8 * len(list.Bits) {
			if list.Bits[i/8]&(0x80>>(i%8)) != 0 {
				packed[i/4] |= tokenSuspended << (i % 4 * 2)
			}
		}
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(packed); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return SignToken(FormatStatusToken, Object{
		"sub": url, "iat": issued.Unix(), "exp": until.Unix(), "status_list": Object{"bits": width, "lst": encode64(b.Bytes())},
	}, by, false)
}

// tokenEntry reads an entry in a Token Status List (section 8.3) of the credential's issuer.
func (c *checks) tokenEntry(ref StatusRef, t *token) (answer identity.StatusAnswer, err error) {
	times, err := readTimes(t.claims)
	if err != nil {
		return answer, err
	}
	issuer := didOf(t.kid)
	inner := c.begin(c.ctx, FormatStatusToken, Demand{})
	if _, ok := inner.signed(t.kid, issuer, identity.AssertionMethod, times.issued, func(k foundKey) error { return t.verify(k.Key) }); ok {
		inner.within(times.issued, times.from, times.until)
	}
	r, err := inner.done()
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return answer, err
	}
	if issuer != c.Issuer || text(t.claims, "sub") != ref.URI {
		return answer, StatusUnproved.Errorf("the status list is %.160q of %.160s, not %.160q of the credential's issuer", text(t.claims, "sub"), issuer, ref.URI)
	}
	list, _ := t.claims["status_list"].(Object)
	status, err := tokenStatus(list, ref.Index)
	if err != nil {
		return answer, err
	}
	answer.Changed, answer.Purpose, answer.Set = times.issued, identity.Revocation, status != tokenValid
	switch status {
	case tokenValid, tokenInvalid:
	case tokenSuspended:
		answer.Purpose = identity.Suspension
	default:
		return answer, StatusUnproved.Errorf("entry %d has status %d, whose meaning is its issuer's own", ref.Index, status)
	}
	return answer, nil
}

// tokenStatus is an entry of a status_list claim (section 4).
func tokenStatus(list Object, index int) (int, error) {
	n, _ := list["bits"].(json.Number)
	width, err := n.Int64()
	if err != nil || width != 1 && width != 2 && width != 4 && width != 8 {
		return 0, Malformed.Errorf("status_list of entries of %.20s bits, 1, 2, 4 or 8", n.String())
	}
	raw, err := decode64(text(list, "lst"))
	if err != nil {
		return 0, err
	}
	inflate, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return 0, Malformed.Errorf("lst is not ZLIB: %w", err)
	}
	most := maxStatuses / 8 * width
	packed, err := io.ReadAll(io.LimitReader(inflate, most+1))
	if err != nil {
		return 0, Malformed.Errorf("lst is not ZLIB: %w", err)
	}
	if int64(len(packed)) > most {
		return 0, Malformed.Errorf("a status list of more than %d entries", maxStatuses)
	}
	each := 8 / int(width)
	if index < 0 || index >= len(packed)*each {
		return 0, StatusUnproved.Errorf("entry %d, the list has %d", index, len(packed)*each)
	}
	return int(packed[index/each]>>(index%each*int(width))) & (1<<width - 1), nil
}
