package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrRefused is returned when an address is in a range that outgoing requests may not reach.
var ErrRefused = errors.New("address is loopback, link-local, private or otherwise not public; set allow_private = true in the configuration file to allow it")

// closed are the ranges beyond those that package netip knows.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("fec0::/10"),       // site-local, deprecated
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local-use translation
	netip.MustParsePrefix("::ffff:0:0:0/96"), // translated IPv4
}

// embedded are ranges whose last 32 bits (or the 32 after the prefix, for 6to4) are an IPv4 address that is reached in the end.
var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	compat = netip.MustParsePrefix("::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

// Public reports whether an address may be reached without having been named in the configuration file.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	if a.Is6() {
		b := a.As16()
		switch {
		case nat64.Contains(a), compat.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[12:16])))
		case sixTo4.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[2:6])))
		}
	}
	return true
}

// checkDial is a net.Dialer's Control: it sees every address after resolution and before the first packet.
func checkDial(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if !Public(ap.Addr()) {
		return fmt.Errorf("dial %s: %w", address, ErrRefused)
	}
	return nil
}

// checkHost judges a URL's host as far as that is possible without resolving it.
func checkHost(u *url.URL) error {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return fmt.Errorf("host %s: %w", host, ErrRefused)
	}
	if a, err := netip.ParseAddr(host); err == nil && !Public(a) {
		return fmt.Errorf("host %s: %w", host, ErrRefused)
	}
	return nil
}

// guard is the round tripper: one transport for direct connections, whose dialler checks addresses, and one for the way through a
// proxy, whose address is the environment's to choose.
type guard struct {
	direct, proxied *http.Transport
	proxy           func(*http.Request) (*url.URL, error)
	open            bool // any address is allowed
}

// proxyKey carries the proxy chosen for one request to its transport.
type proxyKey struct{}

func newGuard(cfg Config) *guard {
	dialer := &net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: 30 * time.Second, Resolver: cfg.Resolver}
	checked := *dialer
	if !cfg.AllowPrivate {
		checked.ControlContext = checkDial
	}
	transport := func(d *net.Dialer) *http.Transport {
		return &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: cfg.ConnectTimeout, ResponseHeaderTimeout: cfg.Timeout,
			MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
			TLSClientConfig: cfg.TLS.Clone(),
		}
	}
	g := &guard{direct: transport(&checked), proxied: transport(dialer), proxy: cfg.Proxy, open: cfg.AllowPrivate}
	g.proxied.Proxy = func(r *http.Request) (*url.URL, error) {
		u, _ := r.Context().Value(proxyKey{}).(*url.URL)
		return u, nil
	}
	return g
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !g.open {
		if err := checkHost(r.URL); err != nil {
			return nil, err
		}
	}
	proxy, err := g.proxy(r)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if proxy == nil {
		return g.direct.RoundTrip(r)
	}
	return g.proxied.RoundTrip(r.WithContext(context.WithValue(r.Context(), proxyKey{}, proxy)))
}

func (g *guard) CloseIdleConnections() {
	g.direct.CloseIdleConnections()
	g.proxied.CloseIdleConnections()
}
