// SPDX-License-Identifier: Apache-2.0

// Command usual is a token as public samples write it, for comparison: balances
// of accounts in JSON, read and written by every transfer; the payer is who the
// certificate says; contract-api. It is measured, never deployed.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// Account is what somebody holds.
type Account struct {
	ID      string `json:"id"`
	Balance int64  `json:"balance"`
}

// Token is the contract.
type Token struct{ contractapi.Contract }

// Mint credits the caller. Who may is left out: it is not what is measured.
func (t *Token) Mint(ctx contractapi.TransactionContextInterface, amount int64) error {
	caller, err := ctx.GetClientIdentity().GetID()
	if err != nil {
		return fmt.Errorf("read the caller's identity: %w", err)
	}
	return t.add(ctx, caller, amount)
}

// Transfer moves amount from the caller's account to another.
func (t *Token) Transfer(ctx contractapi.TransactionContextInterface, to string, amount int64) error {
	caller, err := ctx.GetClientIdentity().GetID()
	if err != nil {
		return fmt.Errorf("read the caller's identity: %w", err)
	}
	if amount <= 0 {
		return fmt.Errorf("amount %d: a positive one is needed", amount)
	}
	if caller == to {
		return fmt.Errorf("payer and payee are the same")
	}
	if err := t.add(ctx, caller, -amount); err != nil {
		return err
	}
	if err := t.add(ctx, to, amount); err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{"from": caller, "to": to, "value": amount})
	if err != nil {
		return fmt.Errorf("encode the event: %w", err)
	}
	return ctx.GetStub().SetEvent("Transfer", event)
}

// BalanceOf returns what an account holds.
func (t *Token) BalanceOf(ctx contractapi.TransactionContextInterface, id string) (int64, error) {
	a, err := t.account(ctx, id)
	return a.Balance, err
}

func (t *Token) add(ctx contractapi.TransactionContextInterface, id string, amount int64) error {
	a, err := t.account(ctx, id)
	if err != nil {
		return err
	}
	if a.Balance += amount; a.Balance < 0 {
		return fmt.Errorf("account holds %d, %d are needed", a.Balance-amount, -amount)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode the account: %w", err)
	}
	return ctx.GetStub().PutState(id, raw)
}

func (t *Token) account(ctx contractapi.TransactionContextInterface, id string) (Account, error) {
	a := Account{ID: id}
	raw, err := ctx.GetStub().GetState(id)
	if err != nil {
		return a, fmt.Errorf("read the account: %w", err)
	}
	if raw == nil {
		return a, nil
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("decode the account: %w", err)
	}
	return a, nil
}

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	cc, err := contractapi.NewChaincode(&Token{})
	if err != nil {
		return err
	}
	server := &shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: cc,
	}
	for name, into := range map[string]*[]byte{
		"CHAINCODE_TLS_KEY": &server.TLSProps.Key, "CHAINCODE_TLS_CERT": &server.TLSProps.Cert, "CHAINCODE_TLS_CLIENT_CA": &server.TLSProps.ClientCACerts,
	} {
		if *into, err = os.ReadFile(os.Getenv(name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return server.Start()
}
