// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// MaxBatch bounds the orders of one PayBatch.
const MaxBatch = 1000

// orderFunctions take what holders signed; whoever carries it gains nothing.
// Every argument is one compact JWS.
//
//   - Open (open-order+jws) opens an account; emits AccountOpened. NOT_ENROLLED,
//     HOLDER_EXISTS, PERSON_HAS_ACCOUNT.
//   - Pay (payment-order+jws) emits Paid, Give (gift-order+jws) emits Gifted, Claim
//     (claim-order+jws) emits Claimed, Redeem (redeem-order+jws) emits Redeemed,
//     Refund (refund-order+jws) emits Refunded, Authorise (authorise-order+jws) emits
//     Authorised, Capture (capture-order+jws) emits Captured, Void (void-order+jws)
//     emits Voided, CashOut (cash-refund-order+jws) emits CashedOut,
//     Close (close-order+jws) emits AccountClosed, Buy (purchase-order+jws) emits
//     PurchaseOrdered, CompleteRefund (complete-refund-order+jws) emits
//     RefundCompleted, Exchange (exchange-order+jws) emits Exchanged, SetShare
//     (share-order+jws) emits ShareSet, Earn (earn-order+jws) emits Earned,
//     AskCashback (cashback-order+jws) emits CashedBack, PayTogether
//     (joint-payment-order+jws) emits Paid for each of its programmes, Charge
//     (charge-order+jws, on the purse of whose token it carries) emits Paid. Each returns its receipt, the first
//     one where the order was carried out before.
//     A payment, gift or authorisation may name a condition: it is called as the
//     last thing before the purse is written. CONDITION_REFUSED.
//   - PayBatch takes 1 to 1000 orders of all these types, in any mixture. Each
//     stands or falls alone; orders of one holder are carried out as they stand.
//     Returns an Item for each. An order with a condition stands in it only by
//     itself (CONDITION_ALONE), and its refusal is the transaction's.
//   - PayPacked is PayBatch with all orders in one argument, packed (ledger/jws.Pack).
//
// Codes of all: BAD_JWS, BAD_SIGNATURE, KEY_MISMATCH, ORDER_ELSEWHERE,
// ORDER_EXPIRED, WRONG_ORDER, SEQ_USED, SEQ_AHEAD, PROGRAM_UNKNOWN,
// HOLDER_UNKNOWN, HOLDER_FROZEN, HOLDER_CLOSED and those of the rule itself.
func orderFunctions() []ledger.Function {
	single := func(name, typ string) ledger.Function {
		return ledger.Order(name, 1, func(t *ledger.Tx, orders []string) (currency.Receipt, error) {
			return one(t, orders[0], typ)
		})
	}
	return []ledger.Function{
		ledger.Order("Open", 1, func(t *ledger.Tx, orders []string) (currency.Account, error) {
			e := newEngine(t)
			o := e.parse(orders[0], currency.TypOpen)
			if o.err == nil {
				e.carryOut(o)
			}
			return o.account, o.err
		}),
		single("Pay", currency.TypPayment), single("Give", currency.TypGift), single("Claim", currency.TypClaim),
		single("Redeem", currency.TypRedeem), single("Refund", currency.TypRefund),
		single("Authorise", currency.TypAuthorise), single("Capture", currency.TypCapture), single("Void", currency.TypVoid),
		single("CashOut", currency.TypCashOut), single("Close", currency.TypClose), single("Buy", currency.TypBuy), single("Present", currency.TypTicket), single("CompleteRefund", currency.TypComplete),
		single("Exchange", currency.TypExchange), single("SetShare", currency.TypShare),
		single("Earn", currency.TypEarn), single("AskCashback", currency.TypCashback), single("PayTogether", currency.TypTogether), single("Charge", currency.TypCharge),
		ledger.Order("PayBatch", -1, payBatch),
		ledger.Packed("PayPacked", payBatch),
	}
}

func one(t *ledger.Tx, compact, typ string) (currency.Receipt, error) {
	e := newEngine(t)
	e.alone = true
	o := e.parse(compact, typ)
	if o.err == nil {
		e.carryOut(o)
	}
	if o.err != nil {
		return currency.Receipt{}, o.err
	}
	return o.receipt, e.saveCredits()
}

func payBatch(t *ledger.Tx, compacts []string) ([]currency.Item, error) {
	if len(compacts) > MaxBatch {
		return nil, currency.TooLarge.Errorf("%d orders, at most %d", len(compacts), MaxBatch)
	}
	e := newEngine(t)
	e.alone = len(compacts) == 1
	orders := make([]*task, len(compacts))
	for i, c := range compacts {
		orders[i] = e.parse(c, currency.Orders...)
	}
	if err := e.prefetch(orders); err != nil {
		return nil, err
	}
	items := make([]currency.Item, len(orders))
	for i, o := range orders {
		if o.err == nil {
			e.carryOut(o)
		}
		if o.err != nil {
			refusal := code.Of(o.err)
			if e.fatal(o) || refusal == nil || refusal.Code.Kind == code.Internal {
				return nil, o.err
			}
			items[i] = currency.Item{Code: refusal.Code.Name, Detail: refusal.Detail()}
			continue
		}
		items[i] = currency.Item{First: o.first, Unclaimed: o.receipt.Unclaimed}
	}
	return items, e.saveCredits()
}
