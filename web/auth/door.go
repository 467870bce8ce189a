package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenHeader carries the token that GET /api/v1/session hands out.
const TokenHeader = "X-Crackle-Token"

// Config shapes a Door. The zero value asks nobody for a login and answers to loopback names only.
type Config struct {
	Users  *Users        // who may log in; nil: nobody needs to
	Open   bool          // the server can be reached from other machines: a login is needed even while there are no users
	Hosts  []string      // names, without a port, that the server answers to beside loopback's
	Secure []string      // those of Hosts that people reach through a proxy that speaks https with them
	Proxy  bool          // a proxy on this machine may stand before the server: what it says of addresses (X-Forwarded-For) is believed
	Cookie string        // name of the session's cookie; default "crackle-session"
	Idle   time.Duration // a session that is not used for so long ends; default 12 h
	Whole  time.Duration // every session ends after so long; default 7 days

	Sessions string      // file that keeps the sessions over a restart; "": they end with the process
	Warn     func(error) // told of what keeps Sessions from being read or written; may be nil
}

// Door decides on requests. It is safe for concurrent use.
type Door struct {
	cfg     Config
	token   string // of those without a session
	guesses *limiter

	mu       sync.Mutex
	sessions map[key]*session

	writing sync.Mutex // one writer of Sessions at a time; taken before mu
	warned  string     // of what was told last
}

// NewDoor makes a door with a fresh random token, valid until the process ends, and takes the sessions of Config.Sessions up.
func NewDoor(cfg Config) *Door {
	if cfg.Idle <= 0 {
		cfg.Idle = 12 * time.Hour
	}
	if cfg.Whole <= 0 {
		cfg.Whole = 7 * 24 * time.Hour
	}
	if cfg.Cookie == "" {
		cfg.Cookie = "crackle-session"
	}
	d := &Door{cfg: cfg, token: rand.Text(), guesses: newLimiter(), sessions: map[key]*session{}}
	d.resume(time.Now())
	return d
}

// Logins says whether people must log in.
func (d *Door) Logins() bool { return d.cfg.Open || d.cfg.Users != nil && d.cfg.Users.Any() }

// Token is what a change by c must carry in TokenHeader. Only a page of the same origin can read it.
func (d *Door) Token(c Caller) string {
	if c.token != "" {
		return c.token
	}
	return d.token
}

// CheckHost refuses a request that was sent to another name than loopback's and Config.Hosts. A page elsewhere can point a name of its own at
// this server, and its requests would then count as same-origin; but the browser still sends that name. An address is no name, and passes
// on an open server.
func (d *Door) CheckHost(r *http.Request) error {
	host := hostOf(r)
	if strings.EqualFold(host, "localhost") || slices.ContainsFunc(d.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && (d.cfg.Open || ip.Unmap().IsLoopback()) {
		return nil
	}
	allowed := "localhost or a loopback address"
	if d.cfg.Open {
		allowed = "localhost or an address"
	}
	if len(d.cfg.Hosts) > 0 {
		allowed += " or " + strings.Join(d.cfg.Hosts, ", ")
	}
	return fmt.Errorf("host: found %q, allowed %s; open the dashboard by one of these, or add the name to server.hosts", r.Host, allowed)
}

// hostOf is the name that a request was sent to, without the port.
func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(host, "[]")
}

// CheckOrigin refuses a request that a page of another origin makes. Programs send no Origin and pass.
func (d *Door) CheckOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return fmt.Errorf("origin: found %q, allowed only the dashboard's own, %s", origin, r.Host)
	}
	return nil
}

// CheckChange refuses a change that another site asks for, or that does not carry the token of the caller. A program that shows a token of
// its own needs no other: no browser adds that by itself.
func (d *Door) CheckChange(r *http.Request, c Caller) error {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		return fmt.Errorf("sec-fetch-site: found %q, allowed same-origin; make changes from the dashboard itself", site)
	}
	if c.program != "" {
		return nil
	}
	got := r.Header.Get(TokenHeader)
	if subtle.ConstantTimeCompare([]byte(got), []byte(d.Token(c))) != 1 {
		return fmt.Errorf("%s: found a missing or outdated token; get the present one from GET /api/v1/session and send it in this header", TokenHeader)
	}
	return nil
}
