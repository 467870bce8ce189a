package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/email"
	"crackle/alert/notify/log"
	"crackle/alert/notify/slack"
	"crackle/alert/notify/webhook"
	"crackle/cmd/crackle/config"
)

// sink builds one configured sink behind its routing.
func (a *App) sink(c config.Sink) (*routed, error) {
	s, err := a.plainSink(c)
	if err != nil {
		return nil, err
	}
	severity := func(stream string) string { return a.config().Streams[stream].Alarm.Severity }
	hours, err := notify.ParseHours(c.Hours, c.Zone)
	if err != nil {
		return nil, err
	}
	words, err := notify.NewTemplate(c.SubjectTemplate, c.TextTemplate)
	if err != nil {
		return nil, err
	}
	return &routed{Sink: s, cfg: c, severity: severity, hours: hours, words: words, now: time.Now, told: a.toldBefore(c.Name)}, nil
}

// toldBefore are the alarms that stand of which a sink was told before the start.
func (a *App) toldBefore(sink string) map[string]bool {
	told := map[string]bool{}
	if a.journal != nil && a.journal.past != nil {
		for _, id := range a.journal.past.Knows(sink) {
			told[id] = true
		}
	}
	return told
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

// routed lets through what the sink's table asks for, by stream, severity, change and hour, and puts it in the sink's words. The alarms of the monitor
// as a whole go to every sink.
type routed struct {
	notify.Sink
	cfg      config.Sink
	severity func(stream string) string
	hours    *notify.Hours
	words    *notify.Template
	now      func() time.Time

	mu   sync.Mutex
	told map[string]bool // alarms whose beginning was let through and whose end was not yet
}

// Close ends what the sink keeps open.
func (r *routed) Close() {
	if c, ok := r.Sink.(interface{ Close() }); ok {
		c.Close()
	}
}

// mostTold bounds the alarms that are remembered; more are not open at once.
const mostTold = 10_000

// Send implements notify.Sink. A message that is not for this sink counts as sent.
func (r *routed) Send(ctx context.Context, m notify.Message) error {
	if !m.Test && !r.wants(&m) {
		return nil
	}
	if err := r.words.Apply(&m); err != nil {
		return notify.Permanent(fmt.Errorf("the template of sink %s: %w", r.Name(), err))
	}
	err := r.Sink.Send(ctx, m)
	if err == nil && m.Change == alert.Cleared {
		r.mu.Lock()
		delete(r.told, m.AlarmID)
		r.mu.Unlock()
	}
	return err
}

// Hold implements notify.Timed: what begins outside of the hours waits for them. What nobody here is to be told of does not, nor what was told before.
func (r *routed) Hold(m *notify.Message, now time.Time) time.Time {
	if m.Test || m.Change == alert.Cleared || !r.mine(m) {
		return time.Time{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told[m.AlarmID] || r.hours.At(now) {
		return time.Time{}
	}
	return r.hours.Next(now)
}

// mine tells whether the sink is for such messages, at whatever hour.
func (r *routed) mine(m *notify.Message) bool {
	return (m.Change != alert.Cleared || r.cfg.SendCleared) && (m.Stream == "" || r.cfg.Wants(m.Stream, r.severity(m.Stream)))
}

// wants decides on a message once: what was let through at its first attempt is at the later ones too, and so is the end of an alarm that was told. Of
// an alarm that began before a restart the hour of its onset decides, where the journal does not know better.
func (r *routed) wants(m *notify.Message) bool {
	if !r.mine(m) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told[m.AlarmID] {
		return true
	}
	if !m.Late && !r.hours.At(r.now()) && !(m.Change == alert.Cleared && r.hours.At(m.Onset)) {
		return false
	}
	if len(r.told) >= mostTold {
		clear(r.told)
	}
	r.told[m.AlarmID] = true
	return true
}
