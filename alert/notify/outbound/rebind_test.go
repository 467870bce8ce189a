package outbound

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"crackle/alert/notify"
)

// names runs a DNS server that answers every question for an address with the next of a list, the last for ever, and gives a resolver that asks it.
func names(t *testing.T, answers ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := &atomic.Int64{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			c.WriteTo(answerTo(buf[:n], answers, asked), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
	}}, asked
}

// answerTo answers a DNS question: an A record, or nothing for other types.
func answerTo(question []byte, answers []string, asked *atomic.Int64) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	end += 5
	out := append([]byte{}, question[:2]...)
	if kind != 1 {
		out = append(out, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
		return append(out, question[12:end]...)
	}
	n := asked.Add(1)
	ip := netip.MustParseAddr(answers[min(int(n), len(answers))-1]).As4()
	out = append(out, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0)
	out = append(out, question[12:end]...)
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(out, ip[:]...)
}

// A name that resolves to an address that is not public is refused when it is connected to, however it resolved before.
func TestNamesThatResolveInside(t *testing.T) {
	for _, inside := range []string{"169.254.169.254", "127.0.0.1", "10.0.0.7", "0.0.0.0"} {
		resolver, asked := names(t, inside)
		c, err := New(Config{URL: notify.NewSecret("http://metadata.plant.example/latest"), Proxy: direct, Resolver: resolver})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 2 {
			err := post(t, t.Context(), c)
			if permanent, _ := grade(err); !permanent || err == nil || !strings.Contains(err.Error(), "allow_private") {
				t.Errorf("%s: %v", inside, err)
			}
		}
		if asked.Load() == 0 {
			t.Errorf("%s: the name was not resolved", inside)
		}
	}
}

// A name may resolve to another address each time; what counts is the one that is connected to.
func TestNameThatChangesItsAddress(t *testing.T) {
	var reached atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	resolver, _ := names(t, "127.0.0.1")
	open, err := New(Config{URL: notify.NewSecret("http://hook.plant.example:" + port + "/"), Proxy: direct, Resolver: resolver, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := post(t, t.Context(), open); err != nil || !reached.Load() {
		t.Fatalf("the file's own address: %v, reached %v", err, reached.Load())
	}
	reached.Store(false)
	shut, err := New(Config{URL: notify.NewSecret("http://hook.plant.example:" + port + "/"), Proxy: direct, Resolver: resolver})
	if err != nil {
		t.Fatal(err)
	}
	defer shut.Close()
	if err := post(t, t.Context(), shut); err == nil || reached.Load() {
		t.Errorf("the same without allow_private: %v, reached %v", err, reached.Load())
	}
}

// A redirect to the address of a cloud's metadata, by number or by name, is not followed, even from an address that the file names.
func TestRedirectInside(t *testing.T) {
	for _, to := range []string{"http://169.254.169.254/latest/meta-data/", "http://metadata.plant.example/", "//169.254.169.254/", "http://[::ffff:169.254.169.254]/"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			resolver, asked := names(t, "169.254.169.254")
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", to)
				w.WriteHeader(code)
			}, func(cfg *Config) { cfg.Resolver = resolver })
			err := post(t, t.Context(), c)
			if permanent, _ := grade(err); !permanent || !strings.Contains(err.Error(), "not followed") || asked.Load() != 0 {
				t.Errorf("%d to %s: %v; names asked for %d times", code, to, err, asked.Load())
			}
		}
	}
}
