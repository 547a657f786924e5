// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// say is a statement by the person.
func (p *person) say(t testing.TB, payload identity.Payload) string {
	t.Helper()
	compact, err := jws.Signer{Key: p.private, Kid: p.did + "#" + p.key.ID()}.Sign(payload.Typ(), payload)
	require.NoError(t, err)
	return compact
}

// tell has a statement carried out that must be.
func (tn *town) tell(function, statement string) identity.Told {
	tn.t.Helper()
	raw, err := tn.net.Invoke(tn.courier, cc, function, statement)
	require.NoError(tn.t, err)
	return decoded[identity.Told](tn, raw)
}

var digest = strings.Repeat("ab", 32)

func diploma(version int) identity.RegisterSchema {
	return identity.RegisterSchema{
		Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1,
		Name: "diploma", Version: version, Digest: digest, URI: "https://schemas.example/diploma/" + strconv.Itoa(version),
	}
}

func (tn *town) officer(msp, name string, roles ...call.Role) *ledgertest.Caller {
	tn.t.Helper()
	for _, r := range roles {
		raw, err := json.Marshal(call.SetRole{Operation: call.Operation{Op: msp + name + string(r)}, Name: name, Role: r})
		require.NoError(tn.t, err)
		_, err = tn.net.Invoke(tn.net.Caller(msp, "admin", ledgertest.Admin), cc, "GrantRole", string(raw))
		require.NoError(tn.t, err)
	}
	return tn.net.Caller(msp, name, ledgertest.Client)
}

func (tn *town) act(caller *ledgertest.Caller, function string, request any) error {
	tn.t.Helper()
	raw, err := json.Marshal(request)
	require.NoError(tn.t, err)
	_, err = tn.net.Invoke(caller, cc, function, string(raw))
	return err
}

func refusedWith(t testing.TB, err error, want *code.Code) {
	t.Helper()
	require.Error(t, err)
	got := identity.Codes.Parse(err.Error())
	require.NotNil(t, got, "%v", err)
	require.Equal(t, want, got.Code, "%v", err)
}

// Schemas are published for good; only that another takes their place can be said.
func TestSchemas(t *testing.T) {
	tn := newTown(t)
	school, other := tn.born("school"), tn.born("other")
	ref := func(version int) identity.SchemaRef {
		return identity.NewSchemaRef(strings.TrimPrefix(school.did, identity.Prefix), "diploma", version)
	}
	statement := school.say(t, diploma(1))
	first := tn.tell("RegisterSchema", statement)
	require.Equal(t, first, tn.tell("RegisterSchema", statement), "again is the first time")
	got := get[identity.Schema](tn, "Schema", identity.SchemaQuery{Ref: ref(1)})
	require.Equal(t, school.did, got.Owner)
	require.Equal(t, digest, got.Digest)

	changed := diploma(1)
	changed.Digest = strings.Repeat("cd", 32)
	tn.refused(identity.SchemaExists, tn.courier, "RegisterSchema", school.say(t, changed))
	tn.tell("RegisterSchema", other.say(t, changed)) // a schema of its own
	require.Equal(t, got, get[identity.Schema](tn, "Schema", identity.SchemaQuery{Ref: ref(1)}))

	deprecate := identity.DeprecateSchema{Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1, Name: "diploma", Version: 1, Successor: ref(2)}
	tn.refused(identity.SchemaUnknown, tn.courier, "DeprecateSchema", school.say(t, deprecate))
	tn.tell("RegisterSchema", school.say(t, diploma(2)))
	tn.tell("DeprecateSchema", school.say(t, deprecate))
	got = get[identity.Schema](tn, "Schema", identity.SchemaQuery{Ref: ref(1)})
	require.Equal(t, ref(2), got.DeprecatedBy)
	deprecate.Successor = ref(1)
	tn.refused(identity.SchemaState, tn.courier, "DeprecateSchema", school.say(t, deprecate))

	// Only as the owner's document stands, and only by a key for assertions.
	tn.change(school, identity.Operation{Type: identity.Suspend})
	tn.refused(identity.KeyUnauthorised, tn.courier, "RegisterSchema", school.say(t, diploma(3)))
	mute := newPerson("mute")
	mute.key.Purposes = []identity.Purpose{identity.Authentication, identity.CapabilityInvocation}
	mute.last = tn.operate(mute.create(t)...)
	tn.refused(identity.KeyUnauthorised, tn.courier, "RegisterSchema", mute.say(t, diploma(1)))
	elsewhere := diploma(4)
	elsewhere.Channel = "other"
	tn.refused(identity.OperationElsewhere, tn.courier, "RegisterSchema", other.say(t, elsewhere))
	tn.refused(identity.InvalidStatement, tn.courier, "RegisterSchema", other.say(t, deprecate))
	tn.refused(code.BadSignature, tn.courier, "RegisterSchema", cutSignature(other.say(t, diploma(5)))+strings.Repeat("A", 86))
}

func cutSignature(compact string) string { return compact[:strings.LastIndexByte(compact, '.')+1] }

// field is a root of accreditation with a ministry, two delegates and a schema.
type field struct {
	*town
	ministry, board, agency, school, shop *person
	schema                                identity.SchemaRef
}

func newField(t *testing.T) *field {
	tn := newTown(t)
	f := &field{town: tn, ministry: tn.born("ministry"), board: tn.born("board"), agency: tn.born("agency"), school: tn.born("school"), shop: tn.born("shop")}
	tn.tell("RegisterSchema", f.ministry.say(t, diploma(1)))
	f.schema = identity.NewSchemaRef(strings.TrimPrefix(f.ministry.did, identity.Prefix), "diploma", 1)
	registrar := tn.officer("KomscoMSP", "registrar", identity.RoleRegistrar)
	approver := tn.officer("CityMSP", "approver", identity.RoleApprover)
	r := identity.ProposeRoot{Operation: call.Operation{Op: "1"}, Name: "education", DID: f.ministry.did}
	require.NoError(t, tn.act(registrar, "ProposeRoot", r))
	require.NoError(t, tn.act(approver, "ApproveRoot", identity.ApproveRoot{ProposeRoot: r}))
	return f
}

func (f *field) grant(standing identity.Standing, subject *person, schema identity.SchemaRef, region string) identity.Accredit {
	now := f.net.Now().Unix()
	a := identity.Accredit{
		Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1, Root: "education",
		Standing: standing, Subject: subject.did, Schema: schema, Region: region, From: now, Until: now + 365*86400,
	}
	if standing == identity.Verifier {
		a.Purpose, a.Attributes = "hiring", []string{"degree", "name"}
	}
	return a
}

func (f *field) accredit(by *person, a identity.Accredit) string {
	f.t.Helper()
	statement := by.say(f.t, a)
	f.tell("Accredit", statement)
	m, err := jws.Parse(statement)
	require.NoError(f.t, err)
	return fmt.Sprintf("%x", m.Digest())
}

func (f *field) withdrawal(a identity.Accredit, grant string) identity.Withdraw {
	s := a.Scope()
	return identity.Withdraw{
		Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1, Grant: grant,
		Root: s.Root, Subject: s.Subject, Standing: s.Standing, Schema: s.Schema, Region: s.Region, Purpose: s.Purpose,
	}
}

func (f *field) ask(a identity.Accredit, at int64, attributes ...string) (identity.AccreditedAnswer, error) {
	raw, err := json.Marshal(identity.AccreditedQuery{Scope: a.Scope(), Time: at, Attributes: attributes})
	require.NoError(f.t, err)
	answer, err := f.net.Query(f.courier, cc, "Accredited", string(raw))
	if err != nil {
		return identity.AccreditedAnswer{}, err
	}
	return decoded[identity.AccreditedAnswer](f.town, answer), nil
}

// Root to delegate to issuer, each within what it was given; a withdrawal ends all
// that hangs on it from its block on, and the past stays as it was.
func TestAccreditation(t *testing.T) {
	f := newField(t)
	school := f.grant(identity.Issuer, f.school, f.schema, "11350")
	_, err := f.ask(school, 0)
	refusedWith(t, err, identity.NotAccredited)
	f.refused(identity.NotAccredited, f.courier, "Accredit", f.board.say(t, school))

	board := f.grant(identity.Delegate, f.board, f.schema, identity.Any)
	toBoard := f.accredit(f.ministry, board)
	f.refused(identity.NotAccredited, f.courier, "Accredit", f.board.say(t, f.grant(identity.Issuer, f.school, identity.Any, "11350")))
	agency := f.grant(identity.Delegate, f.agency, f.schema, "11350")
	f.accredit(f.board, agency)
	f.refused(identity.NotAccredited, f.courier, "Accredit", f.agency.say(t, f.grant(identity.Issuer, f.school, f.schema, "11110")))
	toSchool := f.accredit(f.agency, school)
	start := f.net.Now().Unix()

	answer, err := f.ask(school, 0)
	require.NoError(t, err)
	by := []string{}
	for _, g := range answer.Chain {
		by = append(by, g.By)
	}
	require.Equal(t, []string{f.agency.did, f.board.did, f.ministry.did}, by)
	elsewhere := school
	elsewhere.Region = "11110"
	_, err = f.ask(elsewhere, 0)
	refusedWith(t, err, identity.NotAccredited)
	_, err = f.ask(school, school.Until)
	refusedWith(t, err, identity.NotAccredited)

	// Nobody but who gave it, or the root, takes it back.
	f.refused(identity.NotAccredited, f.courier, "WithdrawAccreditation", f.board.say(t, f.withdrawal(school, toSchool)))
	f.refused(identity.AccreditationUnknown, f.courier, "WithdrawAccreditation", f.agency.say(t, f.withdrawal(school, toBoard)))
	f.net.Advance(time.Hour)
	f.tell("WithdrawAccreditation", f.ministry.say(t, f.withdrawal(board, toBoard)))
	_, err = f.ask(school, 0)
	refusedWith(t, err, identity.NotAccredited)
	f.net.Advance(-5 * time.Minute) // a clock that is behind brings nothing back
	_, err = f.ask(school, 0)
	refusedWith(t, err, identity.NotAccredited)
	_, err = f.ask(school, start+60)
	require.NoError(t, err, "what was issued before was issued rightly")
	f.refused(identity.AccreditationUnknown, f.courier, "WithdrawAccreditation", f.ministry.say(t, withNonce(f.withdrawal(board, toBoard))))

	// Another way up counts as well.
	f.accredit(f.ministry, agency)
	answer, err = f.ask(school, 0)
	require.NoError(t, err)
	require.Len(t, answer.Chain, 2)
	f.tell("WithdrawAccreditation", f.agency.say(t, f.withdrawal(school, toSchool)))
	_, err = f.ask(school, 0)
	refusedWith(t, err, identity.NotAccredited)
}

// withNonce is the same withdrawal; statements differ by nothing else.
func withNonce(w identity.Withdraw) identity.Withdraw {
	w.Grant = strings.Repeat("00", 32)
	return w
}

// Accreditation cannot be had in a circle, nor by more delegates than four.
func TestDepthOfAccreditation(t *testing.T) {
	f := newField(t)
	last := f.ministry
	for i := range identity.MaxDepth {
		next := f.born(fmt.Sprint("delegate", i))
		f.accredit(last, f.grant(identity.Delegate, next, identity.Any, identity.Any))
		last = next
	}
	f.accredit(last, f.grant(identity.Issuer, f.school, f.schema, "11350"))
	answer, err := f.ask(f.grant(identity.Issuer, f.school, f.schema, "11350"), 0)
	require.NoError(t, err)
	require.Len(t, answer.Chain, identity.MaxDepth+1)
	a, b := f.born("a"), f.born("b")
	f.accredit(last, f.grant(identity.Delegate, a, identity.Any, identity.Any))
	f.refused(identity.NotAccredited, f.courier, "Accredit", a.say(t, f.grant(identity.Delegate, b, identity.Any, identity.Any)))
}

// A verifier may ask for what it was accredited for, and for its purpose.
func TestVerifiers(t *testing.T) {
	f := newField(t)
	shop := f.grant(identity.Verifier, f.shop, f.schema, identity.Any)
	f.accredit(f.ministry, shop)
	_, err := f.ask(shop, 0, "degree")
	require.NoError(t, err)
	_, err = f.ask(shop, 0, "degree", "residentNumber")
	refusedWith(t, err, identity.OverAsking)
	other := shop
	other.Purpose = "marketing"
	_, err = f.ask(other, 0, "degree")
	refusedWith(t, err, identity.NotAccredited)
}

// Roots are opened and closed by two officers of different organisations.
func TestRoots(t *testing.T) {
	tn := newTown(t)
	ministry := tn.born("ministry")
	registrar := tn.officer("KomscoMSP", "registrar", identity.RoleRegistrar, identity.RoleApprover)
	colleague := tn.officer("KomscoMSP", "colleague", identity.RoleApprover)
	city := tn.officer("CityMSP", "approver", identity.RoleApprover)
	op := 0
	propose := func(closing bool) identity.ProposeRoot {
		op++
		return identity.ProposeRoot{Operation: call.Operation{Op: strconv.Itoa(op)}, Name: "education", DID: ministry.did, Close: closing}
	}
	approve := func(closing bool) identity.ApproveRoot { return identity.ApproveRoot{ProposeRoot: propose(closing)} }
	refusedWith(t, tn.act(city, "ProposeRoot", propose(false)), code.RoleMissing)
	refusedWith(t, tn.act(tn.admin, "ProposeRoot", propose(false)), code.RoleMissing)
	refusedWith(t, tn.act(city, "ApproveRoot", approve(false)), identity.RootUnknown)
	refusedWith(t, tn.act(registrar, "ProposeRoot", propose(true)), identity.RootState)
	unknown := propose(false)
	unknown.DID = identity.Prefix + strings.Repeat("a", 52)
	refusedWith(t, tn.act(registrar, "ProposeRoot", unknown), identity.DIDUnknown)

	require.NoError(t, tn.act(registrar, "ProposeRoot", propose(false)))
	refusedWith(t, tn.act(registrar, "ApproveRoot", approve(false)), identity.SameOrganisation)
	refusedWith(t, tn.act(colleague, "ApproveRoot", approve(false)), identity.SameOrganisation)
	refusedWith(t, tn.act(city, "ApproveRoot", approve(true)), identity.RootState)
	require.Zero(t, get[identity.Root](tn, "Root", identity.RootQuery{Name: "education"}).Opened)
	require.NoError(t, tn.act(city, "ApproveRoot", approve(false)))
	require.NotZero(t, get[identity.Root](tn, "Root", identity.RootQuery{Name: "education"}).Opened)
	refusedWith(t, tn.act(registrar, "ProposeRoot", propose(false)), identity.RootState)
	require.Equal(t, []string{"education"}, get[identity.RootNames](tn, "RootNames", identity.RootNamesQuery{DID: ministry.did}).Names)
	require.NoError(t, tn.act(registrar, "ProposeRoot", propose(true)))
	require.NoError(t, tn.act(city, "ApproveRoot", approve(true)))
	refusedWith(t, tn.act(registrar, "ProposeRoot", propose(false)), identity.RootState)
	require.Equal(t, []string{"education"}, get[identity.RootNames](tn, "RootNames", identity.RootNamesQuery{DID: ministry.did}).Names, "the past stays asked for")
	// A DID is the root of sixteen fields at most.
	for i := range identity.MaxRoots {
		op += 2
		r := identity.ProposeRoot{Operation: call.Operation{Op: strconv.Itoa(op)}, Name: "field-" + strconv.Itoa(i), DID: ministry.did}
		require.NoError(t, tn.act(registrar, "ProposeRoot", r))
		r.Op = strconv.Itoa(op + 1)
		err := tn.act(city, "ApproveRoot", identity.ApproveRoot{ProposeRoot: r})
		if i < identity.MaxRoots-1 {
			require.NoError(t, err)
		} else {
			refusedWith(t, err, identity.RootState)
		}
	}
	require.Len(t, get[identity.RootNames](tn, "RootNames", identity.RootNamesQuery{DID: ministry.did}).Names, identity.MaxRoots)
	for want, did := range map[*code.Code]string{identity.RootUnknown: identity.Prefix + strings.Repeat("a", 52), code.BadDID: "education"} {
		raw, err := json.Marshal(identity.RootNamesQuery{DID: did})
		require.NoError(t, err)
		tn.refused(want, tn.courier, "RootNames", string(raw))
	}
}

func openList(purpose identity.StatusPurpose) identity.OpenStatusList {
	return identity.OpenStatusList{
		Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1,
		Name: "list-1", Entries: identity.MinEntries, Purpose: purpose,
	}
}

func (tn *town) setting(nonce int, changes ...identity.StatusChange) identity.SetStatus {
	slices.SortFunc(changes, func(a, b identity.StatusChange) int { return a.Index - b.Index })
	return identity.SetStatus{
		Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1, List: "list-1", Changes: changes,
		Exp: tn.net.Now().Add(time.Minute).Unix(), Nonce: base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%016d", nonce)),
	}
}

func TestStatusLists(t *testing.T) {
	tn := newTown(t)
	school := tn.born("school")
	tn.tell("OpenStatusList", school.say(t, openList(identity.Suspension)))
	tn.refused(identity.StatusListExists, tn.courier, "OpenStatusList", school.say(t, openList(identity.Revocation)))

	// Against a model: the bits are what was set last.
	model, past := map[int]bool{}, map[int64]map[int]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		changes := map[int]bool{}
		for range random.IntN(30) + 1 {
			index := random.IntN(identity.MinEntries)
			if random.IntN(2) == 0 {
				index = random.IntN(300) // where changes meet
			}
			changes[index] = random.IntN(3) > 0
		}
		var list []identity.StatusChange
		for index, set := range changes {
			list = append(list, identity.StatusChange{Index: index, Set: set})
			model[index] = set
		}
		tn.net.Advance(time.Minute)
		tn.tell("SetStatus", school.say(t, tn.setting(i, list...)))
		past[tn.net.Now().Unix()] = maps.Clone(model)
	}
	// Each moment of the past is told as it was.
	for at, then := range past {
		all := get[identity.StatusBits](tn, "StatusBits", identity.StatusQuery{Owner: school.did, List: "list-1", Time: at})
		for index := range identity.MinEntries {
			require.Equal(t, then[index], all.Bits[index/8]&(0x80>>(index%8)) != 0, "entry %d at %d", index, at)
		}
		for index := range 20 {
			got := get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: school.did, List: "list-1", Index: index, Time: at})
			require.Equal(t, then[index], got.Set, "entry %d at %d", index, at)
			require.Equal(t, got.Version > 0, got.Tx != "" && len(got.Statement) == 64)
			require.LessOrEqual(t, got.Changed, at)
		}
	}
	_, err := tn.net.Query(tn.courier, cc, "Status", `{"owner":"`+school.did+`","list":"list-1","time":1}`)
	require.ErrorContains(t, err, "VERSION_UNKNOWN")
	all := get[identity.StatusBits](tn, "StatusBits", identity.StatusQuery{Owner: school.did, List: "list-1"})
	require.Len(t, all.Bits, identity.MinEntries/8)
	for index := range identity.MinEntries {
		require.Equal(t, model[index], all.Bits[index/8]&(0x80>>(index%8)) != 0, "entry %d", index)
	}
	for index, set := range model {
		got := get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: school.did, List: "list-1", Index: index})
		require.Equal(t, set, got.Set, "entry %d", index)
	}
	encoded, err := identity.EncodeStatusList(all.Bits)
	require.NoError(t, err)
	require.Equal(t, byte('u'), encoded[0])

	// A statement counts once, and not for long.
	suspend := school.say(t, tn.setting(100, identity.StatusChange{Index: 7, Set: true}))
	first := tn.tell("SetStatus", suspend)
	tn.tell("SetStatus", school.say(t, tn.setting(101, identity.StatusChange{Index: 7, Set: false})))
	require.Equal(t, first, tn.tell("SetStatus", suspend))
	require.False(t, get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: school.did, List: "list-1", Index: 7}).Set)
	held := school.say(t, tn.setting(102, identity.StatusChange{Index: 7, Set: true}))
	tn.net.Advance(2 * time.Minute)
	tn.refused(identity.StatementExpired, tn.courier, "SetStatus", held)
	far := tn.setting(103, identity.StatusChange{Index: 7, Set: true})
	far.Exp += 3600
	tn.refused(identity.StatementExpired, tn.courier, "SetStatus", school.say(t, far))

	other := tn.born("other")
	tn.refused(identity.StatusListUnknown, tn.courier, "SetStatus", other.say(t, tn.setting(104, identity.StatusChange{Index: 7, Set: true})))
	tn.refused(identity.InvalidStatement, tn.courier, "SetStatus", school.say(t, tn.setting(105, identity.StatusChange{Index: identity.MinEntries, Set: true})))
	tn.refused(identity.InvalidStatement, tn.courier, "SetStatus", school.say(t, tn.setting(106)))
	tn.refused(identity.InvalidStatement, tn.courier, "SetStatus", school.say(t, tn.setting(107, identity.StatusChange{Index: 1}, identity.StatusChange{Index: 1})))
}

func TestRevocationIsFinal(t *testing.T) {
	tn := newTown(t)
	school := tn.born("school")
	tn.tell("OpenStatusList", school.say(t, openList(identity.Revocation)))
	tn.tell("SetStatus", school.say(t, tn.setting(1, identity.StatusChange{Index: 7, Set: true})))
	tn.refused(identity.StatusFinal, tn.courier, "SetStatus", school.say(t, tn.setting(2, identity.StatusChange{Index: 7, Set: false})))
	require.True(t, get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: school.did, List: "list-1", Index: 7}).Set)
}

// Changes of different shards, and of different issuers, stand in one block.
func TestStatusChangesDoNotMeet(t *testing.T) {
	tn := newTown(t)
	school, other := tn.born("school"), tn.born("other")
	var txs []*ledgertest.Endorsement
	for i, p := range []*person{school, other} {
		tn.tell("OpenStatusList", p.say(t, openList(identity.Revocation)))
		for shard := range 100 {
			tx, err := tn.net.Endorse(tn.courier, cc, "SetStatus", p.say(t, tn.setting(i*1000+shard, identity.StatusChange{Index: shard * identity.ShardBits, Set: true})))
			require.NoError(t, err)
			txs = append(txs, tx)
		}
	}
	for i, got := range tn.net.Commit(txs...) {
		require.Equal(t, peer.TxValidationCode_VALID, got, "change %d", i)
	}
}

// Every type of statement is signed as an independent implementation of RFC 8785
// has it, and a malformed one of each is refused with a code.
func TestStatementsAreCanonical(t *testing.T) {
	f := newField(t)
	a := f.grant(identity.Verifier, f.shop, f.schema, "11350")
	for _, p := range []identity.Payload{
		diploma(1),
		identity.DeprecateSchema{Name: "diploma", Successor: f.schema, V: 1, Version: 1},
		a, f.withdrawal(a, digest),
		openList(identity.Revocation), f.setting(1, identity.StatusChange{Index: 1, Set: true}),
	} {
		ours, err := jws.Canonical(p)
		require.NoError(t, err)
		theirs, err := jcs.Transform(ours)
		require.NoError(t, err)
		require.Equal(t, string(theirs), string(ours))
	}
	for name, bad := range map[string]identity.Payload{
		"a schema without a name":       func() identity.Payload { s := diploma(1); s.Name = ""; return s }(),
		"a schema of version 0":         diploma(0),
		"a schema without a digest":     func() identity.Payload { s := diploma(1); s.Digest = "x"; return s }(),
		"a schema nowhere":              func() identity.Payload { s := diploma(1); s.URI = "x"; return s }(),
		"a successor that is no schema": identity.DeprecateSchema{Name: "a", Successor: "x"},
		"an accreditation of nobody":    func() identity.Payload { b := a; b.Subject = ""; return b }(),
		"an unknown standing":           func() identity.Payload { b := a; b.Standing = "king"; return b }(),
		"a delegate with a purpose":     func() identity.Payload { b := a; b.Standing = identity.Delegate; return b }(),
		"a verifier of nothing":         func() identity.Payload { b := a; b.Attributes = nil; return b }(),
		"attributes out of order":       func() identity.Payload { b := a; b.Attributes = []string{"b", "a"}; return b }(),
		"an accreditation for no time":  func() identity.Payload { b := a; b.Until = b.From; return b }(),
		"a region with a slash":         func() identity.Payload { b := a; b.Region = "a/b"; return b }(),
		"a withdrawal of no grant":      f.withdrawal(a, ""),
		"a short list":                  func() identity.Payload { l := openList(identity.Revocation); l.Entries = 1024; return l }(),
		"a list for nothing":            openList("refresh"),
		"a status without a nonce":      func() identity.Payload { s := f.setting(1, identity.StatusChange{Index: 1}); s.Nonce = ""; return s }(),
	} {
		err := bad.Validate()
		require.Error(t, err, name)
		require.True(t, errors.Is(err, identity.InvalidStatement) || errors.Is(err, code.BadDID), "%s: %v", name, err)
	}
}
