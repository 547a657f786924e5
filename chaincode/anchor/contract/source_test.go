// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestSourcesAreVersioned(t *testing.T) {
	r := newRegistry(t)
	s := query[anchor.Source](r, "Source", anchor.SourceQuery{Source: "docs"})
	if s.Version != 1 || s.Owner != "CityMSP" {
		t.Fatalf("%+v", s)
	}
	r.seal(newBatch("b-1").log("docs", 0, deposit("a")))
	// The sealer is withdrawn and the log's key rotated.
	next := s
	next.Owner, next.Version, next.LogKey, next.Sealer = "", 2, logKey("docs", "new log key"), must1(key("new sealer"))
	r.do(r.keeper, "ChangeSource", anchor.ChangeSource{Operation: r.op(), Source: next})
	r.refuses(t, anchor.SealerNotGranted, r.courier, "Seal", newBatch("b-2").log("docs", 1, deposit("b")).args("sealer")...)
	if _, err := r.net.Invoke(r.courier, cc, "Seal", newBatch("b-2").log("docs", 1, deposit("b")).args("new sealer")...); err != nil {
		t.Error(err)
	}
	if old := query[anchor.Source](r, "Source", anchor.SourceQuery{Source: "docs", Version: 1}); old.LogKey != s.LogKey {
		t.Errorf("%+v", old)
	}
	all := query[call.Page[anchor.Source]](r, "Sources", anchor.ListQuery{})
	if len(all.Records) != 3 {
		t.Errorf("%+v", all)
	}
}

func TestSourceRefuses(t *testing.T) {
	r := newRegistry(t)
	other := r.net.Caller("BankMSP", "keeper", ledgertest.Client)
	r.do(r.net.Caller("BankMSP", "admin", ledgertest.Admin), "GrantRole", call.SetRole{Operation: r.op(), Name: "keeper", Role: anchor.RoleKeeper})
	change := newSource("docs", anchor.Documents)
	change.Version = 2
	skip := change
	skip.Version = 3
	named := newSource("docs-2", anchor.Documents)
	named.LogKey = logKey("docs", "log")
	owned := newSource("docs-2", anchor.Documents)
	owned.Owner = "BankMSP"
	for name, tc := range map[string]struct {
		caller   *ledgertest.Caller
		function string
		request  any
		want     *code.Code
	}{
		"an id that is taken":     {r.keeper, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: newSource("docs", anchor.Items)}, anchor.SourceExists},
		"no role":                 {r.courier, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: newSource("docs-2", anchor.Items)}, code.RoleMissing},
		"another log's key":       {r.keeper, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: named}, anchor.InvalidSource},
		"for another's":           {r.keeper, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: owned}, anchor.InvalidSource},
		"another's source":        {other, "ChangeSource", anchor.ChangeSource{Operation: r.op(), Source: change}, anchor.NotOwner},
		"a version skipped":       {r.keeper, "ChangeSource", anchor.ChangeSource{Operation: r.op(), Source: skip}, anchor.SourceState},
		"a source that is not":    {r.keeper, "ChangeSource", anchor.ChangeSource{Operation: r.op(), Source: newSource("none", anchor.Items)}, anchor.SourceUnknown},
		"no change without a log": {r.keeper, "ChangeSource", map[string]any{"op": "x", "source": map[string]any{"id": "docs"}}, anchor.InvalidSource},
	} {
		t.Run(name, func(t *testing.T) {
			r.refuses(t, tc.want, tc.caller, tc.function, must(json.Marshal(tc.request)))
		})
	}
	r.refuses(t, anchor.SourceUnknown, r.courier, "Source", `{"source":"docs","version":2}`)
	r.refuses(t, code.BadRequest, r.courier, "Source", `{"source":"docs","color":2}`)
}
