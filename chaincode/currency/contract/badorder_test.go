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
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// badOrders tries every order function, and PayBatch, with everything that can
// be wrong about an order.
func badOrders(t *testing.T, tried map[string]bool) {
	b := newBadTown(t)
	next := func(w *wallet) int64 { return b.purse(nowon, w).Seq + 1 }
	nothing := currency.NewCreditName(strings.Repeat("0", 64), 0)
	many := make([]currency.CreditName, currency.MaxClaims+1)
	for i := range many {
		many[i] = nothing
	}
	type change struct {
		change members
		want   *code.Code
	}
	binding := map[string]change{
		"another network":     {members{"network": "busan"}, currency.OrderElsewhere},
		"another channel":     {members{"channel": "seoul"}, currency.OrderElsewhere},
		"another chaincode":   {members{"chaincode": "currency2"}, currency.OrderElsewhere},
		"another holder":      {members{"holder": b.jisoo.account}, currency.OrderElsewhere},
		"malformed holder":    {members{"holder": "x"}, currency.InvalidID},
		"unknown programme":   {members{"program": "nowhere"}, currency.ProgramUnknown},
		"malformed programme": {members{"program": "no where"}, currency.InvalidID},
		"version":             {members{"v": 2}, currency.WrongOrder},
		"expired":             {members{"exp": b.at(-time.Second)}, currency.OrderExpired},
		"exp zero":            {members{"exp": 0}, currency.InvalidID},
		"exp negative":        {members{"exp": -1}, currency.InvalidID},
		"exp too large":       {members{"exp": int64(1)<<40 + 1}, currency.InvalidID},
		"exp beyond integer":  {members{"exp": number("9223372036854775808")}, code.BadJWS},
		"unknown member":      {members{"nosuch": 1}, code.BadJWS},
		"no exp":              {members{"exp": nil}, code.BadJWS},
	}
	asks := func(c currency.Condition) members { return members{"condition": c} }
	condition := map[string]change{
		"condition of nobody":        {asks(currency.Condition{Function: "Agree"}), currency.InvalidID},
		"condition without function": {asks(currency.Condition{Contract: "firm"}), currency.InvalidID},
		"condition of this contract": {asks(currency.Condition{Contract: cc, Function: "Program"}), currency.InvalidID},
		"condition elsewhere":        {asks(currency.Condition{Contract: "firm/seoul", Function: "Agree"}), currency.InvalidID},
		"condition of many words":    {asks(currency.Condition{Contract: "firm", Function: "Agree", Args: make([]string, 17)}), currency.TooLarge},
		"condition of long words":    {asks(currency.Condition{Contract: "firm", Function: "Agree", Args: []string{strings.Repeat("x", 4_097)}}), currency.TooLarge},
		"condition with more":        {members{"condition": members{"contract": "firm", "function": "Agree", "nosuch": 1}}, code.BadJWS},
	}
	seq := map[string]change{
		"seq zero":     {members{"seq": 0}, currency.InvalidID},
		"seq negative": {members{"seq": -1}, currency.InvalidID},
		"seq too high": {members{"seq": currency.MaxAmount + 1}, currency.InvalidID},
		"seq ahead":    {members{"seq": 99}, currency.SeqAhead},
		"seq used":     {members{"seq": 1}, currency.SeqUsed},
	}
	amount := map[string]change{
		"zero":            {members{"amount": 0}, currency.InvalidAmount},
		"negative":        {members{"amount": -1}, currency.InvalidAmount},
		"too much":        {members{"amount": currency.MaxAmount + 1}, currency.InvalidAmount},
		"overflow":        {members{"amount": number("9223372036854775808")}, code.BadJWS},
		"exponent":        {members{"amount": number("1e3")}, code.BadJWS},
		"more than there": {members{"amount": currency.MaxAmount}, currency.InsufficientFunds},
	}
	claims := map[string]change{
		"too many credits":  {members{"claims": many}, currency.TooLarge},
		"malformed credit":  {members{"claims": []string{"x"}}, currency.InvalidID},
		"raw key":           {members{"claims": []string{ledger.CompositeKey(currency.TableCredit, nowon)}}, currency.InvalidID},
		"negative credit":   {members{"claims": []string{strings.Repeat("0", 64) + ":-1"}}, currency.InvalidID},
		"other spelling":    {members{"claims": []string{strings.Repeat("0", 64) + ":01"}}, currency.InvalidID},
		"upper-case credit": {members{"claims": []string{strings.Repeat("A", 64) + ":0"}}, currency.InvalidID},
	}
	payment, gift := b.payment(nowon, b.minsu, "stall", 1_000), b.gift(nowon, b.minsu, b.jisoo, 1_000)
	claim, redeem := b.claiming(nowon, b.minsu, firstOf(b.credits(nowon, b.minsu))), b.redemption(nowon, b.stall, 1_000)
	refund, open := b.refunding(nowon, b.stall, b.minsu, b.paid, 1_000), b.openOrder(nowon, b.stranger)
	payment.Seq, gift.Seq, claim.Seq = next(b.minsu), next(b.minsu), next(b.minsu)
	buy := b.buying(nowon, b.minsu, 1_000)
	buy.Seq = next(b.minsu)
	b.batch(b.open(bazaar, b.minsu))
	exchange := b.exchanging(nowon, b.minsu, bazaar, 1_000)
	exchange.Seq = next(b.minsu)
	redeem.Seq, refund.Seq = next(b.stall), next(b.stall)
	authorise, held := b.authorising(nowon, b.minsu, "stall", 1_000), currency.ReceiptName{Holder: b.minsu.account, Seq: b.held}
	capture, void := b.capturing(nowon, b.stall, held, 1_000), b.voiding(nowon, b.stall, held)
	authorise.Seq, capture.Seq, void.Seq = next(b.minsu), next(b.stall), next(b.stall)
	leaver := b.resident(nowon, "leaver") // who has no hold
	b.order("Pay", b.pay(nowon, leaver, "stall", 5_000))
	cashOut := b.cashingOut(nowon, leaver)
	cashOut.Seq = next(leaver)
	closing := b.closing(nowon, b.empty)
	complete := b.completing(nowon, b.owing, currency.ReceiptName{Holder: b.jisoo.account, Seq: b.refunded})
	complete.Seq = next(b.owing)
	joint := b.together(b.minsu, "stall", 1_000, 1_000)
	joint.Seq, joint.Others[0].Seq = next(b.minsu), b.purse(bazaar, b.minsu).Seq+1
	others := func(n int) members {
		return members{"others": slices.Repeat(joint.Others, n)}
	}
	part1 := func(change members) members {
		return members{"others": []json.RawMessage{json.RawMessage(b.with(joint.Others[0], change))}}
	}
	earn := b.earning(nowon, b.minsu, b.attest(nowon, b.minsu, "volunteering", 60, "fresh"), 0)
	cashback := b.asking(nowon, b.minsu, b.paid)
	earn.Seq, cashback.Seq = next(b.minsu), next(b.minsu)
	forged, otherKey := *b.minsu, *charity
	forged.Kid, otherKey.Kid = charity.Kid, charity.Kid+"x"
	attested := func(by *wallet, change members) members {
		a := b.with(currency.Attestation{
			Activity: "volunteering", Channel: "trust", Evidence: businessOf("fresh"), Exp: b.at(life), Holder: b.minsu.account,
			Network: network, Program: nowon, Quantity: 60, Unit: "minute", V: 1,
		}, change)
		header, _, _ := cut(by.signAs(currency.TypAttestation, struct{}{}))
		return members{"attestation": by.raw(header, a)}
	}
	setShare := b.sharing(nowon, b.stall, 1000)
	setShare.Seq = next(b.stall)
	// A charge is signed twice: by the merchant, and the token in it by the payer.
	token := b.showing(nowon, b.minsu, 1_000)
	token.Seq = next(b.minsu)
	shown := func(by *wallet, change members) members {
		header, body, _ := cut(by.sign(token))
		return members{"token": by.raw(header, b.with(body, change))}
	}
	charge := b.charging(nowon, b.stall, "stall", b.minsu.sign(token), 1_000)
	stolen := *newWallet("stolen")
	stolen.Kid = b.minsu.Kid
	but := func(table map[string]change, other map[string]change) map[string]change {
		out := maps.Clone(table)
		maps.Copy(out, other)
		return out
	}
	receipt := func(w *wallet, seq int64) members {
		return members{"payment": currency.ReceiptName{Holder: w.account, Seq: seq}}
	}
	enrolment := func(by *wallet, change members) members {
		e := b.with(currency.Enrolment{DID: b.stranger.did, Exp: b.at(life), Channel: "trust", Network: network, Person: "p", Program: nowon, V: 1}, change)
		header, _, _ := cut(by.signAs(currency.TypEnrolment, struct{}{}))
		return members{"enrolment": by.raw(header, e)}
	}

	for _, f := range []struct {
		function string
		by       *wallet
		good     currency.Payload
		bad      []map[string]change
	}{
		{"Pay", b.minsu, payment, []map[string]change{binding, seq, amount, claims, condition, {
			"unknown merchant":    {members{"to": "nowhere"}, currency.MerchantUnknown},
			"malformed merchant":  {members{"to": "a b"}, currency.InvalidID},
			"to an account":       {members{"to": b.jisoo.account}, currency.MerchantUnknown},
			"suspended merchant":  {members{"to": "suspended"}, currency.MerchantSuspended},
			"closed merchant":     {members{"to": "closed"}, currency.MerchantClosed},
			"wrong region":        {members{"to": "arcade"}, currency.InsufficientFunds},
			"bill below amount":   {members{"bill": 999, "ref": "bill-1"}, currency.InvalidAmount},
			"negative bill":       {members{"bill": -1, "ref": "bill-1"}, currency.InvalidAmount},
			"bill without ref":    {members{"bill": 1_000}, currency.InvalidID},
			"bill too high":       {members{"bill": currency.MaxAmount + 1, "ref": "bill-1"}, currency.InvalidAmount},
			"bill changed":        {members{"bill": 2_000, "ref": "billed"}, currency.BillMismatch},
			"more than the bill":  {members{"bill": 1_500, "ref": "billed"}, currency.BillShare},
			"own shop":            {members{"to": "own"}, currency.SelfTransfer},
			"registration over":   {members{"to": "fair"}, currency.MerchantExpired},
			"no bill for a share": {members{"to": "shares"}, currency.BillMissing},
			"text as reference":   {members{"ref": "for Minsu's lunch"}, currency.InvalidID},
			"no policy":           {members{"program": "raw", "seq": 1}, currency.PolicyUnknown},
		}}},
		{"Charge", b.stall, charge, []map[string]change{
			but(binding, map[string]change{"unknown programme": {members{"program": "nowhere"}, currency.OrderElsewhere}}),
			but(amount, map[string]change{"more than there": {members{"amount": currency.MaxAmount}, currency.TokenExceeded}}),
			{
				"above the token":     {members{"amount": 1_001}, currency.TokenExceeded},
				"seq":                 {members{"seq": 1}, code.BadJWS},
				"unknown merchant":    {members{"to": "nowhere"}, currency.MerchantUnknown},
				"malformed merchant":  {members{"to": "a b"}, currency.InvalidID},
				"another's till":      {members{"to": "owing"}, currency.RequestMismatch},
				"bill below amount":   {members{"bill": 999, "ref": "bill-1"}, currency.InvalidAmount},
				"bill without ref":    {members{"bill": 1_000}, currency.InvalidID},
				"bill changed":        {members{"bill": 2_000, "ref": "billed"}, currency.BillMismatch},
				"more than the bill":  {members{"bill": 1_500, "ref": "billed"}, currency.BillShare},
				"text as reference":   {members{"ref": "Minsu's lunch"}, currency.InvalidID},
				"no token":            {members{"token": ""}, code.BadJWS},
				"token missing":       {members{"token": nil}, code.BadJWS},
				"a payment as token":  {members{"token": b.minsu.sign(payment)}, currency.WrongOrder},
				"own token":           {shown(b.stall, members{"holder": b.stall.account}), currency.SelfTransfer},
				"stolen token":        {shown(&stolen, nil), code.BadSignature},
				"token of a stranger": {shown(b.stranger, members{"holder": b.stranger.account, "seq": 1}), currency.HolderUnknown},
				"token of a frozen":   {shown(b.frozen, members{"holder": b.frozen.account, "seq": next(b.frozen)}), currency.HolderFrozen},
				"token for another":   {shown(b.minsu, members{"holder": b.jisoo.account}), currency.OrderElsewhere},
				"token elsewhere":     {shown(b.minsu, members{"network": "busan"}), currency.OrderElsewhere},
				"token's programme":   {shown(b.minsu, members{"program": bazaar}), currency.OrderElsewhere},
				"token's version":     {shown(b.minsu, members{"v": 2}), currency.WrongOrder},
				"token expired":       {shown(b.minsu, members{"exp": b.at(-time.Second)}), currency.OrderExpired},
				"token for long":      {shown(b.minsu, members{"exp": b.at(6 * time.Minute)}), currency.TokenLife},
				"token of nothing":    {shown(b.minsu, members{"max": 0}), currency.InvalidAmount},
				"token of too much":   {shown(b.minsu, members{"max": currency.MaxAmount + 1}), currency.InvalidAmount},
				"token used":          {shown(b.minsu, members{"seq": 1}), currency.SeqUsed},
				"token ahead":         {shown(b.minsu, members{"seq": 99}), currency.SeqAhead},
				"token's seq zero":    {shown(b.minsu, members{"seq": 0}), currency.InvalidID},
				"token with more":     {shown(b.minsu, members{"nosuch": 1}), code.BadJWS},
				"token's credits":     {shown(b.minsu, members{"claims": many}), currency.TooLarge},
				"token above all":     {both(members{"amount": 200_000}, shown(b.minsu, members{"max": 200_000})), currency.InsufficientFunds},
			},
		}},
		{"Give", b.minsu, gift, []map[string]change{binding, seq, amount, claims, condition, {
			"unknown account":   {members{"to": b.stranger.account}, currency.HolderUnknown},
			"malformed account": {members{"to": "stall"}, currency.InvalidID},
			"to oneself":        {members{"to": b.minsu.account}, currency.SelfTransfer},
			"to a merchant":     {members{"to": b.stall.account}, currency.ToMerchant},
			"to a frozen one":   {members{"to": b.frozen.account}, currency.HolderFrozen},
			"text as reference": {members{"ref": "happy birthday"}, currency.InvalidID},
		}}},
		{"Claim", b.minsu, claim, []map[string]change{binding, seq, claims, {
			"none":     {members{"claims": []string{}}, currency.InvalidID},
			"null":     {members{"claims": number("null")}, currency.InvalidID},
			"unknown":  {members{"claims": []currency.CreditName{nothing}}, currency.NothingClaimed},
			"amount":   {members{"amount": 1}, code.BadJWS},
			"of other": {members{"claims": []currency.CreditName{firstOf(b.credits(nowon, b.jisoo))}}, currency.NothingClaimed},
		}}},
		{"Buy", b.minsu, buy, []map[string]change{binding, seq, {
			"zero":              {members{"amount": 0}, currency.InvalidAmount},
			"too much":          {members{"amount": currency.MaxAmount + 1}, currency.InvalidAmount},
			"no multiple":       {members{"amount": 1_050}, currency.UnitMismatch},
			"a million times":   {members{"amount": 1_000_000_000}, currency.PersonCeiling},
			"text as reference": {members{"ref": "for my son"}, currency.InvalidID},
			"no policy":         {members{"program": "raw", "seq": 1}, currency.PolicyUnknown},
		}}},
		{"Exchange", b.minsu, exchange, []map[string]change{binding, seq, amount, claims, {
			"into itself":       {members{"into": nowon}, currency.SelfTransfer},
			"into nothing":      {members{"into": ""}, currency.InvalidID},
			"into a path":       {members{"into": "a/b"}, currency.InvalidID},
			"into no programme": {members{"into": "nowhere"}, currency.ProgramUnknown},
			"no policy there":   {members{"into": "raw"}, currency.PolicyUnknown},
			"text as reference": {members{"ref": "for my son"}, currency.InvalidID},
			"least negative":    {members{"least": -1}, currency.InvalidAmount},
			"least too much":    {members{"least": currency.MaxAmount + 1}, currency.InvalidAmount},
			"least above all":   {members{"least": 991}, currency.ExchangeRate},
		}}},
		{"PayTogether", b.minsu, joint, []map[string]change{binding, seq, amount, claims, {
			"one programme":     {others(0), currency.TooLarge},
			"nine":              {others(8), currency.TooLarge},
			"a programme twice": {others(2), currency.InvalidID},
			"itself again":      {part1(members{"program": nowon}), currency.InvalidID},
			"no money there":    {part1(members{"amount": 1_001}), currency.InsufficientFunds},
			"zero there":        {part1(members{"amount": 0}), currency.InvalidAmount},
			"seq used there":    {part1(members{"seq": 1}), currency.SeqUsed},
			"seq ahead there":   {part1(members{"seq": 99}), currency.SeqAhead},
			"seq zero there":    {part1(members{"seq": 0}), currency.InvalidID},
			"no such shop":      {part1(members{"to": "nowhere"}), currency.MerchantUnknown},
			"no such programme": {part1(members{"program": "nowhere"}), currency.ProgramUnknown},
			"malformed":         {part1(members{"program": "a b"}), currency.InvalidID},
			"no account there":  {part1(members{"program": "raw", "seq": 1}), currency.PolicyUnknown},
			"more":              {part1(members{"nosuch": 1}), code.BadJWS},
			"too many credits":  {part1(members{"claims": many}), currency.TooLarge},
		}}},
		{"Earn", b.minsu, earn, []map[string]change{binding, seq, {
			"evidence used":         {attested(charity, members{"evidence": businessOf("used")}), currency.EvidenceUsed},
			"another's attestation": {attested(charity, members{"holder": b.jisoo.account}), currency.OrderElsewhere},
			"another programme's":   {attested(charity, members{"program": bazaar}), currency.OrderElsewhere},
			"another network's":     {attested(charity, members{"network": "busan"}), currency.OrderElsewhere},
			"another channel's":     {attested(charity, members{"channel": "seoul"}), currency.OrderElsewhere},
			"self-made":             {attested(b.minsu, nil), currency.NotEarned},
			"forged":                {attested(&forged, nil), code.BadSignature},
			"attester's other key":  {attested(&otherKey, nil), currency.KeyMismatch},
			"attestation expired":   {attested(charity, members{"exp": b.at(-time.Second)}), currency.OrderExpired},
			"attestation's version": {attested(charity, members{"v": 2}), currency.WrongOrder},
			"unknown activity":      {attested(charity, members{"activity": "gaming"}), currency.NotEarned},
			"malformed activity":    {attested(charity, members{"activity": "a b"}), currency.InvalidID},
			"no quantity":           {attested(charity, members{"quantity": 0}), currency.InvalidAmount},
			"negative quantity":     {attested(charity, members{"quantity": -60}), currency.InvalidAmount},
			"too much":              {attested(charity, members{"quantity": int64(1_000_000_000_001)}), currency.InvalidAmount},
			"less than a won":       {attested(charity, members{"quantity": 9, "activity": "donation", "unit": "won"}), currency.NotEarned},
			"in another unit":       {attested(charity, members{"unit": "hour"}), currency.UnitMismatch},
			"in no unit":            {attested(charity, members{"unit": ""}), currency.InvalidID},
			"evidence in words":     {attested(charity, members{"evidence": "rota of March"}), currency.InvalidID},
			"with more":             {attested(charity, members{"bonus": 1}), code.BadJWS},
			"an order":              {members{"attestation": b.minsu.sign(payment)}, currency.WrongOrder},
			"none":                  {members{"attestation": ""}, code.BadJWS},
			"long":                  {members{"attestation": strings.Repeat("x", 4097)}, currency.TooLarge},
			"no such tranche":       {members{"tranche": 10}, currency.AllotmentUnknown},
			"negative tranche":      {members{"tranche": -1}, currency.InvalidID},
		}}},
		{"AskCashback", b.minsu, cashback, []map[string]change{binding, seq, {
			"none":             {members{"payments": []int64{}}, currency.TooLarge},
			"too many":         {members{"payments": make([]int64, 101)}, currency.TooLarge},
			"twice":            {members{"payments": []int64{b.paid, b.paid}}, currency.InvalidID},
			"zero":             {members{"payments": []int64{0}}, currency.InvalidID},
			"unknown":          {members{"payments": []int64{99}}, currency.ReceiptUnknown},
			"of a gift":        {members{"payments": []int64{b.given}}, currency.NoCashback},
			"no such tranche":  {members{"tranche": 10}, currency.AllotmentUnknown},
			"negative tranche": {members{"tranche": -1}, currency.InvalidID},
			"no policy":        {members{"program": "raw", "seq": 1}, currency.PolicyUnknown},
		}}},
		{"SetShare", b.stall, setShare, []map[string]change{binding, seq, {
			"negative":  {members{"share": -1}, currency.InvalidID},
			"above all": {members{"share": 10_001}, currency.InvalidID},
			"no share":  {members{"share": nil}, code.BadJWS},
		}}},
		{"Authorise", b.minsu, authorise, []map[string]change{binding, seq, amount, claims, condition, {
			"unknown merchant":  {members{"to": "nowhere"}, currency.MerchantUnknown},
			"wrong region":      {members{"to": "arcade"}, currency.InsufficientFunds},
			"text as reference": {members{"ref": "for Minsu"}, currency.InvalidID},
			"deadline passed":   {members{"until": b.at(-time.Second)}, currency.HoldDeadline},
			"deadline too far":  {members{"until": b.at(currency.MaxHold + time.Second)}, currency.HoldDeadline},
			"no deadline":       {members{"until": 0}, currency.InvalidID},
			"negative deadline": {members{"until": -1}, currency.InvalidID},
		}}},
		{"CashOut", leaver, cashOut, []map[string]change{binding, seq, claims, {
			"no account":        {members{"payout": ""}, currency.InvalidID},
			"malformed account": {members{"payout": "KB 123-456"}, currency.InvalidID},
			"amount":            {members{"amount": 1}, code.BadJWS},
		}}},
		{"Close", b.empty, closing, []map[string]change{binding, seq, {
			"claims": {members{"claims": []string{}}, code.BadJWS},
		}}},
		{"Capture", b.stall, capture, []map[string]change{binding, seq, claims, {
			"zero":              {members{"amount": 0}, currency.InvalidAmount},
			"negative":          {members{"amount": -1}, currency.InvalidAmount},
			"more than is held": {members{"amount": 1_001}, currency.HoldExceeds},
			"unknown hold":      {members{"hold": currency.ReceiptName{Holder: b.minsu.account, Seq: 99}}, currency.HoldUnknown},
			"of a payment":      {members{"hold": currency.ReceiptName{Holder: b.minsu.account, Seq: b.paid}}, currency.HoldUnknown},
			"malformed payer":   {members{"hold": currency.ReceiptName{Holder: "x", Seq: 1}}, currency.InvalidID},
			"hold zero":         {members{"hold": currency.ReceiptName{Holder: b.minsu.account}}, currency.InvalidID},
		}}},
		{"Void", b.stall, void, []map[string]change{binding, seq, {
			"unknown hold": {members{"hold": currency.ReceiptName{Holder: b.minsu.account, Seq: 99}}, currency.HoldUnknown},
			"amount":       {members{"amount": 1}, code.BadJWS},
		}}},
		{"Redeem", b.stall, redeem, []map[string]change{binding, seq, amount, claims}},
		{"Refund", b.stall, refund, []map[string]change{binding, seq, claims, {
			"zero":                  {members{"amount": 0}, currency.InvalidAmount},
			"negative":              {members{"amount": -1}, currency.InvalidAmount},
			"too much":              {members{"amount": currency.MaxAmount + 1}, currency.InvalidAmount},
			"more than was paid":    {members{"amount": 1_001}, currency.RefundExceeds},
			"unknown receipt":       {receipt(b.minsu, 99), currency.ReceiptUnknown},
			"receipt zero":          {receipt(b.minsu, 0), currency.InvalidID},
			"negative receipt":      {receipt(b.minsu, -1), currency.InvalidID},
			"receipt of a gift":     {receipt(b.minsu, b.given), currency.NotRefundable},
			"receipt of a claim":    {receipt(b.minsu, 1), currency.NotRefundable},
			"of a redemption":       {receipt(b.stall, b.redeemed), currency.NotRefundable},
			"another's payment":     {receipt(b.jisoo, 2), currency.NotRefundable},
			"malformed payer":       {members{"payment": currency.ReceiptName{Holder: "x", Seq: 1}}, currency.InvalidID},
			"receipt with a member": {members{"payment": members{"holder": b.minsu.account, "of": 1, "seq": 2}}, code.BadJWS},
		}}},
		{"CompleteRefund", b.owing, complete, []map[string]change{binding, seq, claims, {
			"nothing waits":   {receipt(b.jisoo, b.refunded+1), currency.RefundUnknown},
			"another's":       {receipt(b.minsu, b.paid), currency.RefundUnknown},
			"receipt zero":    {receipt(b.jisoo, 0), currency.InvalidID},
			"malformed payer": {members{"payment": currency.ReceiptName{Holder: "x", Seq: 1}}, currency.InvalidID},
			"amount":          {members{"amount": 1}, code.BadJWS},
		}}},
		{"Open", b.stranger, open, []map[string]change{binding, {
			"seq":                    {members{"seq": 1}, code.BadJWS},
			"no enrolment":           {members{"enrolment": nil}, currency.NotEnrolled},
			"broken enrolment":       {members{"enrolment": "x"}, code.BadJWS},
			"long enrolment":         {members{"enrolment": strings.Repeat("x", 4097)}, currency.TooLarge},
			"self-made enrolment":    {enrolment(b.stranger, nil), currency.NotEnrolled},
			"another's enrolment":    {enrolment(b.enroller, members{"did": b.jisoo.did}), currency.NotEnrolled},
			"for another programme":  {enrolment(b.enroller, members{"program": bazaar}), currency.NotEnrolled},
			"for another network":    {enrolment(b.enroller, members{"network": "busan"}), currency.NotEnrolled},
			"enrolment's version":    {enrolment(b.enroller, members{"v": 2}), currency.NotEnrolled},
			"enrolment expired":      {enrolment(b.enroller, members{"exp": b.at(-time.Second)}), currency.NotEnrolled},
			"malformed person":       {enrolment(b.enroller, members{"person": "Kim Minsu"}), currency.InvalidID},
			"no person":              {enrolment(b.enroller, members{"person": ""}), currency.InvalidID},
			"person with an account": {enrolment(b.enroller, members{"person": "p-" + b.minsu.account}), currency.PersonHasAccount},
			"enrolment with more":    {enrolment(b.enroller, members{"admin": true}), code.BadJWS},
			"enrolment as an order":  {members{"enrolment": b.enroller.sign(open)}, currency.WrongOrder},
			"forged enrolment": {func() members {
				forged := *b.stranger
				forged.Kid = b.enroller.Kid
				return enrolment(&forged, nil)
			}(), code.BadSignature},
			"enroller's other key": {func() members {
				other := *b.enroller
				other.Kid += "x"
				return enrolment(&other, nil)
			}(), currency.KeyMismatch},
		}}},
	} {
		tried[f.function] = true
		header, body, sig := cut(f.by.sign(f.good))
		b.endorse(b.courier, f.function, join(header, body, sig)) // good but for what follows
		refuse := func(name string, want *code.Code, order string) {
			b.run(t, f.function+"/"+name, func(t *testing.T) {
				before := b.state()
				b.refused(want, b.courier, f.function, order)
				tx := b.endorse(b.courier, "PayBatch", order)
				require.Equal(t, want.Name, result[[]currency.Item](b.town, tx.Payload)[0].Code, "in a batch")
				require.Empty(t, tx.Writes())
				b.commitOne(tx)
				require.Equal(t, before, b.state())
			})
		}
		for _, table := range f.bad {
			for name, c := range table {
				refuse(name, c.want, f.by.raw(header, b.with(body, c.change)))
			}
		}
		refuse("unsigned", code.BadJWS, join(header, body, ""))
		refuse("zero signature", code.BadSignature, join(header, body, strings.Repeat("A", 86)))
		refuse("signature of another order", code.BadSignature, join(header, b.with(body, members{"exp": b.at(life + time.Second)}), sig))
		thief := newWallet("thief")
		thief.Kid = f.by.Kid
		refuse("wrong key", code.BadSignature, thief.raw(header, body))
		refuse("own key for another's account", currency.OrderElsewhere, b.jisoo.sign(f.good))
		refuse("malformed JSON", code.BadJWS, f.by.raw(header, body[1:]))
		refuse("too large", code.BadJWS, join(header, body+strings.Repeat(" ", jws.MaxLength), sig))
		refuse("empty", code.BadJWS, "")
		refuse("typ", currency.WrongOrder, f.by.raw(strings.Replace(header, f.good.Typ(), currency.TypRead, 1), body))
		b.refused(code.BadRequest, b.courier, f.function)
		b.refused(code.BadRequest, b.courier, f.function, join(header, body, sig), join(header, body, sig))
		if f.function == "Open" {
			continue
		}
		if f.function == "Charge" { // has the payer's seq, and is for a merchant's own account
			for name, by := range map[string]*wallet{"frozen": b.frozen, "no account": b.stranger, "by a resident": b.jisoo} {
				header, _, _ := cut(by.sign(f.good))
				refuse(name, currency.RequestMismatch, by.raw(header, b.with(body, members{"holder": by.account})))
			}
			continue
		}
		for name, c := range map[string]struct {
			by   *wallet
			want *code.Code
		}{"frozen": {b.frozen, currency.HolderFrozen}, "no account": {b.stranger, currency.HolderUnknown}} {
			header, _, _ := cut(c.by.sign(f.good))
			refuse(name, c.want, c.by.raw(header, b.with(body, members{"holder": c.by.account, "seq": next(c.by)})))
		}
		if f.function == "SetShare" || f.function == "Capture" || f.function == "Void" || f.function == "Redeem" || f.function == "Refund" || f.function == "CompleteRefund" {
			header, _, _ := cut(b.minsu.sign(f.good))
			refuse("by a resident", currency.NotMerchant, b.minsu.raw(header, b.with(body, members{"holder": b.minsu.account, "seq": next(b.minsu)})))
		}
	}

	for _, w := range []*wallet{b.minsu, b.jisoo, b.stall, b.closed, b.suspended} {
		w.seq[nowon] = b.purse(nowon, w).Seq
	}
	for w, want := range map[*wallet]*code.Code{b.suspended: currency.MerchantSuspended, b.closed: currency.MerchantClosed} {
		id := map[*wallet]string{b.suspended: "suspended", b.closed: "closed"}[w]
		b.refused(want, b.courier, "Charge", w.sign(b.charging(nowon, w, id, b.minsu.sign(token), 1_000)))
	}
	b.refused(currency.MerchantSuspended, b.courier, "Redeem", b.redeem(nowon, b.suspended, 500))
	b.refused(currency.SelfTransfer, b.courier, "Pay", b.pay(nowon, b.stall, "stall", 100))
	// What a merchant of this programme holds is plain won: redeemed, not spent.
	b.refused(currency.InsufficientFunds, b.courier, "Pay", b.pay(nowon, b.closed, "stall", 100))
	b.refused(currency.HolderExists, b.courier, "Open", b.open(nowon, b.minsu))
	b.refused(currency.HolderExists, b.courier, "Open", b.open(nowon, b.stall))

	b.stall.seq[nowon]--
	b.refused(currency.ToMerchant, b.courier, "Buy", b.buy(nowon, b.stall, 1_000))
	b.refused(currency.PurchaseWaiting, b.courier, "Buy", b.buy(nowon, b.jisoo, 1_000))

	// What a merchant owes comes before all else: of these funds nothing is redeemed, and nothing is closed.
	b.owing.seq[nowon] = b.purse(nowon, b.owing).Seq
	b.refused(currency.InsufficientFunds, b.courier, "Redeem", b.redeem(nowon, b.owing, 100))
	b.owing.seq[nowon]--
	b.refused(currency.RefundWaits, b.courier, "Close", b.owing.sign(b.closing(nowon, b.owing)))
	b.owing.seq[nowon]--
	b.refused(currency.RefundWaits, b.courier, "Pay", b.pay(nowon, b.owing, "stall", 100))

	// A closed merchant still redeems what it holds.
	b.closed.seq[nowon]--
	b.endorse(b.courier, "Redeem", b.redeem(nowon, b.closed, 1_000))
}

// both is both changes.
func both(one, other members) members {
	out := maps.Clone(one)
	maps.Copy(out, other)
	return out
}

func firstOf(credits map[currency.CreditName]currency.Credit) currency.CreditName {
	var first currency.CreditName
	for name := range credits {
		if first == "" || name < first {
			first = name
		}
	}
	return first
}
