package notify

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"crackle/alert"
)

// Template writes a message in the words of the plant. Its data is the Message. What it writes is plain text: each sink escapes it as it does every
// text, so that no value can become mark-up, a link or a header line.
type Template struct {
	subject, text *template.Template // nil: as usual
}

// longestText bounds what a template may write.
const longestText = 16 << 10

var templateWords = template.FuncMap{
	"kind":     KindWords,
	"state":    StateWords,
	"quantity": quantity,
	"time": func(zone, layout string, t time.Time) (string, error) {
		l, err := time.LoadLocation(zone)
		if err != nil {
			return "", err
		}
		return t.In(l).Format(layout), nil
	},
}

// NewTemplate reads templates of package text/template for the subject and for the text; an empty one leaves that as it is. Both are tried on an
// alarm, on its end and on a test message, so that what they cannot write is found here.
func NewTemplate(subject, text string) (*Template, error) {
	t := &Template{}
	for _, p := range []struct {
		name, source string
		into         **template.Template
	}{{"subject", subject, &t.subject}, {"text", text, &t.text}} {
		if p.source == "" {
			continue
		}
		var err error
		if *p.into, err = template.New(p.name).Funcs(templateWords).Option("missingkey=error").Parse(p.source); err != nil {
			return nil, err
		}
	}
	now := time.Unix(0, 0).UTC()
	a := alert.Alarm{ID: "0123456789abcdef", Stream: "motor.current", Title: "Motor", Kind: alert.KindScore, State: alert.Unacknowledged, OnsetTime: now, Part: "part-1", Lot: "lot-1", Score: 5, Limit: 1, What: "rms 3 A, expected 1 A"}
	for _, m := range []Message{
		FromEvent(alert.Event{ID: "1", Change: alert.Raised, Alarm: a, At: now}, "http://127.0.0.1:8080"),
		FromEvent(alert.Event{ID: "2", Change: alert.Cleared, Alarm: a, At: now}, ""),
		TestMessage("3", "", now),
	} {
		if err := t.Apply(&m); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Apply writes m's heading and text. It fails on a template that cannot be carried out, and leaves m as it was.
func (t *Template) Apply(m *Message) error {
	if t == nil {
		return nil
	}
	write := func(p *template.Template) (string, error) {
		if p == nil {
			return "", nil
		}
		var out strings.Builder
		err := p.Execute(&bounded{&out, longestText}, m)
		return strings.TrimSpace(out.String()), err
	}
	heading, err := write(t.subject)
	if err != nil {
		return err
	}
	body, err := write(t.text)
	if err != nil {
		return err
	}
	m.Heading, m.Body = heading, body
	return nil
}

// bounded lets so many bytes through.
type bounded struct {
	io.Writer
	left int
}

var errLong = errors.New("the template writes too much")

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", errLong, longestText)
	}
	return b.Writer.Write(p)
}
