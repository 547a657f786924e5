// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypSeal is the typ of the JWS that a sealer signs.
const TypSeal = "seal-order+jws"

// Bounds of a seal.
const (
	MaxLogs   = 64      // logs that one seal appends to
	MaxLeaves = 50_000  // records in one seal
	MaxBytes  = 2 << 20 // of all records in one seal
)

// Seal appends batches of records to logs of one sealer. The records themselves
// travel beside it, binary, an argument for each log.
type Seal struct {
	Batch     string    `json:"batch"` // chosen by the sealer; sealed once
	Chaincode string    `json:"chaincode"`
	Channel   string    `json:"channel"`
	Logs      []SealLog `json:"logs"`
	Network   string    `json:"network"`
	V         int       `json:"v"`
}

// SealLog is one log of a seal.
type SealLog struct {
	Digest string `json:"digest"` // SHA-256 of the records' bytes, in hex
	Size   uint64 `json:"size"`   // that the log is expected to have before
	Source string `json:"source"`
}

// NewSeal is a seal of these records, in the order of the logs.
func NewSeal(p Place, batch string) Seal {
	return Seal{Batch: batch, Chaincode: p.Chaincode, Channel: p.Channel, Network: p.Network, V: 1}
}

// Add names a log with its records.
func (s *Seal) Add(source string, size uint64, records []byte) {
	sum := sha256.Sum256(records)
	s.Logs = append(s.Logs, SealLog{Digest: hex.EncodeToString(sum[:]), Size: size, Source: source})
}

// Signed is a parsed seal whose signature was not checked yet.
type Signed struct {
	Seal
	Records [][]Record // of each log
	Sealer  string     // DID of the key that signed
	Digest  string     // of what was signed, in hex
	message *jws.Message
}

// ParseSeal reads a seal and the records that came with it. It returns BAD_JWS,
// BAD_DID, INVALID_SEAL, INVALID_ID, INVALID_RECORD, EMPTY_BATCH, TOO_LARGE or
// ELSEWHERE: all that can be said of it without any state.
func ParseSeal(compact string, records [][]byte, p Place) (*Signed, error) {
	m, err := jws.Parse(compact)
	if err != nil {
		return nil, err
	}
	if m.Header.Typ != TypSeal {
		return nil, InvalidSeal.Errorf("typ is %.40q, expected %s", m.Header.Typ, TypSeal)
	}
	digest := m.Digest()
	s := &Signed{message: m, Digest: hex.EncodeToString(digest[:])}
	if err := jws.DecodeCanonical(m.Payload, &s.Seal); err != nil {
		return nil, InvalidSeal.Errorf("payload %w", err)
	}
	if s.Sealer, _, err = did.Split(m.Header.Kid); err != nil {
		return nil, err
	}
	if err := p.Check(s.V, s.Network, s.Channel, s.Chaincode); err != nil {
		return nil, err
	}
	if err := CheckID("batch id", s.Batch); err != nil {
		return nil, err
	}
	return s, s.parseRecords(records)
}

func (s *Signed) parseRecords(records [][]byte) error {
	if len(s.Logs) == 0 {
		return EmptyBatch.Errorf("no log")
	}
	if len(s.Logs) > MaxLogs || len(records) != len(s.Logs) {
		return InvalidSeal.Errorf("%d logs with the records of %d: as many are needed, at most %d", len(s.Logs), len(records), MaxLogs)
	}
	seen := map[string]bool{}
	leaves, bytes := 0, 0
	for i, l := range s.Logs {
		if err := CheckID("source id", l.Source); err != nil {
			return err
		}
		if seen[l.Source] {
			return InvalidSeal.Errorf("log %s is named twice", l.Source)
		}
		seen[l.Source] = true
		if bytes += len(records[i]); bytes > MaxBytes {
			return TooLarge.Errorf("more than %d bytes of records", MaxBytes)
		}
		if sum := sha256.Sum256(records[i]); hex.EncodeToString(sum[:]) != l.Digest {
			return InvalidSeal.Errorf("the records of log %s have digest %x, the seal says %.64s", l.Source, sum, l.Digest)
		}
		parsed, err := ParseRecords(records[i])
		if err != nil {
			return err
		}
		if leaves += len(parsed); leaves > MaxLeaves {
			return TooLarge.Errorf("more than %d records", MaxLeaves)
		}
		s.Records = append(s.Records, parsed)
	}
	return nil
}

// Verify returns BAD_SIGNATURE, or BAD_DID, unless the sealer signed.
func (s *Signed) Verify() error {
	method, err := did.Resolve(s.Sealer)
	if err != nil {
		return err
	}
	return verifyAs(s.message, method)
}

// CheckGrant returns SEALER_NOT_GRANTED or SIZE_MISMATCH unless the sealer may
// append to the log as the seal expects it.
func (s *Signed) CheckGrant(i int, source Source, log Log) error {
	if source.Sealer != s.Sealer {
		return SealerNotGranted.Errorf("source %s grants its log to %.100s, %.100s sealed", source.ID, source.Sealer, s.Sealer)
	}
	if want := s.Logs[i].Size; want != log.Size {
		return SizeMismatch.Errorf("log %s has %d leaves, the seal expects %d", source.ID, log.Size, want)
	}
	return nil
}

// Sealed is what became of a seal. It is the answer to every repetition.
type Sealed struct {
	Batch string      `json:"batch"`
	Tx    string      `json:"tx"`
	Seal  string      `json:"seal"` // digest of what was signed, in hex
	Logs  []SealedLog `json:"logs"`
}

// SealedLog is what became of a log's records. Those not refused stand in the
// log from From on, in their order.
type SealedLog struct {
	Source  string    `json:"source"`
	From    uint64    `json:"from"` // index of the first leaf
	Size    uint64    `json:"size"` // of the log after
	Root    []byte    `json:"root"`
	Time    int64     `json:"time"` // Unix seconds
	Refused []Refusal `json:"refused,omitempty"`
}

// Refusal is a record that does not stand in the log.
type Refusal struct {
	At     int    `json:"at"` // its place among the log's records, from 0
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// verifyAs checks a signature under a method that is the only one of its DID.
func verifyAs(m *jws.Message, method did.Method) error {
	if m.Header.Kid != method.URL {
		return SignersMissing.Errorf("signed by %.160s, the DID's key is %.160s", m.Header.Kid, method.URL)
	}
	return m.Verify(method.Key)
}
