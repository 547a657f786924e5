// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

// Organisations of the default consortium, as a programme names them.
var organisations = currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"}

// officers and the roles they hold, as their organisations' administrators grant
// them.
var officers = []struct {
	msp, name string
	roles     []call.Role
}{
	{"CityMSP", "planner", []call.Role{currency.RoleRegistrar, currency.RolePolicy}},
	{"CityMSP", "treasurer", []call.Role{currency.RoleTreasurer}},
	{"CityMSP", "issuer", []call.Role{currency.RoleIssuer}},
	{"CityMSP", "markets", []call.Role{currency.RoleMerchants}},
	{"KomscoMSP", "approver", []call.Role{currency.RoleApprover}},
	{"KomscoMSP", "guard", []call.Role{currency.RoleGuard, currency.RoleAuditor}},
	{"BankMSP", "cashier", []call.Role{currency.RoleCashier}},
}

func (t *Town) officer(ctx context.Context, msp, name string) (*gateway.Currency, error) {
	return t.Platform.Officer(ctx, msp, name)
}

// op is an operation id that this town's officers use once.
func (t *Town) op(what string) call.Operation { return call.Operation{Op: t.Program + "." + what} }

func (t *Town) grantRoles(ctx context.Context) error {
	for _, o := range officers {
		admin, err := t.officer(ctx, o.msp, "Admin")
		if err != nil {
			return err
		}
		user, err := t.Platform.User(o.msp, o.name)
		if err != nil {
			return err
		}
		for _, role := range o.roles {
			_, err := admin.GrantRole(ctx, call.SetRole{
				Operation: call.Operation{Op: fmt.Sprintf("grant.%s.%s", o.name, role)}, Name: user.CommonName, Role: role,
			})
			if err != nil {
				return fmt.Errorf("grant %s to %s: %w", role, user.CommonName, err)
			}
		}
	}
	return nil
}

// Deposit is the bank's confirmation that money arrived.
func (t *Town) Deposit(ctx context.Context, ref string, won int64) error {
	cashier, err := t.officer(ctx, "BankMSP", "cashier")
	if err != nil {
		return err
	}
	_, err = cashier.ConfirmDeposit(ctx, currency.ConfirmDeposit{
		Operation: t.op("deposit." + ref), Program: t.Program, Ref: ref, Fund: "principal", Amount: won,
	})
	if err != nil {
		return err
	}
	return t.level(ctx)
}

// Appropriate is a budget that two people of two organisations agree on.
func (t *Town) Appropriate(ctx context.Context, id string, won int64) error {
	treasurer, err := t.officer(ctx, "CityMSP", "treasurer")
	if err != nil {
		return err
	}
	_, err = treasurer.ProposeAppropriation(ctx, currency.ProposeAppropriation{
		Operation: t.op("propose." + id), Program: t.Program, ID: id, Fund: "subsidy", Amount: won,
	})
	if err != nil {
		return err
	}
	if err := t.level(ctx); err != nil {
		return err
	}
	approver, err := t.officer(ctx, "KomscoMSP", "approver")
	if err != nil {
		return err
	}
	_, err = approver.ApproveAppropriation(ctx, currency.RecordOperation{
		Operation: t.op("approve." + id), RecordQuery: currency.RecordQuery{Program: t.Program, ID: id},
	})
	if err != nil {
		return err
	}
	return t.level(ctx)
}

// Register takes a new shop into the programme.
func (t *Town) Register(ctx context.Context, id, region, category string) (*Shop, error) {
	markets, err := t.officer(ctx, "CityMSP", "markets")
	if err != nil {
		return nil, err
	}
	owner, err := t.resident()
	if err != nil {
		return nil, err
	}
	account := sha256.Sum256([]byte("salt of " + id + ", account 110-000-000000"))
	_, err = markets.RegisterMerchant(ctx, currency.RegisterMerchant{
		Operation: t.op("merchant." + id), Program: t.Program, ID: id, DID: owner.Wallet.DID,
		Region: region, Category: category, Payout: hex.EncodeToString(account[:]),
	})
	if err != nil {
		return nil, err
	}
	shop := &Shop{Resident: owner, ID: id}
	t.Shops = append(t.Shops, shop)
	return shop, nil
}
