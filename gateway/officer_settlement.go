// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/settlement"
)

// PayoutFile gathers the redemptions of a programme that the bank still has to
// pay, as its cashier or an auditor: ROLE_MISSING, PROGRAM_UNKNOWN,
// POLICY_UNKNOWN. It reads those that are open and no other. A redemption stays in the
// files until it is confirmed: the bank knows one it has paid by its reference. Those
// of frozen accounts and suspended shops are withheld until they may act again.
func (c *Currency) PayoutFile(ctx context.Context, program string) (*settlement.Payouts, error) {
	rules, err := c.Policy(ctx, program, 0)
	if err != nil {
		return nil, err
	}
	file := settlement.NewPayouts(program, rules.Unit, time.Now())
	for bookmark := ""; ; {
		page, err := c.Unpaid(ctx, program, 0, bookmark)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Records {
			name, err := receiptName(e.Key)
			if err != nil {
				return nil, fmt.Errorf("redemption %w", err)
			}
			if err := file.Add(name, e.Record); err != nil {
				return nil, err
			}
		}
		if bookmark = page.Next; bookmark == "" {
			return file, nil
		}
	}
}

// receiptName reads the key of a record that stands under account and sequence number.
func receiptName(key []string) (name currency.ReceiptName, err error) {
	if len(key) != 2 {
		return name, fmt.Errorf("key %q: account and sequence number are expected", key)
	}
	name.Holder = key[0]
	if name.Seq, err = strconv.ParseInt(key[1], 10, 64); err != nil {
		err = fmt.Errorf("key %q: %w", key, err)
	}
	return name, err
}

// ConfirmPayouts records what the bank says it paid, as its cashier. What became
// of each row is in the results; see [settlement.Confirming]. Send the same file
// again after any error: it goes on where it stopped. An empty Unit is the
// programme's own.
func (c *Currency) ConfirmPayouts(ctx context.Context, confirming settlement.Confirming) ([]settlement.Result, error) {
	if confirming.Unit == "" {
		rules, err := c.Policy(ctx, confirming.Program, 0)
		if err != nil {
			return nil, err
		}
		confirming.Unit = rules.Unit
	}
	return confirming.Confirm(ctx, c)
}
