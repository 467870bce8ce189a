package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crackle/alert"
	"crackle/alert/notify"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func message() notify.Message {
	return notify.Message{
		ID: "59a4c6af05f4f0dd-raised", AlarmID: "59a4c6af05f4f0dd", Change: alert.Raised, State: alert.Unacknowledged, Kind: alert.KindScore,
		Stream: "motor.current", Title: "Motor", Part: "P-17", Onset: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), Score: 6.125, Limit: 4,
		What: "unbalance_a 0.31, expected 0.05", Link: "http://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd", Simulated: true,
	}
}

// TestSend posts to a real server and looks at what it got.
func TestSend(t *testing.T) {
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, "ok")
	}))
	defer srv.Close()
	s, err := New(Config{WebhookURL: notify.NewSecret(srv.URL + "/services/T/B/X"), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(t.Context(), message()); err != nil || s.Name() != "slack" {
		t.Fatal(err)
	}
	want := `{"text":"🔴 Alarm: Motor, score above limit, part P-17 [simulated]","mrkdwn":false,"unfurl_links":false,"unfurl_media":false,"blocks":[` +
		`{"type":"header","text":{"type":"plain_text","text":"🔴 Alarm: Motor, score above limit, part P-17 [simulated]","emoji":false}},` +
		`{"type":"section","text":{"type":"plain_text","text":"Stream: Motor (motor.current)\nState: active, not acknowledged\nOnset: 2026-03-01T06:00:00Z, sample 0\n` +
		`Part: P-17\nScore: 6.125, limit 4\nWhat stood out: unbalance_a 0.31, expected 0.05\nSignal: simulated\nAlarm: 59a4c6af05f4f0dd","emoji":false}},` +
		`{"type":"section","text":{"type":"mrkdwn","text":"\u003chttp://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd|Open the dashboard\u003e","verbatim":true}}]}`
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Error(diff)
	}
}

// TestNoInjection fills every field with mark-up and holds that the only < and > left are those of the link.
func TestNoInjection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"<!channel>", "<@U123>", "<http://evil|x>", "&lt;!here&gt;", "*b* _i_ `c` ~s~", "a\n\nb", "|", "\xff", "<", "🧨", "javascript:alert(1)"})
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(part, 0, 400).Draw(t, name), rapid.SampledFrom([]string{"", " "}).Draw(t, name))
		}
		m := message()
		m.Title, m.Part, m.Lot, m.What, m.Stream = text("title"), text("part"), text("lot"), text("what"), text("stream")
		m.Link = rapid.SampledFrom([]string{"", "http://h/", "http://h/a|b>c<d&e", "javascript:alert(1)", "://", "http://h/" + text("link")}).Draw(t, "link")
		p := render(&m)
		if b, err := json.Marshal(p); err != nil || len(b) > 60_000 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		check := func(s string, most int) {
			if strings.ContainsAny(s, "<>") || strings.Contains(strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(s), "&") {
				t.Fatalf("mark-up left in %q", s)
			}
			if n := utf8.RuneCountInString(s); n == 0 || n > most {
				t.Fatalf("%d characters, at most %d", n, most)
			}
		}
		check(p.Text, maxText)
		check(p.Blocks[0].Text.Text, maxHeader)
		check(p.Blocks[1].Text.Text, maxSection)
		for _, b := range p.Blocks[:2] {
			if b.Text.Type != "plain_text" {
				t.Fatalf("a value stands in %s", b.Text.Type)
			}
		}
		if len(p.Blocks) == 3 {
			link := p.Blocks[2].Text.Text
			inner, ok := strings.CutPrefix(link, "<http")
			inner, ok2 := strings.CutSuffix(inner, "|Open the dashboard>")
			if !ok || !ok2 || strings.ContainsAny(inner, "<>|") {
				t.Fatalf("link %q", link)
			}
		}
	})
}

func TestEscapeCuts(t *testing.T) {
	for _, c := range []struct {
		s    string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"a&b", 6, "a…"}, {"a&b", 7, "a&amp;b"}, {"a&b", 5, "a…"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äö…"}, {"", 3, ""}} {
		if got := escape(c.s, c.most); got != c.want {
			t.Errorf("escape(%q, %d) = %q, want %q", c.s, c.most, got, c.want)
		}
	}
}

func TestClearedAndTest(t *testing.T) {
	m := message()
	m.Change, m.State, m.At = alert.Cleared, alert.Returned, m.Onset.Add(time.Minute)
	if p := render(&m); !strings.HasPrefix(p.Text, "🟢 Cleared: Motor") || !strings.Contains(p.Blocks[1].Text.Text, "Cleared: 2026-03-01T06:01:00Z, back to normal") {
		t.Errorf("%+v", p)
	}
	m = notify.TestMessage("1", "", time.Now())
	if p := render(&m); !strings.HasPrefix(p.Text, "⚪ Test message") || len(p.Blocks) != 2 {
		t.Errorf("%+v", p)
	}
}

func TestErrorsShowNoURL(t *testing.T) {
	if _, err := New(Config{Name: "ops", WebhookURL: notify.NewSecret("http://127.0.0.1/services/XSECRETX")}); err == nil || strings.Contains(err.Error(), "XSECRETX") || !strings.Contains(err.Error(), `"ops"`) {
		t.Errorf("%v", err)
	}
	s, err := New(Config{WebhookURL: notify.NewSecret("http://127.0.0.1:1/services/XSECRETX"), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message()); err == nil || strings.Contains(err.Error(), "XSECRETX") {
		t.Errorf("%v", err)
	}
}
