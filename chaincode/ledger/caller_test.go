// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestCaller(t *testing.T) {
	l := newLab(t)
	var got, again ledger.Caller
	body := func(tx *ledger.Tx) error {
		var err, err2 error
		got, err = tx.Caller()
		again, err2 = tx.Caller()
		return errors.Join(err, err2)
	}
	for _, tc := range []struct {
		caller *ledgertest.Caller
		want   ledger.Caller
	}{
		{l.net.Caller("CityMSP", "kim", ledgertest.Client), ledger.Caller{MSP: "CityMSP", Name: "kim"}},
		{l.net.Caller("CityMSP", "kim", ledgertest.Peer), ledger.Caller{MSP: "CityMSP", Name: "kim"}},
		{l.net.Caller("CityMSP", "admin", ledgertest.Client), ledger.Caller{MSP: "CityMSP", Name: "admin"}},
		{l.net.Caller("BankMSP", "김/철수", ledgertest.Admin), ledger.Caller{MSP: "BankMSP", Name: "김/철수", Admin: true}},
	} {
		l.body = body
		if _, err := l.net.Endorse(tc.caller, "lab", "Do"); err != nil {
			t.Fatal(err)
		}
		if got != tc.want || again != got || got.String() != tc.want.MSP+"/"+tc.want.Name {
			t.Errorf("caller %+v, want %+v", got, tc.want)
		}
	}
}

// impostor gives another creator than the proposal's.
type impostor struct {
	shim.ChaincodeStubInterface
	creator []byte
	err     error
}

func (i impostor) GetCreator() ([]byte, error) { return i.creator, i.err }

func TestNoSilentNilCaller(t *testing.T) {
	identity := func(mspID string, cert []byte) []byte {
		raw, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: cert})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	l := newLab(t)
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.kim.Certificate.Raw})
	nameless := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.net.Caller("CityMSP", "", ledgertest.Admin).Certificate.Raw})
	for name, fake := range map[string]impostor{
		"no creator":                {},
		"an error":                  {err: errDisk, creator: identity("CityMSP", good)},
		"no identity":               {creator: []byte("kim")},
		"no certificate":            {creator: identity("CityMSP", nil)},
		"no PEM":                    {creator: identity("CityMSP", l.kim.Certificate.Raw)},
		"a broken certificate":      {creator: identity("CityMSP", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))},
		"no MSP":                    {creator: identity("", good)},
		"an MSP that is no key":     {creator: identity("City/MSP", good)},
		"an MSP that is too long":   {creator: identity(strings.Repeat("x", 129), good)},
		"nobody in the certificate": {creator: identity("CityMSP", nameless)},
	} {
		t.Run(name, func(t *testing.T) {
			l.wrap = func(stub shim.ChaincodeStubInterface) shim.ChaincodeStubInterface {
				fake.ChaincodeStubInterface = stub
				return fake
			}
			_, err := l.endorse(func(tx *ledger.Tx) error {
				c, err := tx.Caller()
				if c != (ledger.Caller{}) {
					t.Errorf("half a caller: %+v", c)
				}
				return err
			})
			refused(t, err, code.NoCaller)
			_, err = l.net.Endorse(l.kim, "lab", "SetNote", `{"op":"1","shelf":"a","id":"1","text":"x"}`)
			refused(t, err, code.NoCaller)
			_, err = l.net.Endorse(l.kim, "lab", "GrantRole", `{"op":"1","name":"kim","role":"reader"}`)
			refused(t, err, code.NoCaller)
			_, err = l.endorse(func(tx *ledger.Tx) error {
				_, err := tx.RequireRole(roleReader, "CityMSP", "")
				return err
			})
			refused(t, err, code.NoCaller)
		})
	}
}
