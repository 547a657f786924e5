// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func setting(op, text string) string {
	return fmt.Sprintf(`{"op":%q,"shelf":"a","id":"1","text":%q}`, op, text)
}

func TestOperationIsDoneOnce(t *testing.T) {
	l := newLab(t)
	first, err := l.net.Invoke(l.kim, "lab", "SetNote", setting("op-1", "<노원> & more"))
	if err != nil {
		t.Fatal(err)
	}
	before := l.state()

	again, err := l.net.Endorse(l.kim, "lab", "SetNote", setting("op-1", "<노원> & more"))
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Payload) != string(first) || len(again.Writes()) != 0 || again.Event != nil {
		t.Errorf("again: %s, was %s; writes %v; event %s", again.Payload, first, again.Writes(), again.Event)
	}
	// The same content in another spelling is the same content.
	spaced := strings.ReplaceAll(setting("op-1", "<노원> & more"), ",", " , ")
	if again, err := l.net.Query(l.kim, "lab", "SetNote", spaced); err != nil || string(again) != string(first) {
		t.Errorf("spelled otherwise: %s, %v", again, err)
	}
	_, err = l.net.Endorse(l.kim, "lab", "SetNote", setting("op-1", "other"))
	if message := refused(t, err, code.OperationReused); !strings.Contains(message, "CityMSP/kim") {
		t.Errorf("%s does not say whose", message)
	}
	_, err = l.net.Endorse(l.kim, "lab", "SetOther", setting("op-1", "<노원> & more"))
	refused(t, err, code.OperationReused)
	if after := l.state(); len(after) != len(before) {
		t.Errorf("state %v", after)
	}

	// Ids are each caller's own.
	for _, other := range []*ledgertest.Caller{l.net.Caller("CityMSP", "lee", ledgertest.Client), l.net.Caller("BankMSP", "kim", ledgertest.Client)} {
		if _, err := l.net.Invoke(other, "lab", "SetNote", setting("op-1", "of "+other.MSPID+other.Name)); err != nil {
			t.Error(err)
		}
	}
}

func TestOperationIDs(t *testing.T) {
	l := newLab(t)
	for op, ok := range map[string]bool{
		"1": true, "a-Z_0.9:@": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a/b": false, "a\x00": false, "노": false,
	} {
		_, err := l.net.Endorse(l.kim, "lab", "SetNote", strings.ReplaceAll(setting(op, "x"), `\x00`, `\u0000`))
		if ok && err != nil {
			t.Errorf("%q: %v", op, err)
		}
		if !ok {
			refused(t, err, code.BadRequest)
		}
	}
	_, err := l.net.Endorse(l.kim, "lab", "SetNote", `{"shelf":"a","id":"1","text":"x"}`)
	refused(t, err, code.BadRequest)
}

// A refused operation is not remembered: once the reason is gone it may be sent
// again.
func TestRefusedOperationLeavesNothing(t *testing.T) {
	l := newLab(t)
	grant := `{"op":"op-1","name":"kim","role":"reader"}`
	_, err := l.net.Invoke(l.kim, "lab", "GrantRole", grant)
	refused(t, err, code.NotAdmin)
	if len(l.state()) != 0 {
		t.Errorf("state %v", l.state())
	}
	if _, err := l.net.Invoke(l.net.Caller("CityMSP", "kim", ledgertest.Admin), "lab", "GrantRole", grant); err != nil {
		t.Error(err)
	}
}

// Sent twice at the same moment it is done once, and the second learns the
// first one's result when it asks again.
func TestOperationSentTwiceAtOnce(t *testing.T) {
	l := newLab(t)
	endorse := func() *ledgertest.Endorsement {
		e, err := l.net.Endorse(l.kim, "lab", "SetNote", setting("op-1", "x"))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	a, b := endorse(), endorse()
	if codes := l.net.Commit(a, b); !slices.Equal(codes, []peer.TxValidationCode{peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT}) {
		t.Errorf("codes %v", codes)
	}
	if again := endorse(); string(again.Payload) != string(a.Payload) || len(again.Writes()) != 0 {
		t.Errorf("again: %s, writes %v", again.Payload, again.Writes())
	}
}
