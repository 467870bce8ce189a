package top_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"crackle/cmd/crackle/top"
)

// monitor answers as a crackle with one stream does, to those who show a token.
func monitor(token string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/api/v1/status":
			fmt.Fprint(w, `{"version":"1.4","now":"2026-01-31T12:00:00Z","ready":false,"readiness":{"problems":["NATS is away"]}}`)
		case "/api/v1/streams":
			fmt.Fprint(w, `{"streams":[{"name":"press","title":"Press","verdict":"ok","score":1.5,"limit":4,"newest_at":"2026-01-31T11:59:59.5Z"}]}`)
		case "/api/v1/alarms":
			fmt.Fprintf(w, `{"alarms":[{"id":"a","stream":"press","kind":"gap","state":"active_unacknowledged","what":%q,"onset_time":"2026-01-31T11:00:00Z"}]}`, r.URL.RawQuery)
		case "/api/v1/system":
			fmt.Fprint(w, `{"streams":[{"samples_per_s":1000,"windows_per_s":null}],"memory":{"total":5000000},"nats":{"connected":false},"store":{"bytes":null}}`)
		default:
			http.NotFound(w, r)
		}
	}))
}

func TestFetch(t *testing.T) {
	srv := monitor("secret")
	defer srv.Close()
	c, err := top.NewClient(top.ClientConfig{URL: srv.URL + "/", Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := c.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Streams) != 1 || *s.Streams[0].Score != 1.5 || s.Alarms[0].What != "open=true" || s.Status.Readiness.Problems[0] != "NATS is away" || len(s.Raw) != 4 {
		t.Errorf("%+v", s)
	}
	stranger, err := top.NewClient(top.ClientConfig{URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := stranger.Fetch(t.Context()); !errors.Is(err, top.ErrLogin) || strings.Contains(err.Error(), "secret") {
		t.Errorf("without a token: %v", err)
	}
}

// What is no crackle, or lies elsewhere, is said to be so; a token is not carried to where an answer points.
func TestFetchRefused(t *testing.T) {
	carried := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { carried <- r.Header.Get("Authorization") }))
	defer other.Close()
	for want, h := range map[string]http.HandlerFunc{
		"302":                           func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) },
		"404":                           http.NotFound,
		"something else than a crackle": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
	} {
		srv := httptest.NewServer(h)
		defer srv.Close()
		c, err := top.NewClient(top.ClientConfig{URL: srv.URL, Token: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if len(carried) != 0 {
		t.Errorf("a redirect was followed with %q", <-carried)
	}
	for _, cfg := range []top.ClientConfig{{URL: ""}, {URL: "ftp://x"}, {URL: "127.0.0.1:8080"}, {URL: "https://x", CAFile: "/does/not/exist"}, {URL: "https://x", CAFile: "client_test.go"}} {
		if _, err := top.NewClient(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

func Example() {
	srv := monitor("")
	defer srv.Close()
	c, err := top.NewClient(top.ClientConfig{URL: srv.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	s, err := c.Fetch(context.Background())
	v := &top.View{URL: "http://127.0.0.1:8080"}
	v.Take(s, err, time.Now())
	for _, line := range v.Lines(60, 0, time.Now()) {
		fmt.Println(strings.TrimRight(line, " "))
	}
	// Output:
	// Crackle 1.4 at http://127.0.0.1:8080, 2026-01-31 12:00:00 U…
	// streams: 0 alarm, 0 not assessed, 1 ok, 1 open alarms
	// ! NATS is away
	//
	// STREAM                                VERDICT          SCORE
	// Press                                 ok                 1.5
	// OPEN ALARMS
	// 01-31 11:00:00  press                   active unacknowledg…
	// NATS is away; 1.0 ksamples/s, 0 windows/s, 0 dropped, memor…
}
