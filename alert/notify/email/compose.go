package email

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"time"

	"crackle/alert"
	"crackle/alert/notify"

	"github.com/wneessen/go-mail"
)

//go:embed mail.html.tmpl
var page string

var pageTemplate = template.Must(template.New("mail").Parse(page))

// compose writes the mail of a message: text and HTML say the same.
func (s *Sink) compose(m *notify.Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.from.String()); err != nil {
		return nil, err
	}
	to := make([]string, len(s.to))
	for i, a := range s.to {
		to[i] = a.String()
	}
	if err := msg.To(to...); err != nil {
		return nil, err
	}
	msg.Subject("[Crackle] " + strings.ReplaceAll(m.Subject(), "=?", "= ?")) // or it would be decoded at the other end
	msg.SetDateWithValue(time.Now())
	msg.SetMessageIDWithValue(s.messageID(m.ID))
	if m.Change == alert.Cleared {
		onset := "<" + s.messageID(m.AlarmID+"-"+string(alert.Raised)) + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, onset)
		msg.SetGenHeader(mail.HeaderReferences, onset)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence note answers (RFC 3834)
	msg.SetBodyString(mail.TypeTextPlain, m.Text())
	var html bytes.Buffer
	if err := pageTemplate.Execute(&html, view(m)); err != nil {
		return nil, err
	}
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	return msg, nil
}

// messageID names the mail of an event. What RFC 5322 does not allow in an id is left out.
func (s *Sink) messageID(event string) string {
	left := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, event)
	return left[:min(len(left), 200)] + "@" + s.domain
}

// sheet is what the HTML template shows.
type sheet struct {
	Subject, Colour, Link string
	Fields                []notify.Field
}

func view(m *notify.Message) sheet {
	colour := "#b3261e"
	switch {
	case m.Test:
		colour = "#5f6368"
	case m.Change == alert.Cleared:
		colour = "#1e7b34"
	}
	return sheet{m.Subject(), colour, m.Link, m.Fields()}
}
