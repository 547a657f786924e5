// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// nowon is a field in which the ministry has the board accredit, the board the agency
// in Nowon, and the agency the school.
func nowon(t *testing.T) (f *field, school identity.Accredit) {
	f = newField(t)
	f.accredit(f.ministry, f.grant(identity.Delegate, f.board, f.schema, identity.Any))
	f.accredit(f.board, f.grant(identity.Delegate, f.agency, f.schema, "11350"))
	school = f.grant(identity.Issuer, f.school, f.schema, "11350")
	f.accredit(f.agency, school)
	return f, school
}

// Whoever's document ends or pauses on the way from the subject to the root ends or
// pauses what hangs on it, from that block on and not for the time before.
func TestStandingNeedsActiveDocuments(t *testing.T) {
	f, school := nowon(t)
	for who, p := range map[string]*person{"subject": f.school, "delegate": f.agency, "delegate's delegate": f.board, "root": f.ministry} {
		_, err := f.ask(school, 0)
		require.NoError(t, err, who)
		f.net.Advance(time.Hour)
		before := f.net.Now().Unix() - 1
		f.change(p, identity.Operation{Type: identity.Suspend})
		suspended := f.net.Now().Unix()
		_, err = f.ask(school, 0)
		refusedWith(t, err, identity.NotAccredited)
		require.ErrorContains(t, err, p.did, "it says whose document it is")
		f.net.Advance(-5 * time.Minute) // a clock that is behind brings nothing back
		_, err = f.ask(school, 0)
		refusedWith(t, err, identity.NotAccredited)
		f.net.Advance(5 * time.Minute)
		if p != f.school && p != f.agency {
			f.refused(identity.NotAccredited, f.courier, "Accredit", f.agency.say(t, f.grant(identity.Issuer, f.shop, f.schema, "11350")))
		}

		f.net.Advance(time.Hour)
		f.change(p, identity.Operation{Type: identity.Resume})
		resumed := f.net.Now().Unix()
		for at, want := range map[int64]bool{0: true, before: true, suspended: false, resumed - 1: false, resumed: true, resumed + 3600: true} {
			_, err = f.ask(school, at)
			if want {
				require.NoError(t, err, "%s at %d", who, at)
			} else {
				refusedWith(t, err, identity.NotAccredited)
			}
		}
		// A new version of any other kind takes nothing away.
		f.change(p, service("s"+strings.Repeat("x", len(who))))
	}
	f.net.Advance(time.Hour)
	f.change(f.board, identity.Operation{Type: identity.Deactivate})
	_, err := f.ask(school, 0)
	refusedWith(t, err, identity.NotAccredited)
	_, err = f.ask(school, f.net.Now().Unix()-1)
	require.NoError(t, err, "what was issued before was issued rightly")
}

// A suspension and a withdrawal count from their block on: what was endorsed before and
// comes behind them in the same one is void.
func TestStandingEndsInItsBlock(t *testing.T) {
	for name, end := range map[string]func(f *field, grant identity.Accredit, digest string) (function string, args []any){
		"suspension": func(f *field, _ identity.Accredit, _ string) (string, []any) {
			return "Operate", anys(f.board.next(t, identity.Operation{Type: identity.Suspend}))
		},
		"withdrawal": func(f *field, grant identity.Accredit, digest string) (string, []any) {
			return "WithdrawAccreditation", []any{f.ministry.say(t, f.withdrawal(grant, digest))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			toBoard := f.grant(identity.Delegate, f.board, f.schema, identity.Any)
			function, args := end(f, toBoard, f.accredit(f.ministry, toBoard))
			toSchool := f.board.say(t, f.grant(identity.Issuer, f.school, f.schema, "11350"))
			first, err := f.net.Endorse(f.courier, cc, function, args...)
			require.NoError(t, err)
			second, err := f.net.Endorse(f.courier, cc, "Accredit", toSchool)
			require.NoError(t, err)
			require.Empty(t, second.Ranges())
			require.Equal(t, []peer.TxValidationCode{peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT}, f.net.Commit(first, second))
		})
	}
}

// One scope takes sixteen grants, those that were withdrawn included: the record of them
// is read whole.
func TestGrantsOfOneScopeAreBounded(t *testing.T) {
	f := newField(t)
	for i := range identity.MaxGrants {
		a := f.grant(identity.Issuer, f.school, f.schema, "11350")
		a.Until += int64(i)
		digest := f.accredit(f.ministry, a)
		if i < identity.MaxGrants-1 {
			f.tell("WithdrawAccreditation", f.ministry.say(t, f.withdrawal(a, digest)))
		}
	}
	a := f.grant(identity.Issuer, f.school, f.schema, "11350")
	a.Until += 100
	f.refused(identity.TooLarge, f.courier, "Accredit", f.ministry.say(t, a))
	answer, err := f.ask(a, 0)
	require.NoError(t, err)
	require.Len(t, answer.Chain, 1)
	a.Region = "11110"
	f.accredit(f.ministry, a)
}
