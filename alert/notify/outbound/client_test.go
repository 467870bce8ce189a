package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crackle/alert/notify"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a real server and returns a client for a secret path on it.
func serve(t *testing.T, h http.HandlerFunc, change func(*Config)) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	cfg := Config{URL: notify.NewSecret(srv.URL + "/hook/T0pSecretPath?key=abcdefgh"), AllowPrivate: true}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// post sends a small body and checks on the way that no error shows the URL.
func post(t *testing.T, ctx context.Context, c *Client) error {
	t.Helper()
	err := c.PostJSON(ctx, map[string]string{"Idempotency-Key": "k1"}, map[string]notify.Secret{"Authorization": notify.NewSecret("Bearer tok_12345")}, []byte(`{"a":1}`))
	if err != nil {
		for _, s := range []string{"T0pSecretPath", "abcdefgh", "tok_12345"} {
			if strings.Contains(err.Error(), s) {
				t.Errorf("the error shows a secret: %v", err)
			}
		}
	}
	return err
}

// grade reads an error as the dispatcher does.
func grade(err error) (permanent bool, wait time.Duration) {
	if e, ok := errors.AsType[*notify.Error](err); ok {
		return e.Permanent, e.RetryAfter
	}
	return false, 0
}

func TestPost(t *testing.T) {
	var got *http.Request
	var body []byte
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}, nil)
	if err := post(t, t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || string(body) != `{"a":1}` || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Idempotency-Key") != "k1" ||
		got.Header.Get("Authorization") != "Bearer tok_12345" || got.URL.Path != "/hook/T0pSecretPath" {
		t.Errorf("%s %s %v %s", got.Method, got.URL, got.Header, body)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		code       int
		retryAfter string
		permanent  bool
		wait       time.Duration
	}{
		{code: 200}, {code: 204}, {code: 400, permanent: true}, {code: 401, permanent: true}, {code: 404, permanent: true}, {code: 410, permanent: true},
		{code: 301, permanent: true}, {code: 307, permanent: true}, {code: 501, permanent: true},
		{code: 408}, {code: 425}, {code: 500}, {code: 502}, {code: 503, retryAfter: "120", wait: 2 * time.Minute}, {code: 429, retryAfter: "30", wait: 30 * time.Second},
		{code: 429}, {code: 429, retryAfter: "soon"}, {code: 429, retryAfter: "-5"}, {code: 429, retryAfter: "99999999999999999", wait: 1 << 31 * time.Second},
	} {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if c.retryAfter != "" {
				w.Header().Set("Retry-After", c.retryAfter)
			}
			w.Header().Set("Location", "/elsewhere?token=abcdefgh")
			w.WriteHeader(c.code)
			io.WriteString(w, "no luck for "+r.URL.String()+" and "+r.Header.Get("Authorization")+"\nnext line")
		}, nil)
		err := post(t, t.Context(), client)
		permanent, wait := grade(err)
		if (err == nil) != (c.code/100 == 2) || permanent != c.permanent || wait != c.wait {
			t.Errorf("%d: %v, permanent %v, wait %s", c.code, err, permanent, wait)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("the error has several lines: %q", err)
		}
	}
}

func TestRetryAfterDate(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	if d := retryAfter("Sun, 01 Mar 2026 06:01:30 GMT", now); d != 90*time.Second {
		t.Error(d)
	}
	if d := retryAfter("Sun, 01 Mar 2026 05:00:00 GMT", now); d != 0 {
		t.Error(d)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Bool
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer inner.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL+"/meta", http.StatusTemporaryRedirect)
	}, nil)
	err := post(t, t.Context(), c)
	if permanent, _ := grade(err); !permanent || reached.Load() {
		t.Errorf("%v, reached %v", err, reached.Load())
	}
}

// TestRefusedRanges holds that a private address is refused in the URL, and behind a name at the moment of dialling.
func TestRefusedRanges(t *testing.T) {
	for _, u := range []string{"http://127.0.0.1:9/x", "http://localhost/x", "https://[::1]/x", "http://169.254.169.254/latest", "http://10.1.2.3/", "http://[::ffff:127.0.0.1]/"} {
		if _, err := New(Config{URL: notify.NewSecret(u)}); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", u, err)
		}
	}
	var reached atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	c, err := New(Config{URL: notify.NewSecret("http://hook.example/T0pSecretPath"), Proxy: direct})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// A name that resolves to loopback, as a hostile or changed DNS entry would: the dialler gets the address after resolution.
	g := c.http.Transport.(*guard)
	dial := g.direct.DialContext
	g.direct.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, "127.0.0.1:"+port)
	}
	err = post(t, t.Context(), c)
	if permanent, _ := grade(err); !permanent || !strings.Contains(err.Error(), "configuration file") || reached.Load() {
		t.Errorf("%v, reached %v", err, reached.Load())
	}
}

func direct(*http.Request) (*url.URL, error) { return nil, nil }

// TestProxy holds that the proxy of the environment is used, may have a private address, and does not open private targets.
func TestProxy(t *testing.T) {
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Store(r.URL.String()) }))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	c, err := New(Config{URL: notify.NewSecret("http://hook.example/a"), Proxy: http.ProxyURL(u)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := post(t, t.Context(), c); err != nil || asked.Load() != "http://hook.example/a" {
		t.Errorf("%v, proxy was asked for %v", err, asked.Load())
	}
	if _, err := New(Config{URL: notify.NewSecret("http://192.168.0.1/"), Proxy: http.ProxyURL(u)}); !errors.Is(err, ErrRefused) {
		t.Errorf("private target through a proxy: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	for _, u := range []string{"", "not a url at all s3cr3t", "ftp://host/s3cr3t", "https:///s3cr3t", "http://a b/s3cr3t", "http://host/%zz-s3cr3t"} {
		if _, err := New(Config{URL: notify.NewSecret(u)}); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", u, err)
		}
	}
	if _, err := New(Config{URL: notify.NewSecret("https://a.example"), Timeout: -1}); err == nil {
		t.Error("negative timeout accepted")
	}
}

// TestSilentServer holds the deadline against a server that accepts and says nothing.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := New(Config{URL: notify.NewSecret("http://" + l.Addr().String() + "/T0pSecretPath"), AllowPrivate: true, Timeout: 150 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begin := time.Now()
	err = post(t, t.Context(), c)
	if permanent, _ := grade(err); err == nil || permanent || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

// TestEndlessAnswer holds that an answer without end is not read to its end.
func TestEndlessAnswer(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := post(t, ctx, c); err == nil || ctx.Err() != nil {
		t.Errorf("%v", err)
	}
}
