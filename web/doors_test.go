package web_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"crackle/web"
	"crackle/web/auth"
	"crackle/web/hub"
)

const password = "a few words in a row"

// house is a server with three users and what browsers and programs need to talk to it.
type house struct {
	t     *testing.T
	plant *plant
	users *auth.Users
	url   string
}

// newHouse serves with cfg's doors; Users is filled in.
func newHouse(t *testing.T, cfg web.Config) *house {
	t.Helper()
	users, err := auth.OpenUsers(filepath.Join(t.TempDir(), auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]auth.Role{"vera": auth.Viewer, "otto": auth.Operator, "elsa": auth.Engineer} {
		if err := users.Add(name, role, password); err != nil {
			t.Fatal(err)
		}
	}
	p := newPlant(t, web.StreamStatus{Name: "motor.current", Title: "Motor", RateHz: 1000, Limit: 4, Phase: hub.Waiting, Channels: []hub.Channel{{Name: "a", Unit: "A"}}})
	cfg.Users, cfg.Monitor, cfg.Hub, cfg.Gatherer, cfg.Version, cfg.Files = users, p, p.hub, p.prom, "test", os.DirFS(t.TempDir())
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &house{t, p, users, strings.TrimSuffix(s.URL(), "/")}
}

// person is somebody with a browser: it keeps cookies, and the token that changes carry.
type person struct {
	*house
	client *http.Client
	token  string
}

func (h *house) person(roots *x509.CertPool) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	b := &person{h, &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}, ""}
	b.session()
	return b
}

func (b *person) ask(method, path, body string) (int, string, *http.Response) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(auth.TokenHeader, b.token)
	r, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.StatusCode, string(text), r
}

func (b *person) session() (user, role string) {
	b.t.Helper()
	_, body, _ := b.ask("GET", "/api/v1/session", "")
	var s struct{ User, Role, Token string }
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.Token == "" {
		b.t.Fatalf("session: %s", body)
	}
	b.token = s.Token
	return s.User, s.Role
}

func (b *person) login(name string) *http.Response {
	b.t.Helper()
	status, body, r := b.ask("POST", "/api/v1/login", `{"user":"`+name+`","password":"`+password+`"}`)
	if status != http.StatusNoContent {
		b.t.Fatalf("login of %s: %d %s", name, status, body)
	}
	b.session()
	return r
}

func (b *person) live() *websocket.Conn {
	b.t.Helper()
	d := websocket.Dialer{Jar: b.client.Jar, TLSClientConfig: b.client.Transport.(*http.Transport).TLSClientConfig}
	u := "ws" + strings.TrimPrefix(b.url, "http") + "/api/v1/live"
	c, _, err := d.Dial(u, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	return c
}

func TestLogin(t *testing.T) {
	h := newHouse(t, web.Config{})
	b := h.person(nil)
	for _, path := range []string{"/api/v1/status", "/api/v1/streams", "/api/v1/alarms", "/metrics", "/api/v1/live"} {
		if status, body, _ := b.ask("GET", path, ""); status != http.StatusUnauthorized {
			t.Errorf("%s before the login: %d %s", path, status, body)
		}
	}
	if status, body, _ := b.ask("GET", "/readyz", ""); status != 200 || strings.Contains(body, "problems") {
		t.Errorf("/readyz before the login: %d %s", status, body)
	}
	var answers []string
	for _, body := range []string{`{"user":"elsa","password":"a wrong password"}`, `{"user":"nobody","password":"a wrong password"}`, `{"user":"","password":""}`} {
		status, text, r := b.ask("POST", "/api/v1/login", body)
		if status != http.StatusUnauthorized || len(r.Cookies()) != 0 {
			t.Errorf("%s: %d %s", body, status, text)
		}
		answers = append(answers, text)
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("the answers tell who there is: %q", answers)
	}
	before := b.token
	r := b.login("otto")
	if c := r.Cookies(); len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Secure {
		t.Errorf("cookies %+v", c)
	}
	if user, role := b.session(); user != "otto" || role != "operator" || b.token == before {
		t.Errorf("session of %q, %q; the token changed: %v", user, role, b.token != before)
	}
	if status, _, _ := b.ask("GET", "/api/v1/streams", ""); status != 200 {
		t.Errorf("streams after the login: %d", status)
	}
	if status, _, _ := b.ask("POST", "/api/v1/logout", ""); status != http.StatusNoContent {
		t.Errorf("logout: %d", status)
	}
	if status, _, _ := b.ask("GET", "/api/v1/streams", ""); status != http.StatusUnauthorized {
		t.Errorf("streams after the logout: %d", status)
	}
}

// The name on an acknowledgement is that of the login, and no other can be put there.
func TestWhoAcknowledges(t *testing.T) {
	h := newHouse(t, web.Config{})
	path := "/api/v1/alarms/" + (&site{t: t, plant: h.plant}).alarm() + "/acknowledge"
	vera, otto := h.person(nil), h.person(nil)
	vera.login("vera")
	otto.login("otto")
	if status, body, _ := vera.ask("POST", path, `{}`); status != http.StatusForbidden || !strings.Contains(body, "takes an operator") {
		t.Errorf("a viewer: %d %s", status, body)
	}
	if status, body, _ := otto.ask("POST", path, `{"by":"elsa"}`); status != http.StatusBadRequest || !strings.Contains(body, "otto is logged in") {
		t.Errorf("in another's name: %d %s", status, body)
	}
	if status, body, _ := otto.ask("POST", path, `{"comment":"<!channel>\r\nseen"}`); status != 200 || !strings.Contains(body, `"ack_by":"otto"`) {
		t.Errorf("an operator: %d %s", status, body)
	}
}

// Whoever is not let in any more loses the live feed, and is told why.
func TestLiveFeedEndsWithTheLogin(t *testing.T) {
	h := newHouse(t, web.Config{})
	for name, end := range map[string]func(*person) error{
		"vera": func(*person) error { return h.users.Remove("vera") },
		"otto": func(*person) error { return h.users.SetRole("otto", auth.Viewer) },
		"elsa": func(b *person) error { b.ask("POST", "/api/v1/logout", ""); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := h.person(nil)
			b.login(name)
			c := b.live()
			if _, _, err := c.ReadMessage(); err != nil {
				t.Fatal(err)
			}
			if err := end(b); err != nil {
				t.Fatal(err)
			}
			c.SetReadDeadline(time.Now().Add(20 * time.Second))
			var err error
			for err == nil {
				_, _, err = c.ReadMessage()
			}
			if !websocket.IsCloseError(err, hub.CloseEnded) || !strings.Contains(err.Error(), "log in again") {
				t.Errorf("the feed ended with %v", err)
			}
		})
	}
}

// A program's token reads metrics and makes changes without more, and ends with the next one.
func TestProgramToken(t *testing.T) {
	h := newHouse(t, web.Config{})
	token, err := h.users.NewToken("otto")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, plant: h.plant, url: h.url}
	bearer := "Authorization: Bearer " + token
	if status, body, _ := s.ask("GET", "/metrics", "", bearer); status != 200 {
		t.Errorf("metrics: %d %s", status, body)
	}
	if status, body, _ := s.ask("POST", "/api/v1/alarms/"+s.alarm()+"/acknowledge", `{"comment":"by a script"}`, bearer, asJSON); status != 200 || !strings.Contains(body, `"ack_by":"otto"`) {
		t.Errorf("acknowledge: %d %s", status, body)
	}
	if status, _, _ := s.ask("GET", "/metrics", "", bearer+"x"); status != 401 {
		t.Errorf("with another token: %d", status)
	}
}

// A server that other machines can reach asks for a login, answers to addresses and to its own names, and to no other.
func TestOpenServer(t *testing.T) {
	h := newHouse(t, web.Config{Listen: "0.0.0.0:0", Doors: web.Doors{PublicURL: "https://crackle.plant.example/line", Hosts: []string{"pc7"}}})
	s := &site{t: t, plant: h.plant, url: h.url}
	for host, want := range map[string]int{"192.0.2.7:8080": 200, "crackle.plant.example": 200, "PC7:80": 200, "evil.example": 421, "crackle.plant.example.evil.example": 421} {
		if status, body, _ := s.ask("GET", "/api/v1/session", "", "Host: "+host); status != want {
			t.Errorf("%s: %d %s, want %d", host, status, body, want)
		}
	}
	for _, name := range []string{"vera", "otto", "elsa"} {
		if err := h.users.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, _ := s.ask("GET", "/api/v1/streams", ""); status != 401 {
		t.Errorf("after the last user was removed: %d, want a closed door", status)
	}
}

// Behind a proxy that speaks https and keeps Host, the cookie is for https only.
func TestBehindProxy(t *testing.T) {
	h := newHouse(t, web.Config{Doors: web.Doors{PublicURL: "https://crackle.plant.example"}})
	s := &site{t: t, plant: h.plant, url: h.url}
	host, origin := "Host: crackle.plant.example", "Origin: https://crackle.plant.example"
	_, body, _ := s.ask("GET", "/api/v1/session", "", host, origin)
	var session struct{ Token, Header string }
	if err := json.Unmarshal([]byte(body), &session); err != nil {
		t.Fatal(body)
	}
	status, body, header := s.ask("POST", "/api/v1/login", `{"user":"vera","password":"`+password+`"}`, host, origin, asJSON, session.Header+": "+session.Token)
	if c := header.Get("Set-Cookie"); status != 204 || !strings.HasPrefix(c, "__Host-") || !strings.Contains(c, "Secure") {
		t.Errorf("login: %d %s, cookie %q", status, body, c)
	}
}

// pair writes a certificate for loopback with a serial number, and gives the pool that trusts it.
func pair(t *testing.T, dir string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "crackle"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, body := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text})} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

// Over https the cookie is for https only, the live feed works, and a new certificate is used without a restart; a broken one is not.
func TestHTTPS(t *testing.T) {
	dir := t.TempDir()
	roots := pair(t, dir, 1)
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	h := newHouse(t, web.Config{Doors: web.Doors{CertFile: certFile, KeyFile: keyFile}})
	if !strings.HasPrefix(h.url, "https://127.0.0.1:") {
		t.Fatal(h.url)
	}
	b := h.person(roots)
	if c := b.login("elsa").Cookies(); len(c) != 1 || !c[0].Secure || !strings.HasPrefix(c[0].Name, "__Host-") {
		t.Errorf("cookies %+v", c)
	}
	if _, _, err := b.live().ReadMessage(); err != nil {
		t.Errorf("the live feed: %v", err)
	}
	serial := func() int64 {
		c, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), &tls.Config{InsecureSkipVerify: true}) // which one is served is what is asked
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Fatalf("certificate %d", got)
	}
	if err := os.WriteFile(certFile, []byte("half of a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the files are looked at once a second
	if got := serial(); got != 1 {
		t.Errorf("with a broken file certificate %d", got)
	}
	pair(t, dir, 2)
	for end := time.Now().Add(20 * time.Second); serial() != 2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a new certificate is not used")
		}
	}
	if _, err := web.New(web.Config{Listen: "127.0.0.1:0", Monitor: h.plant, Hub: h.plant.hub, Doors: web.Doors{CertFile: certFile, KeyFile: certFile}}); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("a certificate in place of the key: %v", err)
	}
}

// Without TLS an open server says that passwords can be read on the way.
func TestOpenServerWithoutTLSWarns(t *testing.T) {
	h := newHouse(t, web.Config{})
	var log bytes.Buffer
	s, err := web.New(web.Config{Listen: "0.0.0.0:0", Monitor: h.plant, Hub: h.plant.hub, Doors: web.Doors{Users: h.users}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if !strings.Contains(log.String(), "in the clear") {
		t.Errorf("it says %s", log.String())
	}
}
