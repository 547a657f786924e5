// SPDX-License-Identifier: Apache-2.0

// Command ccaas-builder is Fabric's external builder for chaincodes that run as services. A peer calls it by three names,
// each a link to this program: detect, build and release.
//
// A package of type "ccaas" holds connection.json, the address of the running chaincode. Nothing is compiled: build copies
// the file, release places it where the peer looks for it. Where the service wants to know its callers, release adds the
// peer's own TLS certificate and key (CCAAS_CLIENT_CERT, CCAAS_CLIENT_KEY: paths), so that no key travels in a package.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const connectionFile = "connection.json"

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string, args []string) error {
	switch {
	case name == "detect" && len(args) == 2: // source, metadata
		return detect(args[1])
	case name == "build" && len(args) == 3: // source, metadata, output
		return transfer(filepath.Join(args[0], connectionFile), args[2], false)
	case name == "release" && len(args) == 2: // build output, release
		return transfer(filepath.Join(args[0], connectionFile), filepath.Join(args[1], "chaincode", "server"), true)
	}
	return fmt.Errorf("called as %q with %d arguments: a peer calls this as detect, build or release", name, len(args))
}

func detect(metadata string) error {
	data, err := os.ReadFile(filepath.Join(metadata, "metadata.json"))
	if err != nil {
		return err
	}
	var m struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("metadata.json: %w", err)
	}
	if m.Type != "ccaas" {
		return fmt.Errorf("package of type %q is not ours", m.Type)
	}
	return nil
}

// transfer reads the connection, adds the peer's credentials if asked to, and writes it into the folder to.
func transfer(from, to string, credentials bool) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var connection map[string]any
	if err := json.Unmarshal(data, &connection); err != nil {
		return fmt.Errorf("%s: %w", connectionFile, err)
	}
	if address, _ := connection["address"].(string); address == "" {
		return errors.New(connectionFile + " names no address")
	}
	if credentials && connection["client_auth_required"] == true {
		for field, variable := range map[string]string{"client_cert": "CCAAS_CLIENT_CERT", "client_key": "CCAAS_CLIENT_KEY"} {
			pem, err := os.ReadFile(os.Getenv(variable))
			if err != nil {
				return fmt.Errorf("the service wants to know its callers; %s: %w", variable, err)
			}
			connection[field] = string(pem)
		}
	}
	if data, err = json.Marshal(connection); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, connectionFile), data, 0o600)
}
