// Package slack sends messages to a Slack incoming webhook.
//
//	Upstream: alert/notify (Message values)
//	Downstream: Slack
//	Drops when: never; it says what went wrong, and the dispatcher decides
//
// Everything that comes from a signal or a configuration is shown as plain text, escaped: no value can mention a channel, format
// itself or become a link.
package slack

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/outbound"
)

// Config of a Sink.
type Config struct {
	Name           string        // default "slack"
	WebhookURL     notify.Secret // https://hooks.slack.com/services/...
	AllowPrivate   bool          // the URL comes from the configuration file: any address is allowed
	ConnectTimeout time.Duration // default 5 s
	Timeout        time.Duration // of one request; default 15 s
	TLS            *tls.Config   // default: the system's roots
	Proxy          func(*http.Request) (*url.URL, error)
}

// Sink is one incoming webhook. Safe for concurrent use.
type Sink struct {
	name   string
	client *outbound.Client
}

var _ notify.Sink = (*Sink)(nil)

// New makes a sink. Its error does not show the URL.
func New(cfg Config) (*Sink, error) {
	if cfg.Name == "" {
		cfg.Name = "slack"
	}
	c, err := outbound.New(outbound.Config{
		URL: cfg.WebhookURL, AllowPrivate: cfg.AllowPrivate, ConnectTimeout: cfg.ConnectTimeout, Timeout: cfg.Timeout, TLS: cfg.TLS, Proxy: cfg.Proxy,
	})
	if err != nil {
		return nil, fmt.Errorf("slack sink %q: %w", cfg.Name, err)
	}
	return &Sink{cfg.Name, c}, nil
}

// Name is the configured name.
func (s *Sink) Name() string { return s.name }

// Close lets go of idle connections.
func (s *Sink) Close() { s.client.Close() }

// Send posts one message.
func (s *Sink) Send(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(render(&m))
	if err != nil {
		return notify.Permanent(err)
	}
	return s.client.PostJSON(ctx, nil, nil, body)
}

// Lengths that Slack allows, in characters.
const (
	maxHeader  = 150
	maxSection = 3000
	maxText    = 3000
)

// payload is the body of an incoming webhook in Block Kit.
type payload struct {
	Text        string  `json:"text"` // what a phone's notification shows
	Mrkdwn      bool    `json:"mrkdwn"`
	UnfurlLinks bool    `json:"unfurl_links"`
	UnfurlMedia bool    `json:"unfurl_media"`
	Blocks      []block `json:"blocks"`
}

type block struct {
	Type string `json:"type"`
	Text *text  `json:"text"`
}

type text struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji,omitempty"`
	Verbatim bool   `json:"verbatim,omitempty"`
}

func render(m *notify.Message) payload {
	icon := "🔴 "
	switch {
	case m.Test:
		icon = "⚪ "
	case m.Change == alert.Cleared:
		icon = "🟢 "
	}
	subject := icon + m.Subject()
	var lines strings.Builder
	for _, f := range m.Fields() {
		lines.WriteString(f.Line() + "\n")
	}
	p := payload{
		Text: escape(subject, maxText),
		Blocks: []block{
			{"header", plain(subject, maxHeader)},
			{"section", plain(strings.TrimRight(lines.String(), "\n"), maxSection)},
		},
	}
	if link := linkTo(m.Link); link != "" {
		p.Blocks = append(p.Blocks, block{"section", &text{Type: "mrkdwn", Text: link, Verbatim: true}})
	}
	return p
}

func plain(s string, most int) *text {
	return &text{Type: "plain_text", Text: escape(s, most), Emoji: new(bool)}
}

// linkTo is the one piece of mark-up: a link whose address is a clean http URL, or nothing.
func linkTo(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	clean := strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;").Replace(u.String())
	if len(clean) > maxSection-40 {
		return ""
	}
	return "<" + clean + "|Open the dashboard>"
}

// escape makes s safe as Slack text, cut to at most the given number of characters of the result. Only &, < and > have a meaning in
// plain text; everything else stays as it is.
func escape(s string, most int) string {
	var b strings.Builder
	n := 0
	s = strings.ToValidUTF8(s, " ")
	for i, r := range s {
		e := string(r)
		switch r {
		case '&':
			e = "&amp;"
		case '<':
			e = "&lt;"
		case '>':
			e = "&gt;"
		}
		size := utf8.RuneCountInString(e)
		rest := s[i+utf8.RuneLen(r):]
		if n+size > most || (n+size == most && rest != "") {
			b.WriteString("…")
			break
		}
		b.WriteString(e)
		n += size
	}
	return b.String()
}
