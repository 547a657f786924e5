// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// ContextV2 is the context that a credential of VC 2.0 begins with.
const ContextV2 = "https://www.w3.org/ns/credentials/v2"

// view is what is read of a credential of VC 2.0 (W3C VC Data Model 2.0 section 4).
type view struct {
	types       []string
	issuer      string // DID
	subjects    []string
	from, until int64 // Unix seconds, 0 if left out
	status      []Object
	schemas     []Object
	attributes  []string // members of the subjects
}

// maxSchemas bounds the schemas of a credential, of each of which the ledger is asked.
const maxSchemas = 16

// readVC returns CREDENTIAL_MALFORMED unless an object is a credential.
func readVC(o Object) (v view, err error) {
	if v.types, err = readBase(o, "VerifiableCredential"); err != nil {
		return v, err
	}
	if v.issuer = idOf(o["issuer"]); did.Validate(v.issuer) != nil {
		return v, Malformed.Errorf("issuer %.160q is no DID", v.issuer)
	}
	subjects, err := objects(o, "credentialSubject")
	if err != nil || len(subjects) == 0 {
		return v, Malformed.Errorf("credentialSubject is one or more objects")
	}
	for _, s := range subjects {
		if len(s) == 0 {
			return v, Malformed.Errorf("credentialSubject says nothing")
		}
		if id, there := s["id"]; there {
			text, ok := id.(string)
			if !ok || text == "" {
				return v, Malformed.Errorf("credentialSubject with an id that is no URL")
			}
			v.subjects = append(v.subjects, text)
		}
		for name := range s {
			if name != "id" && name != "type" {
				v.attributes = append(v.attributes, name)
			}
		}
	}
	v.attributes = distinct(v.attributes)
	if v.from, err = readTime(o, "validFrom"); err != nil {
		return v, err
	}
	if v.until, err = readTime(o, "validUntil"); err != nil {
		return v, err
	}
	if v.from != 0 && v.until != 0 && v.until < v.from {
		return v, Malformed.Errorf("valid until %s, before %s", stamp(v.until), stamp(v.from))
	}
	if v.status, err = objects(o, "credentialStatus"); err != nil {
		return v, err
	}
	v.schemas, err = objects(o, "credentialSchema")
	if len(v.schemas) > maxSchemas {
		err = Malformed.Errorf("%d schemas, at most %d", len(v.schemas), maxSchemas)
	}
	return v, err
}

// readBase checks context and type, which credentials and presentations share.
func readBase(o Object, kind string) (types []string, err error) {
	contexts, ok := o["@context"].([]any)
	if !ok || len(contexts) == 0 || contexts[0] != ContextV2 {
		return nil, Malformed.Errorf("@context does not begin with %s", ContextV2)
	}
	if types, err = texts(o, "type"); err != nil {
		return nil, err
	}
	if !slices.Contains(types, kind) {
		return nil, Malformed.Errorf("type %.160q does not have %s", types, kind)
	}
	return types, nil
}

// idOf is a URL, or the id of an object.
func idOf(v any) string {
	if o, ok := v.(Object); ok {
		v = o["id"]
	}
	s, _ := v.(string)
	return s
}

// objects is one object or an array of them; none where the member is left out.
func objects(o Object, name string) ([]Object, error) {
	switch v := o[name].(type) {
	case nil:
		if _, there := o[name]; there {
			return nil, Malformed.Errorf("%s is null", name)
		}
		return nil, nil
	case Object:
		return []Object{v}, nil
	case []any:
		var all []Object
		for _, element := range v {
			inner, ok := element.(Object)
			if !ok {
				return nil, Malformed.Errorf("%s has an element that is no object", name)
			}
			all = append(all, inner)
		}
		return all, nil
	default:
		return nil, Malformed.Errorf("%s is no object", name)
	}
}

// texts is one string or an array of them.
func texts(o Object, name string) ([]string, error) {
	var all []string
	switch v := o[name].(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, element := range v {
			s, ok := element.(string)
			if !ok {
				return nil, Malformed.Errorf("%s has an element that is no string", name)
			}
			all = append(all, s)
		}
	default:
		return nil, Malformed.Errorf("%s is no string", name)
	}
	return all, nil
}

// readTime reads a dateTimeStamp (XML Schema 1.1), 0 where it is left out.
func readTime(o Object, name string) (int64, error) {
	v, there := o[name]
	if !there {
		return 0, nil
	}
	s, ok := v.(string)
	if !ok {
		return 0, Malformed.Errorf("%s is no time", name)
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Unix() < 1 || at.Unix() > 1<<40 {
		return 0, Malformed.Errorf("%s %.40q is no time such as 2026-03-02T09:00:00+09:00", name, s)
	}
	return at.Unix(), nil
}

// verifyVC makes the checks that all forms of a credential of VC 2.0 share; holder is
// who presents it, "" if nobody does.
func (c *checks) verifyVC(o Object, v view, presented bool, holder string) {
	c.Claims = o
	c.within(c.Signed, v.from, v.until)
	c.statusOfVC(v.status)
	c.schemasOf(o, v)
	var named []string
	for _, s := range v.schemas {
		named = append(named, text(s, "id"))
	}
	c.accredited(named, c.Signed)
	if presented {
		var err error
		if !slices.Contains(v.subjects, holder) {
			err = HolderUnproved.Errorf("about %.300q, shown by %.160s", v.subjects, holder)
		}
		c.judge(HolderBinding, err, "about %s, who shows it", holder)
		c.asked(v.attributes)
		return
	}
	c.note(HolderBinding, NotChecked, "a credential by itself, not a presentation")
	c.asked(v.attributes)
}

// statusOfVC checks entries of bitstring status lists (Bitstring Status List 1.0
// section 3.2).
func (c *checks) statusOfVC(entries []Object) {
	if len(entries) == 0 {
		c.note(Status, NotChecked, "the credential names no status list")
		return
	}
	var said string
	for _, e := range entries {
		index, err := strconv.Atoi(text(e, "statusListIndex"))
		switch {
		case text(e, "type") != "BitstringStatusListEntry":
			err = Unsupported.Errorf("status of type %.60q, BitstringStatusListEntry is accepted", text(e, "type"))
		case err != nil || index < 0 || strconv.Itoa(index) != text(e, "statusListIndex"):
			err = Malformed.Errorf("statusListIndex %.20q", text(e, "statusListIndex"))
		default:
			err = c.statusEntry(StatusRef{URI: text(e, "statusListCredential"), Index: index}, text(e, "statusPurpose"))
		}
		if err != nil {
			c.judge(Status, err, "")
			return
		}
		said += " " + text(e, "statusPurpose") + " entry " + strconv.Itoa(index)
	}
	c.judge(Status, nil, "clear:%s", said)
}

func (c *checks) statusEntry(ref StatusRef, purpose string) error {
	answer, err := c.entry(ref, false)
	if err != nil {
		return err
	}
	if string(answer.Purpose) != purpose {
		return StatusUnproved.Errorf("the list is for %s, the credential says %.40q", answer.Purpose, purpose)
	}
	return refused(answer)
}

// vcOf takes a credential to be issued: plain JSON, in the signer's name.
func vcOf(v any, kid string) (Object, error) {
	issuer, _, err := did.Split(kid)
	if err != nil {
		return nil, err
	}
	o, err := normal(v)
	if err != nil {
		return nil, err
	}
	if _, there := o["proof"]; there {
		return nil, Malformed.Errorf("the credential has a proof already")
	}
	if _, there := o["issuer"]; !there {
		o["issuer"] = issuer
	}
	if _, there := o["@context"]; !there {
		o["@context"] = []any{ContextV2}
	}
	read, err := readVC(o)
	if err == nil && read.issuer != issuer {
		err = KeyNotValid.Errorf("%.160s cannot sign for the issuer %.160s", kid, read.issuer)
	}
	return o, err
}

func number(at int64) json.Number { return json.Number(itoa(at)) }
