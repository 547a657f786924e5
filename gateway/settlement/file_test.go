// SPDX-License-Identifier: Apache-2.0

package settlement_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/settlement"
)

var made = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func drawPayouts(t *rapid.T) *settlement.Payouts {
	f := settlement.NewPayouts("nowon", "KRW", made)
	seen := map[currency.ReceiptName]bool{}
	for range rapid.IntRange(0, 20).Draw(t, "rows") {
		name := drawName(t)
		if seen[name] {
			continue
		}
		seen[name] = true
		require.NoError(t, f.Add(name, claimed(currency.Redemption{
			Merchant: rapid.StringMatching(`|[A-Za-z0-9_-]{1,48}`).Draw(t, "merchant"),
			Amount:   rapid.Int64Range(1, 1_000_000_000).Draw(t, "amount"),
			Payout:   hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "account")),
			At:       rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"),
			Paid:     rapid.SampledFrom([]string{"", "", "T-1"}).Draw(t, "paid"),
		})))
	}
	return f
}

// What is written reads back as it was, in either form.
func TestPayoutsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawPayouts(t)
		require.NoError(t, f.Validate())
		for _, write := range []func(io.Writer) error{f.WriteCSV, f.WriteJSON} {
			var out bytes.Buffer
			require.NoError(t, write(&out))
			back, err := settlement.ReadPayouts(&out)
			require.NoError(t, err)
			require.Equal(t, f, back)
		}
	})
}

func TestConfirmationsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &settlement.Confirmations{V: 1}
		for range rapid.IntRange(1, 20).Draw(t, "rows") {
			f.Rows = append(f.Rows, settlement.Confirmation{
				Reference: settlement.Reference(rapid.StringMatching(`[A-Z2-7]{0,40}`).Draw(t, "reference")),
				BankRef:   rapid.StringMatching(`[A-Za-z0-9 ,"._-]{1,50}`).Draw(t, "bankref"),
				Amount:    rapid.Int64Range(0, currency.MaxAmount).Draw(t, "amount"),
				Unit:      rapid.StringMatching(`[A-Z]{3}`).Draw(t, "unit"),
				Sent:      rapid.SampledFrom([]time.Time{{}, made}).Draw(t, "sent"),
			})
		}
		for _, write := range []func(io.Writer) error{f.WriteCSV, f.WriteJSON} {
			var out bytes.Buffer
			require.NoError(t, write(&out))
			back, err := settlement.ReadConfirmations(&out)
			require.NoError(t, err)
			require.Equal(t, f, back)
		}
	})
}

func claimed(r currency.Redemption) currency.UnpaidRedemption {
	return currency.UnpaidRedemption{Redemption: r}
}

// sample is a payout file of two rows as CSV.
func sample(t testing.TB) (string, []settlement.Reference) {
	f := settlement.NewPayouts("nowon", "KRW", made)
	var refs []settlement.Reference
	for i, amount := range []int64{104_000, 5_000} {
		name := currency.ReceiptName{Holder: currency.AccountID(fmt.Sprint(i)), Seq: int64(i + 1)}
		require.NoError(t, f.Add(name, claimed(currency.Redemption{Merchant: "stall", Amount: amount, Payout: strings.Repeat("4f", 32), At: made.Unix()})))
		refs = append(refs, f.Rows[i].Reference)
	}
	var out strings.Builder
	require.NoError(t, f.WriteCSV(&out))
	return out.String(), refs
}

func TestPayoutFileAsABankSeesIt(t *testing.T) {
	text, refs := sample(t)
	account := strings.Repeat("4f", 32)
	require.Equal(t, `record,program,reference,merchant,amount,unit,account,claimed
payout,nowon,`+string(refs[0])+`,stall,104000,KRW,`+account+`,2026-11-27T09:00:00Z
payout,nowon,`+string(refs[1])+`,stall,5000,KRW,`+account+`,2026-11-27T09:00:00Z
total,nowon,2,,109000,KRW,,2026-11-27T09:00:00Z
`, text)
}

func TestPayoutFilesThatAreNoneAreRefused(t *testing.T) {
	text, refs := sample(t)
	lines := strings.SplitAfter(text, "\n")
	for name, test := range map[string]struct{ text, says string }{
		"empty":              {"", "the file is empty"},
		"other columns":      {strings.Replace(text, "unit", "currency", 1), "line 1: the columns are record,program"},
		"a column less":      {strings.ReplaceAll(text, ",KRW", ""), "wrong number of fields"},
		"no totals":          {lines[0] + lines[1] + lines[2], "without its line of totals"},
		"a line less":        {lines[0] + lines[1] + lines[3], "count 2 and total 109000 are stated, the rows are 1 and come to 104000"},
		"a line twice":       {lines[0] + lines[1] + lines[1] + lines[3], "stands in row 1 already"},
		"behind the totals":  {text + lines[1], "line 5: something stands behind the totals"},
		"another amount":     {strings.Replace(text, "104000", "104001", 1), "total 109000"},
		"a grouped amount":   {strings.Replace(text, "104000", `"104,000"`, 1), `line 2: "104,000" is not a whole number`},
		"a signed amount":    {strings.Replace(text, "104000", "+104000", 1), `line 2: "+104000"`},
		"another unit":       {strings.Replace(text, "5000,KRW", "5000,USD", 1), "line 3: programme"},
		"another programme":  {strings.ReplaceAll(text, "nowon", "bazaar"), "INVALID_ID"},
		"another kind":       {strings.Replace(text, "payout,", "pay,", 1), "payout or total"},
		"a reference typed":  {strings.Replace(text, string(refs[0][:2]), "77", 1), "INVALID_ID"},
		"a local time":       {strings.ReplaceAll(text, "00Z", "00+09:00"), "is not a time such as"},
		"another account":    {strings.ReplaceAll(text, "4f", "4F"), "INVALID_ID"},
		"an unknown member":  {`{"v":1,"more":1}`, "more"},
		"another version":    {`{"v":2}`, "format version 2"},
		"two objects":        {`{"v":1} {}`, ""},
		"totals in the past": {strings.Replace(text, ",KRW,,2026", ",KRW,,0001", 1), "is not a time"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settlement.ReadPayouts(strings.NewReader(test.text))
			require.ErrorContains(t, err, test.says)
		})
	}
	_, err := settlement.ReadPayouts(strings.NewReader("\xef\xbb\xbf" + text))
	require.NoError(t, err, "a spreadsheet's mark is passed over")
	_, err = settlement.ReadPayouts(io.MultiReader(strings.NewReader(`{"v":`), zeros{}))
	require.ErrorContains(t, err, "larger than 32 MiB")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// Whatever is read is sound and reads back as it was.
func FuzzReadPayouts(f *testing.F) {
	text, _ := sample(f)
	f.Add([]byte(text))
	f.Add([]byte(`{"v":1,"program":"nowon","unit":"KRW","made":"2026-11-27T09:00:00Z","rows":[],"count":0,"total":0}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := settlement.ReadPayouts(bytes.NewReader(raw))
		if err != nil {
			return
		}
		for _, write := range []func(io.Writer) error{file.WriteCSV, file.WriteJSON} {
			var out bytes.Buffer
			require.NoError(t, write(&out))
			back, err := settlement.ReadPayouts(&out)
			require.NoError(t, err)
			require.Equal(t, file.Total, back.Total)
			require.ElementsMatch(t, file.Rows, back.Rows)
		}
	})
}

func FuzzReadConfirmations(f *testing.F) {
	f.Add([]byte("reference,bankref,amount,unit\nA,T-1,5,KRW\n"))
	f.Add([]byte(`{"v":1,"rows":[{"reference":"A","bankref":"T-1","amount":5,"unit":"KRW"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := settlement.ReadConfirmations(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var out bytes.Buffer
		require.NoError(t, file.WriteJSON(&out))
		back, err := settlement.ReadConfirmations(&out)
		require.NoError(t, err)
		require.Len(t, back.Rows, len(file.Rows))
	})
}
