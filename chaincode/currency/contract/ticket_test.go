// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

var ticketKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func spki(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(der)
}

// agency is a citizen whose key at home also states things: an issuer, or a root.
func (tn *town) agency(name string) *citizen {
	tn.t.Helper()
	c := &citizen{tn: tn, name: name, wallet: &wallet{seq: map[string]int64{}}}
	key, public := keyNamed(name)
	entropy := sha256.Sum256([]byte(name))
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, Entropy: base64.RawURLEncoding.EncodeToString(entropy[:16]),
		AddKeys: []identity.Key{{
			Multikey: public.Multikey(), Unlock: identity.UnlockNone,
			Purposes: []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation},
		}},
	}.At(tn.registryPlace())
	subject, err := o.Subject()
	if err != nil {
		tn.t.Fatalf("subject: %v", err)
	}
	c.did, c.account = subject, currency.AccountID(subject)
	c.home = jws.Signer{Key: key, Kid: subject + "#" + public.Thumbprint()}
	c.Signer = c.home
	c.operate(o, c.home)
	return c
}

// accredit opens the root "welfare" for a ministry, and lets it accredit issuers.
func (tn *town) accredit(issuers ...*citizen) (ministry *citizen) {
	tn.t.Helper()
	ministry = tn.agency("ministry")
	call1 := func(caller *ledgertest.Caller, function string, request any) {
		tn.t.Helper()
		e, err := tn.net.Endorse(caller, registry, function, tn.json(request))
		if err != nil {
			tn.t.Fatalf("%s: %v", function, err)
		}
		tn.commitOne(e)
	}
	for caller, role := range map[*ledgertest.Caller]call.Role{tn.komsco: identity.RoleRegistrar, tn.city: identity.RoleApprover} {
		call1(tn.net.Caller(caller.MSPID, "admin", ledgertest.Admin), "GrantRole", call.SetRole{Operation: tn.op(), Name: caller.Name, Role: role})
	}
	r := identity.ProposeRoot{Operation: tn.op(), Name: "welfare", DID: ministry.did}
	call1(tn.komsco, "ProposeRoot", r)
	r.Operation = tn.op()
	call1(tn.city, "ApproveRoot", identity.ApproveRoot{ProposeRoot: r})
	for _, issuer := range issuers {
		compact, err := ministry.Sign(identity.TypAccreditation, identity.Accredit{
			V: 1, Network: network, Channel: "trust", Chaincode: registry, Root: "welfare", Schema: identity.Any, Region: identity.Any,
			Standing: identity.Issuer, Subject: issuer.did, From: 1, Until: tn.at(10000 * time.Hour),
		})
		if err != nil {
			tn.t.Fatalf("accredit: %v", err)
		}
		e, err := tn.net.Endorse(tn.courier, registry, "Accredit", compact)
		if err != nil {
			tn.t.Fatalf("accredit: %v", err)
		}
		tn.commitOne(e)
	}
	return ministry
}

// ticketing is the opening of a series of n tickets of 30,000 won.
func (tn *town) ticketing(issuer *citizen, id string, n, tranches int) currency.OpenTickets {
	tn.t.Helper()
	return tn.ticketingIn(mobile, issuer, id, n, tranches)
}

func (tn *town) ticketingIn(program string, issuer *citizen, id string, n, tranches int) currency.OpenTickets {
	tn.t.Helper()
	key, err := issuer.Sign(currency.TypTicketKey, currency.TicketKey{
		V: 1, Network: network, Channel: "trust", Program: program, Series: id, Key: spki(ticketKeys()[0]),
	})
	if err != nil {
		tn.t.Fatalf("state the key: %v", err)
	}
	return currency.OpenTickets{
		Operation: tn.op(), Program: program, ID: id, Unit: "KRW", Appropriation: "budget", Each: 30_000, Count: n, Tranches: tranches,
		Until: tn.at(1000 * time.Hour), Root: "welfare", Schema: identity.Any, Region: identity.Any, Key: key,
	}
}

// ticket is one that the key signed for an account. That the signer saw it makes
// no difference to the contract; package ticket blinds.
func (tn *town) ticket(key *rsa.PrivateKey, series string, w *wallet) currency.PresentTicket {
	tn.t.Helper()
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)
	return tn.ticketOf(key, mobile, series, w, nonce)
}

func (tn *town) ticketOf(key *rsa.PrivateKey, program, series string, w *wallet, nonce []byte) currency.PresentTicket {
	tn.t.Helper()
	o := currency.PresentTicket{
		V: 1, Network: network, Channel: "trust", Chaincode: cc, Program: program, Holder: w.account, Exp: tn.at(time.Hour),
		Series: series, Nonce: base64.RawURLEncoding.EncodeToString(nonce),
	}
	message, err := jws.Canonical(o.Message())
	if err != nil {
		tn.t.Fatalf("%v", err)
	}
	h := crypto.SHA384.New()
	h.Write(message)
	sig, err := rsa.SignPSS(rand.Reader, key, crypto.SHA384, h.Sum(nil), &rsa.PSSOptions{SaltLength: 48})
	if err != nil {
		tn.t.Fatalf("%v", err)
	}
	o.Signature = base64.RawURLEncoding.EncodeToString(sig)
	return o
}

// kept are the signatures of kept tickets: accounts are of the same names in every
// town, and an RSA signature costs as much as fifty orders.
var kept sync.Map

// keptTicket is ticket n of a series for an account, the same one in every town.
func (tn *town) keptTicket(program, series string, w *wallet, n int) currency.PresentTicket {
	tn.t.Helper()
	name := fmt.Sprintf("%s %s %s %d", program, series, w.account, n)
	nonce := sha256.Sum256([]byte(name))
	signature, found := kept.Load(name)
	if !found {
		signature, _ = kept.LoadOrStore(name, tn.ticketOf(ticketKeys()[0], program, series, w, nonce[:]).Signature)
	}
	return currency.PresentTicket{
		V: 1, Network: network, Channel: "trust", Chaincode: cc, Program: program, Holder: w.account, Exp: tn.at(time.Hour),
		Series: series, Nonce: base64.RawURLEncoding.EncodeToString(nonce[:]), Signature: signature.(string),
	}
}

func (tn *town) presenting(o currency.PresentTicket, w *wallet) string {
	o.Seq = w.next(o.Program)
	return w.sign(o)
}

func (tn *town) tranchesLeft(id string, n int) (left []int64) {
	for i := range n {
		left = append(left, get[currency.Tranche](tn, tn.courier, "Tranche", currency.TrancheQuery{Program: mobile, Allotment: id, Tranche: i}).Left)
	}
	return left
}

func TestTickets(t *testing.T) {
	tn := newMobileTown(t, identity.UnlockPIN)
	office := tn.agency("welfare office")
	tn.accredit(office)
	minsu, jisoo := tn.born("minsu", identity.UnlockPIN), tn.born("jisoo", identity.UnlockPIN)
	tn.batch(tn.open(mobile, minsu.wallet), tn.open(mobile, jisoo.wallet))
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "spring", 4, 2))
	require.Equal(t, []int64{60_000, 60_000}, tn.tranchesLeft("spring", 2))
	key := ticketKeys()[0]

	mine := tn.ticket(key, "spring", minsu.wallet)
	order := tn.presenting(mine, minsu.wallet)
	r := tn.order("Present", order)
	require.Equal(t, currency.KindTicket, r.Kind)
	require.Equal(t, r, tn.order("Present", order), "sent again, the first result")
	tn.order("Pay", tn.pay(mobile, minsu.wallet, "stall", 30_000, r.Credit))

	// Once, and for whom it was made.
	tn.refused(currency.TicketUsed, tn.courier, "Present", tn.presenting(mine, minsu.wallet))
	minsu.seq[mobile]--
	stolen := mine
	stolen.Holder = jisoo.account
	tn.refused(currency.TicketBad, tn.courier, "Present", tn.presenting(stolen, jisoo.wallet))
	jisoo.seq[mobile]--
	tn.refused(currency.TicketBad, tn.courier, "Present", tn.presenting(tn.ticket(ticketKeys()[1], "spring", jisoo.wallet), jisoo.wallet))
	jisoo.seq[mobile]--
	tn.refused(currency.TicketsUnknown, tn.courier, "Present", tn.presenting(tn.ticket(key, "autumn", jisoo.wallet), jisoo.wallet))
	jisoo.seq[mobile]--

	// One ticket under two orders in one block: one wins.
	two := tn.ticket(key, "spring", jisoo.wallet)
	first := tn.endorse(tn.courier, "Present", tn.presenting(two, jisoo.wallet))
	jisoo.seq[mobile]--
	two.Exp++
	second := tn.endorse(tn.courier, "Present", tn.presenting(two, jisoo.wallet))
	tn.commit(first, second)
	require.Equal(t, valid, first.Status)
	require.Equal(t, mvcc, second.Status)
	items := tn.tryBatch(tn.presenting(two, jisoo.wallet), tn.presenting(tn.ticket(key, "spring", jisoo.wallet), jisoo.wallet))
	require.Equal(t, "TICKET_USED", items[0].Code)
	require.Equal(t, "SEQ_AHEAD", items[1].Code)
	jisoo.seq[mobile] -= 2

	// As many as are paid for, whatever the issuer signed; then what is left goes back.
	tn.batch(tn.presenting(tn.ticket(key, "spring", jisoo.wallet), jisoo.wallet), tn.presenting(tn.ticket(key, "spring", minsu.wallet), minsu.wallet))
	require.Equal(t, []int64{0, 0}, tn.tranchesLeft("spring", 2))
	tn.refused(currency.FundExceeded, tn.courier, "Present", tn.presenting(tn.ticket(key, "spring", minsu.wallet), minsu.wallet))
	minsu.seq[mobile]--
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "summer", 4, 4))
	tn.batch(tn.presenting(tn.ticket(key, "summer", minsu.wallet), minsu.wallet))
	closed := result[currency.Allotment](tn, tn.do(tn.city, "CloseAllotment", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: mobile, ID: "summer"}}))
	require.EqualValues(t, 90_000, closed.Returned)
	tn.refused(currency.AllotmentClosed, tn.courier, "Present", tn.presenting(tn.ticket(key, "summer", minsu.wallet), minsu.wallet))
	minsu.seq[mobile]--
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "winter", 4, 4))
	tn.net.Advance(1001 * time.Hour)
	tn.refused(currency.TicketExpired, tn.courier, "Present", tn.presenting(tn.ticket(key, "winter", minsu.wallet), minsu.wallet))
	minsu.seq[mobile]--

	// A large series cools down first, and another organisation's guard may end it.
	p := policyOf(mobile, 2)
	p.Guards.Large, p.Guards.CoolHours = 120_000, 24
	tn.newPolicy(p)
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "autumn", 4, 4))
	present := func(want *code.Code) {
		t.Helper()
		tn.refused(want, tn.courier, "Present", tn.presenting(tn.ticket(key, "autumn", minsu.wallet), minsu.wallet))
		minsu.seq[mobile]--
	}
	present(currency.AllotmentCooling)
	tn.do(tn.komsco, "StopAllotment", currency.StopAllotment{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: mobile, ID: "autumn"}, Reason: "case-7"})
	present(currency.AllotmentStopped)
	require.Subset(t, tn.events(), []string{"TicketsOpened", "TicketPresented", "AllotmentStopped"})
}

// What is on the ledger of a ticket names neither the right nor its holder: a used
// ticket is a digest and a transaction.
func TestTicketsTellNothing(t *testing.T) {
	tn := newMobileTown(t, "")
	office := tn.agency("welfare office")
	tn.accredit(office)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.batch(tn.open(mobile, minsu.wallet))
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "spring", 4, 2))
	tn.order("Present", tn.presenting(tn.ticket(ticketKeys()[0], "spring", minsu.wallet), minsu.wallet))
	for key, value := range tn.net.All(cc) {
		if strings.HasPrefix(key, "\x00"+currency.TableTicket+"\x00") {
			require.Regexp(t, `^\{"v":1,"tx":"[0-9a-f]{64}"\}$`, string(value))
			require.NotContains(t, key, minsu.account)
		}
	}
}

func TestOpenTicketsRefused(t *testing.T) {
	tn := newMobileTown(t, "")
	office, other := tn.agency("welfare office"), tn.agency("other office")
	tn.accredit(office)
	restated := func(by *citizen, change func(*currency.TicketKey)) currency.OpenTickets {
		k := currency.TicketKey{V: 1, Network: network, Channel: "trust", Program: mobile, Series: "spring", Key: spki(ticketKeys()[0])}
		change(&k)
		r := tn.ticketing(office, "spring", 4, 2)
		r.Key = by.signAs(currency.TypTicketKey, k)
		return r
	}
	with := func(change func(*currency.OpenTickets)) currency.OpenTickets {
		r := tn.ticketing(office, "spring", 4, 2)
		change(&r)
		return r
	}
	forged := *office.wallet
	forged.Key = other.Key
	for name, c := range map[string]struct {
		r    currency.OpenTickets
		want *code.Code
	}{
		"an issuer without accreditation": {tn.ticketing(other, "spring", 4, 2), currency.NotAccredited},
		"under another root":              {with(func(r *currency.OpenTickets) { r.Root = "education" }), code.ContractRefused},
		"a key of another series":         {restated(office, func(k *currency.TicketKey) { k.Series = "autumn" }), currency.TicketKeyBad},
		"a key of another programme":      {restated(office, func(k *currency.TicketKey) { k.Program = bazaar }), currency.TicketKeyBad},
		"a key on another channel":        {restated(office, func(k *currency.TicketKey) { k.Channel = "other" }), currency.TicketKeyBad},
		"a key of version 2":              {restated(office, func(k *currency.TicketKey) { k.V = 2 }), currency.TicketKeyBad},
		"no key":                          {restated(office, func(k *currency.TicketKey) { k.Key = "" }), currency.TicketKeyBad},
		"a forged statement":              {with(func(r *currency.OpenTickets) { r.Key = forged.signAs(currency.TypTicketKey, currency.TicketKey{V: 1}) }), code.BadSignature},
		"another statement":               {with(func(r *currency.OpenTickets) { r.Key = office.signAs("x+jws", currency.TicketKey{V: 1}) }), currency.TicketKeyBad},
		"no statement":                    {with(func(r *currency.OpenTickets) { r.Key = "" }), code.BadJWS},
		"a long statement":                {with(func(r *currency.OpenTickets) { r.Key = strings.Repeat("x", 4097) }), currency.TooLarge},
		"nothing each":                    {with(func(r *currency.OpenTickets) { r.Each = 0 }), currency.InvalidAmount},
		"odd won each":                    {with(func(r *currency.OpenTickets) { r.Each = 30_050 }), currency.UnitMismatch},
		"more than a person may get":      {with(func(r *currency.OpenTickets) { r.Each = 770_100 }), currency.PersonCeiling},
		"more than there is":              {with(func(r *currency.OpenTickets) { r.Count, r.Tranches = 1_000_000, 1000 }), currency.FundExceeded},
		"more than can be counted":        {with(func(r *currency.OpenTickets) { r.Each, r.Count = 1_000_000_000_000_000, 2 }), currency.InvalidAmount},
		"no tickets":                      {with(func(r *currency.OpenTickets) { r.Count = 0 }), currency.TooLarge},
		"too many tickets":                {with(func(r *currency.OpenTickets) { r.Count = 1_000_001 }), currency.TooLarge},
		"uneven tranches":                 {with(func(r *currency.OpenTickets) { r.Tranches = 3 }), currency.TooLarge},
		"in dollars":                      {with(func(r *currency.OpenTickets) { r.Unit = "USD" }), currency.UnitMismatch},
		"over before it begins":           {with(func(r *currency.OpenTickets) { r.Until = tn.at(0) }), currency.TicketExpired},
		"without an end":                  {with(func(r *currency.OpenTickets) { r.Until = 0 }), currency.InvalidID},
		"from nothing":                    {with(func(r *currency.OpenTickets) { r.Appropriation = "none" }), currency.AppropriationUnknown},
		"a programme that is not there":   {with(func(r *currency.OpenTickets) { r.Program = "none" }), currency.ProgramUnknown},
		"a programme without a registry":  {with(func(r *currency.OpenTickets) { r.Program = bazaar }), currency.DIDUnresolved},
	} {
		tn.run(t, name, func(*testing.T) { tn.refused(c.want, tn.city, "OpenTickets", tn.json(c.r)) })
	}
	tn.refused(code.RoleMissing, tn.bank, "OpenTickets", tn.json(tn.ticketing(office, "spring", 4, 2)))
	office.change(identity.Operation{Type: identity.Suspend})
	tn.refused(currency.DIDInactive, tn.city, "OpenTickets", tn.json(tn.ticketing(office, "spring", 4, 2)))
	office.change(identity.Operation{Type: identity.Resume})
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "spring", 4, 2))
	tn.refused(currency.AllotmentExists, tn.city, "OpenTickets", tn.json(tn.ticketing(office, "spring", 4, 2)))
}

// Orders and requests out of their form, and orders bound elsewhere.
func TestTicketsBadInput(t *testing.T) {
	tn := newMobileTown(t, "")
	office := tn.agency("welfare office")
	tn.accredit(office)
	minsu := tn.born("minsu", identity.UnlockPIN)
	tn.batch(tn.open(mobile, minsu.wallet))
	tn.do(tn.city, "OpenTickets", tn.ticketing(office, "spring", 4, 2))
	good := tn.ticket(ticketKeys()[0], "spring", minsu.wallet)
	good.Seq = 1
	for name, c := range map[string]struct {
		change func(*currency.PresentTicket)
		want   *code.Code
	}{
		"no nonce":        {func(o *currency.PresentTicket) { o.Nonce = "" }, currency.TicketBad},
		"a short nonce":   {func(o *currency.PresentTicket) { o.Nonce = o.Nonce[1:] }, currency.TicketBad},
		"no signature":    {func(o *currency.PresentTicket) { o.Signature = "" }, currency.TicketBad},
		"odd signature":   {func(o *currency.PresentTicket) { o.Signature = "%" + o.Signature[1:] }, currency.TicketBad},
		"long signature":  {func(o *currency.PresentTicket) { o.Signature += o.Signature + o.Signature }, currency.TicketBad},
		"no series":       {func(o *currency.PresentTicket) { o.Series = "" }, currency.InvalidID},
		"a path":          {func(o *currency.PresentTicket) { o.Series = "a/b" }, currency.InvalidID},
		"seq zero":        {func(o *currency.PresentTicket) { o.Seq = 0 }, currency.InvalidID},
		"seq ahead":       {func(o *currency.PresentTicket) { o.Seq = 9 }, currency.SeqAhead},
		"version 2":       {func(o *currency.PresentTicket) { o.V = 2 }, currency.WrongOrder},
		"elsewhere":       {func(o *currency.PresentTicket) { o.Channel = "other" }, currency.OrderElsewhere},
		"another account": {func(o *currency.PresentTicket) { o.Holder = tn.stall.account }, currency.OrderElsewhere},
		"expired":         {func(o *currency.PresentTicket) { o.Exp = tn.at(-time.Second) }, currency.OrderExpired},
	} {
		tn.run(t, name, func(*testing.T) {
			o := good
			c.change(&o)
			tn.refused(c.want, tn.courier, "Present", minsu.sign(o))
		})
	}
	for _, request := range []string{"", "{", "[]", `{"nosuch":1}`, `{"op":1}`} {
		tn.refused(code.BadRequest, tn.city, "OpenTickets", request)
		tn.refused(code.BadRequest, tn.courier, "TicketSeries", request)
	}
	tn.refused(currency.TicketsUnknown, tn.courier, "TicketSeries", tn.json(currency.RecordQuery{Program: mobile, ID: "autumn"}))
	tn.refused(currency.InvalidID, tn.courier, "TicketSeries", tn.json(currency.RecordQuery{Program: mobile}))
	require.Equal(t, 4, get[currency.TicketSeries](tn, tn.courier, "TicketSeries", currency.RecordQuery{Program: mobile, ID: "spring"}).Count)
}

// Whatever is presented by whom, once or again, alone or in batches, and whatever
// falls into one block: a ticket pays once, no more is paid than was set aside,
// and money stays explained (every commit is audited).
func TestRandomTickets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tn := newMobileTown(t, "")
		office := tn.agency("welfare office")
		tn.accredit(office)
		people := []*citizen{tn.born("minsu", identity.UnlockPIN), tn.born("jisoo", identity.UnlockPIN)}
		for _, c := range people {
			tn.batch(tn.open(mobile, c.wallet))
		}
		tn.do(tn.city, "OpenTickets", tn.ticketing(office, "spring", 6, 3))
		type one struct {
			o currency.PresentTicket
			w *wallet
		}
		var tickets []one
		for i := range 8 {
			w := people[i%2].wallet
			tickets = append(tickets, one{tn.keptTicket(mobile, "spring", w, i), w})
		}
		var pool []*ledgertest.Endorsement
		flush := func() {
			if len(pool) > 0 {
				tn.commit(pool...)
			}
			pool = nil
		}
		order := func(t *rapid.T) string {
			x := pick(t, "ticket", tickets...)
			w := mostly(t, "by", x.w, people[0].wallet, people[1].wallet)
			o := x.o
			o.Holder, o.Exp = w.account, o.Exp+int64(upTo(3).Draw(t, "exp"))
			o.Seq = tn.purse(mobile, w).Seq + mostly(t, "seq", int64(1), 0, 2)
			return w.sign(o)
		}
		t.Repeat(map[string]func(*rapid.T){
			"present": func(t *rapid.T) {
				if tx, err := tn.net.Endorse(tn.courier, cc, "Present", order(t)); err == nil {
					pool = append(pool, tx)
				} else {
					wellRefused(t, "Present", err)
				}
			},
			"batch": func(t *rapid.T) {
				orders := make([]any, 1+upTo(4).Draw(t, "orders"))
				for i := range orders {
					orders[i] = order(t)
				}
				tx, err := tn.net.Endorse(tn.courier, cc, "PayBatch", orders...)
				if err != nil {
					t.Fatalf("batch: %v", err)
				}
				pool = append(pool, tx)
			},
			"close": func(t *rapid.T) {
				if !seldom(t, "really") {
					t.Skip("not now")
				}
				r := currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: mobile, ID: "spring"}}
				if tx, err := tn.net.Endorse(tn.city, cc, "CloseAllotment", tn.json(r)); err == nil {
					pool = append(pool, tx)
				}
			},
			"block": func(*rapid.T) { flush() },
		})
		flush()
		var paid, used int64
		for _, c := range people {
			for _, credit := range tn.credits(mobile, c.wallet) {
				paid += currency.Total(credit.Parts)
			}
		}
		for key := range tn.net.All(cc) {
			if strings.HasPrefix(key, "\x00"+currency.TableTicket+"\x00") {
				used++
			}
		}
		if paid != used*30_000 || used > 6 {
			t.Fatalf("%d won were paid for %d tickets of 30,000 won, 6 of which were set aside for", paid, used)
		}
	})
}
