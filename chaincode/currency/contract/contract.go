// SPDX-License-Identifier: Apache-2.0

// Package contract holds the currency chaincode's transaction functions. Each
// decodes strictly, authorises, loads by exact key, lets package currency
// decide, saves and emits.
package contract

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// Name is the name under which the chaincode is usually committed.
const Name = "currency"

// New builds the chaincode.
func New(config ledger.Config) *ledger.Chaincode {
	return ledger.New(config, slices.Concat(
		ledger.RoleFunctions(currency.Roles...),
		programFunctions(), fundFunctions(), runFunctions(), correctionFunctions(), guardFunctions(), merchantFunctions(), shopFunctions(), earningFunctions(), quoteFunctions(), accountFunctions(),
		payoutFunctions(), recoveryFunctions(), lapseFunctions(), holdFunctions(), dueFunctions(), requestFunctions(), allotmentFunctions(), purchaseFunctions(), orderFunctions(), historyFunctions(),
		keySyncFunctions(), ticketFunctions(), caseFunctions(),
	)...)
}

// The tables. Keys are described with their names in package currency.
var (
	programs       = ledger.NewTable[currency.Program](currency.TableProgram, 1)
	policies       = ledger.NewTable[currency.Policy](currency.TablePolicy, 2)
	deposits       = ledger.NewTable[currency.Deposit](currency.TableDeposit, 2)
	appropriations = ledger.NewTable[currency.Appropriation](currency.TableAppropriation, 2)
	runs           = ledger.NewTable[currency.Run](currency.TableRun, 2)
	batches        = ledger.NewTable[currency.Batch](currency.TableBatch, 3)
	holders        = ledger.NewTable[currency.Holder](currency.TableHolder, 2)
	persons        = ledger.NewTable[currency.Person](currency.TablePerson, 2)
	purses         = ledger.NewTable[currency.Purse](currency.TablePurse, 2)
	credits        = ledger.NewTable[currency.Credit](currency.TableCredit, 4)
	holds          = ledger.NewTable[currency.Hold](currency.TableHold, 3)
	receipts       = ledger.NewTable[currency.Receipt](currency.TableReceipt, 3)
	refunds        = ledger.NewTable[currency.Refunded](currency.TableRefunded, 3)
	requestParts   = ledger.NewTable[currency.RequestPart](currency.TableRequestPart, 4)
	dues           = ledger.NewTable[currency.Due](currency.TableDue, 4)
	owes           = ledger.NewTable[currency.Owed](currency.TableOwed, 2)
	merchants      = ledger.NewTable[currency.Merchant](currency.TableMerchant, 2)
	bills          = ledger.NewTable[currency.Bill](currency.TableBill, 4)
	evidences      = ledger.NewTable[currency.Evidence](currency.TableEvidence, 2)
	cashbacks      = ledger.NewTable[currency.CashedBack](currency.TableCashback, 3)
	bans           = ledger.NewTable[currency.Ban](currency.TableBan, 2)
	businesses     = ledger.NewTable[currency.Business](currency.TableBusiness, 2)
	months         = ledger.NewTable[currency.Monthly](currency.TableMonth, 2)
	redemptions    = ledger.NewTable[currency.Redemption](currency.TableRedemption, 3)
	unpaids        = ledger.NewTable[currency.Unpaid](currency.TableUnpaid, 3)
	fundReturns    = ledger.NewTable[currency.FundReturn](currency.TableFundReturn, 3)
	payouts        = ledger.NewTable[currency.Payout](currency.TablePayout, 2)
	allotments     = ledger.NewTable[currency.Allotment](currency.TableAllotment, 2)
	tranches       = ledger.NewTable[currency.Tranche](currency.TableTranche, 3)
	dayIssued      = ledger.NewTable[currency.DayIssued](currency.TableDayIssued, 2)
	daySold        = ledger.NewTable[currency.DayIssued](currency.TableDaySold, 3)
	exchanges      = ledger.NewTable[currency.Exchanged](currency.TableExchanged, 3)
	cases          = ledger.NewTable[currency.Case](currency.TableCase, 3)
	purchases      = ledger.NewTable[currency.Purchase](currency.TablePurchase, 3)
)
