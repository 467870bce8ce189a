package ingest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"crackle/ingest"
)

// natsServer runs a plain nats-server with options of its own until the test ends.
func natsServer(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoLog, o.NoSigs = "127.0.0.1", true, true
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not come up")
	}
	return s
}

// file writes a file that only the test can read.
func file(t *testing.T, dir, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key, a.pem = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "plant"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	return a
}

// sign makes a certificate and its key; by itself when the authority has none yet.
func (a *authority) sign(c *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// pair writes a certificate for loopback and its key.
func (a *authority) pair(dir, name string) (cert, key string) {
	a.t.Helper()
	_, k, body := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, a)
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return file(a.t, dir, name+".pem", body), file(a.t, dir, name+"-key.pem", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

func (a *authority) demands(cert, key string) *tls.Config {
	a.t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
}

// credsFor makes an operator with one account, and the file of a user of it.
func credsFor(t *testing.T, dir string) (o *server.Options, creds string) {
	t.Helper()
	make := func(kp nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		if err != nil {
			t.Fatal(err)
		}
		public, err := kp.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return kp, public
	}
	operator, operatorKey := make(nkeys.CreateOperator())
	account, accountKey := make(nkeys.CreateAccount())
	user, userKey := make(nkeys.CreateUser())
	claims := jwt.NewOperatorClaims(operatorKey)
	accountJWT, err := jwt.NewAccountClaims(accountKey).Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	userJWT, err := jwt.NewUserClaims(userKey).Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	body, err := jwt.FormatUserConfig(userJWT, seed)
	if err != nil {
		t.Fatal(err)
	}
	store := &server.MemAccResolver{}
	if err := store.Store(accountKey, accountJWT); err != nil {
		t.Fatal(err)
	}
	return &server.Options{TrustedOperators: []*jwt.OperatorClaims{claims}, AccountResolver: store}, file(t, dir, "user.creds", body)
}

// Each way of logging in lets in who has it, and nobody else.
func TestLogins(t *testing.T) {
	dir := t.TempDir()
	kp, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := kp.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := kp.Seed()
	if err != nil {
		t.Fatal(err)
	}
	jwts, creds := credsFor(t, dir)
	ca := newAuthority(t)
	caFile := file(t, dir, "ca.pem", ca.pem)
	serverCert, serverKey := ca.pair(dir, "server")
	cert, key := ca.pair(dir, "client")
	for _, c := range []struct {
		name   string
		server *server.Options
		good   ingest.Options
	}{
		{"token", &server.Options{Authorization: "s3cr3t"}, ingest.Options{Token: "s3cr3t"}},
		{"user", &server.Options{Username: "crackle", Password: "s3cr3t"}, ingest.Options{User: "crackle", Password: "s3cr3t"}},
		{"nkey", &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public}}}, ingest.Options{NkeyFile: file(t, dir, "user.nk", seed)}},
		{"creds", jwts, ingest.Options{CredsFile: creds}},
		{"certificate", &server.Options{TLS: true, TLSVerify: true, TLSConfig: ca.demands(serverCert, serverKey), TLSTimeout: 5}, ingest.Options{CAFile: caFile, CertFile: cert, KeyFile: key}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := natsServer(t, c.server).ClientURL()
			c.good.URL = url
			if nc := connect(t, c.good); !nc.IsConnected() {
				t.Errorf("the right login was refused: %v", nc.LastError())
			}
			other := ingest.Options{URL: url, Token: "wrong"}
			if nc := connect(t, other); nc.IsConnected() {
				t.Error("a wrong login was let in")
			}
		})
	}
}

// A client certificate that is replaced is used at the next connection, without a restart.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	old, now := newAuthority(t), newAuthority(t)
	caFile := file(t, dir, "ca.pem", old.pem)
	serverCert, serverKey := old.pair(dir, "server")
	cert, key := old.pair(dir, "client")
	s := natsServer(t, &server.Options{TLS: true, TLSVerify: true, TLSConfig: old.demands(serverCert, serverKey), TLSTimeout: 5})
	port := s.Addr().(*net.TCPAddr).Port
	nc := connect(t, ingest.Options{URL: s.ClientURL(), CAFile: caFile, CertFile: cert, KeyFile: key})
	eventually(t, "the first connection", nc.IsConnected)
	s.Shutdown()
	s.WaitForShutdown()

	file(t, dir, "ca.pem", now.pem)
	serverCert, serverKey = now.pair(dir, "server")
	now.pair(dir, "client")
	natsServer(t, &server.Options{Port: port, TLS: true, TLSVerify: true, TLSConfig: now.demands(serverCert, serverKey), TLSTimeout: 5})
	eventually(t, "a connection with the new certificate", nc.IsConnected)
}
