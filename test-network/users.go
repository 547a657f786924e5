// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/komsco/trust-platform/network"
)

// adminName is the user that every organisation has from the start, an admin by its certificate (OU=admin).
const adminName = "Admin"

// certificateLife is that of the certificates issued here.
const certificateLife = 5 * 365 * 24 * time.Hour

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// User is a person or program with a certificate of an organisation; the fields but the first are paths.
type User struct {
	// CommonName of the certificate: NAME@DOMAIN.
	CommonName string
	Cert       string
	Key        string
	MSPDir     string
}

// User returns the organisation's user NAME (or NAME@DOMAIN), issuing a certificate if there is none yet. "Admin" is the
// organisation's admin; all others are clients (OU=client).
func (n *Network) User(mspID, name string) (User, error) {
	o, err := n.state.Consortium.Organisation(mspID)
	if err != nil {
		return User{}, err
	}
	short := strings.TrimSuffix(name, "@"+o.Domain)
	if !userName.MatchString(short) {
		return User{}, fmt.Errorf("user %q of %s: a name must match %s", name, o.MSP, userName)
	}
	files := n.crypto().Peers(o)
	if o.MSP == n.state.Consortium.Orderers.Organisation.MSP {
		files = n.crypto().Orderers(o)
	}
	cn := short + "@" + o.Domain
	u := User{CommonName: cn, MSPDir: filepath.Join(files.User(cn), "msp")}
	u.Cert = filepath.Join(u.MSPDir, "signcerts", cn+"-cert.pem")
	u.Key = filepath.Join(u.MSPDir, "keystore", "priv_sk")
	if _, err := os.Stat(u.MSPDir); err == nil {
		return u, nil
	}
	if short == adminName {
		return User{}, fmt.Errorf("%s has no admin in %s", o.MSP, u.MSPDir)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(n.dir, "users.lock")).Lock()
	if err != nil {
		return User{}, fmt.Errorf("lock users: %w", err)
	}
	defer unlock()
	if _, err := os.Stat(u.MSPDir); err == nil {
		return u, nil
	}
	if err := issueUser(files, cn); err != nil {
		return User{}, fmt.Errorf("issue a certificate to %s: %w", cn, err)
	}
	return u, nil
}

// issueUser makes the MSP folder of a new client, as a whole or not at all.
func issueUser(files network.OrganisationFiles, cn string) error {
	cert, key, err := issue(files.CA(), &x509.Certificate{
		Subject:  pkix.Name{CommonName: cn, OrganizationalUnit: []string{"client"}},
		KeyUsage: x509.KeyUsageDigitalSignature,
	})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(files.User(cn)), ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // gone already if all went well
	msp := filepath.Join(dir, "msp")
	if err := errors.Join(
		put(filepath.Join(msp, "signcerts", cn+"-cert.pem"), cert),
		put(filepath.Join(msp, "keystore", "priv_sk"), key),
		os.CopyFS(filepath.Join(msp, "cacerts"), os.DirFS(filepath.Join(files.MSP(), "cacerts"))),
		os.CopyFS(filepath.Join(msp, "tlscacerts"), os.DirFS(filepath.Join(files.MSP(), "tlscacerts"))),
	); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(files.MSP(), "config.yaml"))
	if err != nil {
		return err
	}
	if err := put(filepath.Join(msp, "config.yaml"), config); err != nil {
		return err
	}
	return os.Rename(dir, files.User(cn))
}

func put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// issueTLS makes a server certificate for localhost from an organisation's TLS authority.
func issueTLS(files network.OrganisationFiles, cn string) (cert, key []byte, err error) {
	return issue(files.TLSCA(), &x509.Certificate{
		Subject:     pkix.Name{CommonName: cn},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

// issue signs the template with the authority in the folder ca, for a new P-256 key; both are returned as PEM.
func issue(ca string, template *x509.Certificate) (cert, key []byte, err error) {
	authority, signer, err := readAuthority(ca)
	if err != nil {
		return nil, nil, err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, err
	}
	// Fabric checks a chain at the time from which its certificate is valid: the authority has to be valid then.
	template.NotBefore, template.NotAfter = authority.NotBefore, time.Now().Add(certificateLife)
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, template, authority, private.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}

func readAuthority(dir string) (*x509.Certificate, any, error) {
	certs, err := filepath.Glob(filepath.Join(dir, "*-cert.pem"))
	if err != nil || len(certs) != 1 {
		return nil, nil, fmt.Errorf("%w: one certificate of an authority is expected in %s, there are %d", fs.ErrNotExist, dir, len(certs))
	}
	certPEM, err := readPEM(certs[0])
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(certPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", certs[0], err)
	}
	keyPEM, err := readPEM(filepath.Join(dir, "priv_sk"))
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("key in %s: %w", dir, err)
	}
	return cert, key, nil
}

func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("no PEM in %s", path)
	}
	return block.Bytes, nil
}
