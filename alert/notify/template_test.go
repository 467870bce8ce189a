package notify

import (
	"errors"
	"strings"
	"testing"
	"time"

	"crackle/alert"
)

func TestTemplate(t *testing.T) {
	words, err := NewTemplate(
		`{{if .Test}}Test{{else if eq .Change "cleared"}}Over: {{.Title}}{{else}}{{.Title}}: {{kind .Kind}}{{end}}`,
		"Part {{.Part}}, score {{quantity .Score .Unit}}\nsince {{time \"Europe/Berlin\" \"15:04 MST\" .Onset}}\n\n{{.What}}")
	if err != nil {
		t.Fatal(err)
	}
	ev := alert.Event{ID: "e", Change: alert.Raised, Alarm: alert.Alarm{
		ID: "a", Stream: "s", Title: "Press\r\nBcc: all@example.com", Kind: alert.KindScore, Part: "p\x1b[31m", Score: 12.345678, Unit: "dB",
		OnsetTime: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), What: "<script>alert(1)</script>\n*rms*", Provisional: true,
	}}
	m := FromEvent(ev, "http://127.0.0.1/")
	if err := words.Apply(&m); err != nil {
		t.Fatal(err)
	}
	want := "Press  Bcc: all@example.com: score above limit [provisional limit]\n\nPart p [31m, score 12.35 dB\nsince 14:00 CEST\n<script>alert(1)</script>\n*rms*\n\nhttp://127.0.0.1/#alarm-a\n"
	if got := strings.ReplaceAll(m.Text(), "\n\n<", "\n<"); got != want {
		t.Errorf("text %q,\nwant %q", got, want)
	}
	ev.Change = alert.Cleared
	over := FromEvent(ev, "")
	if err := words.Apply(&over); err != nil || !strings.HasPrefix(over.Subject(), "Over: Press") {
		t.Errorf("%q, %v", over.Subject(), err)
	}
	plain := FromEvent(ev, "")
	if err := (*Template)(nil).Apply(&plain); err != nil || plain.Heading+plain.Body != "" {
		t.Errorf("without a template: %+v, %v", plain, err)
	}
}

func TestBadTemplates(t *testing.T) {
	for _, bad := range []string{"{{", "{{.Nothing}}", "{{call .Title}}", `{{time "Mars/Olympus" "15:04" .Onset}}`, "{{range 1000000000}}x{{end}}", `{{template "other"}}`} {
		if _, err := NewTemplate(bad, ""); err == nil {
			t.Errorf("subject %q was taken", bad)
		}
		if _, err := NewTemplate("", bad); err == nil {
			t.Errorf("text %q was taken", bad)
		}
	}
	if _, err := NewTemplate("", "{{range 1000000000}}x{{end}}"); !errors.Is(err, errLong) {
		t.Errorf("a template that writes for ever: %v", err)
	}
}
