// SPDX-License-Identifier: Apache-2.0

package call_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestValidate(t *testing.T) {
	long := strings.Repeat("x", 257)
	for name, tc := range map[string]struct {
		request interface{ Validate() error }
		good    bool
	}{
		"role":                  {call.SetRole{Name: "kim", Role: "issuer"}, true},
		"a name in Hangul":      {call.SetRole{Name: "김철수", Role: "issuer"}, true},
		"role of nobody":        {call.SetRole{Role: "issuer"}, false},
		"role of a long name":   {call.SetRole{Name: long, Role: "issuer"}, false},
		"no role":               {call.SetRole{Name: "kim"}, false},
		"member":                {call.Member{MSP: "CityMSP", Name: "kim"}, true},
		"member of nothing":     {call.Member{Name: "kim"}, false},
		"member without a name": {call.Member{MSP: "CityMSP"}, false},
		"member of a long MSP":  {call.Member{MSP: long[:129], Name: "kim"}, false},
		"member of a long name": {call.Member{MSP: "CityMSP", Name: long}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.request.Validate(); (err == nil) != tc.good || err != nil && !errors.Is(err, code.BadRequest) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Clients read these; their JSON does not change by accident.
func TestJSON(t *testing.T) {
	for want, v := range map[string]any{
		`{"op":"1","name":"kim","role":"issuer"}`:                                        call.SetRole{Operation: call.Operation{Op: "1"}, Name: "kim", Role: "issuer"},
		`{"v":1,"chaincode":"currency","events":[{"type":"Paid","refs":["nowon/H/1"]}]}`: call.Envelope{V: 1, Chaincode: "currency", Events: []call.Event{{Type: "Paid", Refs: []string{"nowon/H/1"}}}},
		`{"records":[{"key":["a"],"record":1}],"next":"b"}`:                              call.Page[int]{Records: []call.Entry[int]{{Key: []string{"a"}, Record: 1}}, Next: "b"},
		`{"msp":"CityMSP","name":"kim","role":"issuer","by":"lee","granted":1772409600}`: call.Grant{MSP: "CityMSP", Name: "kim", Role: "issuer", By: "lee", Granted: 1772409600},
	} {
		got, err := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
}
