// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// The registries of the identity contract. Statements are compact JWS by a key for
// assertions of the document of who makes them; each is carried out once, and sent
// again gives the first result.

// statements are the functions that carry out statements, by the statements' typ.
var statements = map[string]string{
	identity.TypSchema: "RegisterSchema", identity.TypDeprecation: "DeprecateSchema",
	identity.TypAccreditation: "Accredit", identity.TypWithdrawal: "WithdrawAccreditation",
	identity.TypStatusList: "OpenStatusList", identity.TypStatus: "SetStatus",
}

// StatementFunction is the contract's function that carries out statements of a typ.
func StatementFunction(typ string) (function string, ok bool) {
	function, ok = statements[typ]
	return function, ok
}

// Tell carries out a statement of a typ (identity.TypSchema and so on) and waits
// for the commit. It returns INVALID_STATEMENT for another typ.
func (i *Identity) Tell(ctx context.Context, typ, statement string) (identity.Told, error) {
	function, ok := StatementFunction(typ)
	if !ok {
		return identity.Told{}, identity.InvalidStatement.Errorf("typ %.40q is no statement to a registry", typ)
	}
	payload, err := i.contract.submit(ctx, function, statement)
	return decode[identity.Told](function, payload, err)
}

// Schema is a version of a schema. SCHEMA_UNKNOWN.
func (i *Identity) Schema(ctx context.Context, ref identity.SchemaRef) (identity.Schema, error) {
	payload, err := i.contract.ask(ctx, "Schema", identity.SchemaQuery{Ref: ref})
	return decode[identity.Schema]("Schema", payload, err)
}

// Accredited tells by which grants a subject has a standing. NOT_ACCREDITED,
// OVER_ASKING.
func (i *Identity) Accredited(ctx context.Context, q identity.AccreditedQuery) (identity.AccreditedAnswer, error) {
	payload, err := i.contract.ask(ctx, "Accredited", q)
	return decode[identity.AccreditedAnswer]("Accredited", payload, err)
}

// Root is a root of accreditation. ROOT_UNKNOWN.
func (i *Identity) Root(ctx context.Context, name string) (identity.Root, error) {
	payload, err := i.contract.ask(ctx, "Root", identity.RootQuery{Name: name})
	return decode[identity.Root]("Root", payload, err)
}

// RootNames are the roots that a DID is, or was. ROOT_UNKNOWN.
func (i *Identity) RootNames(ctx context.Context, did string) (identity.RootNames, error) {
	payload, err := i.contract.ask(ctx, "RootNames", identity.RootNamesQuery{DID: did})
	return decode[identity.RootNames]("RootNames", payload, err)
}

// Status is one entry of a status list. STATUS_LIST_UNKNOWN.
func (i *Identity) Status(ctx context.Context, owner, list string, index int) (identity.StatusAnswer, error) {
	payload, err := i.contract.ask(ctx, "Status", identity.StatusQuery{Owner: owner, List: list, Index: index})
	return decode[identity.StatusAnswer]("Status", payload, err)
}

// StatusAt is one entry of a status list as of a time. STATUS_LIST_UNKNOWN,
// VERSION_UNKNOWN.
func (i *Identity) StatusAt(ctx context.Context, q identity.StatusQuery) (identity.StatusAnswer, error) {
	payload, err := i.contract.ask(ctx, "Status", q)
	return decode[identity.StatusAnswer]("Status", payload, err)
}

// StatusBits is a whole status list. STATUS_LIST_UNKNOWN.
func (i *Identity) StatusBits(ctx context.Context, owner, list string) (identity.StatusBits, error) {
	payload, err := i.contract.ask(ctx, "StatusBits", identity.StatusQuery{Owner: owner, List: list})
	return decode[identity.StatusBits]("StatusBits", payload, err)
}

// GrantRole gives a role to a member of the caller's own organisation, whose
// administrator the caller is: NOT_ADMIN, ROLE_UNKNOWN.
func (i *Identity) GrantRole(ctx context.Context, r call.SetRole) (call.Grant, error) {
	return act[call.Grant](ctx, i, "GrantRole", r)
}

// ProposeRoot proposes to open or close a root, as a registrar.
func (i *Identity) ProposeRoot(ctx context.Context, r identity.ProposeRoot) (identity.Root, error) {
	return act[identity.Root](ctx, i, "ProposeRoot", r)
}

// ApproveRoot approves that, as an approver of another organisation.
func (i *Identity) ApproveRoot(ctx context.Context, r identity.ApproveRoot) (identity.Root, error) {
	return act[identity.Root](ctx, i, "ApproveRoot", r)
}

// act carries out an officer's request, which counts once by its operation id.
func act[T any](ctx context.Context, i *Identity, function string, request interface{ Validate() error }) (result T, err error) {
	if err := request.Validate(); err != nil {
		return result, err
	}
	arg, err := json.Marshal(request)
	if err != nil {
		return result, fmt.Errorf("encode the request of %s: %w", function, err)
	}
	payload, err := i.contract.submit(ctx, function, string(arg))
	return decode[T](function, payload, err)
}
