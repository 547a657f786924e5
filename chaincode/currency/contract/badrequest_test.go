// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// badRequests tries every JSON function with everything that can be wrong about
// its request.
func badRequests(t *testing.T, tried map[string]bool) {
	b := newBadTown(t)
	type bad map[string]struct {
		change members
		want   *code.Code
	}
	program := bad{
		"unknown programme":   {members{"program": "nowhere"}, currency.ProgramUnknown},
		"malformed programme": {members{"program": "no where"}, currency.InvalidID},
		"no programme":        {members{"program": nil}, currency.InvalidID},
		"programme too long":  {members{"program": strings.Repeat("x", 49)}, currency.InvalidID},
		"programme of paths":  {members{"program": ".."}, currency.InvalidID},
	}
	operation := bad{
		"no operation":        {members{"op": nil}, code.BadRequest},
		"malformed operation": {members{"op": "a/b"}, code.BadRequest},
		"long operation":      {members{"op": strings.Repeat("x", 65)}, code.BadRequest},
	}
	amount := bad{
		"zero":     {members{"amount": 0}, currency.InvalidAmount},
		"negative": {members{"amount": -5}, currency.InvalidAmount},
		"too much": {members{"amount": currency.MaxAmount + 1}, currency.InvalidAmount},
		"overflow": {members{"amount": number("9223372036854775808")}, code.BadRequest},
		"fraction": {members{"amount": number("1.5")}, code.BadRequest},
		"exponent": {members{"amount": number("1e3")}, code.BadRequest},
		"string":   {members{"amount": "1000"}, code.BadRequest},
	}
	account := bad{
		"malformed account": {members{"account": "x"}, currency.InvalidID},
		"no account":        {members{"account": nil}, currency.InvalidID},
		"account of paths":  {members{"account": "../../../../../../../.."}, currency.InvalidID},
	}
	seq := bad{
		"zero seq": {members{"seq": 0}, currency.InvalidID}, "negative seq": {members{"seq": -1}, currency.InvalidID},
		"huge seq": {members{"seq": currency.MaxAmount + 1}, currency.InvalidID},
	}
	id := bad{
		"malformed id": {members{"id": "a/b"}, currency.InvalidID}, "no id": {members{"id": nil}, currency.InvalidID},
	}
	page := bad{
		"negative limit": {members{"limit": -1}, currency.InvalidID}, "large limit": {members{"limit": 501}, currency.InvalidID},
		"long bookmark": {members{"bookmark": strings.Repeat("x", 1025)}, currency.InvalidID},
		"bookmark":      {members{"bookmark": "elsewhere"}, code.BadRequest},
	}
	of := func(all ...bad) bad {
		out := bad{}
		for _, b := range all {
			maps.Copy(out, b)
		}
		return out
	}
	policy := func(change members) members { return members{"policy": number(b.with(policyOf(nowon, 3), change))} }
	fresh := b.program(nowon)
	fresh.ID = "fresh"
	define := func(change members) members { return members{"program": number(b.with(fresh, change))} }
	validity := func(v currency.Validity) members { return policy(members{"validity": v}) }
	run := b.openRun(nowon, "fresh", currency.Principal, b.rows)
	announced := func(change members) members {
		return members{"batches": []json.RawMessage{json.RawMessage(b.with(run.Batches[0], change))}}
	}
	draws := func(all ...currency.Draw) members { return members{"draws": all} }
	evil := b.net.Caller("EvilMSP", "officer", ledgertest.Client)
	admin := b.net.Caller("CityMSP", "admin", ledgertest.Admin)
	read := b.read(nowon, b.minsu)
	unsigned := read[:strings.LastIndexByte(read, '.')+1] + strings.Repeat("A", 86)
	own := bad{
		"unsigned":   {members{"read": unsigned}, code.BadSignature},
		"not signed": {members{"read": "x"}, code.BadJWS},
		"another's":  {members{"read": b.read(nowon, b.jisoo)}, currency.ReadRefused},
		"expired": {members{"read": func() string {
			r := b.reading(nowon, b.minsu)
			r.Exp = b.at(-time.Second)
			return b.minsu.sign(r)
		}()}, currency.OrderExpired},
		"of another programme":   {members{"read": b.read("raw", b.minsu)}, currency.OrderElsewhere},
		"of a payment":           {members{"read": b.minsu.signAs(currency.TypPayment, b.reading(nowon, b.minsu))}, currency.WrongOrder},
		"of somebody unknown":    {members{"read": b.read(nowon, b.stranger)}, currency.HolderUnknown},
		"no read order, no role": {members{"read": nil}, currency.ReadRefused},
		"too large":              {members{"read": strings.Repeat("A", jws.MaxLength+1)}, code.BadJWS},
		"unknown programme":      {members{"program": "nowhere"}, currency.OrderElsewhere},
	}

	shopTerms := bad{
		"no business":      {members{"business": nil}, currency.BusinessUnknown},
		"a number":         {members{"business": "110-81-12345"}, currency.InvalidID},
		"banned business":  {members{"business": businessOf("banned")}, currency.MerchantBanned},
		"class":            {members{"class": "a b"}, currency.InvalidID},
		"owner by name":    {members{"owner": "Kim Minsu"}, currency.InvalidID},
		"negative revenue": {members{"revenue": -1}, currency.InvalidAmount},
		"revenue too high": {members{"revenue": currency.MaxAmount + 1}, currency.InvalidAmount},
		"until no day":     {members{"until": 20260230}, currency.InvalidID},
		"negative share":   {members{"share": -1}, currency.InvalidID},
		"share above all":  {members{"share": 10_001}, currency.InvalidID},
	}

	waiting, _ := record[currency.Run](b.town, currency.TableRun, bazaar, "waiting")
	for _, f := range []struct {
		function string
		caller   *ledgertest.Caller
		request  any // good
		bad      bad
	}{
		{"GrantRole", admin, call.SetRole{Name: "new", Role: currency.RoleIssuer}, of(operation, bad{
			"no name": {members{"name": nil}, code.BadRequest}, "long name": {members{"name": strings.Repeat("x", 257)}, code.BadRequest},
			"no role": {members{"role": nil}, code.BadRequest}, "unknown role": {members{"role": "king"}, code.RoleUnknown},
			"role with a separator": {members{"role": "issuer\x00"}, code.RoleUnknown},
		})},
		{"RevokeRole", admin, call.SetRole{Name: "officer", Role: currency.RoleIssuer}, of(operation, bad{
			"no name": {members{"name": nil}, code.BadRequest}, "unknown role": {members{"role": "king"}, code.RoleUnknown},
		})},
		{"Roles", b.courier, call.Member{MSP: "CityMSP", Name: "officer"}, bad{
			"no MSP": {members{"msp": nil}, code.BadRequest}, "no name": {members{"name": nil}, code.BadRequest},
			"malformed MSP": {members{"msp": "a\x00b"}, code.BadRequest}, "long MSP": {members{"msp": strings.Repeat("x", 129)}, code.BadRequest},
		}},
		{"DefineProgram", b.komsco, currency.DefineProgram{Program: fresh}, of(operation, bad{
			"taken":                {define(members{"id": nowon}), currency.ProgramExists},
			"malformed id":         {define(members{"id": "a b"}), currency.InvalidID},
			"no title":             {define(members{"title": nil}), currency.InvalidPolicy},
			"no zone":              {define(members{"zone": nil}), currency.InvalidPolicy},
			"recovery hours":       {define(members{"recoveryHours": -1}), currency.InvalidPolicy},
			"named zone":           {define(members{"zone": "Asia/Seoul"}), currency.InvalidPolicy},
			"no organisations":     {define(members{"organisations": nil}), currency.InvalidID},
			"one organisation":     {define(members{"organisations": currency.Organisations{Issuer: "KomscoMSP", Operator: "KomscoMSP", Bank: "KomscoMSP"}}), currency.InvalidPolicy},
			"others' organisation": {define(members{"organisations": currency.Organisations{Issuer: "AMSP", Operator: "BMSP", Bank: "CMSP"}}), code.RoleMissing},
			"open with enrollers":  {define(members{"open": true}), currency.InvalidPolicy},
			"closed to all":        {define(members{"enrollers": nil}), currency.InvalidPolicy},
			"enroller without key": {define(members{"enrollers": []string{"did:web:x.org"}}), code.BadDID},
			"with a policy":        {define(members{"policy": 1}), currency.InvalidPolicy},
			"with policies":        {define(members{"policies": 1}), currency.InvalidPolicy},
			"unknown member":       {define(members{"owner": "me"}), code.BadRequest},
		})},
		{"ProposePolicy", b.city, currency.ProposePolicy{Policy: policyOf(nowon, 3)}, of(operation, bad{
			"unknown programme":     {policy(members{"program": "nowhere"}), currency.ProgramUnknown},
			"malformed programme":   {policy(members{"program": ""}), currency.InvalidID},
			"skips a version":       {policy(members{"version": 4}), currency.PolicyState},
			"version again":         {policy(members{"version": 2}), currency.PolicyState},
			"version zero":          {policy(members{"version": 0}), currency.InvalidPolicy},
			"version too large":     {policy(members{"version": 10_000}), currency.InvalidPolicy},
			"purposes alike":        {policy(members{"purposes": slices.Repeat([]currency.Purpose{{ID: "meals", Uses: []currency.Use{{}}}}, 2)}), currency.InvalidPolicy},
			"purpose of nothing":    {policy(members{"purposes": []currency.Purpose{{ID: "meals"}}}), currency.InvalidPolicy},
			"malformed purpose":     {policy(members{"purposes": []currency.Purpose{{ID: "a b", Uses: []currency.Use{{}}}}}), currency.InvalidID},
			"grace below clocks":    {policy(members{"grace": currency.Grace{Lapse: 29}}), currency.InvalidPolicy},
			"grace negative":        {policy(members{"grace": currency.Grace{Hold: -1}}), currency.InvalidPolicy},
			"approved":              {policy(members{"approved": true}), currency.InvalidPolicy},
			"approved by":           {policy(members{"approvedBy": "KomscoMSP/operator"}), currency.InvalidPolicy},
			"proposed by":           {policy(members{"proposedBy": "KomscoMSP/operator"}), currency.InvalidPolicy},
			"no unit":               {policy(members{"unit": nil}), currency.InvalidID},
			"zero denomination":     {policy(members{"denomination": 0}), currency.InvalidAmount},
			"negative denomination": {policy(members{"denomination": -1}), currency.InvalidAmount},
			"ceiling too high":      {policy(members{"batchCeiling": currency.MaxAmount + 1}), currency.InvalidAmount},
			"ceilings crossed":      {policy(members{"batchCeiling": 1}), currency.InvalidPolicy},
			"negative cap":          {policy(members{"holdingCap": -1}), currency.InvalidAmount},
			"negative bonus":        {policy(members{"bonusRate": -1}), currency.InvalidPolicy},
			"bonus above all":       {policy(members{"bonusRate": 10_001}), currency.InvalidPolicy},
			"cash never":            {policy(members{"cashRefund": currency.CashRefund{Subsidy: 1}}), currency.InvalidPolicy},
			"cash share":            {policy(members{"cashRefund": currency.CashRefund{Share: 10_001}}), currency.InvalidPolicy},
			"cash days":             {policy(members{"cashRefund": currency.CashRefund{Days: 367}}), currency.InvalidPolicy},
			"cash by unknown days":  {policy(members{"validity": currency.Validity{Until: 20270101}, "cashRefund": currency.CashRefund{Days: 7}}), currency.InvalidPolicy},
			"negative validity":     {validity(currency.Validity{Months: -1}), currency.InvalidPolicy},
			"no such day":           {validity(currency.Validity{Until: 20260230}), currency.InvalidPolicy},
			"two validities":        {validity(currency.Validity{Until: 20270101, Days: 1}), currency.InvalidPolicy},
			"rounding":              {validity(currency.Validity{Days: 1, Round: "week"}), currency.InvalidPolicy},
			"malformed region":      {policy(members{"regions": []string{"a b"}}), currency.InvalidID},
			"malformed category":    {policy(members{"categories": []string{""}}), currency.InvalidID},
			"too many regions":      {policy(members{"regions": names("r", 301)}), currency.InvalidPolicy},
			"half a spend order":    {policy(members{"spendOrder": []currency.Source{currency.Subsidy}}), currency.InvalidPolicy},
			"unknown member":        {policy(members{"kind": "x"}), code.BadRequest},
		})},
		{"ApprovePolicy", b.komsco, currency.ApprovePolicy{PolicyQuery: currency.PolicyQuery{Program: nowon, Version: 2}}, of(operation, program, bad{
			"in force":        {members{"version": 1}, currency.PolicyState},
			"unknown version": {members{"version": 3}, currency.PolicyUnknown},
			"version zero":    {members{"version": 0}, currency.PolicyUnknown},
			"negative":        {members{"version": -1}, currency.InvalidID},
			"too large":       {members{"version": 10_000}, currency.InvalidID},
		})},
		{"Program", b.courier, currency.ProgramQuery{Program: nowon}, program},
		{"Policy", b.courier, currency.PolicyQuery{Program: nowon}, of(program, bad{
			"unknown version": {members{"version": 9}, currency.PolicyUnknown}, "negative": {members{"version": -1}, currency.InvalidID},
			"none approved": {members{"program": "raw"}, currency.PolicyUnknown},
		})},
		{"ConfirmDeposit", b.bank, currency.ConfirmDeposit{Program: nowon, Ref: "fresh", Fund: "bought", Amount: 1_000}, of(operation, program, amount, bad{
			"reference used": {members{"ref": "deposit"}, currency.DepositExists},
			"no reference":   {members{"ref": nil}, currency.InvalidID}, "no fund": {members{"fund": nil}, currency.InvalidID},
			"malformed fund": {members{"fund": "a\x00b"}, currency.InvalidID},
		})},
		{"ProposeAppropriation", b.city, currency.ProposeAppropriation{Program: nowon, ID: "fresh", Fund: "budget", Amount: 1_000}, of(operation, program, amount, id, bad{
			"taken": {members{"id": "budget"}, currency.AppropriationExists}, "no fund": {members{"fund": nil}, currency.InvalidID},
		})},
		{"ApproveAppropriation", b.komsco, currency.RecordOperation{RecordQuery: currency.RecordQuery{Program: nowon, ID: "pending"}}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.AppropriationUnknown}, "approved": {members{"id": "budget"}, currency.AppropriationState},
		})},
		{"Deposit", b.courier, currency.DepositQuery{RecordQuery: currency.RecordQuery{Program: nowon, ID: "deposit"}}, of(id, bad{
			"not signed": {members{"read": "x"}, code.BadJWS}, "unsigned": {members{"read": unsigned}, code.BadSignature},
			"unknown": {members{"id": "nothing"}, currency.DepositUnknown}, "unknown programme": {members{"program": "nowhere"}, currency.DepositUnknown},
		})},
		{"Appropriation", b.courier, currency.RecordQuery{Program: nowon, ID: "budget"}, of(id, bad{
			"unknown": {members{"id": "nothing"}, currency.AppropriationUnknown}, "unknown programme": {members{"program": "nowhere"}, currency.AppropriationUnknown},
		})},
		{"OpenRun", b.city, run, of(operation, program, id, bad{
			"taken":                    {members{"id": "open"}, currency.RunExists},
			"no policy":                {members{"program": "raw"}, currency.PolicyUnknown},
			"unit":                     {members{"unit": "SHARE"}, currency.UnitMismatch},
			"no unit":                  {members{"unit": nil}, currency.UnitMismatch},
			"no source":                {members{"source": nil}, currency.InvalidID},
			"unknown purpose":          {members{"purpose": "rent"}, currency.PurposeUnknown},
			"malformed purpose":        {members{"purpose": "a b"}, currency.InvalidID},
			"subsidy alone":            {members{"source": "subsidy"}, currency.InvalidID},
			"no draws":                 {members{"draws": nil}, currency.TooLarge},
			"no batches":               {members{"batches": nil}, currency.TooLarge},
			"too many batches":         {members{"batches": make([]currency.Announced, currency.MaxBatches+1)}, currency.TooLarge},
			"too many draws":           {members{"draws": make([]currency.Draw, currency.MaxDraws+1)}, currency.TooLarge},
			"zero total":               {announced(members{"total": 0}), currency.InvalidAmount},
			"negative total":           {announced(members{"total": -1_000}), currency.InvalidAmount},
			"overflowing total":        {announced(members{"total": currency.MaxAmount + 1}), currency.InvalidAmount},
			"negative bonus":           {announced(members{"bonus": -1}), currency.InvalidAmount},
			"bonus above total":        {announced(members{"bonus": 1_001}), currency.InvalidAmount},
			"no rows":                  {announced(members{"rows": 0}), currency.TooLarge},
			"too many rows":            {announced(members{"rows": currency.MaxRows + 1}), currency.TooLarge},
			"no digest":                {announced(members{"digest": nil}), currency.InvalidID},
			"batch above its ceiling":  {announced(members{"total": 1_000_000_001, "bonus": 0}), currency.BatchCeiling},
			"more than is drawn":       {announced(members{"total": 2_000}), currency.FundExceeded},
			"less than is drawn":       {announced(members{"total": 999}), currency.FundExceeded},
			"more bonus than drawn":    {announced(members{"bonus": 101}), currency.FundExceeded},
			"unknown deposit":          {draws(currency.Draw{Deposit: "nothing", Amount: 1_000}), currency.DepositUnknown},
			"unknown appropriation":    {draws(currency.Draw{Appropriation: "nothing", Amount: 100}), currency.AppropriationUnknown},
			"pending appropriation":    {draws(run.Draws[0], currency.Draw{Appropriation: "pending", Amount: 100}), currency.AppropriationState},
			"more than the deposit":    {draws(currency.Draw{Deposit: "deposit", Amount: 99_000_000_000}), currency.FundExceeded},
			"drawn twice":              {draws(run.Draws[0], run.Draws[0]), currency.InvalidID},
			"both in one draw":         {draws(currency.Draw{Deposit: "deposit", Appropriation: "budget", Amount: 1_000}), currency.InvalidID},
			"neither in one draw":      {draws(currency.Draw{Amount: 1_000}), currency.InvalidID},
			"zero draw":                {draws(currency.Draw{Deposit: "deposit"}), currency.InvalidAmount},
			"negative draw":            {draws(currency.Draw{Deposit: "deposit", Amount: -1}), currency.InvalidAmount},
			"principal from a budget":  {draws(currency.Draw{Appropriation: "budget", Amount: 1_100}), currency.FundExceeded},
			"benefit from a deposit":   {members{"source": "benefit", "draws": run.Draws[:1]}, currency.InvalidAmount},
			"benefit without a budget": {announced(members{"bonus": 0}).and(members{"source": "benefit", "draws": run.Draws[:1]}), currency.FundExceeded},
		})},
		{"IssueBatch", b.city, currency.IssueBatch{Program: nowon, Run: "open", Rows: b.rows}, of(operation, program, bad{
			"unknown run":        {members{"run": "nothing"}, currency.RunUnknown},
			"no run":             {members{"run": nil}, currency.InvalidID},
			"closed run":         {members{"run": "shut"}, currency.RunClosed},
			"issued":             {members{"run": "done"}, currency.BatchDone},
			"batch not known":    {members{"batch": 1}, currency.BatchUnknown},
			"negative batch":     {members{"batch": -1}, currency.BatchUnknown},
			"other rows":         {members{"rows": []currency.Row{{To: b.jisoo.account, Amount: 1_000}}}, currency.BatchMismatch},
			"other amount":       {members{"rows": []currency.Row{{To: b.minsu.account, Amount: 1_001}}}, currency.BatchMismatch},
			"negative row":       {members{"rows": []currency.Row{{To: b.minsu.account, Amount: -1_000}}}, currency.BatchMismatch},
			"overflowing row":    {members{"rows": []currency.Row{{To: b.minsu.account, Amount: currency.MaxAmount + 1}}}, currency.BatchMismatch},
			"row beyond integer": {members{"rows": number(`[{"to":"x","amount":9223372036854775808}]`)}, code.BadRequest},
			"no rows":            {members{"rows": nil}, currency.TooLarge},
			"too many rows":      {members{"rows": make([]currency.Row, currency.MaxRows+1)}, currency.TooLarge},
		})},
		{"ApproveRun", b.bank, currency.ApproveRun{
			RecordQuery: currency.RecordQuery{Program: bazaar, ID: "waiting"}, Root: waiting.Root,
		}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.RunUnknown}, "closed": {members{"id": "ended"}, currency.RunClosed},
			"stopped": {members{"id": "stopped"}, currency.RunStopped}, "of a run that does not wait": {members{"program": nowon, "id": "open"}, currency.RunApproved},
			"another roster": {members{"root": strings.Repeat("0", 64)}, currency.RosterMismatch}, "no root": {members{"root": nil}, currency.InvalidID},
			"a long root": {members{"root": strings.Repeat("0", 65)}, currency.InvalidID},
		})},
		{"StopRun", b.komsco, currency.StopRun{RecordQuery: currency.RecordQuery{Program: bazaar, ID: "waiting"}, Reason: "case-1"}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.RunUnknown}, "closed": {members{"id": "ended"}, currency.RunClosed},
			"stopped": {members{"id": "stopped"}, currency.RunStopped}, "no reason": {members{"reason": nil}, currency.InvalidID},
			"text as reason": {members{"reason": "looks wrong"}, currency.InvalidID},
		})},
		{"ProposeCorrection", b.city, currency.ProposeCorrection{
			Program: nowon, Run: "spring", ID: "new", Rows: []currency.CorrectedRow{b.corrected(3)},
		}, of(operation, program, id, bad{
			"taken": {members{"id": "fix"}, currency.CorrectionExists}, "unknown run": {members{"run": "nothing"}, currency.RunUnknown},
			"closed run": {members{"run": "shut"}, currency.BatchUnknown}, "batch not issued": {members{"run": "open"}, currency.BatchUnknown},
			"batch not known": {members{"batch": 1}, currency.BatchUnknown}, "negative batch": {members{"batch": -1}, currency.InvalidID},
			"no rows": {members{"rows": nil}, currency.TooLarge}, "too many rows": {members{"rows": make([]currency.CorrectedRow, currency.MaxRows+1)}, currency.TooLarge},
			"a row issued":    {members{"rows": []currency.CorrectedRow{b.corrected(0)}}, currency.CorrectionMismatch},
			"a row corrected": {members{"rows": []currency.CorrectedRow{b.corrected(2)}}, currency.CorrectionMismatch},
			"a row twice":     {members{"rows": []currency.CorrectedRow{b.corrected(3), b.corrected(3)}}, currency.InvalidID},
			"negative row":    {members{"rows": []currency.CorrectedRow{b.corrected(-1)}}, currency.InvalidID},
			"to nobody":       {members{"rows": []currency.CorrectedRow{{Row: 3, Amount: 1_000}}}, currency.InvalidID},
			"no won":          {members{"rows": []currency.CorrectedRow{{Row: 3, To: b.jisoo.account}}}, currency.InvalidAmount},
			"above approved":  {members{"rows": []currency.CorrectedRow{{Row: 3, To: b.jisoo.account, Amount: 2_001}}}, currency.CorrectionMismatch},
		})},
		{"ApproveCorrection", b.bank, b.approving("fix", []currency.CorrectedRow{b.corrected(1)}, b.wrong), of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.CorrectionUnknown}, "paid": {members{"id": "paid"}, currency.CorrectionApproved},
			"unknown run": {members{"run": "nothing"}, currency.CorrectionUnknown}, "no run": {members{"run": nil}, currency.InvalidID},
			"another digest": {members{"digest": strings.Repeat("0", 64)}, currency.CorrectionMismatch}, "no digest": {members{"digest": nil}, currency.InvalidID},
			"other rows": {members{"rows": b.rows}, currency.BatchMismatch}, "no rows": {members{"rows": nil}, currency.TooLarge},
			"too many rows": {members{"rows": make([]currency.Row, currency.MaxRows+1)}, currency.TooLarge},
		})},
		{"Correction", b.city, currency.CorrectionQuery{Program: nowon, Run: "spring", ID: "fix"}, of(program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.CorrectionUnknown}, "no run": {members{"run": nil}, currency.InvalidID},
		})},
		{"CloseRun", b.city, currency.RecordOperation{RecordQuery: currency.RecordQuery{Program: nowon, ID: "open"}}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.RunUnknown}, "closed": {members{"id": "shut"}, currency.RunClosed},
		})},
		{"Run", b.courier, currency.RecordQuery{Program: nowon, ID: "open"}, of(id, bad{"unknown": {members{"id": "nothing"}, currency.RunUnknown}})},
		{"Batch", b.city, currency.BatchQuery{Program: nowon, Run: "done"}, bad{
			"not issued": {members{"run": "open"}, currency.BatchUnknown}, "negative": {members{"batch": -1}, currency.InvalidID},
			"too large": {members{"batch": currency.MaxBatches}, currency.InvalidID}, "no run": {members{"run": nil}, currency.InvalidID},
		}},
		{"Quote", b.courier, currency.QuoteQuery{Program: nowon, Account: b.minsu.account, To: "stall", Amount: 100, Read: read}, of(amount, account, own, bad{
			"unknown merchant": {members{"to": "nowhere"}, currency.MerchantUnknown}, "malformed merchant": {members{"to": "a b"}, currency.InvalidID},
			"bill below": {members{"bill": 99, "ref": "x"}, currency.InvalidAmount}, "no ref": {members{"bill": 100}, currency.InvalidID},
		})},
		{"SubmitAttestation", b.courier, currency.SubmitAttestation{Program: nowon, Attestation: b.attest(nowon, b.jisoo, "volunteering", 60, "new")}, of(operation, program, bad{
			"none": {members{"attestation": nil}, code.BadJWS}, "long": {members{"attestation": strings.Repeat("x", 4097)}, currency.TooLarge},
			"used":           {members{"attestation": b.attest(nowon, b.jisoo, "volunteering", 60, "used")}, currency.EvidenceUsed},
			"of another":     {members{"attestation": b.attest(bazaar, b.jisoo, "volunteering", 60, "new")}, currency.OrderElsewhere},
			"for a stranger": {members{"attestation": b.attest(nowon, b.stranger, "volunteering", 60, "new")}, currency.HolderUnknown},
			"for a merchant": {members{"attestation": b.attest(nowon, b.stall, "volunteering", 60, "new")}, currency.ToMerchant},
			"for a frozen":   {members{"attestation": b.attest(nowon, b.frozen, "volunteering", 60, "new")}, currency.HolderFrozen},
			"tranche":        {members{"tranche": -1}, currency.InvalidID}, "no such tranche": {members{"tranche": 10}, currency.AllotmentUnknown},
		})},
		{"Evidence", b.komsco, currency.EvidenceQuery{Program: nowon, Evidence: businessOf("used")}, of(program, bad{
			"unknown": {members{"evidence": businessOf("new")}, currency.EvidenceUnknown}, "words": {members{"evidence": "rota"}, currency.InvalidID},
		})},
		{"SetMerchantTerms", b.city, currency.SetMerchantTerms{Program: nowon, ID: "stall", MerchantTerms: currency.MerchantTerms{Business: businessOf("stall"), Share: 1000}}, of(operation, program, id, shopTerms, bad{
			"unknown": {members{"id": "nothing"}, currency.MerchantUnknown},
		})},
		{"VerifySales", b.city, currency.VerifySales{Program: nowon, ID: "stall", Sales: 1_000, Evidence: strings.Repeat("0", 64)}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.MerchantUnknown}, "no evidence": {members{"evidence": nil}, currency.InvalidID},
			"negative sales": {members{"sales": -1}, currency.InvalidAmount}, "sales too high": {members{"sales": currency.MaxAmount + 1}, currency.InvalidAmount},
		})},
		{"BanMerchant", b.city, currency.BanMerchant{Program: nowon, ID: "stall", Reason: "fraud"}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.MerchantUnknown}, "no reason": {members{"reason": nil}, currency.InvalidID},
			"unknown reason": {members{"reason": "rudeness"}, currency.InvalidPolicy}, "text": {members{"reason": "Kim cheated"}, currency.InvalidID},
			"no policy": {members{"program": "raw"}, currency.PolicyUnknown},
		})},
		{"LiftBan", b.city, currency.LiftBan{BanQuery: currency.BanQuery{Program: nowon, Business: businessOf("banned")}}, of(operation, program, bad{
			"not banned": {members{"business": businessOf("stall")}, currency.BanUnknown}, "no business": {members{"business": nil}, currency.InvalidID},
			"a number": {members{"business": "110-81-12345"}, currency.InvalidID},
		})},
		{"Ban", b.courier, currency.BanQuery{Program: nowon, Business: businessOf("banned")}, bad{
			"not banned": {members{"business": businessOf("stall")}, currency.BanUnknown}, "no business": {members{"business": nil}, currency.InvalidID},
			"malformed programme": {members{"program": "a b"}, currency.InvalidID},
		}},
		{"RegisterMerchant", b.city, currency.RegisterMerchant{Program: nowon, ID: "fresh", DID: b.stranger.did, Region: region, Category: category, Payout: strings.Repeat("0", 64), MerchantTerms: currency.MerchantTerms{Business: businessOf("fresh")}}, of(operation, program, id, shopTerms, bad{
			"taken":            {members{"id": "stall"}, currency.MerchantExists},
			"a resident's key": {members{"did": b.minsu.did}, currency.HolderExists},
			"a merchant's key": {members{"did": b.stall.did}, currency.HolderExists},
			"no DID":           {members{"did": nil}, code.BadDID},
			"DID without key":  {members{"did": "did:web:x.org"}, code.BadDID},
			"DID URL":          {members{"did": b.stranger.Kid}, code.BadDID},
			"no region":        {members{"region": nil}, currency.InvalidID},
			"no category":      {members{"category": nil}, currency.InvalidID},
			"account number":   {members{"payout": "110-123-456789"}, currency.InvalidID},
			"upper-case hex":   {members{"payout": strings.Repeat("A", 64)}, currency.InvalidID},
		})},
		{"SetMerchantStatus", b.city, currency.SetMerchantStatus{Program: nowon, ID: "stall", Status: currency.Suspended}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.MerchantUnknown}, "closed stays": {members{"id": "closed"}, currency.MerchantState},
			"is already": {members{"id": "suspended"}, currency.MerchantState}, "frozen": {members{"status": "frozen"}, currency.MerchantState},
			"no status": {members{"status": nil}, currency.MerchantState},
		})},
		{"Merchant", b.courier, currency.RecordQuery{Program: nowon, ID: "stall"}, of(id, bad{"unknown": {members{"id": "nothing"}, currency.MerchantUnknown}})},
		{"FreezeHolder", b.komsco, currency.SetFreeze{Program: nowon, Account: b.minsu.account, Reason: "case-2"}, of(operation, program, account, bad{
			"unknown": {members{"account": b.stranger.account}, currency.HolderUnknown}, "frozen": {members{"account": b.frozen.account}, currency.HolderState},
			"no reason": {members{"reason": nil}, currency.InvalidID}, "text for a reason": {members{"reason": "Kim Minsu stole"}, currency.InvalidID},
		})},
		{"UnfreezeHolder", b.komsco, currency.SetFreeze{Program: nowon, Account: b.frozen.account, Reason: "case-2"}, of(operation, program, account, bad{
			"unknown": {members{"account": b.stranger.account}, currency.HolderUnknown}, "active": {members{"account": b.minsu.account}, currency.HolderState},
		})},
		{"Holder", b.komsco, currency.AccountQuery{Program: nowon, Account: b.minsu.account}, of(program, account, bad{
			"unknown": {members{"account": b.stranger.account}, currency.HolderUnknown},
		})},
		{"ConfirmPayout", b.bank, currency.ConfirmPayout{Program: nowon, Ref: "fresh", Account: b.stall.account, Seq: b.redeemed, Amount: 1_000}, of(operation, program, amount, account, seq, bad{
			"reference used": {members{"ref": "paid"}, currency.PayoutExists},
			"no reference":   {members{"ref": nil}, currency.InvalidID},
			"paid before":    {members{"seq": b.settled}, currency.RedemptionPaid},
			"unknown":        {members{"seq": 99}, currency.RedemptionUnknown},
			"of a resident":  {members{"account": b.minsu.account}, currency.RedemptionUnknown},
			"another amount": {members{"amount": 999}, currency.InvalidAmount},
			"sent before":    {members{"sent": 1}, currency.InvalidID},
			"sent negative":  {members{"sent": -1}, currency.InvalidID},
			"sent tomorrow":  {members{"sent": b.at(24 * time.Hour)}, currency.InvalidID},
			"sent never":     {members{"sent": int64(1)<<40 + 1}, currency.InvalidID},
		})},
		{"RecallPayout", b.bank, currency.RecallPayout{Program: nowon, Account: b.owing.account, Seq: 1}, of(operation, program, account, seq, bad{
			"unknown":         {members{"seq": 99}, currency.RedemptionUnknown},
			"paid before":     {members{"account": b.stall.account, "seq": b.settled}, currency.RedemptionPaid},
			"held by no case": {members{"account": b.stall.account, "seq": b.redeemed}, currency.CaseUnknown},
		})},
		{"OpenAllotment", b.city, b.allot(nowon, "fresh"), of(operation, program, id, amount, bad{
			"taken":           {members{"id": "sale"}, currency.AllotmentExists},
			"another unit":    {members{"unit": "shares"}, currency.UnitMismatch},
			"for benefits":    {members{"source": "benefit"}, currency.InvalidID},
			"kept subsidy":    {members{"purpose": "meals"}, currency.InvalidID},
			"unknown purpose": {members{"source": "reward", "purpose": "rent"}, currency.PurposeUnknown},
			"bad purpose":     {members{"source": "reward", "purpose": "a b"}, currency.InvalidID},
			"no tranches":     {members{"tranches": 0}, currency.TooLarge},
			"unequal":         {members{"tranches": 3}, currency.InvalidAmount},
			"unknown budget":  {members{"appropriation": "nothing"}, currency.AppropriationUnknown},
			"pending budget":  {members{"appropriation": "pending"}, currency.AppropriationState},
			"more than there": {members{"amount": 2_000_000_000}, currency.FundExceeded},
			"above a batch":   {members{"amount": 2_000_000_000, "tranches": 1}, currency.BatchCeiling},
		})},
		{"CloseAllotment", b.city, currency.RecordOperation{RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"}}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.AllotmentUnknown}, "closed": {members{"id": "shut"}, currency.AllotmentClosed},
		})},
		{"StopAllotment", b.komsco, currency.StopAllotment{RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"}, Reason: "case-1"}, of(operation, program, id, bad{
			"unknown": {members{"id": "nothing"}, currency.AllotmentUnknown}, "closed": {members{"id": "shut"}, currency.AllotmentClosed},
			"no reason": {members{"reason": nil}, currency.InvalidID}, "text as reason": {members{"reason": "looks wrong"}, currency.InvalidID},
		})},
		{"Allotment", b.courier, currency.RecordQuery{Program: nowon, ID: "sale"}, of(id, bad{"unknown": {members{"id": "nothing"}, currency.AllotmentUnknown}})},
		{"Tranche", b.courier, currency.TrancheQuery{Program: nowon, Allotment: "sale"}, bad{
			"unknown": {members{"tranche": 10}, currency.AllotmentUnknown}, "negative": {members{"tranche": -1}, currency.InvalidID},
			"large": {members{"tranche": 1000}, currency.InvalidID}, "no allotment": {members{"allotment": nil}, currency.InvalidID},
		}},
		{"ConfirmPurchase", b.bank, currency.ConfirmPurchase{Program: nowon, Ref: "fresh", Account: b.jisoo.account, Seq: b.waiting, Amount: 1_000, Allotment: "sale"}, of(operation, program, amount, account, seq, bad{
			"reference used":      {members{"ref": "deposit"}, currency.DepositExists},
			"no reference":        {members{"ref": nil}, currency.InvalidID},
			"paid before":         {members{"seq": b.bought}, currency.PurchasePaid},
			"unknown":             {members{"seq": 99}, currency.PurchaseUnknown},
			"another amount":      {members{"amount": 999}, currency.InvalidAmount},
			"unknown allotment":   {members{"allotment": "nothing"}, currency.AllotmentUnknown},
			"malformed allotment": {members{"allotment": "a b"}, currency.InvalidID},
			"closed allotment":    {members{"allotment": "shut"}, currency.AllotmentClosed},
			"unknown tranche":     {members{"tranche": 10}, currency.AllotmentUnknown},
			"tranche of nothing":  {members{"allotment": nil, "tranche": 1}, currency.AllotmentUnknown},
			"no allotment":        {members{"allotment": nil}, currency.AllotmentUnknown},
		})},
		{"Purchase", b.bank, currency.ReceiptQuery{Program: nowon, Account: b.jisoo.account, Seq: b.waiting}, of(account, seq, bad{
			"unknown": {members{"seq": 99}, currency.PurchaseUnknown},
		})},
		{"Hold", b.komsco, currency.ReceiptQuery{Program: nowon, Account: b.minsu.account, Seq: b.held}, of(account, seq, bad{
			"unknown": {members{"seq": 99}, currency.HoldUnknown}, "of another": {members{"read": b.read(nowon, b.jisoo)}, currency.ReadRefused},
		})},
		{"Redemption", b.bank, currency.ReceiptQuery{Program: nowon, Account: b.stall.account, Seq: b.redeemed}, of(account, seq, bad{
			"unknown": {members{"seq": 99}, currency.RedemptionUnknown},
		})},
		{"Unpaid", b.bank, currency.PageQuery{Program: nowon}, of(page, bad{"malformed programme": {members{"program": "a b"}, currency.InvalidID}})},
		{"Redemptions", b.bank, currency.PageQuery{Program: nowon}, of(page, bad{"malformed programme": {members{"program": "a b"}, currency.InvalidID}})},
		{"Payout", b.bank, currency.RecordQuery{Program: nowon, ID: "paid"}, of(id, bad{"unknown": {members{"id": "nothing"}, currency.RedemptionUnknown}})},
		{"Sweep", b.courier, currency.Sweep{Program: nowon, Purses: []string{b.minsu.account}, Credits: []currency.OwnedCredit{{Account: b.minsu.account, Credit: firstOf(b.credits(nowon, b.minsu))}}}, of(operation, program, bad{
			"nothing":           {members{"purses": nil, "credits": nil}, currency.TooLarge},
			"malformed hold":    {members{"holds": []currency.ReceiptName{{Holder: "x", Seq: 1}}}, currency.InvalidID},
			"hold zero":         {members{"holds": []currency.ReceiptName{{Holder: b.minsu.account}}}, currency.InvalidID},
			"too many":          {members{"purses": make([]string, currency.MaxSweep)}, currency.TooLarge},
			"malformed purse":   {members{"purses": []string{"x"}}, currency.InvalidID},
			"malformed account": {members{"credits": []currency.OwnedCredit{{Account: "x", Credit: currency.CreditName(b.returned + ":0")}}}, currency.InvalidID},
			"malformed credit":  {members{"credits": []currency.OwnedCredit{{Account: b.minsu.account, Credit: "x"}}}, currency.InvalidID},
		})},
		{"AbsorbReturns", b.city, currency.AbsorbReturns{Program: bazaar, ID: "budget", Returns: []string{b.returned}}, of(operation, program, id, bad{
			"unknown":            {members{"returns": []string{strings.Repeat("0", 64)}}, currency.ReturnUnknown},
			"none":               {members{"returns": nil}, currency.TooLarge},
			"too many":           {members{"returns": make([]string, call.MaxPage+1)}, currency.TooLarge},
			"malformed":          {members{"returns": []string{"x"}}, currency.InvalidID},
			"twice":              {members{"returns": []string{b.returned, b.returned}}, currency.InvalidID},
			"into nothing":       {members{"id": "nothing"}, currency.AppropriationUnknown},
			"of another program": {members{"program": nowon}, currency.ReturnUnknown},
		})},
		{"ProposeRecovery", b.komsco, currency.ProposeRecovery{Program: nowon, Account: b.frozen.account, DID: newWallet("phone").did}, of(operation, program, account, bad{
			"unknown":         {members{"account": b.stranger.account}, currency.HolderUnknown},
			"not frozen":      {members{"account": b.minsu.account}, currency.HolderState},
			"DID with one":    {members{"did": b.jisoo.did}, currency.HolderExists},
			"no DID":          {members{"did": nil}, code.BadDID},
			"DID without key": {members{"did": "did:web:x.org"}, code.BadDID},
		})},
		{"ApproveRecovery", b.bank, currency.ProposeRecovery{Program: nowon, Account: b.lost.account, DID: newWallet("phone").did}, of(operation, program, account, bad{
			"unknown":      {members{"account": b.stranger.account}, currency.HolderUnknown},
			"not proposed": {members{"account": b.frozen.account}, currency.HolderState},
			"another DID":  {members{"did": newWallet("thief").did}, currency.HolderState},
			"no DID":       {members{"did": nil}, code.BadDID},
		})},
		{"ForwardCredits", b.courier, currency.ForwardCredits{Program: nowon, Account: b.recovered.account, Credits: []currency.CreditName{currency.CreditName(b.returned + ":0")}}, of(program, operation, account, bad{
			"unknown":           {members{"account": b.stranger.account}, currency.HolderUnknown},
			"not recovered":     {members{"account": b.minsu.account}, currency.HolderState},
			"none":              {members{"credits": nil}, currency.TooLarge},
			"malformed":         {members{"credits": []string{"x"}}, currency.InvalidID},
			"too many":          {members{"credits": make([]string, currency.MaxClaims+1)}, currency.TooLarge},
			"unknown programme": {members{"program": "nowhere"}, currency.HolderUnknown},
		})},
		{"ForwardTakings", b.courier, currency.ForwardTakings{Program: nowon, Merchant: "owing", Payment: currency.ReceiptName{Holder: b.jisoo.account, Seq: b.refunded}, Credits: []currency.CreditName{b.takings}}, of(operation, bad{
			"unknown programme": {members{"program": "nowhere"}, currency.MerchantUnknown},
			"unknown merchant":  {members{"merchant": "nowhere"}, currency.MerchantUnknown},
			"no merchant":       {members{"merchant": nil}, currency.InvalidID},
			"owes nothing":      {members{"merchant": "stall"}, currency.RefundUnknown},
			"another payment":   {members{"payment": currency.ReceiptName{Holder: b.minsu.account, Seq: b.paid}}, currency.RefundUnknown},
			"malformed payment": {members{"payment": currency.ReceiptName{Holder: "x", Seq: b.paid}}, currency.InvalidID},
			"none":              {members{"credits": nil}, currency.TooLarge},
			"malformed":         {members{"credits": []string{"x"}}, currency.InvalidID},
			"too many":          {members{"credits": make([]string, currency.MaxClaims+1)}, currency.TooLarge},
			"not there":         {members{"credits": []currency.CreditName{currency.CreditName(b.returned + ":0")}}, currency.NothingClaimed},
		})},
		{"WaitingRefunds", b.courier, currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.owing.account, Read: b.read(nowon, b.owing)}, of(own, account, page)},
		{"Takings", b.courier, currency.TakingsQuery{OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.jisoo.account, Read: b.read(nowon, b.jisoo)}, Seq: b.refunded}, of(own, account, page, seq, bad{
			"unknown": {members{"seq": 99}, currency.ReceiptUnknown}, "another's": {members{"account": b.minsu.account}, currency.ReadRefused},
			"of a claim": {members{"seq": 1}, currency.RefundUnknown},
		})},
		{"Programs", b.courier, currency.ProgramsQuery{}, page},
		{"SyncKeys", b.courier, currency.SyncKeys{Program: mobile, Accounts: []string{b.minsu.account}}, of(program, bad{
			"no accounts":     {members{"accounts": nil}, currency.TooLarge},
			"too many":        {members{"accounts": make([]string, currency.MaxSync+1)}, currency.TooLarge},
			"malformed":       {members{"accounts": []string{"x"}}, currency.InvalidID},
			"another's type":  {members{"accounts": "x"}, code.BadRequest},
			"no DIDs of ours": {members{"program": nowon}, currency.DIDUnresolved},
		})},
		{"RequestParts", b.courier, currency.RequestQuery{OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.owing.account, Read: b.read(nowon, b.owing)}, ID: "bill"}, of(own, account, page, bad{
			"no id": {members{"id": nil}, currency.InvalidID}, "malformed id": {members{"id": "a/b"}, currency.InvalidID},
		})},
		{"Lapsing", b.komsco, currency.LapsingQuery{PageQuery: currency.PageQuery{Program: nowon}, Of: currency.LapsingPurses}, of(program, page, bad{
			"of nothing": {members{"of": nil}, currency.InvalidID}, "of runs": {members{"of": "runs"}, currency.InvalidID},
		})},
		{"FundReturns", b.city, currency.PageQuery{Program: nowon}, of(page, bad{"malformed programme": {members{"program": "a b"}, currency.InvalidID}})},
		{"Purse", b.courier, currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.minsu.account, Read: read}, of(own, account)},
		{"Receipts", b.courier, currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.minsu.account, Read: read}, of(own, account, page)},
		{"Credits", b.courier, currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.minsu.account, Read: read}, of(own, account, page)},
		{"Receipt", b.courier, currency.ReceiptQuery{Program: nowon, Account: b.minsu.account, Seq: b.paid, Read: read}, of(own, account, seq, bad{
			"unknown": {members{"seq": 99}, currency.ReceiptUnknown},
		})},
		{"OpenCase", b.komsco, currency.OpenCase{CaseQuery: b.about(nowon, b.minsu, "fresh"), Reason: "report-1", Receipts: []currency.ReceiptName{{Holder: b.minsu.account, Seq: b.paid}}}, of(operation, program, account, id, bad{
			"unknown": {members{"account": b.stranger.account}, currency.HolderUnknown}, "closed": {members{"account": b.recovered.account}, currency.HolderClosed},
			"taken":     {members{"account": b.suspect.account, "id": "open"}, currency.CaseExists},
			"no reason": {members{"reason": nil}, currency.InvalidID}, "text for a reason": {members{"reason": "Kim Minsu stole"}, currency.InvalidID},
			"malformed rule": {members{"rule": "looks odd"}, currency.InvalidID}, "no such rule": {members{"rule": "looks-odd"}, currency.ThresholdUnknown},
			"rule of another version": {members{"rule": "repeated", "policy": 7}, currency.PolicyUnknown}, "version without a rule": {members{"policy": 1}, currency.InvalidID},
			"version below zero":       {members{"rule": "repeated", "policy": -1}, currency.InvalidID},
			"rule that is not reached": {members{"rule": "repeated"}, currency.ThresholdUnmet},
			"rule without receipts":    {members{"rule": "repeated", "receipts": nil}, currency.ThresholdUnmet},
			"no such receipt":          {members{"receipts": []currency.ReceiptName{{Holder: b.minsu.account, Seq: 999}}}, currency.ReceiptUnknown},
			"malformed receipt":        {members{"receipts": []currency.ReceiptName{{Holder: "x", Seq: 1}}}, currency.InvalidID},
			"too many receipts":        {members{"receipts": make([]currency.ReceiptName, currency.MaxCaseReceipts+1)}, currency.TooLarge},
		})},
		{"HoldFunds", b.komsco, currency.HoldFunds{CaseQuery: b.about(nowon, b.suspect, "open"), Amount: 1_000}, of(operation, program, account, id, amount, bad{
			"unknown": {members{"id": "nowhere"}, currency.CaseUnknown}, "another's": {members{"account": b.minsu.account}, currency.CaseUnknown},
			"closed": {members{"id": "shut"}, currency.CaseState}, "more than is there": {members{"amount": 109_001}, currency.InsufficientFunds},
			"nothing": {members{"amount": nil}, currency.InvalidAmount}, "no such credit": {members{"credits": []string{b.returned + ":0"}}, currency.CreditUnknown},
			"a credit twice":           {members{"credits": []string{b.returned + ":0", b.returned + ":0"}}, currency.CreditRepeated},
			"malformed credit":         {members{"credits": []string{"x"}}, currency.InvalidID},
			"no such redemption":       {members{"redemptions": []currency.HeldClaim{{Seq: 99}}}, currency.RedemptionUnknown},
			"redemption zero":          {members{"redemptions": []currency.HeldClaim{{}}}, currency.InvalidID},
			"a redemption that no key": {members{"redemptions": []currency.HeldClaim{{Seq: currency.MaxAmount + 1}}}, currency.InvalidID},
			"a redemption twice":       {members{"redemptions": []currency.HeldClaim{{Seq: 1}, {Seq: 1}}}, currency.InvalidID},
			"less than nothing of one": {members{"redemptions": []currency.HeldClaim{{Seq: 1, Amount: -1}}}, currency.InvalidAmount},
			"too many redemptions":     {members{"redemptions": make([]currency.HeldClaim, currency.MaxHeldClaims+1)}, currency.TooLarge},
		})},
		{"ProposeClawback", b.komsco, currency.ClawBack{CaseQuery: b.about(nowon, b.suspect, "open"), Amount: 1_000}, of(operation, program, account, id, amount, bad{
			"unknown": {members{"id": "nowhere"}, currency.CaseUnknown}, "closed": {members{"id": "shut"}, currency.CaseState},
			"more than is held": {members{"amount": 1_001}, currency.InsufficientFunds},
		})},
		{"ApproveClawback", b.bank, currency.ClawBack{CaseQuery: b.about(nowon, b.suspect, "open"), Amount: 500}, of(operation, program, account, id, amount, bad{
			"unknown": {members{"id": "nowhere"}, currency.CaseUnknown}, "closed": {members{"id": "shut"}, currency.CaseState},
			"another amount": {members{"amount": 501}, currency.CaseState},
		})},
		{"CloseCase", b.komsco, currency.CaseOperation{CaseQuery: b.about(nowon, b.suspect, "open")}, of(operation, program, account, id, bad{
			"unknown": {members{"id": "nowhere"}, currency.CaseUnknown}, "closed": {members{"id": "shut"}, currency.CaseState},
		})},
		{"Case", b.komsco, b.about(nowon, b.suspect, "open"), of(program, account, id, bad{
			"unknown": {members{"id": "nowhere"}, currency.CaseUnknown},
		})},
		{"Cases", b.courier, currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: b.minsu.account, Read: read}, of(own, account, page)},
	} {
		tried[f.function] = true
		before := b.state()
		// The request is good: what is refused below is refused for its one change.
		good := b.with(f.request, members{})
		if strings.Contains(good, `"op"`) {
			good = b.with(f.request, members{"op": "good"})
		}
		b.endorse(f.caller, f.function, good)
		all := of(f.bad, bad{"unknown member": {members{"nosuch": 1}, code.BadRequest}})
		for name, c := range all {
			b.run(t, f.function+"/"+name, func(*testing.T) { b.refused(c.want, f.caller, f.function, b.with(good, c.change)) })
		}
		for _, malformed := range []string{"", "{", `[]`, `"x"`, `7`, good + good, good[1:], "\x00", "\xff"} {
			b.run(t, f.function+"/malformed", func(*testing.T) { b.refused(code.BadRequest, f.caller, f.function, malformed) })
		}
		b.refused(code.BadRequest, f.caller, f.function)
		b.refused(code.BadRequest, f.caller, f.function, good, good)
		// Nobody without the role, of the right organisation or a wrong one.
		want, isRestricted := restricted[f.function]
		open := f.function == "Sweep" || f.function == "ForwardCredits" || f.function == "ForwardTakings" || f.function == "SubmitAttestation" // the calendar decides, who took over, who is owed, and the attester
		require.True(t, isRestricted || open || !strings.Contains(good, `"op"`), "%s changes state: it asks for a role", f.function)
		if isRestricted {
			for _, caller := range []*ledgertest.Caller{b.courier, evil, b.net.Caller(f.caller.MSPID, "nobody", ledgertest.Client)} {
				b.run(t, f.function+"/"+caller.MSPID+" "+caller.Name, func(*testing.T) { b.refused(want, caller, f.function, good) })
			}
		}
		require.Equal(t, before, b.state())
	}
}

func (m members) and(more members) members {
	out := maps.Clone(m)
	maps.Copy(out, more)
	return out
}

// restricted are the functions that ask for a role, and what others are told.
var restricted = map[string]*code.Code{
	"GrantRole": code.NotAdmin, "RevokeRole": code.NotAdmin, "DefineProgram": code.RoleMissing, "ProposePolicy": code.RoleMissing,
	"ApprovePolicy": code.RoleMissing, "ConfirmDeposit": code.RoleMissing, "ProposeAppropriation": code.RoleMissing,
	"ApproveAppropriation": code.RoleMissing, "OpenRun": code.RoleMissing, "IssueBatch": code.RoleMissing, "CloseRun": code.RoleMissing,
	"ApproveRun": code.RoleMissing, "StopRun": code.RoleMissing, "ProposeCorrection": code.RoleMissing, "ApproveCorrection": code.RoleMissing,
	"RegisterMerchant": code.RoleMissing, "SetMerchantStatus": code.RoleMissing, "SetMerchantTerms": code.RoleMissing,
	"Evidence": code.RoleMissing, "VerifySales": code.RoleMissing, "BanMerchant": code.RoleMissing, "LiftBan": code.RoleMissing, "FreezeHolder": code.RoleMissing,
	"UnfreezeHolder": code.RoleMissing, "Holder": code.RoleMissing, "ConfirmPayout": code.RoleMissing, "RecallPayout": code.RoleMissing,
	"OpenAllotment": code.RoleMissing, "CloseAllotment": code.RoleMissing, "StopAllotment": code.RoleMissing, "ConfirmPurchase": code.RoleMissing, "Purchase": code.RoleMissing,
	"Redemption": code.RoleMissing, "Redemptions": code.RoleMissing, "Unpaid": code.RoleMissing, "Payout": code.RoleMissing,
	"AbsorbReturns": code.RoleMissing, "Lapsing": code.RoleMissing, "ProposeRecovery": code.RoleMissing, "ApproveRecovery": code.RoleMissing, "Hold": currency.ReadRefused,
	"OpenCase": code.RoleMissing, "HoldFunds": code.RoleMissing, "ProposeClawback": code.RoleMissing, "ApproveClawback": code.RoleMissing, "CloseCase": code.RoleMissing,
	"Case": code.RoleMissing, "Batch": code.RoleMissing, "Correction": code.RoleMissing, "FundReturns": code.RoleMissing,
}
