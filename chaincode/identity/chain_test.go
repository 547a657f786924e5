// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// world is a registry in memory: grants by scope, and when each document was not
// active.
type world struct {
	root   identity.Root
	grants map[identity.Scope]identity.Accreditation
	down   map[string][2]int64 // from, until; until 0 is still
	reads  int
	broken error
}

// Who is who in the table. The schemas are those of the ministry.
var (
	ministry, board, agency, school = komsco("m"), komsco("b"), komsco("q"), komsco("s")

	diploma = identity.NewSchemaRef(strings.TrimPrefix(ministry, identity.Prefix), "diploma", 1)
	licence = identity.NewSchemaRef(strings.TrimPrefix(ministry, identity.Prefix), "licence", 1)
)

func komsco(letter string) string { return identity.Prefix + strings.Repeat(letter, 51) + "a" }

func newWorld() *world {
	return &world{
		root:   identity.Root{Name: "education", DID: ministry, Opened: 100},
		grants: map[identity.Scope]identity.Accreditation{}, down: map[string][2]int64{},
	}
}

func (w *world) grant(by, to string, standing identity.Standing, schema identity.SchemaRef, region string, g identity.Grant) {
	s := identity.Scope{Root: "education", Subject: to, Standing: standing, Schema: schema, Region: region}
	a := w.grants[s]
	a.Scope = s
	if g.By = by; g.Until == 0 {
		g.Until = 10_000
	}
	if g.Granted == 0 {
		g.Granted = 100
	}
	a.Grants = append(a.Grants, g)
	w.grants[s] = a
}

func (w *world) records() identity.Records {
	return identity.Records{
		Find: func(s identity.Scope) (identity.Accreditation, bool, error) {
			w.reads++
			a, found := w.grants[s]
			return a, found, nil
		},
		Stands: func(did string, at identity.Moment) (bool, error) {
			w.reads++
			down, ever := w.down[did]
			if !ever || !at.Past {
				return !ever || down[1] != 0, w.broken
			}
			return at.Time < down[0] || (down[1] != 0 && down[1] <= at.Time), w.broken
		},
	}
}

// school asks whether it issues diplomas in a region.
func (w *world) school(at identity.Moment, schema identity.SchemaRef, region string) ([]identity.Grant, error) {
	return identity.Accredited(w.root, identity.Scope{Root: "education", Subject: school, Standing: identity.Issuer, Schema: schema, Region: region}, nil, at, w.records())
}

// The ministry has a board accredit agencies for diplomas, one agency in Nowon, the
// agency a school, from 200 until 300.
func nowon() *world {
	w := newWorld()
	w.grant(ministry, board, identity.Delegate, diploma, identity.Any, identity.Grant{})
	w.grant(board, agency, identity.Delegate, diploma, "11350", identity.Grant{})
	w.grant(agency, school, identity.Issuer, diploma, "11350", identity.Grant{From: 200, Until: 300})
	return w
}

// By schema, region and time, to the second; and only while the documents of all on
// the way are active.
func TestChainOfGrants(t *testing.T) {
	now, past := func(at int64) identity.Moment { return identity.Moment{Time: at} }, func(at int64) identity.Moment { return identity.Moment{Time: at, Past: true} }
	down := func(who string, from, until int64) func(*world) {
		return func(w *world) { w.down[who] = [2]int64{from, until} }
	}
	withdraw := func(who string, standing identity.Standing, region string, at int64) func(*world) {
		return func(w *world) {
			w.grants[identity.Scope{Root: "education", Subject: who, Standing: standing, Schema: diploma, Region: region}].Grants[0].Withdrawn = at
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*world)
		at     identity.Moment
		schema identity.SchemaRef // diploma if left out
		region string             // 11350 if left out
		want   bool
	}{
		{name: "the second before from", at: now(199)},
		{name: "from", at: now(200), want: true},
		{name: "the last second", at: now(299), want: true},
		{name: "until", at: now(300)},
		{name: "the last second, asked later", at: past(299), want: true},
		{name: "until, asked later", at: past(300)},
		{name: "another region", at: now(250), region: "11110"},
		{name: "every region", at: now(250), region: identity.Any},
		{name: "another schema", at: now(250), schema: licence},
		{name: "every schema", at: now(250), schema: identity.Any},
		{
			name: "granted later than it counts from, asked for between", at: past(249),
			change: func(w *world) {
				w.grants[identity.Scope{Root: "education", Subject: school, Standing: identity.Issuer, Schema: diploma, Region: "11350"}].Grants[0].Granted = 250
			},
		},
		{name: "withdrawn, whatever the clock says", change: withdraw(school, identity.Issuer, "11350", 280), at: now(250)},
		{name: "withdrawn later than the time asked for", change: withdraw(school, identity.Issuer, "11350", 280), at: past(279), want: true},
		{name: "withdrawn in the second asked for", change: withdraw(school, identity.Issuer, "11350", 280), at: past(280)},
		{name: "a delegate's grant withdrawn", change: withdraw(board, identity.Delegate, identity.Any, 280), at: now(290)},
		{name: "a delegate's grant withdrawn, before", change: withdraw(board, identity.Delegate, identity.Any, 280), at: past(279), want: true},
		{name: "the root closed", change: func(w *world) { w.root.Closed = 280 }, at: now(250)},
		{name: "the root closed later", change: func(w *world) { w.root.Closed = 280 }, at: past(279), want: true},
		{name: "the root not opened yet", change: func(w *world) { w.root.Opened = 240 }, at: past(239)},

		{name: "the subject's document down", change: down(school, 240, 0), at: now(250)},
		{name: "the nearest delegate's down", change: down(agency, 240, 0), at: now(250)},
		{name: "the next delegate's down", change: down(board, 240, 0), at: now(250)},
		{name: "the root's down", change: down(ministry, 240, 0), at: now(250)},
		{name: "a delegate's down, by a clock that is behind", change: down(board, 240, 0), at: now(230)},
		{name: "a delegate's up again", change: down(board, 210, 240), at: now(250), want: true},
		{name: "down now, up at the time asked for", change: down(board, 240, 0), at: past(239), want: true},
		{name: "down at the time asked for", change: down(board, 240, 0), at: past(240)},
		{name: "up now, down at the time asked for", change: down(board, 210, 240), at: past(230)},
		{name: "up again in the second asked for", change: down(board, 210, 240), at: past(240), want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := nowon()
			if tc.change != nil {
				tc.change(w)
			}
			schema, region := diploma, "11350"
			if tc.schema != "" {
				schema = tc.schema
			}
			if tc.region != "" {
				region = tc.region
			}
			chain, err := w.school(tc.at, schema, region)
			if !tc.want {
				wantCode(t, err, identity.NotAccredited)
				return
			}
			wantCode(t, err, nil)
			if len(chain) != 3 || chain[0].By != agency || chain[1].By != board || chain[2].By != ministry {
				t.Errorf("chain %+v", chain)
			}
		})
	}
}

// Where one way up leads through a document that is not active, another one counts.
func TestAnotherWayUp(t *testing.T) {
	w := nowon()
	w.down[board] = [2]int64{240, 0}
	_, err := w.school(identity.Moment{Time: 250}, diploma, "11350")
	wantCode(t, err, identity.NotAccredited)
	if !strings.Contains(err.Error(), board) {
		t.Errorf("%v does not say whose document it is", err)
	}
	err = identity.MayAccredit(w.root, agency, identity.Scope{Root: "education", Subject: school, Standing: identity.Issuer, Schema: diploma, Region: "11350"}, 250, w.records())
	wantCode(t, err, identity.NotAccredited)

	w.grant(ministry, agency, identity.Delegate, diploma, identity.Any, identity.Grant{})
	chain, err := w.school(identity.Moment{Time: 250}, diploma, "11350")
	wantCode(t, err, nil)
	if len(chain) != 2 {
		t.Errorf("chain %+v", chain)
	}
	broken := errors.New("broken")
	w.broken = broken
	if _, err := w.school(identity.Moment{Time: 250}, diploma, "11350"); !errors.Is(err, broken) {
		t.Errorf("the ledger could not be asked, and the answer is %v", err)
	}
}

// A verifier with several grants may ask for what any one of them takes in, whichever
// came last and whoever gave it; for the union of two it may not.
func TestAskingBySeveralGrants(t *testing.T) {
	w := nowon()
	shop := komsco("z")
	grant := func(by string, schema identity.SchemaRef, attributes ...string) {
		s := identity.Scope{Root: "education", Subject: shop, Standing: identity.Verifier, Schema: schema, Region: "11350", Purpose: "hiring"}
		a := w.grants[s]
		a.Scope = s
		a.Grants = append(a.Grants, identity.Grant{By: by, From: 1, Until: 10_000, Granted: 100, Attributes: attributes})
		w.grants[s] = a
	}
	grant(ministry, diploma, "degree", "name")
	grant(agency, diploma, "degree")
	grant(ministry, identity.Any, "age_over_19")
	ask := func(schema identity.SchemaRef, attributes ...string) ([]identity.Grant, error) {
		s := identity.Scope{Root: "education", Subject: shop, Standing: identity.Verifier, Schema: schema, Region: "11350", Purpose: "hiring"}
		return identity.Accredited(w.root, s, attributes, identity.Moment{Time: 250}, w.records())
	}
	for _, tc := range []struct {
		schema     identity.SchemaRef
		attributes []string
		by         string
		want       *code.Code
	}{
		{diploma, nil, agency, nil},
		{diploma, []string{"degree"}, agency, nil},
		{diploma, []string{"name"}, ministry, nil},
		{diploma, []string{"degree", "name"}, ministry, nil},
		{diploma, []string{"age_over_19"}, ministry, nil},
		{diploma, []string{"age_over_19", "name"}, "", identity.OverAsking},
		{diploma, []string{"photo"}, "", identity.OverAsking},
		{licence, []string{"age_over_19"}, ministry, nil},
		{licence, []string{"degree"}, "", identity.OverAsking},
	} {
		chain, err := ask(tc.schema, tc.attributes...)
		wantCode(t, err, tc.want)
		if tc.want == nil && chain[0].By != tc.by {
			t.Errorf("%v of %s: by %s", tc.attributes, tc.schema, chain[0].By)
		}
	}
	// Once the agency's way up is gone so is what it gave, and no more.
	w.down[board] = [2]int64{240, 0}
	chain, err := ask(diploma, "degree")
	wantCode(t, err, nil)
	if chain[0].By != ministry {
		t.Errorf("chain %+v", chain)
	}
	w.down[ministry] = [2]int64{240, 0}
	_, err = ask(diploma, "photo")
	wantCode(t, err, identity.NotAccredited)
}

// However many delegates there are, an answer reads a bounded number of records.
func TestChainIsBounded(t *testing.T) {
	w := newWorld()
	layer := []string{school}
	for depth := range identity.MaxDepth {
		var next []string
		for i, to := range layer {
			standing := identity.Delegate
			if to == school {
				standing = identity.Issuer
			}
			for j := range identity.MaxGrants {
				by, err := creation(newActor(fmt.Sprint(depth, i%16, j)).key()).Subject()
				wantCode(t, err, nil)
				w.grant(by, to, standing, diploma, identity.Any, identity.Grant{})
				next = append(next, by)
			}
		}
		layer = next[:min(len(next), 64)]
	}
	_, err := w.school(identity.Moment{Time: 250}, diploma, identity.Any)
	wantCode(t, err, identity.NotAccredited)
	if w.reads > 100 {
		t.Errorf("%d records were read", w.reads)
	}
}
