// Package webhook posts messages in the JSON form of Alertmanager's webhook, version 4, so that existing receivers work.
//
//	Upstream: alert/notify (Message values)
//	Downstream: any HTTP server
//	Drops when: never; it says what went wrong, and the dispatcher decides
//
// Each request carries the event's id as Idempotency-Key.
package webhook

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/outbound"
)

// Config of a Sink.
type Config struct {
	Name           string        // default "webhook"; also the receiver named in the body
	URL            notify.Secret // http or https
	Bearer         notify.Secret // sent as Authorization: Bearer ...; empty: none
	AllowPrivate   bool          // the URL comes from the configuration file: any address is allowed
	ConnectTimeout time.Duration // default 5 s
	Timeout        time.Duration // of one request; default 15 s
	TLS            *tls.Config   // default: the system's roots
	Proxy          func(*http.Request) (*url.URL, error)
}

// Sink is one receiver. Safe for concurrent use.
type Sink struct {
	name   string
	bearer notify.Secret
	client *outbound.Client
}

var _ notify.Sink = (*Sink)(nil)

// New makes a sink. Its error does not show the URL.
func New(cfg Config) (*Sink, error) {
	if cfg.Name == "" {
		cfg.Name = "webhook"
	}
	c, err := outbound.New(outbound.Config{
		URL: cfg.URL, AllowPrivate: cfg.AllowPrivate, ConnectTimeout: cfg.ConnectTimeout, Timeout: cfg.Timeout, TLS: cfg.TLS, Proxy: cfg.Proxy,
	})
	if err != nil {
		return nil, fmt.Errorf("webhook sink %q: %w", cfg.Name, err)
	}
	return &Sink{cfg.Name, cfg.Bearer, c}, nil
}

// Name is the configured name.
func (s *Sink) Name() string { return s.name }

// Close lets go of idle connections.
func (s *Sink) Close() { s.client.Close() }

// Send posts one message.
func (s *Sink) Send(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(s.render(&m))
	if err != nil {
		return notify.Permanent(err)
	}
	header := map[string]string{"Idempotency-Key": m.ID}
	secret := map[string]notify.Secret{}
	if !s.bearer.Empty() {
		secret["Authorization"] = notify.NewSecret("Bearer " + s.bearer.Reveal())
	}
	return notify.Scrub(s.client.PostJSON(ctx, header, secret, body), s.bearer)
}

// body is Alertmanager's webhook message, version 4.
type body struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []entry           `json:"alerts"`
}

type entry struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // the zero time while firing
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

func (s *Sink) render(m *notify.Message) body {
	e := entry{
		Status: "firing", Labels: labels(m), Annotations: annotations(m),
		StartsAt: m.Onset, GeneratorURL: m.Link, Fingerprint: m.AlarmID,
	}
	if m.Change == alert.Cleared {
		e.Status, e.EndsAt = "resolved", m.At
	}
	return body{
		Version: "4", GroupKey: "crackle:" + m.AlarmID, Status: e.Status, Receiver: s.name,
		GroupLabels: map[string]string{"alarm_id": m.AlarmID}, CommonLabels: e.Labels, CommonAnnotations: e.Annotations,
		ExternalURL: m.Link, Alerts: []entry{e},
	}
}

// labels name the alarm: the same at its onset and at its clear, so that a receiver can pair them.
func labels(m *notify.Message) map[string]string {
	l := map[string]string{"alertname": "Crackle" + camel(string(m.Kind)), "alarm_id": m.AlarmID}
	set := func(k, v string) {
		if v != "" {
			l[k] = v
		}
	}
	set("kind", string(m.Kind))
	set("stream", m.Stream)
	set("part", m.Part)
	set("lot", m.Lot)
	if m.Simulated {
		l["simulated"] = "true"
	}
	if m.Test {
		l["alertname"], l["test"] = "CrackleTest", "true"
	}
	return l
}

// annotations say what is known now; they differ between onset and clear.
func annotations(m *notify.Message) map[string]string {
	return map[string]string{
		"summary": m.Subject(), "description": m.What, "title": m.Title, "state": string(m.State),
		"score": strconv.FormatFloat(m.Score, 'g', -1, 64), "limit": strconv.FormatFloat(m.Limit, 'g', -1, 64), "unit": m.Unit,
		"provisional": strconv.FormatBool(m.Provisional), "onset_index": strconv.FormatUint(m.OnsetIndex, 10),
		"event_id": m.ID, "chatter": strconv.Itoa(m.Chatter), "clear_reason": string(m.ClearReason),
	}
}

// camel turns a_kind into AKind.
func camel(s string) string {
	var b []byte
	up := true
	for _, c := range []byte(s) {
		switch {
		case c == '_':
			up = true
		case up && 'a' <= c && c <= 'z':
			b, up = append(b, c-'a'+'A'), false
		default:
			b, up = append(b, c), false
		}
	}
	return string(b)
}
