// SPDX-License-Identifier: Apache-2.0

package settlement_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/settlement"
)

// bank is a cashier at the real contract in memory.
type bank struct {
	*gatewaytest.Ledger
	mu       sync.Mutex
	payments int
	gone     func(payments int) bool // the peer goes away before this payment
}

func (b *bank) cashier() *ledgertest.Caller {
	return b.Caller("BankMSP", "cashier", ledgertest.Client)
}

func (b *bank) Redemption(_ context.Context, program, account string, seq int64) (r currency.Redemption, err error) {
	arg, _ := json.Marshal(currency.ReceiptQuery{Program: program, Account: account, Seq: seq})
	return answer[currency.Redemption](b.Query(b.cashier(), "currency", "Redemption", arg))
}

func (b *bank) ConfirmPayout(ctx context.Context, r currency.ConfirmPayout) (currency.Payout, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.payments++; b.gone != nil && b.gone(b.payments) {
		return currency.Payout{}, gatewaytest.Gone
	}
	arg, _ := json.Marshal(r)
	return answer[currency.Payout](b.Invoke(b.cashier(), "currency", "ConfirmPayout", arg))
}

func answer[T any](raw []byte, err error) (v T, _ error) {
	if err != nil {
		var e *ledgertest.EndorseError
		if errors.As(err, &e) {
			if refusal := currency.Codes.Parse(e.Message); refusal != nil {
				return v, refusal
			}
		}
		return v, err
	}
	return v, json.Unmarshal(raw, &v)
}

// takings is a town whose stall claims its money in n redemptions of 1,000, 2,000, … won.
func takings(t *testing.T, n int) (*bank, *settlement.Payouts) {
	t.Helper()
	b := &bank{Ledger: gatewaytest.NewLedger(t)}
	town := gatewaytest.NewTown(t, b.Ledger, gatewaytest.Place, "nowon")
	require.NoError(t, b.Officer("BankMSP", gatewaytest.Admin, "GrantRole", call.SetRole{Operation: call.Operation{Op: "grant"}, Name: "cashier", Role: currency.RoleCashier}))
	carry := func(orders ...string) {
		t.Helper()
		items, err := b.Carry(orders...)
		require.NoError(t, err)
		for _, i := range items {
			require.Empty(t, i.Code, i.Detail)
		}
	}
	carry(town.Join(1)...)
	town.Issue(1_000_000)
	page := func(h *gateway.Holder) (names []currency.CreditName) {
		for key := range b.All("currency") {
			if table, parts, ok := splitKey(key); ok && table == currency.TableCredit && parts[1] == h.Account() {
				var number int
				_, err := fmt.Sscan(parts[3], &number)
				require.NoError(t, err)
				names = append(names, currency.NewCreditName(parts[2], number))
			}
		}
		return names
	}
	payer := town.Resident[0]
	carry(gatewaytest.Must(payer.Payment(currency.Payment{Seq: 1, To: "stall", Amount: 500_000, Claims: page(payer)})))
	file := settlement.NewPayouts("nowon", "KRW", made)
	for i := range n {
		redeem := currency.Redeem{Seq: int64(i + 1), Amount: int64(i+1) * 1000}
		if i == 0 {
			redeem.Claims = page(town.Stall)
		}
		carry(gatewaytest.Must(town.Stall.Redeem(redeem)))
		r, err := b.Redemption(t.Context(), "nowon", town.Stall.Account(), redeem.Seq)
		require.NoError(t, err)
		require.NoError(t, file.Add(currency.ReceiptName{Holder: town.Stall.Account(), Seq: redeem.Seq}, currency.UnpaidRedemption{Redemption: r}))
	}
	return b, file
}

// splitKey takes a composite key apart.
func splitKey(key string) (string, []string, bool) {
	var parts []string
	for at := 1; at < len(key); {
		end := at
		for end < len(key) && key[end] != 0 {
			end++
		}
		parts, at = append(parts, key[at:end]), end+1
	}
	if len(parts) == 0 {
		return "", nil, false
	}
	return parts[0], parts[1:], true
}

func confirmations(file *settlement.Payouts) *settlement.Confirmations {
	out := &settlement.Confirmations{V: 1}
	for i, row := range file.Rows {
		out.Rows = append(out.Rows, settlement.Confirmation{Reference: row.Reference, BankRef: fmt.Sprint("T-", i+1), Amount: row.Amount, Unit: "KRW"})
	}
	return out
}

func outcomes(results []settlement.Result) (all []string) {
	for _, r := range results {
		text := string(r.Outcome)
		if r.Code != "" {
			text += " " + r.Code
		}
		all = append(all, text)
	}
	return all
}

func TestEachRowHasItsOwnResult(t *testing.T) {
	b, file := takings(t, 6)
	f := confirmations(file)
	elsewhere, err := settlement.NewReference("nowon", currency.ReceiptName{Holder: currency.AccountID("nobody"), Seq: 1})
	require.NoError(t, err)
	f.Rows[1].Amount++
	f.Rows[2].Reference = elsewhere
	f.Rows = append(f.Rows[:4],
		f.Rows[3], // again
		settlement.Confirmation{Reference: file.Rows[4].Reference, BankRef: "T-5", Amount: 5_000, Unit: "USD"},
		settlement.Confirmation{Reference: "SALARY", BankRef: "T-6", Amount: 5_000, Unit: "KRW"},
		settlement.Confirmation{Reference: file.Rows[4].Reference, BankRef: "no good", Amount: 5_000, Unit: "KRW"},
		settlement.Confirmation{Reference: file.Rows[4].Reference, BankRef: "T-7", Amount: 0, Unit: "KRW"},
		f.Rows[1], // again, of what is refused
	)
	var progress []int
	confirming := settlement.Confirming{Program: "nowon", Unit: "KRW", File: f, Progress: func(done, total int) {
		require.Len(t, f.Rows, total)
		progress = append(progress, done)
	}}
	results, err := confirming.Confirm(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, []string{
		"paid", "refused INVALID_AMOUNT", "refused REDEMPTION_UNKNOWN", "paid", "repeated",
		"refused UNIT_MISMATCH", "refused REDEMPTION_UNKNOWN", "refused INVALID_ID", "refused INVALID_AMOUNT", "refused INVALID_AMOUNT",
	}, outcomes(results))
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, progress)
	require.Equal(t, "the same as row 4", results[4].Detail)
	require.Contains(t, results[1].Detail, "2000 won were claimed, 2001 paid")

	// The whole file again changes nothing.
	before := b.Height()
	results, err = confirming.Confirm(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, "before", string(results[0].Outcome))
	require.Equal(t, "before", string(results[3].Outcome))
	require.Equal(t, before, b.Height())
	// A second transfer for what was paid, and a reference used for another, are told.
	f.Rows = []settlement.Confirmation{
		{Reference: file.Rows[0].Reference, BankRef: "T-9", Amount: 1_000, Unit: "KRW"},
		{Reference: file.Rows[4].Reference, BankRef: "T-1", Amount: 5_000, Unit: "KRW"},
	}
	results, err = confirming.Confirm(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, []string{"refused REDEMPTION_PAID", "refused PAYOUT_EXISTS"}, outcomes(results))
}

func TestRowsThatContradictOneAnotherAreNotRecorded(t *testing.T) {
	b, file := takings(t, 4)
	f := confirmations(file)
	f.Rows[1].Reference, f.Rows[1].Amount = f.Rows[0].Reference, f.Rows[0].Amount // paid twice, under two references
	f.Rows[3].BankRef = f.Rows[2].BankRef                                         // one reference for two
	f.Rows = append(f.Rows, f.Rows[0])
	results, err := settlement.Confirming{Program: "nowon", Unit: "KRW", File: f}.Confirm(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, []string{
		"refused REDEMPTION_PAID", "refused REDEMPTION_PAID", "refused PAYOUT_EXISTS", "refused PAYOUT_EXISTS", "refused REDEMPTION_PAID",
	}, outcomes(results))
	require.Contains(t, results[0].Detail, "rows 1, 2 of the file")
	require.Zero(t, b.payments)
}

// A peer that goes away in the middle ends the file; sent again it goes on, and
// nothing is paid twice.
func TestConfirmingGoesOnWhereItStopped(t *testing.T) {
	b, file := takings(t, 12)
	f := confirmations(file)
	f.Rows = append(f.Rows, f.Rows[11]) // no outcome is told of it before that of the first
	b.gone = func(n int) bool { return n == 5 }
	confirming := settlement.Confirming{Program: "nowon", Unit: "KRW", File: f, Parallel: 2}
	results, err := confirming.Confirm(t.Context(), b)
	require.ErrorIs(t, err, gatewaytest.Gone)
	require.ErrorContains(t, err, "row ")
	require.GreaterOrEqual(t, len(results), 4)
	require.Less(t, len(results), 12)
	b.gone = nil
	again, err := confirming.Confirm(t.Context(), b)
	require.NoError(t, err)
	before := 0
	require.Equal(t, settlement.Repeated, again[12].Outcome)
	for _, r := range again[:12] {
		require.Contains(t, []settlement.Outcome{settlement.Paid, settlement.Before}, r.Outcome)
		if r.Outcome == settlement.Before {
			before++
		}
	}
	require.Equal(t, len(results), before)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = confirming.Confirm(ctx, b)
	require.ErrorIs(t, err, context.Canceled)
}
