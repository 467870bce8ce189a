package top

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// answerMost bounds one answer, in bytes: thousands of streams.
const answerMost = 32 << 20

// ClientConfig says which monitor is asked, and as whom.
type ClientConfig struct {
	URL    string // of the dashboard
	Token  string // of crackle user token; empty where nobody needs a login
	CAFile string // PEM of the authorities to trust; empty: the system's
}

// Client asks a monitor. It is for one goroutine.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// NewClient checks cfg. Close must be called.
func NewClient(cfg ClientConfig) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("url: found %q, allowed is the dashboard's, as in http://127.0.0.1:8080", cfg.URL)
	}
	t := &http.Transport{Proxy: nil, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{}}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM", cfg.CAFile)
		}
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a token goes to the address that was named
	return &Client{strings.TrimRight(cfg.URL, "/"), cfg.Token, &http.Client{Transport: t, CheckRedirect: refuse}}, nil
}

// Close lets go of the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// URL is the monitor's.
func (c *Client) URL() string { return c.base }

// Snapshot is what a monitor said at one time.
type Snapshot struct {
	Status  Status
	Streams []Stream
	Alarms  []Alarm // open
	System  System

	Raw map[string]json.RawMessage // the answers as they came: status, streams, alarms, system
}

// Status is the state of the monitor as a whole.
type Status struct {
	Version   string    `json:"version"`
	Now       time.Time `json:"now"`
	Ready     bool      `json:"ready"`
	Readiness struct {
		Problems []string `json:"problems"`
	} `json:"readiness"`
}

// Stream is one stream.
type Stream struct {
	Name        string    `json:"name"`
	Title       string    `json:"title"`
	Verdict     string    `json:"verdict"`
	Reasons     []string  `json:"reasons"`
	Score       *float64  `json:"score"`
	Limit       *float64  `json:"limit"`
	Source      string    `json:"source"`
	Phase       string    `json:"phase"`
	Part        string    `json:"part"`
	Lot         string    `json:"lot"`
	NewestAt    time.Time `json:"newest_at"`
	StaleAfterS *float64  `json:"stale_after_s"`
}

// Alarm is one open alarm.
type Alarm struct {
	ID        string    `json:"id"`
	Stream    string    `json:"stream"`
	Title     string    `json:"title"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	What      string    `json:"what"`
	OnsetTime time.Time `json:"onset_time"`
	AckBy     string    `json:"ack_by"`
}

// System is how the monitor itself is doing.
type System struct {
	Streams []struct {
		SamplesPerS *float64 `json:"samples_per_s"`
		WindowsPerS *float64 `json:"windows_per_s"`
	} `json:"streams"`
	Dropped uint64 `json:"dropped"`
	Memory  struct {
		Total uint64 `json:"total"`
	} `json:"memory"`
	Clients int `json:"clients"`
	NATS    struct {
		Connected bool `json:"connected"`
	} `json:"nats"`
	Store struct {
		Bytes    *float64 `json:"bytes"`
		MaxBytes *float64 `json:"max_bytes"`
	} `json:"store"`
}

// Fetch asks for everything.
func (c *Client) Fetch(ctx context.Context) (*Snapshot, error) {
	s := &Snapshot{Raw: map[string]json.RawMessage{}}
	var streams struct {
		Streams []Stream `json:"streams"`
	}
	var alarms struct {
		Alarms []Alarm `json:"alarms"`
	}
	for _, q := range []struct {
		name, path string
		into       any
	}{{"status", "/status", &s.Status}, {"streams", "/streams", &streams}, {"alarms", "/alarms?open=true", &alarms}, {"system", "/system", &s.System}} {
		body, err := c.get(ctx, "/api/v1"+q.path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, q.into); err != nil {
			return nil, fmt.Errorf("%s answers %s with something else than a crackle does: %w", c.base, q.path, err)
		}
		s.Raw[q.name] = body
	}
	s.Streams, s.Alarms = streams.Streams, alarms.Alarms
	return s, nil
}

// ErrLogin says that the monitor asks for a login.
var ErrLogin = errors.New("it asks for a login; make a token with crackle user token NAME, and set CRACKLE_TOKEN to it")

func (c *Client) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerMost))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", c.base, err)
	case answer.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("%s: %w", c.base, ErrLogin)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %s with %s: %.200s", c.base, path, answer.Status, plain(string(body)))
	}
	return body, nil
}
