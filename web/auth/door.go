package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// TokenHeader carries the token that GET /api/v1/session hands out.
const TokenHeader = "X-Crackle-Token"

// Door decides on requests. It is safe for concurrent use.
type Door struct {
	token string
}

// NewDoor makes a door with a fresh random token, valid until the process ends.
func NewDoor() *Door { return &Door{token: rand.Text()} }

// Token is what a change must carry in TokenHeader. Only a page of the same origin can read it.
func (d *Door) Token() string { return d.token }

// CheckHost refuses a request that was sent to another name than loopback's. A page elsewhere can point a name of its own at
// 127.0.0.1, and its requests would then count as same-origin; but the browser still sends that name.
func (d *Door) CheckHost(r *http.Request) error {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("host: found %q, allowed localhost or a loopback address; open the dashboard by the address that Crackle printed", r.Host)
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

// CheckChange refuses a change that another site asks for, or that does not carry the token.
func (d *Door) CheckChange(r *http.Request) error {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		return fmt.Errorf("sec-fetch-site: found %q, allowed same-origin; make changes from the dashboard itself", site)
	}
	got := r.Header.Get(TokenHeader)
	if subtle.ConstantTimeCompare([]byte(got), []byte(d.token)) != 1 {
		return fmt.Errorf("%s: found a missing or outdated token; get the present one from GET /api/v1/session and send it in this header", TokenHeader)
	}
	return nil
}
