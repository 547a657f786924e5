// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/witness"
)

// Witness is another organisation's witness, which is asked to cosign each
// checkpoint (C2SP tlog-witness).
type Witness struct {
	URL string // behind which add-checkpoint stands
	Key string // verifier key of its cosignatures
}

// id is what the witness's cosignatures are kept under: what its key begins with.
func (w Witness) id() string {
	name, rest, _ := strings.Cut(w.Key, "+")
	hash, _, _ := strings.Cut(rest, "+")
	return name + "+" + strings.ToLower(hash)
}

// witnessAgain is how long a witness that does not answer, or whose peer is
// behind, is left alone.
const witnessAgain = 500 * time.Millisecond

// cosign has one witness cosign every log's latest checkpoint, as they come.
func (s *Sealer) cosign(ctx context.Context, w Witness) error {
	verifier, err := torchwood.NewCosignatureVerifier(w.Key)
	if err != nil {
		return fmt.Errorf("witness %s: %w", w.URL, err)
	}
	failing := false
	for ctx.Err() == nil {
		changed := s.store.Changed()
		err := s.cosignAll(ctx, w, verifier)
		if (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			s.Log.Warn("witness", "url", w.URL, "failing", failing, "why", err)
		}
		if err != nil {
			sleep(ctx, witnessAgain)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (s *Sealer) cosignAll(ctx context.Context, w Witness, v *torchwood.CosignatureVerifier) error {
	all, err := s.store.Logs(ctx)
	if err != nil {
		return err
	}
	var failed error
	for source, log := range all {
		before, err := s.store.Cosigned(ctx, source, w.id())
		if err != nil {
			return err
		}
		if log.Size == 0 || before >= log.Size {
			continue
		}
		err = s.cosignOne(ctx, w, v, source, before)
		if !errors.Is(err, anchor.SealerNotGranted) { // another gateway's log
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// cosignOne has a log's latest checkpoint cosigned by a witness that has seen the
// log at another size, which it may correct once.
func (s *Sealer) cosignOne(ctx context.Context, w Witness, v *torchwood.CosignatureVerifier, source string, old uint64) error {
	c, signed, err := s.sign1(ctx, source, 0)
	if err != nil {
		return err
	}
	for range 2 {
		proof, err := s.store.Tiles(source).Consistency(old, c.Size)
		if err != nil {
			return err
		}
		lines, seen, err := ask(ctx, w.URL, witness.Request(old, proof, signed))
		if err != nil {
			return fmt.Errorf("log %s at size %d: %w", source, c.Size, err)
		}
		if seen != nil {
			if *seen > c.Size {
				return fmt.Errorf("log %s: the witness cosigned size %d before, this gateway knows %d", source, *seen, c.Size)
			}
			old = *seen
			continue
		}
		n, err := note.Open(append(bytes.Clone(signed), lines...), note.VerifierList(v))
		if err != nil {
			return fmt.Errorf("log %s: the witness's cosignature: %w", source, err)
		}
		line := fmt.Sprintf("— %s %s\n", n.Sigs[0].Name, n.Sigs[0].Base64)
		return s.store.Cosign(ctx, source, c.Size, line)
	}
	return fmt.Errorf("log %s: the witness changes its mind about the size that it cosigned", source)
}

// ask sends add-checkpoint. It answers the cosignature's lines, or the size that
// the witness has cosigned instead.
func ask(ctx context.Context, url string, body []byte) (lines []byte, seen *uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<10))
	switch {
	case err != nil:
		return nil, nil, err
	case res.StatusCode == http.StatusConflict:
		size, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 63)
		if err != nil {
			return nil, nil, fmt.Errorf("%s answers 409 and no size: %.100q", url, raw)
		}
		return nil, &size, nil
	case res.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("%s answers %s: %.300s", url, res.Status, bytes.TrimSpace(raw))
	}
	return raw, nil, nil
}
