// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// Codes is the registry of everything the currency chaincode refuses.
var Codes = code.NewRegistry("currency")

// Malformed requests and orders.
var (
	InvalidAmount = Codes.New("INVALID_AMOUNT", code.Invalid, "An amount is not a whole number of won from 1 to 1,000,000,000,000,000.")
	InvalidID     = Codes.New("INVALID_ID", code.Invalid, "An identifier is not of its form.")
	InvalidPolicy = Codes.New("INVALID_POLICY", code.Invalid, "A policy or programme contradicts itself or leaves something out.")
	WrongOrder    = Codes.New("WRONG_ORDER", code.Invalid, "The order is of another type than the function takes.")
	TooLarge      = Codes.New("TOO_LARGE", code.Invalid, "More items than one transaction takes.")
	UnitMismatch  = Codes.New("UNIT_MISMATCH", code.Rule, "The amount is counted in another unit than the programme's, or is no multiple of its smallest denomination.")
)

// Authority of orders.
var (
	OrderElsewhere  = Codes.New("ORDER_ELSEWHERE", code.Forbidden, "The order is bound to another network, channel, chaincode, programme or holder.")
	OrderExpired    = Codes.New("ORDER_EXPIRED", code.Rule, "The order's exp has passed.")
	KeyMismatch     = Codes.New("KEY_MISMATCH", code.Unauthorized, "The order was signed by a key that is not the holder's.")
	SeqUsed         = Codes.New("SEQ_USED", code.Conflict, "Another order was carried out under this sequence number.")
	SeqAhead        = Codes.New("SEQ_AHEAD", code.Conflict, "The sequence number skips ahead of the purse's next one.")
	NotEnrolled     = Codes.New("NOT_ENROLLED", code.Unauthorized, "The programme asks for an enrolment attestation by one of its enrollers.")
	ReadRefused     = Codes.New("READ_REFUSED", code.Forbidden, "Histories are shown to their owner, to the merchant who was paid and to officers of the programme.")
	SameOfficer     = Codes.New("SAME_OFFICER", code.Forbidden, "The second approval must come from another person.")
	SameInstitution = Codes.New("SAME_ORGANISATION", code.Forbidden, "The second approval must come from another organisation.")
)

// Things that are missing, taken or in another state.
var (
	ProgramUnknown       = Codes.New("PROGRAM_UNKNOWN", code.NotFound, "There is no programme of this id.")
	ProgramExists        = Codes.New("PROGRAM_EXISTS", code.Conflict, "The programme id is taken.")
	PolicyUnknown        = Codes.New("POLICY_UNKNOWN", code.NotFound, "The programme has no such policy version, or none is approved yet.")
	PolicyState          = Codes.New("POLICY_STATE", code.Conflict, "The policy version is not the next one, or is approved already.")
	HolderUnknown        = Codes.New("HOLDER_UNKNOWN", code.NotFound, "The holder has no account in this programme.")
	HolderExists         = Codes.New("HOLDER_EXISTS", code.Conflict, "The DID has an account in this programme already.")
	HolderFrozen         = Codes.New("HOLDER_FROZEN", code.Rule, "The account is frozen.")
	HolderClosed         = Codes.New("HOLDER_CLOSED", code.Rule, "The account is closed.")
	HolderState          = Codes.New("HOLDER_STATE", code.Conflict, "The account is not in the state that the change starts from.")
	PersonHasAccount     = Codes.New("PERSON_HAS_ACCOUNT", code.Conflict, "The person has an account in this programme already.")
	MerchantUnknown      = Codes.New("MERCHANT_UNKNOWN", code.NotFound, "The programme has no merchant of this id.")
	MerchantExists       = Codes.New("MERCHANT_EXISTS", code.Conflict, "The merchant id is taken.")
	MerchantSuspended    = Codes.New("MERCHANT_SUSPENDED", code.Rule, "The merchant is suspended.")
	MerchantClosed       = Codes.New("MERCHANT_CLOSED", code.Rule, "The merchant is closed.")
	MerchantState        = Codes.New("MERCHANT_STATE", code.Conflict, "The merchant cannot change into this status.")
	DepositUnknown       = Codes.New("DEPOSIT_UNKNOWN", code.NotFound, "The bank confirmed no deposit of this reference.")
	DepositExists        = Codes.New("DEPOSIT_EXISTS", code.Conflict, "The bank reference is used by another deposit.")
	AppropriationUnknown = Codes.New("APPROPRIATION_UNKNOWN", code.NotFound, "There is no appropriation of this id.")
	AppropriationExists  = Codes.New("APPROPRIATION_EXISTS", code.Conflict, "The appropriation id is taken.")
	AppropriationState   = Codes.New("APPROPRIATION_STATE", code.Conflict, "The appropriation is approved already, or not yet.")
	RunUnknown           = Codes.New("RUN_UNKNOWN", code.NotFound, "There is no issue run of this id.")
	RunExists            = Codes.New("RUN_EXISTS", code.Conflict, "The run id is taken.")
	RunClosed            = Codes.New("RUN_CLOSED", code.Conflict, "The run is closed.")
	BatchUnknown         = Codes.New("BATCH_UNKNOWN", code.NotFound, "The run announced no batch of this number.")
	BatchDone            = Codes.New("BATCH_DONE", code.Conflict, "The batch was issued by another call.")
	BatchMismatch        = Codes.New("BATCH_MISMATCH", code.Rule, "The rows are not the ones the run announced.")
	CreditUnknown        = Codes.New("CREDIT_UNKNOWN", code.NotFound, "The holder has no unclaimed credit of this name: never paid, or claimed before.")
	CreditRepeated       = Codes.New("CREDIT_REPEATED", code.Invalid, "The order names the credit twice.")
	ReceiptUnknown       = Codes.New("RECEIPT_UNKNOWN", code.NotFound, "The holder has no receipt of this sequence number.")
	RedemptionUnknown    = Codes.New("REDEMPTION_UNKNOWN", code.NotFound, "There is no redemption of this holder and sequence number.")
	RedemptionPaid       = Codes.New("REDEMPTION_PAID", code.Conflict, "The redemption was paid out before.")
	ReturnUnknown        = Codes.New("RETURN_UNKNOWN", code.NotFound, "The transaction gave nothing back to this fund.")
	ReturnAbsorbed       = Codes.New("RETURN_ABSORBED", code.Conflict, "The return is in an appropriation already.")
	HoldUnknown          = Codes.New("HOLD_UNKNOWN", code.NotFound, "There is no hold of this name, or it is for another merchant.")
	HoldEmpty            = Codes.New("HOLD_EMPTY", code.Conflict, "Nothing is held any more: it was captured or went back.")
	PayoutExists         = Codes.New("PAYOUT_EXISTS", code.Conflict, "The bank reference was used for another payout.")
)

// Rules of money.
var (
	InsufficientFunds = Codes.New("INSUFFICIENT_FUNDS", code.Rule, "Less is there, or may be used here, than the order asks for.")
	FundExceeded      = Codes.New("FUND_EXCEEDED", code.Rule, "The issue is larger than what its deposits and appropriations still hold.")
	PolicyExpired     = Codes.New("POLICY_EXPIRED", code.Rule, "What is issued under this policy would have expired already.")
	PersonCeiling     = Codes.New("PERSON_CEILING", code.Rule, "One person would be issued more than the policy allows in a batch.")
	BatchCeiling      = Codes.New("BATCH_CEILING", code.Rule, "The batch is larger than the policy allows.")
	HoldingCap        = Codes.New("HOLDING_CAP", code.Rule, "Claiming more of the credit would pass what a person may hold; the rest stays claimable.")
	BucketLimit       = Codes.New("BUCKET_LIMIT", code.Rule, "The purse holds as many kinds of value as fit; the credit stays claimable.")
	GiftsOff          = Codes.New("GIFTS_OFF", code.Rule, "The terms of this value do not allow gifts.")
	ToMerchant        = Codes.New("TO_MERCHANT", code.Rule, "Merchants are paid: nothing is given or issued to them.")
	SelfTransfer      = Codes.New("SELF_TRANSFER", code.Rule, "Payer and payee are the same.")
	NotMerchant       = Codes.New("NOT_MERCHANT", code.Rule, "Only merchants redeem and refund.")
	NotRefundable     = Codes.New("NOT_REFUNDABLE", code.Rule, "The receipt is not of a payment to this merchant.")
	RefundExceeds     = Codes.New("REFUND_EXCEEDS", code.Rule, "More would be refunded than was paid.")
	HoldDeadline      = Codes.New("HOLD_DEADLINE", code.Rule, "The hold's deadline has passed, or is too far ahead.")
	HoldExceeds       = Codes.New("HOLD_EXCEEDS", code.Rule, "More would be captured than is held.")
	HoldOpen          = Codes.New("HOLD_OPEN", code.Rule, "The hold may still be captured, or could a moment ago.")
	NothingLapsed     = Codes.New("NOTHING_LAPSED", code.Rule, "Nothing here is past its last day by a whole day.")
	FiscalYear        = Codes.New("FISCAL_YEAR", code.Rule, "The appropriation is in the books of another year.")
	NothingClaimed    = Codes.New("NOTHING_CLAIMED", code.Rule, "None of the named credits could be claimed.")
)
