// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// heard reads a statement, checks its signature against the signer's document as
// it stands, and has it carried out once. do answers the record and the event's
// name; the same statement again answers what is there now.
func heard[P identity.Payload](t *ledger.Tx, compact string, do func(identity.Said[P]) error) (identity.Told, error) {
	s, err := identity.ParseStatement[P](place(t), compact)
	if err != nil {
		return identity.Told{}, err
	}
	author, err := states(t, []string{s.By})
	if err != nil {
		return identity.Told{}, err
	}
	state, found := author[s.By]
	if !found {
		return identity.Told{}, identity.DIDUnknown.Errorf("%s", s.By)
	}
	// A statement that was carried out stays so when its key is gone.
	told, again, err := statements.Get(t, s.Digest)
	if err != nil || again {
		return told, err
	}
	if err := s.Verify(state); err != nil {
		return told, err
	}
	if err := do(s); err != nil {
		return told, err
	}
	told = identity.Told{Tx: t.ID(), Time: t.Now().Unix()}
	return told, statements.Put(t, told, s.Digest)
}

func place(t *ledger.Tx) identity.Place {
	return identity.Place{Network: t.Network(), Channel: t.Channel(), Chaincode: t.Chaincode()}
}

// schemaFunctions take one statement, a compact JWS by a key for assertions of the
// owner's document, and answer an identity.Told, the first one if it was carried
// out before:
//
//   - RegisterSchema (schema+jws) emits SchemaRegistered, owner/name/version.
//     SCHEMA_EXISTS.
//   - DeprecateSchema (schema-deprecation+jws) emits SchemaDeprecated.
//     SCHEMA_UNKNOWN, SCHEMA_STATE.
//   - Schema {ref} answers an identity.Schema. SCHEMA_UNKNOWN.
func schemaFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Order("RegisterSchema", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], registerSchema(t)) }),
		ledger.Order("DeprecateSchema", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], deprecateSchema(t)) }),
		ledger.Query("Schema", func(t *ledger.Tx, q identity.SchemaQuery) (identity.Schema, error) { return schema(t, q.Ref) }),
	}
}

func registerSchema(t *ledger.Tx) func(identity.Said[identity.RegisterSchema]) error {
	return func(s identity.Said[identity.RegisterSchema]) error {
		r := s.Payload
		version := ledger.Num(int64(r.Version))
		if taken, err := schemas.Has(t, s.ByID, r.Name, version); err != nil || taken {
			return first(err, identity.SchemaExists.Errorf("%s version %d", r.Name, r.Version))
		}
		t.Emit("SchemaRegistered", s.ByID+"/"+r.Name+"/"+version)
		return schemas.Put(t, identity.Schema{
			Ref: identity.NewSchemaRef(s.ByID, r.Name, r.Version), Owner: s.By, Digest: r.Digest, URI: r.URI,
			Registered: t.Now().Unix(), Statement: s.Digest,
		}, s.ByID, r.Name, version)
	}
}

func deprecateSchema(t *ledger.Tx) func(identity.Said[identity.DeprecateSchema]) error {
	return func(s identity.Said[identity.DeprecateSchema]) error {
		r := s.Payload
		have, err := schema(t, identity.NewSchemaRef(s.ByID, r.Name, r.Version))
		if err != nil {
			return err
		}
		if _, err := schema(t, r.Successor); err != nil {
			return err
		}
		if have, err = have.Deprecate(r.Successor, t.Now().Unix()); err != nil {
			return err
		}
		version := ledger.Num(int64(r.Version))
		t.Emit("SchemaDeprecated", s.ByID+"/"+r.Name+"/"+version)
		return schemas.Put(t, have, s.ByID, r.Name, version)
	}
}

func schema(t *ledger.Tx, ref identity.SchemaRef) (identity.Schema, error) {
	owner, name, version, err := ref.Split()
	if err != nil {
		return identity.Schema{}, err
	}
	s, found, err := schemas.Get(t, owner, name, ledger.Num(int64(version)))
	if err == nil && !found {
		err = identity.SchemaUnknown.Errorf("%s", string(ref))
	}
	return s, err
}

// first returns the failure to read, if there was one, else the refusal.
func first(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}
