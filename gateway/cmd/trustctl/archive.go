// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// fingerprint is a file's line in the notes of an archive under way.
type fingerprint struct {
	anchor.File
	Changed int64 `json:"changed"` // modification time, nanoseconds
}

func (a *app) anchorArchive() *cobra.Command {
	var manifest string
	cmd := &cobra.Command{
		Use: "archive DIR", Short: "Fingerprint a folder of any size into a manifest, whose digest is then anchored",
		Long: `Fingerprint every regular file of a folder (SHA-256) into a manifest beside it.

The digest that is printed stands for all of it: anchor it as a record of kind
manifest, and keep manifest and receipt. Interrupted or killed, the same command goes
on with the files whose size and time have not changed since. Links are left out.`,
		Args: arguments("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if manifest == "" {
				manifest = filepath.Clean(args[0]) + ".manifest"
			}
			// Beside a manifest that is finished there are no notes; else the last run was killed in between.
			if exists(manifest) && !exists(manifest+".part") {
				return usage("%s is there already; name another one with --manifest", manifest)
			}
			files, err := a.fingerprints(cmd, args[0], manifest+".part")
			if err != nil {
				return err
			}
			raw, err := anchor.FormatManifest(files)
			if err != nil {
				return err
			}
			if err := putWhole(manifest, raw); err != nil {
				return err
			}
			root, err := anchor.ManifestRoot(files)
			if err != nil {
				return err
			}
			if err := os.Remove(manifest + ".part"); err != nil {
				return err
			}
			return a.print(cmd, map[string]any{"manifest": manifest, "files": len(files), "kind": anchor.Manifest, "digest": hex.EncodeToString(root)})
		},
	}
	cmd.Flags().StringVar(&manifest, "manifest", "", "`file` to write; DIR.manifest by default")
	return cmd
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

// putWhole writes a file that is there whole or not at all, whenever this ends.
func putWhole(file string, content []byte) error {
	out, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// saveAfter is how many bytes of files are read again at most after a kill, but
// for one file.
const saveAfter = 16 << 20

// fingerprints takes the digests of a folder's files, noting each in part as it
// is done.
func (a *app) fingerprints(cmd *cobra.Command, dir, part string) ([]anchor.File, error) {
	found, err := list(dir)
	if err != nil {
		return nil, err
	}
	var total, done int64
	for _, f := range found {
		total += f.Size
	}
	known := map[string]fingerprint{}
	half := false
	if raw, err := os.ReadFile(part); err == nil {
		half = len(raw) > 0 && raw[len(raw)-1] != '\n'
		for line := range bytes.Lines(raw) {
			var f fingerprint
			if json.Unmarshal(line, &f) == nil { // the last line may be half
				known[f.Path] = f
			}
		}
	}
	notes, err := os.OpenFile(part, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer notes.Close()
	out := bufio.NewWriter(notes)
	if half { // killed in the middle of a line
		fmt.Fprintln(out)
	}
	unsaved := int64(0) // bytes of files whose digests are not in the notes yet
	p := newProgress(cmd.ErrOrStderr())
	files := make([]anchor.File, len(found))
	for i, f := range found {
		if k, ok := known[f.Path]; ok && k.Size == f.Size && k.Changed == f.Changed {
			f.Digest = k.Digest
		} else {
			if f.Digest, err = digestOf(cmd.Context(), filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
				return nil, errors.Join(err, out.Flush())
			}
			line, err := json.Marshal(f)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(out, "%s\n", line)
			if unsaved += f.Size; unsaved > saveAfter {
				if err := out.Flush(); err != nil {
					return nil, err
				}
				unsaved = 0
			}
		}
		done += f.Size
		files[i] = f.File
		if !a.json && (!p.tty || i%50 == 0 || i == len(found)-1) {
			p.say(done, total, "%d of %d files, %d of %d MB", i+1, len(found), done>>20, total>>20)
		}
	}
	return files, out.Flush()
}

// list finds a folder's regular files, in the order of their paths.
func list(dir string) ([]fingerprint, error) {
	var found []fingerprint
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		found = append(found, fingerprint{anchor.File{Path: filepath.ToSlash(rel), Size: info.Size()}, info.ModTime().UnixNano()})
		return nil
	})
	if err != nil {
		return nil, usage("%w", err)
	}
	slices.SortFunc(found, func(a, b fingerprint) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

func digestOf(ctx context.Context, file string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (a *app) anchorCheck() *cobra.Command {
	var manifest, policy string
	cmd := &cobra.Command{
		Use: "check RECEIPT DIR", Short: "Verify a folder against its manifest and the receipt of it, without any network",
		Long: `Verify that a folder is as it was when its manifest was anchored. Every file that
was changed, is missing or was added is named. Exit code 1 if there is one.`,
		Args: arguments("RECEIPT", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if manifest == "" {
				manifest = filepath.Clean(args[1]) + ".manifest"
			}
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			files, proof, err := openManifest(args[0], manifest, p)
			if err != nil {
				return err
			}
			differences, err := compare(cmd.Context(), files, args[1])
			if err != nil {
				return err
			}
			if len(differences) > 0 {
				for _, d := range differences {
					fmt.Fprintln(cmd.OutOrStdout(), d)
				}
				return fmt.Errorf("%d files are not as they were anchored, of %d", len(differences), len(files))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "All %d files of %s are unchanged.\n%s", len(files), args[1], proof.Words())
			return nil
		},
	}
	cmd.Flags().StringVar(&manifest, "manifest", "", "`file` of the manifest; DIR.manifest by default")
	cmd.Flags().StringVar(&policy, "policy", "", "`file` that names the keys you trust (trustctl verify --help)")
	return cmd
}

// openManifest reads a manifest that a receipt is about.
func openManifest(receiptFile, manifest string, p *receipt.Policy) ([]anchor.File, receipt.Proof, error) {
	var proof receipt.Proof
	raw, err := os.ReadFile(receiptFile)
	if err != nil {
		return nil, proof, usage("%w", err)
	}
	if proof, err = receipt.Check(raw, p); err != nil {
		return nil, proof, err
	}
	if raw, err = os.ReadFile(manifest); err != nil {
		return nil, proof, usage("%w", err)
	}
	files, err := anchor.ParseManifest(raw)
	if err != nil {
		return nil, proof, err
	}
	root, err := anchor.ManifestRoot(files)
	if err != nil {
		return nil, proof, err
	}
	if proof.Record.Kind != anchor.Manifest || !bytes.Equal(root, proof.Record.Digest) {
		return nil, proof, fmt.Errorf("%s: %w: its root is %x, a %s of %x was anchored", manifest, receipt.ErrOther, root, proof.Record.Kind, proof.Record.Digest)
	}
	return files, proof, nil
}

// compare names what is not as the manifest says.
func compare(ctx context.Context, files []anchor.File, dir string) ([]string, error) {
	found, err := list(dir)
	if err != nil {
		return nil, err
	}
	want := map[string]anchor.File{}
	for _, f := range files {
		want[f.Path] = f
	}
	var differences []string
	for _, f := range found {
		w, ok := want[f.Path]
		delete(want, f.Path)
		if !ok {
			differences = append(differences, "added    "+f.Path)
			continue
		}
		sum := ""
		if f.Size == w.Size {
			if sum, err = digestOf(ctx, filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
				return nil, err
			}
		}
		if sum != w.Digest {
			differences = append(differences, "changed  "+f.Path)
		}
	}
	for path := range want {
		differences = append(differences, "missing  "+path)
	}
	slices.Sort(differences)
	return differences, nil
}
