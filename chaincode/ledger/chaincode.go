// SPDX-License-Identifier: Apache-2.0

// Package ledger is what every contract of the platform shares: typed keys and
// records, a unit of work that sees its own writes, the caller and the roles on
// the ledger, operation ids, coded errors, one event a transaction, strict
// decoding and serving. It stands directly on the chaincode shim: a dispatcher
// that is strict about names, counts and fields is shorter than one that has to
// undo a lenient library.
package ledger

import (
	"encoding/json"
	"fmt"
	"log"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Config is what a deployment tells a chaincode about itself. Every
// organisation's process must be told the same, or its endorsements differ.
type Config struct {
	Name    string // the name the chaincode is committed under
	Network string // the network's id, to which orders are bound
	// ClockBound is how far a submitter's clock may be off a peer's: the peers'
	// peer.authentication.timewindow. 0 is MaxClockBound.
	ClockBound time.Duration
}

// MaxClockBound is Fabric's own default, and the most that rules of money reckon with.
const MaxClockBound = 15 * time.Minute

func (c Config) clockBound() time.Duration {
	if c.ClockBound <= 0 {
		return MaxClockBound
	}
	return min(c.ClockBound, MaxClockBound)
}

// Function is one transaction function. It takes exactly Args arguments, or any
// number above zero where Args is negative.
type Function struct {
	Name    string
	Args    int
	Mutates bool
	run     func(*Tx, [][]byte) ([]byte, error)
}

type validated interface{ Validate() error }

// Query is a function that reads: one JSON argument, strictly decoded and
// validated, one JSON answer.
func Query[Req validated, Res any](name string, run func(*Tx, Req) (Res, error)) Function {
	return Function{Name: name, Args: 1, run: func(t *Tx, args [][]byte) ([]byte, error) {
		req, err := decode[Req](args[0])
		if err != nil {
			return nil, err
		}
		return answer(run(t, req))
	}}
}

// Officer is a function that changes state for an officer: its request carries
// an operation id and is carried out once.
func Officer[Req officerRequest, Res any](name string, run func(*Tx, Req) (Res, error)) Function {
	return Function{Name: name, Args: 1, Mutates: true, run: func(t *Tx, args [][]byte) ([]byte, error) {
		req, err := decode[Req](args[0])
		if err != nil {
			return nil, err
		}
		return once(t, name, req, func() (any, error) { return run(t, req) })
	}}
}

// Public is a function that changes state for whoever asks, any number of times:
// what it does follows from the ledger alone, so who asks gains nothing and
// asking again changes nothing more.
func Public[Req validated, Res any](name string, run func(*Tx, Req) (Res, error)) Function {
	f := Query(name, run)
	f.Mutates = true
	return f
}

// Order is a function that changes state by what holders signed: each argument
// is a compact JWS. args < 0 takes one or more.
func Order[Res any](name string, args int, run func(*Tx, []string) (Res, error)) Function {
	return Function{Name: name, Args: args, Mutates: true, run: func(t *Tx, raw [][]byte) ([]byte, error) {
		orders := make([]string, len(raw))
		for i, r := range raw {
			orders[i] = string(r)
		}
		return answer(run(t, orders))
	}}
}

// Binary is a function that changes state by what was signed and by bytes that
// travel beside it: the first argument is a compact JWS, the others are as they
// came. There is one of them at least.
func Binary[Res any](name string, run func(t *Tx, signed string, data [][]byte) (Res, error)) Function {
	return Function{Name: name, Args: -1, Mutates: true, run: func(t *Tx, raw [][]byte) ([]byte, error) {
		if len(raw) < 2 {
			return nil, code.BadRequest.Errorf("%s takes a compact JWS and bytes beside it, got 1 argument", name)
		}
		return answer(run(t, string(raw[0]), raw[1:]))
	}}
}

func decode[Req validated](raw []byte) (Req, error) {
	var req Req
	if err := jws.DecodeStrict(raw, &req); err != nil {
		return req, code.BadRequest.Errorf("the argument %w", err)
	}
	return req, req.Validate()
}

func answer(res any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(res)
	if err != nil {
		return nil, code.Broken.Errorf("encode answer: %w", err)
	}
	return raw, nil
}

// Chaincode dispatches transactions to functions.
type Chaincode struct {
	config    Config
	functions map[string]Function
}

var _ shim.Chaincode = (*Chaincode)(nil)

// New builds a chaincode of these functions. Two of one name panic.
func New(config Config, functions ...Function) *Chaincode {
	c := &Chaincode{config: config, functions: make(map[string]Function, len(functions))}
	for _, f := range functions {
		if _, twice := c.functions[f.Name]; twice {
			panic("function " + f.Name + " is declared twice")
		}
		c.functions[f.Name] = f
	}
	return c
}

// Functions lists the functions sorted by name.
func (c *Chaincode) Functions() []Function {
	all := make([]Function, 0, len(c.functions))
	for _, f := range c.functions {
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// Init does nothing; there is nothing to initialise.
func (c *Chaincode) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke runs the function that the first argument names. An error becomes the
// response's message, its code first, with the HTTP status of its kind; any
// status from 400 keeps the peer from endorsing, so nothing is written.
func (c *Chaincode) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("panic in transaction %s: %v\n%s", stub.GetTxID(), r, debug.Stack())
			response = refuse(code.Broken.Errorf("%v", r))
		}
	}()
	payload, err := c.invoke(stub)
	if err != nil {
		return refuse(err)
	}
	return shim.Success(payload)
}

func (c *Chaincode) invoke(stub shim.ChaincodeStubInterface) ([]byte, error) {
	args := stub.GetArgs()
	if len(args) == 0 {
		return nil, code.UnknownFunction.Errorf("no function named; there are %s", c.names())
	}
	name := string(args[0])
	f, ok := c.functions[name]
	if !ok {
		return nil, code.UnknownFunction.Errorf("%.64q; there are %s", name, c.names())
	}
	args = args[1:]
	if (f.Args >= 0 && len(args) != f.Args) || (f.Args < 0 && len(args) == 0) {
		want := fmt.Sprint(f.Args)
		if f.Args < 0 {
			want = "one or more"
		}
		return nil, code.BadRequest.Errorf("%s takes %s arguments, got %d", name, want, len(args))
	}
	if f.Mutates {
		if err := outermost(stub, c.config.Name); err != nil {
			return nil, err
		}
	}
	tx, err := newTx(stub, c.config)
	if err != nil {
		return nil, err
	}
	tx.readOnly = !f.Mutates
	payload, err := f.run(tx, args)
	if err != nil {
		return nil, err
	}
	return payload, tx.flush()
}

// outermost returns NESTED_CALL unless the signed proposal names this chaincode.
// Called from another chaincode, a mutator would miss that one's earlier writes
// and would lend it the submitter's rights.
func outermost(stub shim.ChaincodeStubInterface, own string) error {
	name, err := proposedChaincode(stub)
	if err != nil {
		return code.NestedCall.Errorf("the signed proposal cannot be read: %w", err)
	}
	if name != own {
		return code.NestedCall.Errorf("the proposal is for chaincode %.64q, this is %q", name, own)
	}
	return nil
}

func proposedChaincode(stub shim.ChaincodeStubInterface) (string, error) {
	signed, err := stub.GetSignedProposal()
	if err != nil {
		return "", err
	}
	var (
		proposal peer.Proposal
		header   common.Header
		channel  common.ChannelHeader
		ext      peer.ChaincodeHeaderExtension
	)
	for _, step := range []struct {
		raw  func() []byte
		into proto.Message
	}{
		{func() []byte { return signed.GetProposalBytes() }, &proposal},
		{func() []byte { return proposal.GetHeader() }, &header},
		{func() []byte { return header.GetChannelHeader() }, &channel},
		{func() []byte { return channel.GetExtension() }, &ext},
	} {
		if err := proto.Unmarshal(step.raw(), step.into); err != nil {
			return "", err
		}
	}
	return ext.GetChaincodeId().GetName(), nil
}

func (c *Chaincode) names() string {
	names := make([]string, 0, len(c.functions))
	for _, f := range c.Functions() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func refuse(err error) *peer.Response {
	coded := code.Of(err)
	if coded == nil {
		err = code.Broken.Errorf("%w", err)
		coded = code.Of(err)
	}
	return &peer.Response{
		Status: int32(coded.Code.Kind.Status()), //nolint:gosec // an HTTP status fits
		// The shim cannot send other bytes: the code would be lost with them.
		Message: strings.ToValidUTF8(err.Error(), "\ufffd"),
	}
}
