// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

// officers are those that the script knows, with a profile of their name.
var officers = map[string]string{
	"komsco-admin": "KomscoMSP", "city-admin": "CityMSP", "bank-admin": "BankMSP",
	"planner": "CityMSP", "treasurer": "CityMSP", "issuer": "CityMSP", "markets": "CityMSP",
	"approver": "KomscoMSP", "guard": "KomscoMSP", "cashier": "BankMSP",
}

// TestOnFabric drives the real program on a real network: a programme from its
// definition to the payout and the audit, and another one's shops and earnings.
func TestOnFabric(t *testing.T) {
	n := networktest.New(t, testnetwork.Options{Chaincodes: []testnetwork.Chaincode{
		{Name: "currency", Package: "./chaincode/currency/cmd/currency"},
	}})
	place := currency.Place{Network: n.Consortium().Network, Channel: n.Consortium().Channel, Chaincode: "currency"}
	money := client(t, n, "KomscoMSP", "gateway").Currency(place.Channel, place.Chaincode)
	for _, s := range []struct{ name, folder, program string }{{"day", "testdata/e2e", "nowon"}, {"shops", "testdata/shops", "harbour"}} {
		c := &courier{ctx: t.Context(), money: money, place: place, program: s.program}
		t.Run(s.name, func(t *testing.T) { play(t, n, s.folder, c) })
	}
}

func play(t *testing.T, n *testnetwork.Network, folder string, courier *courier) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("TRUSTCTL_PROGRAM", courier.program)
			for name, msp := range officers {
				if err := writeProfile(n, filepath.Join(e.WorkDir, "config", "trustctl"), name, msp); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"shop": courier.shop, "accounts": courier.accounts, "trade": courier.trade,
			"attester": courier.attester, "attest": courier.attest, "pay": courier.pay, "redeem": courier.redeem,
		},
	})
}

func user(n *testnetwork.Network, msp, name string) (testnetwork.User, error) {
	if strings.HasSuffix(name, "-admin") {
		name = "Admin"
	}
	return n.User(msp, name)
}

func writeProfile(n *testnetwork.Network, folder, name, msp string) error {
	org, err := n.Org(msp)
	if err != nil {
		return err
	}
	u, err := user(n, msp, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	text := fmt.Sprintf("peer: %s\npeer-name: %s\ntls-cert: %s\nmsp: %s\ncert: %s\nkey: %s\n",
		org.Peer, org.PeerHost, org.TLSRoot, msp, u.Cert, filepath.Join(u.MSPDir, "keystore"))
	return os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600)
}

func client(t *testing.T, n *testnetwork.Network, msp, name string) *gateway.Client {
	t.Helper()
	org, err := n.Org(msp)
	require.NoError(t, err)
	u, err := user(n, msp, name)
	require.NoError(t, err)
	c, err := gateway.Connect(t.Context(), gateway.Options{
		PeerEndpoint: org.Peer, PeerName: org.PeerHost, TLSRootCert: org.TLSRoot, MSPID: msp, Cert: u.Cert, Key: u.Key,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// courier carries what residents and the shop sign; it holds no role.
type courier struct {
	ctx       context.Context
	money     *gateway.Currency
	place     currency.Place
	program   string
	centre    *gateway.Wallet // whose word counts
	stall     *gateway.Holder
	residents []*gateway.Holder
}

func (c *courier) wallet(ts *testscript.TestScript) *gateway.Wallet {
	key, err := gateway.NewKey()
	ts.Check(err)
	w, err := gateway.NewWallet(key, c.place)
	ts.Check(err)
	return w
}

func (c *courier) holder(ts *testscript.TestScript) *gateway.Holder {
	return c.wallet(ts).In(c.program)
}

// attester draws the key of an organisation: attester.
func (c *courier) attester(ts *testscript.TestScript, _ bool, _ []string) {
	c.centre = c.wallet(ts)
	ts.Setenv("ATTESTER", c.centre.DID)
}

// attest has it say how many minutes a resident volunteered: attest RESIDENT MINUTES
// RECORD.
func (c *courier) attest(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	digest := sha256.Sum256([]byte(args[2]))
	ts.Setenv("EVIDENCE", hex.EncodeToString(digest[:]))
	word, err := c.centre.Attest(currency.Attestation{
		Activity: "volunteering", Evidence: hex.EncodeToString(digest[:]), Holder: c.number(ts, args[0]).Account(), Program: c.program, Quantity: minutes, Unit: "minute",
	})
	ts.Check(err)
	ts.Setenv("WORD", word)
}

func (c *courier) number(ts *testscript.TestScript, arg string) *gateway.Holder {
	n, err := strconv.Atoi(arg)
	ts.Check(err)
	return c.residents[n]
}

// pay has a resident claim all and pay: pay RESIDENT SEQ SHOP WON [CODE WORDS], of a
// refusal.
func (c *courier) pay(ts *testscript.TestScript, _ bool, args []string) {
	h := c.number(ts, args[0])
	order, err := h.Payment(currency.Payment{Seq: c.won(ts, args[1]), To: args[2], Amount: c.won(ts, args[3]), Claims: c.credits(ts, h)})
	ts.Check(err)
	_, err = c.money.Pay(c.ctx, order)
	c.answered(ts, err, args[4:])
}

// redeem has the shop claim all and redeem: redeem SEQ WON [CODE WORDS].
func (c *courier) redeem(ts *testscript.TestScript, _ bool, args []string) {
	order, err := c.stall.Redeem(currency.Redeem{Seq: c.won(ts, args[0]), Amount: c.won(ts, args[1]), Claims: c.credits(ts, c.stall)})
	ts.Check(err)
	_, err = c.money.Redeem(c.ctx, order)
	c.answered(ts, err, args[2:])
}

func (c *courier) won(ts *testscript.TestScript, arg string) int64 {
	n, err := strconv.ParseInt(arg, 10, 64)
	ts.Check(err)
	return n
}

// answered fails unless an order was carried out, or refused with these words.
func (c *courier) answered(ts *testscript.TestScript, err error, words []string) {
	if len(words) == 0 {
		ts.Check(err)
		return
	}
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			ts.Fatalf("answered %v, expected %q", err, w)
		}
	}
}

// shop draws a shop's key: shop.
func (c *courier) shop(ts *testscript.TestScript, _ bool, _ []string) {
	c.stall = c.holder(ts)
	ts.Setenv("SHOP_DID", c.stall.DID())
	ts.Setenv("SHOP_ACCOUNT", c.stall.Account())
}

// accounts opens accounts and writes a file of rows: accounts COUNT AMOUNT FILE.
func (c *courier) accounts(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	var (
		orders []string
		rows   strings.Builder
	)
	rows.WriteString("account,amount\n")
	for range count {
		h := c.holder(ts)
		order, err := h.Open("")
		ts.Check(err)
		orders = append(orders, order)
		c.residents = append(c.residents, h)
		fmt.Fprintf(&rows, "%s,%s\n", h.Account(), args[1])
	}
	c.batch(ts, orders)
	ts.Setenv("RESIDENT", c.residents[0].DID())
	ts.Setenv("NEIGHBOUR", c.residents[count-1].DID())
	ts.Setenv("NEIGHBOUR_ACCOUNT", c.residents[count-1].Account())
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(rows.String()), 0o600))
}

func (c *courier) batch(ts *testscript.TestScript, orders []string) {
	items, err := c.money.PayBatch(c.ctx, orders...)
	ts.Check(err)
	for _, item := range items {
		if item.Code != "" {
			ts.Fatalf("%s: %s", item.Code, item.Detail)
		}
	}
}

// trade lets every resident but the first claim and pay, and the shop redeem:
// trade AMOUNT.
func (c *courier) trade(ts *testscript.TestScript, _ bool, args []string) {
	amount, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	var orders []string
	for _, h := range c.residents[1:] {
		claims := c.credits(ts, h)
		order, err := h.Payment(currency.Payment{Seq: 1, To: "stall", Amount: amount, Claims: claims})
		ts.Check(err)
		orders = append(orders, order)
	}
	c.batch(ts, orders)
	total := amount * int64(len(orders))
	order, err := c.stall.Redeem(currency.Redeem{Seq: 1, Amount: total, Claims: c.credits(ts, c.stall)})
	ts.Check(err)
	_, err = c.money.Redeem(c.ctx, order)
	ts.Check(err)
	ts.Setenv("TAKINGS", strconv.FormatInt(total, 10))
}

func (c *courier) credits(ts *testscript.TestScript, h *gateway.Holder) []currency.CreditName {
	read, err := h.Read()
	ts.Check(err)
	page, err := c.money.Credits(c.ctx, c.program, h.Account(), read, 0, "")
	ts.Check(err)
	names := make([]currency.CreditName, len(page.Records))
	for i, e := range page.Records {
		names[i], err = gateway.CreditName(e)
		ts.Check(err)
	}
	return names
}
