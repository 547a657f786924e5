// SPDX-License-Identifier: Apache-2.0

package currency

// Record kinds on the ledger: the object types of their composite keys. The
// first key part is always the programme.
//
// A payment reads its payer's holder record, which is hardly ever written. A peer's
// LevelDB looks for a key in every file whose range of keys holds it, and the young
// files hold what payments write, from credit to receipt. Holder records stand before
// that range, so that only the old files, where they are, are looked through.
const (
	TableProgram       = "program"       // program
	TablePolicy        = "policy"        // program / version
	TableDeposit       = "deposit"       // program / bank reference
	TableAppropriation = "appropriation" // program / id
	TableRun           = "run"           // program / id
	TableBatch         = "batch"         // program / run / number
	TableCorrection    = "correction"    // program / run / id
	TableHolder        = "account"       // program / account; sorts first, see above
	TablePerson        = "person"        // program / person id
	TablePurse         = "purse"         // program / account
	TableCredit        = "credit"        // program / account / transaction / number
	TableHold          = "hold"          // program / account / seq
	TableReceipt       = "receipt"       // program / account / seq
	TableRefunded      = "refunded"      // program / account / seq
	TableRequestPart   = "requestpart"   // program / merchant / request / number
	TableDue           = "due"           // program / merchant / account / seq
	TableOwed          = "owed"          // program / merchant
	TableMerchant      = "merchant"      // program / id
	TableBill          = "bill"          // program / account / merchant / reference
	TableEvidence      = "evidence"      // program / digest
	TableCashback      = "cashback"      // program / account / seq
	TableBan           = "ban"           // program / digest of the business
	TableBusiness      = "business"      // program / digest of the business
	TableMonth         = "month"         // program / merchant
	TableRedemption    = "redemption"    // program / account / seq
	TableUnpaid        = "unpaid"        // program / account / seq
	TableFundReturn    = "fundreturn"    // program / fund / transaction
	TablePayout        = "payout"        // program / bank reference
	TableAllotment     = "allotment"     // program / id
	TableTranche       = "tranche"       // program / allotment / number
	TableDayIssued     = "dayissued"     // program / day
	TableDaySold       = "daysold"       // program / day / share
	TableExchanged     = "exchanged"     // program / account / seq
	TableTicketSeries  = "ticketseries"  // program / id
	TableTicket        = "ticket"        // program / series / digest of the ticket
	TableCase          = "case"          // program / account / id
	TablePurchase      = "purchase"      // program / account / seq
)
