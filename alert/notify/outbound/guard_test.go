package outbound

import (
	"net/netip"
	"net/url"
	"testing"
)

func TestPublic(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "93.184.216.34", "2606:4700::1111", "172.32.0.1", "100.63.255.255", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:0101:0101::1"} {
		if !Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is refused", a)
		}
	}
	for _, a := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3",
		"224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1",
		"::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:0001::1", "2002:0a00:0001::", "::127.0.0.1", "::ffff:0:127.0.0.1",
	} {
		if Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is let through", a)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address at all is let through")
	}
}

func TestCheckHost(t *testing.T) {
	for host, ok := range map[string]bool{
		"hooks.slack.com": true, "1.1.1.1": true, "localhost": false, "LOCALHOST.": false, "a.localhost": false, "127.0.0.1:80": false, "[::1]:80": false, "[::ffff:7f00:1]": false,
	} {
		u, err := url.Parse("http://" + host + "/")
		if err != nil {
			t.Fatal(err)
		}
		if err := checkHost(u); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
}
