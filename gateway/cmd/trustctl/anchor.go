// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

// anchorName is the name under which anchor is committed unless --chaincode or a
// variable says another; a profile's chaincode is the currency contract.
const anchorName = "anchor"

func (a *app) anchorCommands() *cobra.Command {
	return a.group("anchor", "Logs of anchored records: sources, their grants, rebuilding logs from your own blocks",
		a.anchorRegister(), a.anchorChange(), a.anchorShow(), a.anchorRebuild(), a.anchorArchive(), a.anchorCheck(), a.anchorExtract(),
		a.anchorGrew(), a.anchorStamp(), a.anchorFollow(), a.anchorAttest(),
		a.anchorRole("grant", "Make a member of your organisation a keeper of its sources, as its administrator", (*gateway.Anchor).GrantRole),
		a.anchorRole("revoke", "Take the keeper's role away", (*gateway.Anchor).RevokeRole))
}

// anchors connects to the anchor contract of the settings.
func (a *app) anchors(ctx context.Context) (*gateway.Client, *gateway.Anchor, settings, error) {
	s, err := a.one()
	if err != nil {
		return nil, nil, s, err
	}
	s.Chaincode = anchorName
	for _, given := range []string{os.Getenv("TRUSTCTL_CHAINCODE"), a.flags.Chaincode} {
		if given != "" {
			s.Chaincode = given
		}
	}
	c, err := a.connect(ctx, s)
	if err != nil {
		return nil, nil, s, err
	}
	return c, c.Anchor(s.Channel, s.Chaincode), s, nil
}

// drawn is an operation id, drawn and shown unless one was given.
func (a *app) drawn(cmd *cobra.Command, op string) call.Operation {
	if op == "" {
		op = "op-" + strings.ToLower(rand.Text()[:16])
	}
	if !a.json {
		fmt.Fprintf(cmd.ErrOrStderr(), "operation %s\n", op)
	}
	return call.Operation{Op: op}
}

func (a *app) anchorRole(name, short string, do func(*gateway.Anchor, context.Context, call.SetRole) (call.Grant, error)) *cobra.Command {
	var op string
	cmd := &cobra.Command{Use: name + " NAME", Short: short, Args: arguments("NAME"), RunE: func(cmd *cobra.Command, args []string) error {
		_, c, _, err := a.anchors(cmd.Context())
		if err != nil {
			return err
		}
		g, err := do(c, cmd.Context(), call.SetRole{Operation: a.drawn(cmd, op), Name: args[0], Role: anchor.RoleKeeper})
		if err != nil {
			return err
		}
		return a.print(cmd, g)
	}}
	cmd.Flags().StringVar(&op, "op", "", "operation `id`; the same one again is carried out once (default: drawn and shown)")
	return cmd
}

// sourceFlags are the flags that make up a source.
type sourceFlags struct {
	op, title, kind, sealer, logKey string
	cadence                         time.Duration
	signers                         []string
	threshold                       int
	gaps                            bool
	format, start                   string
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.op, "op", "", "operation `id`; the same one again is carried out once (default: drawn and shown)")
	s.StringVar(&f.title, "title", "", "what it is, for people")
	s.DurationVar(&f.cadence, "cadence", 0, "`time` within which something is promised to be sealed; 0 promises nothing")
	s.StringVar(&f.sealer, "sealer", "", "`DID` that may seal the log (a gateway's is at /v1/sources/ID)")
	s.StringVar(&f.logKey, "log-key", "", "note verifier `key` that signs the log's checkpoints (likewise)")
	s.StringArrayVar(&f.signers, "signer", nil, "`DID` that signs headers of a chain; several")
	s.IntVar(&f.threshold, "threshold", 0, "how many of the signers have to sign; all by default")
	s.StringVar(&f.format, "format", "", "how a chain proves its headers: fabric or qbft; left out, the signers' statements do")
	s.StringVar(&f.start, "start", "", "`hash` of the first header of such a chain, in hex: for fabric a configuration block's, such as block 0's")
	s.BoolVar(&f.gaps, "gaps", false, "heights of a chain may be left out, and are recorded as gaps")
}

// apply lets what was given on the command line win over a source.
func (f *sourceFlags) apply(cmd *cobra.Command, s *anchor.Source) {
	given := cmd.Flags().Changed
	if given("title") {
		s.Title = f.title
	}
	if given("cadence") {
		s.Cadence = int64(f.cadence / time.Second)
	}
	if given("sealer") {
		s.Sealer = f.sealer
	}
	if given("log-key") {
		s.LogKey = f.logKey
	}
	if s.Kind != anchor.Chain {
		return
	}
	terms := anchor.HeaderTerms{}
	if s.Headers != nil {
		terms = *s.Headers
	}
	if given("signer") {
		terms.Signers, terms.Threshold = f.signers, len(f.signers)
	}
	if given("threshold") {
		terms.Threshold = f.threshold
	}
	if given("format") {
		terms.Format = anchor.Format(f.format)
	}
	if given("start") {
		terms.Start = f.start
	}
	if given("gaps") {
		terms.Gaps = f.gaps
	}
	s.Headers = &terms
}

func (a *app) anchorRegister() *cobra.Command {
	var f sourceFlags
	cmd := &cobra.Command{
		Use: "register ID", Short: "Register a source of your organisation and grant its log to a sealer, as a keeper", Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s := anchor.Source{ID: args[0], Kind: anchor.SourceKind(f.kind)}
			f.apply(cmd, &s)
			if err := s.Validate(); err != nil {
				return err
			}
			_, c, _, err := a.anchors(cmd.Context())
			if err != nil {
				return err
			}
			done, err := c.RegisterSource(cmd.Context(), anchor.RegisterSource{Operation: a.drawn(cmd, f.op), Source: s})
			if err != nil {
				return err
			}
			return a.print(cmd, done)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.kind, "kind", string(anchor.Documents), "documents, items or chain")
	return cmd
}

func (a *app) anchorChange() *cobra.Command {
	var f sourceFlags
	cmd := &cobra.Command{
		Use: "change ID", Short: "Change a source: grant its log to another sealer, rotate its key; the rest stays as it is", Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, c, _, err := a.anchors(cmd.Context())
			if err != nil {
				return err
			}
			s, err := c.Source(cmd.Context(), args[0], 0)
			if err != nil {
				return err
			}
			f.apply(cmd, &s)
			s.Owner, s.Version = "", s.Version+1
			done, err := c.ChangeSource(cmd.Context(), anchor.ChangeSource{Operation: a.drawn(cmd, f.op), Source: s})
			if err != nil {
				return err
			}
			return a.print(cmd, done)
		},
	}
	f.add(cmd)
	return cmd
}

func (a *app) anchorShow() *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show a source and its log's latest checkpoint, as the ledger has them", Args: arguments("ID"), RunE: func(cmd *cobra.Command, args []string) error {
		_, c, _, err := a.anchors(cmd.Context())
		if err != nil {
			return err
		}
		s, err := c.Source(cmd.Context(), args[0], 0)
		if err != nil {
			return err
		}
		latest, err := c.Checkpoint(cmd.Context(), args[0], 0)
		if err != nil {
			return err
		}
		return a.print(cmd, struct {
			anchor.Source
			Checkpoint anchor.Checkpoint `json:"checkpoint"`
		}{s, latest})
	}}
}

// rebuilt is a log as the blocks tell it.
type rebuilt struct {
	Source string `json:"source"`
	Size   uint64 `json:"size"`
	Root   string `json:"root"`             // base64, as in checkpoints
	Served string `json:"served,omitempty"` // what became of the comparison
}

func (a *app) anchorRebuild() *cobra.Command {
	var served string
	cmd := &cobra.Command{
		Use: "rebuild DIR", Short: "Rebuild every log from your own peer's blocks, and compare it with what a gateway serves",
		Long: `Rebuild every log from your own peer's blocks into a folder.

Tiles are written as C2SP tlog-tiles under DIR/logs/SOURCE/. After each seal the
root is compared with the one that the ledger stored. With --compare, each log is
compared with what a gateway serves at its size: signed checkpoint, and the tiles
byte by byte. Exit code 1 at the first difference. Run again, it goes on.`,
		Args: arguments("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, s, err := a.anchors(cmd.Context())
			if err != nil {
				return err
			}
			found, err := c.RebuildLogs(cmd.Context(), s.Channel, s.Chaincode, args[0], a.blocks(cmd))
			if err != nil {
				return err
			}
			all := make([]rebuilt, 0, len(found))
			for id, l := range found {
				all = append(all, rebuilt{Source: id, Size: l.Size, Root: base64.StdEncoding.EncodeToString(l.Root)})
			}
			slices.SortFunc(all, func(x, y rebuilt) int { return strings.Compare(x.Source, y.Source) })
			if served != "" {
				for i := range all {
					if err := compareServed(cmd.Context(), served, args[0], &all[i]); err != nil {
						return fmt.Errorf("log %s: %w", all[i].Source, err)
					}
				}
			}
			if a.json {
				return a.print(cmd, all)
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, l := range all {
				fmt.Fprintf(t, "%s\t%d leaves\t%s\t%s\n", l.Source, l.Size, l.Root, l.Served)
			}
			return t.Flush()
		},
	}
	cmd.Flags().StringVar(&served, "compare", "", "`URL` of a gateway to compare with")
	return cmd
}

// compareServed compares a log with what a gateway serves of it.
func compareServed(ctx context.Context, url, dir string, l *rebuilt) error {
	if l.Size == 0 {
		l.Served = "empty"
		return nil
	}
	url = strings.TrimSuffix(url, "/") + "/v1/logs/" + l.Source + "/"
	signed, err := fetch(ctx, fmt.Sprintf("%scheckpoint/%d", url, l.Size))
	if err != nil {
		return err
	}
	// Whose key signed is for verify to judge; here only what was signed counts.
	_, err = note.Open(signed, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return fmt.Errorf("checkpoint of the gateway: %w", err)
	}
	lines := strings.Split(unverified.Note.Text, "\n")
	if len(lines) < 3 || lines[1] != fmt.Sprint(l.Size) || lines[2] != l.Root {
		return fmt.Errorf("the gateway signed another tree of size %d: %q", l.Size, unverified.Note.Text)
	}
	tiles := 0
	err = gateway.EachTile(dir, l.Source, l.Size, func(path string, own []byte) error {
		theirs, err := fetch(ctx, url+path)
		if err != nil {
			return err
		}
		if !bytes.Equal(own, theirs) {
			return fmt.Errorf("%s of the gateway differs from the one in your blocks", path)
		}
		tiles++
		return nil
	})
	l.Served = fmt.Sprintf("served alike: checkpoint and %d tiles", tiles)
	return err
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, usage("%w", err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 32<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %.300s", url, res.Status, raw)
	}
	return raw, err
}
