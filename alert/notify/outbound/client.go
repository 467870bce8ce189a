package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"crackle/alert/notify"
)

// Config of a Client.
type Config struct {
	URL            notify.Secret // http or https; may hold a token, so it is never printed
	AllowPrivate   bool          // the URL comes from the configuration file: any address is allowed
	ConnectTimeout time.Duration // for the connection and for TLS, each; default 5 s
	Timeout        time.Duration // of one request in total; default 15 s
	TLS            *tls.Config   // default: the system's roots
	Proxy          func(*http.Request) (*url.URL, error)
	Resolver       *net.Resolver // default: the system's
}

// Client posts to one URL. Safe for concurrent use.
type Client struct {
	url  notify.Secret
	http *http.Client
}

// maxAnswer is how much of an answer is read: enough for the sentence that says what is wrong.
const maxAnswer = 4 << 10

// New checks the URL and makes a client. Its error does not show the URL.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL.Reveal())
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("outbound: the URL is not of the form https://host/path; check it where it is configured")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.ConnectTimeout < 0 || cfg.Timeout < 0 {
		return nil, fmt.Errorf("outbound: connect timeout %s, timeout %s; allowed are positive times", cfg.ConnectTimeout, cfg.Timeout)
	}
	if cfg.Proxy == nil {
		cfg.Proxy = http.ProxyFromEnvironment
	}
	if !cfg.AllowPrivate {
		if err := checkHost(u); err != nil {
			return nil, fmt.Errorf("outbound: %w", err)
		}
	}
	return &Client{cfg.URL, &http.Client{
		Transport: newGuard(cfg), Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// PostJSON posts body and returns nil when the answer is 2xx. Its error is a notify.Error: permanent for an answer that trying again
// cannot change (a redirect, 4xx but for 408, 425 and 429) and for a refused address; with the time asked for by Retry-After. No error
// holds the URL or any of the secret header values.
func (c *Client) PostJSON(ctx context.Context, header map[string]string, secret map[string]notify.Secret, body []byte) error {
	secrets := []notify.Secret{c.url}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		return notify.Permanent(notify.Scrub(err, secrets...))
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "crackle")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	for k, v := range secret {
		r.Header.Set(k, v.Reveal())
		secrets = append(secrets, v)
	}
	return c.do(r, secrets...)
}

// do asks, and turns the answer into nil or an error without any of the secrets.
func (c *Client) do(r *http.Request, secrets ...notify.Secret) error {
	resp, err := c.http.Do(r)
	if err != nil {
		err, refused := notify.Scrub(err, secrets...), errors.Is(err, ErrRefused)
		if refused {
			return notify.Permanent(err)
		}
		return err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return notify.Scrub(verdict(resp, answer, time.Now()), secrets...)
}

// Get asks for the URL and returns nil when the answer is 2xx, else an error as PostJSON does.
func (c *Client) Get(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.Reveal(), nil)
	if err != nil {
		return notify.Permanent(notify.Scrub(err, c.url))
	}
	r.Header.Set("User-Agent", "crackle")
	return c.do(r, c.url)
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// verdict turns an answer into nil or an error that says what to do.
func verdict(resp *http.Response, answer []byte, now time.Time) error {
	code := resp.StatusCode
	if code/100 == 2 {
		return nil
	}
	err := fmt.Errorf("the server answered %s", resp.Status)
	if text := strings.TrimSpace(notify.OneLine(string(answer))); text != "" {
		err = fmt.Errorf("%w: %.200s", err, text)
	}
	wait := retryAfter(resp.Header.Get("Retry-After"), now)
	switch {
	case code/100 == 3:
		return notify.Permanent(fmt.Errorf("the server answered %s: redirects are not followed; configure the final address", resp.Status))
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code/100 == 5 && code != http.StatusNotImplemented:
		return notify.Later(wait, err)
	default:
		return notify.Permanent(err)
	}
}

// retryAfter reads the header of RFC 9110 §10.2.3: seconds or a date. What cannot be read counts as absent.
func retryAfter(v string, now time.Time) time.Duration {
	if s, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
		return time.Duration(min(max(s, 0), 1<<31)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
