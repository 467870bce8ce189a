package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"crackle/alert"
	"crackle/detector"
)

// desk is where messages arrive: an HTTP server and an SMTP server.
type desk struct {
	mu    sync.Mutex
	slack []string // texts as Slack shows them
	hooks []map[string]any
	keys  []string // idempotency keys
	mails []*mail.Message
	texts []string // of the mails
}

func (d *desk) counts() (slack, hooks, mails int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.slack), len(d.hooks), len(d.mails)
}

// ServeHTTP takes what Slack and a webhook would.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case r.URL.Path == "/services/T0/B0/secret":
		var text strings.Builder
		for _, b := range body["blocks"].([]any) {
			text.WriteString(b.(map[string]any)["text"].(map[string]any)["text"].(string) + "\n")
		}
		d.slack = append(d.slack, text.String())
	case r.Header.Get("Authorization") == "Bearer hook-token":
		d.hooks = append(d.hooks, body)
		d.keys = append(d.keys, r.Header.Get("Idempotency-Key"))
	default:
		http.Error(w, "who are you?", http.StatusForbidden)
	}
}

// NewSession makes desk an SMTP backend.
func (d *desk) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{d}, nil }

type session struct{ d *desk }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := plainText(m)
	if err != nil {
		return err
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.mails, s.d.texts = append(s.d.mails, m), append(s.d.texts, text)
	return nil
}

// plainText is the part of a mail for readers without HTML.
func plainText(m *mail.Message) (string, error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	p, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(quotedprintable.NewReader(p))
	return string(b), err
}

// openDesk starts both servers and returns the sinks' tables.
func openDesk(t *testing.T) (*desk, string) {
	t.Helper()
	d := &desk{}
	web := httptest.NewServer(d)
	t.Cleanup(web.Close)
	post := smtp.NewServer(d)
	post.Domain, post.ReadTimeout, post.WriteTimeout = "localhost", 10*time.Second, 10*time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- post.Serve(l) }()
	t.Cleanup(func() { post.Close(); <-done })
	return d, fmt.Sprintf(`
[sink.chat]
kind = "slack"
webhook_url = "%[1]s/services/T0/B0/secret"
allow_private = true

[sink.hook]
kind = "webhook"
url = "%[1]s/hook"
token = "hook-token"
allow_private = true

[sink.mail]
kind = "email"
host = "127.0.0.1"
port = %[2]d
encryption = "none"
from = "Crackle <crackle@plant.example>"
to = ["ines@plant.example"]
`, web.URL, l.Addr().(*net.TCPAddr).Port)
}

// A real fault is told by Slack, e-mail and webhook, with all that a person needs, and so is its end.
func TestSinksAreTold(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), sinks))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "good", 100)
	w.wantVerdict("motor", "good", detector.OK)
	if a, b, c := d.counts(); a+b+c != 0 {
		t.Errorf("%d, %d and %d messages about a good part", a, b, c)
	}
	publishPart(t, pub, faulty(t), "bad-7", 100)
	w.wantVerdict("motor", "bad-7", detector.Alarm)
	told := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprintf("%d messages by each sink", n), func() bool {
			a, b, c := d.counts()
			return a == n && b == n && c == n
		})
	}
	told(2) // raised, and cleared with the end of the part

	eventually(t, "both events", func() bool { return len(w.events("motor", alert.KindScore)) == 2 })
	all := w.events("motor", alert.KindScore)
	alarm := all[0].Alarm
	link := w.URL() + "#alarm-" + alarm.ID
	score := fmt.Sprintf("Score: %.4g", alarm.Score)
	onset := "Onset: " + alarm.OnsetTime.UTC().Format(time.RFC3339Nano) + fmt.Sprintf(", sample %d", alarm.Onset)
	if alarm.Onset < 1000 || alarm.Score <= 1 || alarm.What == "" {
		t.Errorf("alarm %+v", alarm)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, text := range []string{d.slack[0], d.texts[0]} {
		wantAll(t, text, "Alarm: Motor motor, score above limit, part bad-7", "Stream: Motor motor (motor)", onset, score, "limit 1", "What stood out: "+alarm.What, link)
	}
	for _, text := range []string{d.slack[1], d.texts[1]} {
		wantAll(t, text, "Cleared: Motor motor", "Cleared: "+all[1].At.UTC().Format(time.RFC3339Nano), "with the end of its part", onset, link)
	}
	if id, re := d.mails[0].Header.Get("Message-Id"), d.mails[1].Header.Get("In-Reply-To"); id == "" || id != re {
		t.Errorf("the second mail answers %q, the first is %q", re, id)
	}
	raised, err := json.Marshal(d.hooks[0])
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, string(raised), `"motor"`, alarm.ID, `"bad-7"`, link)
	if d.keys[0] != all[0].ID || d.keys[1] != all[1].ID {
		t.Errorf("idempotency keys %q, events %s and %s", d.keys, all[0].ID, all[1].ID)
	}
	for _, sink := range []string{"chat", "hook", "mail"} {
		sent, failed := `crackle_sink_messages_total{fate="sent",sink="`+sink+`"} 2`, `crackle_sink_messages_total{fate="failed",sink="`+sink+`"} 0`
		eventually(t, sent, func() bool { // the other side has a message before the sink has its answer
			_, metrics := w.get("/metrics")
			return strings.Contains(metrics, sent) && strings.Contains(metrics, failed)
		})
	}
}

// A sink's own words are escaped like any text, and a sink that is not to be told at this hour is not, while the others are.
func TestWordsAndHours(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	now := time.Now().UTC()
	later := now.Add(2*time.Hour).Format("15:04") + "-" + now.Add(3*time.Hour).Format("15:04")
	words := "kind = \"slack\"\nsubject_template = \"{{.Title}} <!channel> {{kind .Kind}}\"\ntext_template = \"*{{.What}}* & <b>{{.Part}}</b>\""
	mail := "kind = \"email\"\nsubject_template = \"{{.Title}} <!channel> {{kind .Kind}}\"\ntext_template = \"*{{.What}}* & <b>{{.Part}}</b>\""
	hook := "kind = \"webhook\"\nhours = [\"" + later + "\"]\nzone = \"UTC\""
	sinks = strings.NewReplacer(`kind = "slack"`, words, `kind = "email"`, mail, `kind = "webhook"`, hook).Replace(sinks)
	cfg := parse(t, t.TempDir(), join(base, strings.Replace(motorStream("motor", ""), `title = "Motor motor"`, `title = "Motor <a href=x>"`, 1), sinks))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	publishPart(t, w.publisher("motor"), faulty(t), "<i>bad</i>", 100)
	eventually(t, "onset and end", func() bool { a, _, c := d.counts(); return a == 2 && c == 2 })
	d.mu.Lock()
	defer d.mu.Unlock()
	wantAll(t, d.slack[0], "Motor &lt;a href=x&gt; &lt;!channel&gt; score above limit", "&amp; &lt;b&gt;&lt;i&gt;bad&lt;/i&gt;&lt;/b&gt;")
	if strings.Contains(d.slack[0], "<!channel>") {
		t.Error("Slack is told to call the whole channel")
	}
	wantAll(t, d.texts[0], "Motor <a href=x> <!channel> score above limit", "& <b><i>bad</i></b>")
	if got := d.mails[0].Header.Get("Subject"); got != "[Crackle] Motor <a href=x> <!channel> score above limit [provisional limit]" { // which no words take away
		t.Errorf("subject %q", got)
	}
	if len(d.hooks) != 0 {
		t.Errorf("%d messages out of hours", len(d.hooks))
	}
}
