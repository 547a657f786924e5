// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// A list or schema on the ledger is named by the path of any gateway's URL. Which
// gateway it is does not count: the ledger itself is asked.
var (
	listPath   = regexp.MustCompile(`^https?://[^?#]+/v1/status-lists/(did:komsco:[a-z2-7]{52})/([a-z0-9-]{1,48})(?:/credential)?$`)
	schemaPath = regexp.MustCompile(`^https?://[^?#]+/v1/schemas/([a-z2-7]{52}\.[a-z0-9-]{1,48}\.[0-9]{1,4})$`)
)

// ListURL names a list by the gateway that serves it signed.
func ListURL(gateway, owner, list string) string {
	return gateway + "/v1/status-lists/" + owner + "/" + list + "/credential"
}

// ParseListURL is the list on the ledger that a URL names; ok is false for another.
func ParseListURL(url string) (owner, list string, ok bool) {
	m := listPath.FindStringSubmatch(url)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// schemaRef is the registered schema that a URL names, or "".
func schemaRef(url string) identity.SchemaRef {
	if m := schemaPath.FindStringSubmatch(url); m != nil {
		return identity.SchemaRef(m[1])
	}
	return ""
}

// statusOf checks the status of an SD-JWT VC (its status claim).
func (c *checks) statusOf(claims Object) {
	status, there := claims["status"]
	if !there {
		c.note(Status, NotChecked, "the credential names no status list")
		return
	}
	o, _ := status.(Object)
	list, ok := o["status_list"].(Object)
	if !ok {
		c.judge(Status, Unsupported.Errorf("status without status_list"), "")
		return
	}
	n, _ := list["idx"].(json.Number)
	index, err := n.Int64()
	if err != nil {
		c.judge(Status, Malformed.Errorf("idx of the status is no whole number"), "")
		return
	}
	answer, err := c.entry(StatusRef{URI: text(list, "uri"), Index: int(index)}, true)
	if err == nil {
		err = refused(answer)
	}
	c.judge(Status, err, "entry %d of the issuer's list is clear", index)
}

// entry asks the ledger for an entry of a list of the issuer's, or reads it in a signed
// list that was supplied, which may be a token.
func (c *checks) entry(ref StatusRef, token bool) (identity.StatusAnswer, error) {
	owner, list, ok := ParseListURL(ref.URI)
	if !ok || c.Ledger == nil {
		return c.suppliedEntry(ref, token)
	}
	if owner != c.Issuer {
		return identity.StatusAnswer{}, StatusUnproved.Errorf("the list is of %s, the credential of %.160s", owner, c.Issuer)
	}
	return c.Ledger.StatusAt(c.ctx, identity.StatusQuery{Owner: owner, List: list, Index: ref.Index, Time: c.demand.StatusTime})
}

// suppliedEntry reads an entry in a signed list: a Bitstring Status List 1.0 (section 3.2)
// or, if it may be a token, a Token Status List.
func (c *checks) suppliedEntry(ref StatusRef, token bool) (answer identity.StatusAnswer, err error) {
	signed, supplied := c.Lists[ref.URI]
	if !supplied {
		return answer, StatusUnproved.Errorf("%.160q is not on a ledger at hand, and no signed list was supplied", ref.URI)
	}
	if c.demand.StatusTime != 0 {
		return answer, StatusUnproved.Errorf("a signed list does not tell the past; the ledger does")
	}
	if t, err := parseToken(signed); token && err == nil && t.typ == FormatStatusToken {
		return c.tokenEntry(ref, t)
	}
	inner := *c.Verifier
	inner.Lists = nil // a list whose status is in a list, perhaps itself, would lead on and on
	r, err := inner.Credential(c.ctx, signed, Demand{Types: []string{TypeStatusList}})
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return answer, err
	}
	if r.Issuer != c.Issuer || text(r.Claims, "id") != ref.URI {
		return answer, StatusUnproved.Errorf("the signed list is %.160q of %.160s, not %.160q of the credential's issuer", text(r.Claims, "id"), r.Issuer, ref.URI)
	}
	subject, _ := r.Claims["credentialSubject"].(Object)
	bits, err := DecodeBits(text(subject, "encodedList"))
	if err != nil {
		return answer, err
	}
	if ref.Index < 0 || ref.Index >= len(bits)*8 {
		return answer, StatusUnproved.Errorf("entry %d, the list has %d", ref.Index, len(bits)*8)
	}
	answer.Purpose, answer.Changed = identity.StatusPurpose(text(subject, "statusPurpose")), r.Signed
	answer.Set = bits[ref.Index/8]&(0x80>>(ref.Index%8)) != 0
	return answer, nil
}

// TypeStatusList is the type of a credential that is a status list.
const TypeStatusList = "BitstringStatusListCredential"

// ListCredential is a status list as the credential that its issuer signs, good until a
// time. url is where it will be served, which credentials name.
func ListCredential(list identity.StatusBits, url string, until time.Time) (Object, error) {
	encoded, err := identity.EncodeStatusList(list.Bits)
	if err != nil {
		return nil, err
	}
	return Object{
		"@context": []any{ContextV2}, "id": url, "type": []any{"VerifiableCredential", TypeStatusList}, "issuer": list.Owner,
		"validFrom": stamp(max(list.Opened, list.Changed)), "validUntil": stamp(until.Unix()),
		"credentialSubject": Object{
			"id": url + "#list", "type": "BitstringStatusList", "statusPurpose": string(list.Purpose), "encodedList": encoded,
		},
	}, nil
}

// DecodeBits reads an encodedList. It returns CREDENTIAL_MALFORMED for another form, or
// fewer entries than keep an index from telling anything, or too many.
func DecodeBits(encoded string) ([]byte, error) {
	packed, ok := strings.CutPrefix(encoded, "u")
	if !ok {
		return nil, Malformed.Errorf("encodedList is not base64url behind a u")
	}
	raw, err := decode64(packed)
	if err != nil {
		return nil, err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, Malformed.Errorf("encodedList is not gzip: %w", err)
	}
	const most = maxStatuses / 8
	bits, err := io.ReadAll(io.LimitReader(unzip, most+1))
	if err != nil {
		return nil, Malformed.Errorf("encodedList is not gzip: %w", err)
	}
	if len(bits) < identity.MinEntries/8 || len(bits) > most {
		return nil, Malformed.Errorf("a list of %d entries or more, %d to %d", len(bits)*8, identity.MinEntries, most*8)
	}
	return bits, nil
}

// refused returns CREDENTIAL_REVOKED or CREDENTIAL_SUSPENDED for an entry that is set.
func refused(a identity.StatusAnswer) error {
	switch {
	case !a.Set:
		return nil
	case a.Purpose == identity.Suspension:
		return SuspendedNow.Errorf("since %s at the latest", stamp(a.Changed))
	default:
		return Revoked.Errorf("since %s at the latest", stamp(a.Changed))
	}
}
