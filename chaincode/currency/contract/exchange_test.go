// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

func (tn *town) exchanging(program string, w *wallet, into string, amount int64, claims ...currency.CreditName) currency.Exchange {
	return currency.Exchange{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account, Into: into,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

// Value of one programme becomes value of another: both equations hold, the
// origin stays, and what the rate leaves over goes back to its fund.
func TestExchange(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	minsu, jisoo := all[0], all[1]
	tn.refused(currency.HolderUnknown, tn.courier, "Exchange", minsu.sign(tn.exchanging(nowon, minsu, bazaar, 20_000)))
	tn.batch(tn.open(bazaar, minsu), tn.open(bazaar, jisoo))
	minsu.seq[nowon]--
	r := tn.order("Exchange", minsu.sign(tn.exchanging(nowon, minsu, bazaar, 20_000)))
	require.Equal(t, currency.KindExchange, r.Kind)
	require.Equal(t, bazaar, r.To)

	// 10,000 of subsidy and 10,000 of principal at 99%: 19,800.
	term := func(program, fund string, term currency.Term) int64 { return tn.audit.term(program, fund, term) }
	for _, fund := range []string{"bought", "budget"} {
		require.EqualValues(t, 9_900, term(nowon, fund, currency.ExchangedOut), fund)
		require.EqualValues(t, 9_900, term(bazaar, fund, currency.ExchangedIn), fund)
		require.EqualValues(t, 9_900, term(bazaar, fund, currency.Credits), fund)
		require.EqualValues(t, 100, term(nowon, fund, currency.Returned), fund)
	}
	kept, found := record[currency.Exchanged](tn, currency.TableExchanged, nowon, minsu.account, ledger.Num(minsu.seq[nowon]))
	require.True(t, found)
	require.EqualValues(t, 20_000, kept.Given)
	require.Equal(t, 9_900, kept.Rate)
	require.EqualValues(t, 90_000, tn.balance(nowon, minsu))
	require.EqualValues(t, 90_000, tn.purse(nowon, minsu).Buckets[0].Face, "it was not used: the face left with it")

	// In the bazaar it is reward, good for 30 days from today as its policy has it.
	tn.order("Claim", tn.claim(bazaar, minsu, r.Credit))
	require.Equal(t, currency.Buckets{
		{Terms: currency.Terms{Policy: 1, Expiry: 2026_04_01, Source: currency.Reward, Origin: "bought"}, Face: 9_900, Left: 9_900},
		{Terms: currency.Terms{Policy: 1, Expiry: 2026_04_01, Source: currency.Reward, Origin: "budget"}, Face: 9_900, Left: 9_900},
	}, tn.purse(bazaar, minsu).Buckets)

	// Back again keeps the earlier last day: a round trip makes nothing live longer.
	back := tn.order("Exchange", minsu.sign(tn.exchanging(bazaar, minsu, nowon, 10_000)))
	tn.order("Claim", tn.claim(nowon, minsu, back.Credit))
	require.EqualValues(t, 99_900, tn.balance(nowon, minsu))
	require.Equal(t, currency.Day(2026_04_01), tn.purse(nowon, minsu).Buckets[0].Expiry)

	// Sent again it gives its first result. Least is the holder's own floor.
	o := tn.exchanging(nowon, jisoo, bazaar, 20_000)
	o.Least = 19_801
	tn.refused(currency.ExchangeRate, tn.courier, "Exchange", jisoo.sign(o))
	o.Least = 19_800
	first := tn.order("Exchange", jisoo.sign(o))
	again := tn.endorse(tn.courier, "Exchange", jisoo.sign(o))
	require.Empty(t, again.Writes())
	require.Equal(t, first, result[currency.Receipt](tn, again.Payload))

	// It takes both: one programme that stops naming it, or names another rate, ends it.
	p := policyOf(bazaar, 2)
	p.From[0].Rate = 10_000
	tn.newPolicy(p)
	tn.refused(currency.ExchangeOff, tn.courier, "Exchange", jisoo.sign(tn.exchanging(nowon, jisoo, bazaar, 1_000)))
	jisoo.seq[nowon]--
	p = policyOf(bazaar, 3)
	p.From = nil
	tn.newPolicy(p)
	tn.refused(currency.ExchangeOff, tn.courier, "Exchange", jisoo.sign(tn.exchanging(nowon, jisoo, bazaar, 1_000)))
}

// Exchanges of many in one block never meet, nor do they wait for what their
// holders do in the other programme meanwhile.
func TestExchangesDoNotConflict(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 6)...)
	opens := make([]string, len(all))
	for i, w := range all {
		opens[i] = tn.open(bazaar, w)
	}
	tn.batch(opens...)
	first := tn.order("Exchange", all[0].sign(tn.exchanging(nowon, all[0], bazaar, 50_000)))
	tn.order("Claim", tn.claim(bazaar, all[0], first.Credit))
	txs := []any{tn.pay(bazaar, all[0], "stall", 1_000)}
	for _, w := range all {
		txs = append(txs, w.sign(tn.exchanging(nowon, w, bazaar, 10_000)))
	}
	block := tn.endorse(tn.courier, "Pay", txs[0])
	codes := tn.commit(block, tn.endorse(tn.courier, "PayBatch", txs[1:4]...), tn.endorse(tn.courier, "PayBatch", txs[4:]...))
	for _, c := range codes {
		require.Equal(t, valid, c)
	}
}
