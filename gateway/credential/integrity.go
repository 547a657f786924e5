// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"reflect"
	"strconv"
	"time"

	"github.com/gowebpki/jcs"
	"github.com/mr-tron/base58"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The cryptosuites (W3C Data Integrity ECDSA and EdDSA Cryptosuites 1.0).
const (
	ECDSAJCS  = "ecdsa-jcs-2019"  // P-256
	EdDSAJCS  = "eddsa-jcs-2022"  // Ed25519
	EdDSARDFC = "eddsa-rdfc-2022" // Ed25519; verified only
)

var suites = map[string]struct {
	alg       string
	canonical func(v *Verifier, o Object) ([]byte, error)
}{
	ECDSAJCS: {"ES256", canonicalJSON}, EdDSAJCS: {"EdDSA", canonicalJSON}, EdDSARDFC: {"EdDSA", canonicalRDF},
}

// SignIntegrity issues a credential of VC 2.0 with a Data Integrity proof, by the
// cryptosuite of the key: ecdsa-jcs-2019 or eddsa-jcs-2022. What it leaves out of
// @context and issuer is filled in.
func SignIntegrity(vc any, by Signer, created time.Time) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	draft, err := PrepareIntegrity(vc, alg, by.Kid, created)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// PrepareIntegrity is such a credential as it is to be signed by a key elsewhere. It
// returns CREDENTIAL_MALFORMED, CREDENTIAL_UNSUPPORTED for ES256K, and KEY_NOT_VALID
// for a key that is not the issuer's.
func PrepareIntegrity(vc any, alg, kid string, created time.Time) (Draft, error) {
	o, err := vcOf(vc, kid)
	if err != nil {
		return Draft{}, err
	}
	return draftProof(o, Object{"proofPurpose": string(identity.AssertionMethod)}, alg, kid, created)
}

// SignIntegrity shows the credentials by a Data Integrity proof of the holder's key.
func (p VP) SignIntegrity(by Signer, created time.Time) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	draft, err := p.PrepareIntegrity(alg, by.Kid, created)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// PrepareIntegrity is such a presentation as it is to be signed by a key elsewhere.
func (p VP) PrepareIntegrity(alg, kid string, created time.Time) (Draft, error) {
	o, err := p.object(kid)
	if err != nil {
		return Draft{}, err
	}
	options := Object{"proofPurpose": string(identity.Authentication)}
	if p.Challenge != "" {
		options["challenge"] = p.Challenge
	}
	if p.Domain != "" {
		options["domain"] = p.Domain
	}
	return draftProof(o, options, alg, kid, created)
}

func draftProof(o, proof Object, alg, kid string, created time.Time) (Draft, error) {
	suite := map[string]string{"ES256": ECDSAJCS, "EdDSA": EdDSAJCS}[alg]
	if suite == "" {
		return Draft{}, Unsupported.Errorf("no cryptosuite for %.10s: %s and %s sign", alg, ECDSAJCS, EdDSAJCS)
	}
	proof["type"], proof["cryptosuite"], proof["verificationMethod"] = "DataIntegrityProof", suite, kid
	proof["created"] = created.UTC().Format(time.RFC3339)
	proof["@context"] = o["@context"]
	input, err := hashData(&Verifier{}, suite, o, proof)
	if err != nil {
		return Draft{}, err
	}
	return Draft{Alg: alg, Kid: kid, Input: input, finish: func(signature []byte) (string, error) {
		proof["proofValue"] = "z" + base58.Encode(signature)
		o["proof"] = proof
		raw, err := encode(o)
		return string(raw), err
	}}, nil
}

// hashData is what the signature is over: the hash of the proof's options, then that
// of the document.
func hashData(v *Verifier, suite string, document, proof Object) ([]byte, error) {
	if suite == EdDSARDFC { // the options are JSON-LD too
		proof = maps.Clone(proof)
		proof["@context"] = document["@context"]
	}
	var data []byte
	for _, o := range []Object{proof, document} {
		canonical, err := suites[suite].canonical(v, o)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(canonical)
		data = append(data, sum[:]...)
	}
	return data, nil
}

// canonicalJSON is RFC 8785. Numbers have to be in that form already: another
// spelling, or one beyond a double's precision, would be a change that no signature
// sees.
func canonicalJSON(_ *Verifier, o Object) ([]byte, error) {
	if err := exactNumbers(o); err != nil {
		return nil, err
	}
	raw, err := encode(o)
	if err != nil {
		return nil, err
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return nil, Malformed.Errorf("not canonical JSON: %w", err)
	}
	return canonical, nil
}

func exactNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return Malformed.Errorf("number %.40s", v)
		}
		if exact, err := jcs.NumberToJSON(f); err != nil || exact != string(v) {
			return Malformed.Errorf("number %.40s is not in the form of RFC 8785, %s", v, exact)
		}
	case Object:
		for _, inner := range v {
			if err := exactNumbers(inner); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range v {
			if err := exactNumbers(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// proof is a Data Integrity proof that was read, not verified yet.
type proof struct {
	suite, method, purpose string
	created, expires       int64
	challenge, domain      string
	signature              []byte
	document, options      Object
}

// readProof takes a secured document apart (Data Integrity 1.0 section 4.3).
func readProof(secured Object) (p proof, err error) {
	o, ok := secured["proof"].(Object)
	if !ok {
		return p, Unsupported.Errorf("a document with one proof is needed")
	}
	p.document, p.options = Object{}, Object{}
	for name, v := range secured {
		if name != "proof" {
			p.document[name] = v
		}
	}
	for name, v := range o {
		switch name {
		case "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose", "challenge", "domain", "id", "nonce":
			if _, ok := v.(string); !ok {
				return p, Malformed.Errorf("%s of the proof is no string", name)
			}
		case "proofValue":
			continue
		case "@context":
			// The specification lets a document have more contexts than were signed. Not here.
			if !reflect.DeepEqual(v, secured["@context"]) {
				return p, Malformed.Errorf("@context of the proof is not that of the document")
			}
		default:
			return p, Unsupported.Errorf("member %.40q of a proof", name)
		}
		p.options[name] = v
	}
	p.suite, p.method, p.purpose = text(o, "cryptosuite"), text(o, "verificationMethod"), text(o, "proofPurpose")
	p.challenge, p.domain = text(o, "challenge"), text(o, "domain")
	if _, known := suites[p.suite]; !known || text(o, "type") != "DataIntegrityProof" {
		return p, Unsupported.Errorf("proof of type %.40q, cryptosuite %.40q; %s, %s and %s are accepted", text(o, "type"), p.suite, ECDSAJCS, EdDSAJCS, EdDSARDFC)
	}
	if p.created, err = readTime(o, "created"); err != nil {
		return p, err
	}
	if p.expires, err = readTime(o, "expires"); err != nil {
		return p, err
	}
	value := text(o, "proofValue")
	if len(value) < 2 || len(value) > 100 || value[0] != 'z' {
		return p, Malformed.Errorf("proofValue is not base58btc behind a z")
	}
	p.signature, err = base58.Decode(value[1:])
	if err != nil || len(p.signature) != 64 || base58.Encode(p.signature) != value[1:] {
		return p, Malformed.Errorf("proofValue is not 64 bytes in base58btc")
	}
	return p, nil
}

// verify returns BAD_SIGNATURE unless the proof is the key's.
func (p proof) verify(v *Verifier, key did.Key) error {
	if alg := suites[p.suite].alg; key.Alg != alg {
		return code.BadSignature.Errorf("%s takes a key for %s, not for %s", p.suite, alg, key.Alg)
	}
	data, err := hashData(v, p.suite, p.document, p.options)
	if err != nil {
		return err
	}
	if !key.Verify(data, p.signature) {
		return code.BadSignature.Errorf("the proof does not verify under %.160s", p.method)
	}
	return nil
}

// integrity verifies a credential with a Data Integrity proof.
func (v *Verifier) integrity(ctx context.Context, secured Object, d Demand, presented bool, holder string) (Report, error) {
	p, err := readProof(secured)
	if err != nil {
		return Report{}, err
	}
	read, err := readVC(p.document)
	if err != nil {
		return Report{}, err
	}
	c := v.begin(ctx, p.suite, d)
	c.Issuer, c.Signed = read.issuer, p.created
	if p.purpose != string(identity.AssertionMethod) {
		c.judge(SigningKey, KeyNotValid.Errorf("the proof is for %.40q, not for assertionMethod", p.purpose), "")
		return c.done()
	}
	if _, ok := c.signed(p.method, read.issuer, identity.AssertionMethod, p.created, func(k foundKey) error { return p.verify(v, k.Key) }); !ok {
		return c.done()
	}
	if p.expires != 0 && (read.until == 0 || p.expires < read.until) {
		read.until = p.expires
	}
	c.typed(read.types)
	c.verifyVC(p.document, read, presented, holder)
	return c.done()
}

// integrityVP verifies a presentation with a Data Integrity proof.
func (v *Verifier) integrityVP(ctx context.Context, secured Object, d Demand) (Report, error) {
	p, err := readProof(secured)
	if err != nil {
		return Report{}, err
	}
	holder, inner, err := readVP(p.document, p.method)
	if err != nil {
		return Report{}, err
	}
	c := v.begin(ctx, p.suite, d)
	if p.purpose != string(identity.Authentication) {
		c.judge(SigningKey, KeyNotValid.Errorf("the proof is for %.40q, not for authentication", p.purpose), "")
		return c.done()
	}
	said := proofOfHolder{kid: p.method, made: p.created, until: p.expires, challenge: p.challenge, domain: p.domain}
	return c.presentation(holder, inner, said, func(k foundKey) error { return p.verify(v, k.Key) })
}
