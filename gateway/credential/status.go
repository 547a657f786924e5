// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"encoding/json"
	"regexp"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// A list or schema on the ledger is named by the path of any gateway's URL. Which
// gateway it is does not count: the ledger itself is asked.
var (
	listPath   = regexp.MustCompile(`^https?://[^?#]+/v1/status-lists/(did:komsco:[a-z2-7]{52})/([a-z0-9-]{1,48})(?:/credential)?$`)
	schemaPath = regexp.MustCompile(`^https?://[^?#]+/v1/schemas/([a-z2-7]{52}\.[a-z0-9-]{1,48}\.[0-9]{1,4})$`)
)

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
	answer, err := c.entry(StatusRef{URI: text(list, "uri"), Index: int(index)})
	if err == nil {
		err = refused(answer)
	}
	c.judge(Status, err, "entry %d of the issuer's list is clear", index)
}

// entry asks the ledger for an entry of a list of the issuer's.
func (c *checks) entry(ref StatusRef) (identity.StatusAnswer, error) {
	m := listPath.FindStringSubmatch(ref.URI)
	if m == nil {
		return identity.StatusAnswer{}, StatusUnproved.Errorf("%.160q is no list on the ledger", ref.URI)
	}
	if m[1] != c.Issuer {
		return identity.StatusAnswer{}, StatusUnproved.Errorf("the list is of %s, the credential of %.160s", m[1], c.Issuer)
	}
	if c.Ledger == nil {
		return identity.StatusAnswer{}, NotRegistryHere.Errorf("status lists are on it")
	}
	return c.Ledger.Status(c.ctx, m[1], m[2], ref.Index)
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
