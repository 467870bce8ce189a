package app

import (
	"context"
	"fmt"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/email"
	"crackle/alert/notify/log"
	"crackle/alert/notify/slack"
	"crackle/alert/notify/webhook"
	"crackle/cmd/crackle/config"
)

// sink builds one configured sink behind its routing.
func (a *App) sink(c config.Sink) (notify.Sink, error) {
	s, err := a.plainSink(c)
	if err != nil {
		return nil, err
	}
	severity := func(stream string) string { return a.config().Streams[stream].Alarm.Severity }
	if c, ok := s.(interface{ Close() }); ok {
		a.life.adopt("sink "+s.Name(), func(context.Context) error { c.Close(); return nil })
	}
	return &routed{Sink: s, cfg: c, severity: severity}, nil
}

func (a *App) plainSink(c config.Sink) (notify.Sink, error) {
	timeout := seconds(c.TimeoutS)
	switch c.Kind {
	case "slack":
		return slack.New(slack.Config{Name: c.Name, WebhookURL: c.WebhookURL, AllowPrivate: c.AllowPrivate, Timeout: timeout})
	case "webhook":
		return webhook.New(webhook.Config{Name: c.Name, URL: c.URL, Bearer: c.Token, AllowPrivate: c.AllowPrivate, Timeout: timeout})
	case "email":
		return email.New(email.Config{
			Name: c.Name, Host: c.Host, Port: c.Port, Encryption: email.Encryption(c.Encryption), Username: c.Username, Password: c.Password,
			From: c.From, To: c.To, Timeout: timeout,
		})
	case "log":
		return log.New(log.Config{Name: c.Name, Log: a.log}), nil
	}
	return nil, fmt.Errorf("kind %q; allowed are slack, email, webhook and log", c.Kind)
}

// routed lets through what the sink's table asks for, by stream, severity and change. The alarms of the monitor as a whole go to every sink.
type routed struct {
	notify.Sink
	cfg      config.Sink
	severity func(stream string) string
}

// Send implements notify.Sink. A message that is not for this sink counts as sent.
func (r *routed) Send(ctx context.Context, m notify.Message) error {
	if m.Change == alert.Cleared && !r.cfg.SendCleared {
		return nil
	}
	if m.Stream != "" && !m.Test && !r.cfg.Wants(m.Stream, r.severity(m.Stream)) {
		return nil
	}
	return r.Sink.Send(ctx, m)
}
