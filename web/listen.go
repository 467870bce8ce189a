package web

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// ErrPortInUse is in the chain of New's error when the address, and with NextFreePort those above it, are taken. It may pass by itself.
var ErrPortInUse = errors.New("the port is in use by another program")

// portsTried is how many ports, one after the other, are tried when the first is taken.
const portsTried = 100

// listen opens addr, or with next the nearest free port above it.
func listen(addr string, next bool) (net.Listener, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("web: listen: found %q, allowed host:port such as 127.0.0.1:8080", addr)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("web: listen: found port %q, allowed a number from 0 to 65535", portText)
	}
	tries := uint64(1)
	if next && port != 0 {
		tries = min(portsTried, 65536-port)
	}
	for k := range tries {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.FormatUint(port+k, 10)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("web: listen on %s: %w", addr, err)
		}
	}
	if tries == 1 {
		return nil, fmt.Errorf("web: listen on %s: %w; stop that or choose another port (0 picks a free one)", addr, ErrPortInUse)
	}
	return nil, fmt.Errorf("web: listen on %s: %w, and so are the %d above it; choose another (0 picks a free one)", addr, ErrPortInUse, tries-1)
}

// loopback says whether host can be reached from this machine only.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
