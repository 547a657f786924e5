// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Policy says whose signatures a verifier trusts (C2SP tlog-policy): the keys of
// logs, one of which has to have signed, and a quorum of witnesses.
//
//	log trust/trust/anchor/diplomas+5f2a…+AZ…
//	witness city city.example+1b2c…+BA…
//	witness bank bank.example+77aa…+BA…
//	group both all city bank
//	quorum both
//
// A log whose key was rotated has a line for each key whose receipts count.
type Policy struct {
	logs      []logKey
	witnesses []witness
	quorum    quorum
}

// logKey is a log's key, as notes and as COSE want it.
type logKey struct {
	note.Verifier
	public ed25519.PublicKey
}

func parseLogKey(vkey string) (logKey, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return logKey{}, err
	}
	public, err := publicKey(vkey, 1)
	return logKey{v, public}, err
}

// publicKey is the Ed25519 key in a verifier key of this signature type.
func publicKey(vkey string, signature byte) (ed25519.PublicKey, error) {
	parts := strings.SplitN(vkey, "+", 3)
	raw, err := b64.DecodeString(parts[len(parts)-1])
	if err != nil || len(parts) != 3 || len(raw) != 1+ed25519.PublicKeySize || raw[0] != signature {
		return nil, fmt.Errorf("not a key of Ed25519 with signature type %d", signature)
	}
	return raw[1:], nil
}

// parseWitnessKey reads the key of cosignature/v1 (C2SP tlog-cosignature).
func parseWitnessKey(vkey string) (w witness, err error) {
	if w.public, err = publicKey(vkey, 4); err != nil {
		return w, err
	}
	w.verifier, err = tnote.NewVerifierForCosignatureV1(vkey)
	return w, err
}

type witness struct {
	name     string
	verifier note.Verifier
	public   ed25519.PublicKey
}

// quorum is a witness, or some of a group's members; none of both needs nobody.
type quorum struct {
	witness string
	needed  int
	members []quorum
}

// ParsePolicy reads a policy file. Empty lines and what stands behind # do not
// count.
func ParsePolicy(text []byte) (*Policy, error) {
	p := &Policy{}
	named := map[string]quorum{"none": {}}
	chosen := ""
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if err := p.line(fields, named, &chosen); err != nil {
			return nil, fmt.Errorf("policy line %d: %w", i+1, err)
		}
	}
	if len(p.logs) == 0 {
		return nil, errors.New("the policy names no log: a line such as \"log NAME+HASH+KEY\" is needed")
	}
	if chosen == "" {
		return nil, errors.New("the policy names no quorum: \"quorum none\" asks for no witness")
	}
	p.quorum = named[chosen]
	return p, nil
}

func (p *Policy) line(f []string, named map[string]quorum, chosen *string) error {
	fresh := func(name string) error {
		if _, taken := named[name]; taken {
			return fmt.Errorf("%q is named twice", name)
		}
		return nil
	}
	switch {
	case f[0] == "log" && (len(f) == 2 || len(f) == 3):
		v, err := parseLogKey(f[1])
		if err != nil {
			return fmt.Errorf("log key %.100q: %w", f[1], err)
		}
		p.logs = append(p.logs, v)
	case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
		one, err := parseWitnessKey(f[2])
		if err != nil {
			return fmt.Errorf("witness key %.100q: %w", f[2], err)
		}
		if slices.ContainsFunc(p.witnesses, func(w witness) bool { return w.public.Equal(one.public) }) { // whatever the key is called
			return fmt.Errorf("the key of witness %q is another's too; it would count twice", f[1])
		}
		one.name = f[1]
		p.witnesses = append(p.witnesses, one)
		if err := fresh(f[1]); err != nil {
			return err
		}
		named[f[1]] = quorum{witness: f[1]}
	case f[0] == "group" && len(f) >= 4:
		return group(f, named, fresh)
	case f[0] == "quorum" && len(f) == 2:
		if _, known := named[f[1]]; !known || *chosen != "" {
			return fmt.Errorf("quorum %q: name one witness or group of the lines above, once", f[1])
		}
		*chosen = f[1]
	default:
		return fmt.Errorf("%q is none of log VKEY, witness NAME VKEY, group NAME any|all|N MEMBER…, quorum NAME|none", strings.Join(f, " "))
	}
	return nil
}

func group(f []string, named map[string]quorum, fresh func(string) error) error {
	g := quorum{}
	for i, member := range f[3:] {
		q, known := named[member]
		if !known || member == "none" || slices.Contains(f[3:3+i], member) {
			return fmt.Errorf("group %q: member %q is not a witness or group of the lines above, or is named twice", f[1], member)
		}
		g.members = append(g.members, q)
	}
	switch f[2] {
	case "any":
		g.needed = 1
	case "all":
		g.needed = len(g.members)
	default:
		n, err := strconv.Atoi(f[2])
		if err != nil || n < 1 || n > len(g.members) {
			return fmt.Errorf("group %q asks for %q of %d members", f[1], f[2], len(g.members))
		}
		g.needed = n
	}
	if err := fresh(f[1]); err != nil {
		return err
	}
	named[f[1]] = g
	return nil
}

// Verifier implements note.Verifiers: it finds the policy's own keys.
func (p *Policy) Verifier(name string, keyHash uint32) (note.Verifier, error) {
	for _, v := range p.logs {
		if v.Name() == name && v.KeyHash() == keyHash {
			return v, nil
		}
	}
	for _, w := range p.witnesses {
		if w.verifier.Name() == name && w.verifier.KeyHash() == keyHash {
			return w.verifier, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: keyHash}
}

// Cosignature is a witness that saw the checkpoint, and when.
type Cosignature struct {
	Witness string // as the policy calls it
	Time    int64  // Unix seconds, by the witness's clock
}

// check finds out who of the policy signed, and whether that is enough. log is
// the key of the log that did, as name+hash.
func (p *Policy) check(origin string, n *note.Note) (log string, seen []Cosignature, err error) {
	names := map[string]bool{}
	for _, sig := range n.Sigs {
		for _, v := range p.logs {
			if v.Name() == sig.Name && v.KeyHash() == sig.Hash && v.Name() == origin {
				log = fmt.Sprintf("%s+%08x", sig.Name, sig.Hash)
			}
		}
		for _, w := range p.witnesses {
			if w.verifier.Name() != sig.Name || w.verifier.KeyHash() != sig.Hash {
				continue
			}
			at, err := tnote.CoSigV1Timestamp(sig)
			if err != nil {
				return "", nil, malformed("the cosignature of %s has no time", w.name)
			}
			names[w.name] = true
			seen = append(seen, Cosignature{w.name, at.Unix()})
		}
	}
	if log == "" {
		return "", seen, fmt.Errorf("%w: no key that the policy names for log %q signed the checkpoint", ErrUntrusted, origin)
	}
	if !p.quorum.satisfied(names) {
		return log, seen, fmt.Errorf("%w: %d witnesses of the policy cosigned, its quorum is not reached", ErrUntrusted, len(seen))
	}
	return log, seen, nil
}

func (q quorum) satisfied(by map[string]bool) bool {
	if q.witness != "" {
		return by[q.witness]
	}
	have := 0
	for _, m := range q.members {
		if m.satisfied(by) {
			have++
		}
	}
	return have >= q.needed
}
