package email

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/notify"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func message() notify.Message {
	return notify.Message{
		ID: "59a4c6af05f4f0dd-raised", AlarmID: "59a4c6af05f4f0dd", Change: alert.Raised, State: alert.Unacknowledged, Kind: alert.KindScore,
		Stream: "motor.current", Title: "Spindelmotor Süd", Part: "P-17", Onset: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), Score: 6.125, Limit: 4,
		What: "unbalance_a 0.31, expected 0.05", Link: "http://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd", Simulated: true,
	}
}

func config(p *post, e Encryption) Config {
	cfg := Config{
		Host: "localhost", Port: p.port, Encryption: e, RootCAs: p.roots, From: "Crackle <crackle@plant.example>",
		To: []string{"Ines <ines@plant.example>", "tom@plant.example"}, Timeout: 5 * time.Second,
	}
	if e != None {
		cfg.Username, cfg.Password = "crackle", notify.NewSecret(testPassword)
	}
	return cfg
}

func sink(t *testing.T, cfg Config) *Sink {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func permanent(err error) bool {
	e, ok := errors.AsType[*notify.Error](err)
	return ok && e.Permanent
}

// TestSend delivers over every kind of connection and reads the mail as a mail program does.
func TestSend(t *testing.T) {
	for _, e := range []Encryption{StartTLS, TLS, None} {
		t.Run(string(e), func(t *testing.T) {
			p := startPost(t, e)
			s := sink(t, config(p, e))
			if err := s.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			got := p.got()
			if len(got) != 1 || got[0].from != "crackle@plant.example" || strings.Join(got[0].to, " ") != "ines@plant.example tom@plant.example" {
				t.Fatalf("%+v", got)
			}
			if got[0].tls != (e != None) || (got[0].user == "crackle") != (e != None) {
				t.Errorf("tls %v, user %q", got[0].tls, got[0].user)
			}
			m := parse(t, got[0].data)
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil || subject != "[Crackle] Alarm: Spindelmotor Süd, score above limit, part P-17 [simulated]" {
				t.Errorf("subject %q, %v", subject, err)
			}
			if id := m.Header.Get("Message-ID"); id != "<59a4c6af05f4f0dd-raised@plant.example>" {
				t.Errorf("Message-ID %s", id)
			}
			if m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("In-Reply-To") != "" {
				t.Errorf("%v", m.Header)
			}
			text, html := bodies(t, m)
			for _, want := range []string{"Stream: Spindelmotor Süd (motor.current)", "Score: 6.125, limit 4", "unbalance_a 0.31", "http://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd", "Signal: simulated"} {
				if !strings.Contains(text, want) {
					t.Errorf("the text lacks %q:\n%s", want, text)
				}
			}
			for _, want := range []string{"Spindelmotor Süd (motor.current)</td>", "6.125, limit 4", `href="http://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd"`, "#b3261e"} {
				if !strings.Contains(html, want) {
					t.Errorf("the HTML lacks %q:\n%s", want, html)
				}
			}
		})
	}
}

// fataler is what testing.T and rapid.T have in common here.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// bodies takes a multipart/alternative apart.
func bodies(t fataler, m *mail.Message) (text, html string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %s, %v", kind, err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		if enc := p.Header.Get("Content-Transfer-Encoding"); enc != "quoted-printable" {
			t.Fatalf("encoding %q", enc)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		switch kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind {
		case "text/plain":
			text = string(b)
		case "text/html":
			html = string(b)
		default:
			t.Fatalf("part of type %s", kind)
		}
	}
}

// TestThread holds that a clear answers its onset, and that every attempt for an event has the same id.
func TestThread(t *testing.T) {
	p := startPost(t, None)
	s := sink(t, config(p, None))
	m := message()
	m.ID, m.Change, m.State, m.At = "59a4c6af05f4f0dd-cleared", alert.Cleared, alert.Returned, m.Onset.Add(time.Minute)
	for range 2 {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range p.got() {
		h := parse(t, got.data).Header
		if h.Get("Message-ID") != "<59a4c6af05f4f0dd-cleared@plant.example>" || h.Get("In-Reply-To") != "<59a4c6af05f4f0dd-raised@plant.example>" || h.Get("References") != h.Get("In-Reply-To") {
			t.Errorf("%v", h)
		}
	}
}

// TestNoInjection fills every field with what breaks headers and HTML.
func TestNoInjection(t *testing.T) {
	s := sink(t, Config{Host: "h", From: "a@b.example", To: []string{"c@d.example"}})
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"\r\nBcc: evil@x.example\r\n", "\r\n\r\nbody", "\n", "\r", "<script>alert(1)</script>", `" onclick="x`, "javascript:alert(1)", "=?utf-8?q?=0d=0aBcc:_x?=", "\x00", "\xff", "\u2028", "ü", strings.Repeat("long ", 60), "{{.}}", "\r\n.\r\n"})
		text := func(name string) string { return strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, name), "") }
		m := notify.Message{
			ID: "1-" + text("id"), AlarmID: text("alarm"), Change: rapid.SampledFrom([]alert.Change{alert.Raised, alert.Cleared}).Draw(t, "change"),
			Stream: text("stream"), Title: "T" + text("title"), Part: text("part"), Lot: text("lot"), What: text("what"), Link: text("link"), Kind: alert.Kind(text("kind")),
		}
		msg, err := s.compose(&m)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		back, err := mail.ReadMessage(strings.NewReader(b.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		allowed := map[string]bool{"Date": true, "Mime-Version": true, "Message-Id": true, "Subject": true, "From": true, "To": true, "Content-Type": true, "Auto-Submitted": true, "In-Reply-To": true, "References": true}
		for k, v := range back.Header {
			if !allowed[k] || len(v) != 1 || strings.ContainsAny(v[0], "\r\n") {
				t.Fatalf("header %s: %q", k, v)
			}
		}
		if id := back.Header.Get("Message-Id"); !strings.HasSuffix(id, "@b.example>") || strings.Count(id, "<") != 1 {
			t.Fatalf("Message-ID %q", id)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(back.Header.Get("Subject"))
		if err != nil || strings.ContainsAny(subject, "\r\n\x00") {
			t.Fatalf("subject %q, %v", subject, err)
		}
		_, html := bodies(t, back)
		for _, bad := range []string{"<script", `" onclick=`, `href="javascript`} {
			if strings.Contains(html, bad) {
				t.Fatalf("the mail holds %q:\n%s", bad, html)
			}
		}
	})
}

// TestWrongPassword holds that a refused login is not tried again, and shows no password even when the server repeats it.
func TestWrongPassword(t *testing.T) {
	p := startPost(t, StartTLS)
	cfg := config(p, StartTLS)
	cfg.Password = notify.NewSecret("wr0ng pa/ss")
	err := sink(t, cfg).Send(t.Context(), message())
	if !permanent(err) || strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "535") || len(p.got()) != 0 {
		t.Errorf("%v", err)
	}
}

// TestUntrustedCertificate holds that a certificate nobody vouches for gets neither the mail nor the password.
func TestUntrustedCertificate(t *testing.T) {
	for _, e := range []Encryption{StartTLS, TLS} {
		p := startPost(t, e)
		cfg := config(p, e)
		cfg.RootCAs = nil
		err := sink(t, cfg).Send(t.Context(), message())
		if err == nil || !strings.Contains(err.Error(), "certificate") || p.logins != 0 || len(p.got()) != 0 {
			t.Errorf("%s: %v, %d logins", e, err, p.logins)
		}
	}
}

// TestNoStartTLSNoMail holds that a server that does not offer STARTTLS gets no mail when it was asked for.
func TestNoStartTLSNoMail(t *testing.T) {
	p := startPost(t, None)
	err := sink(t, config(p, StartTLS)).Send(t.Context(), message())
	if err == nil || !strings.Contains(err.Error(), "STARTTLS") || len(p.got()) != 0 || p.logins != 0 {
		t.Errorf("%v", err)
	}
}

// TestRefusedRecipient: one of two recipients is refused. The other has the mail at once and only once; the refused one gets it when
// the refusal was for the time being, and is told about for good when it was not.
func TestRefusedRecipient(t *testing.T) {
	p := startPost(t, None)
	s := sink(t, config(p, None))
	p.refuse["tom@plant.example"] = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	err := s.Send(t.Context(), message())
	if err == nil || permanent(err) || !strings.Contains(err.Error(), "1 of 2 recipients; recipient tom@plant.example refused: 451") {
		t.Errorf("first: %v", err)
	}
	p.mu.Lock()
	p.refuse = nil
	p.mu.Unlock()
	if err := s.Send(t.Context(), message()); err != nil {
		t.Errorf("second: %v", err)
	}
	got := p.got()
	if len(got) != 2 || strings.Join(got[0].to, " ") != "ines@plant.example" || strings.Join(got[1].to, " ") != "tom@plant.example" {
		t.Errorf("%+v", got)
	}
	p.mu.Lock()
	p.refuse = map[string]*smtp.SMTPError{"tom@plant.example": {Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}}
	p.mu.Unlock()
	m := message()
	m.ID = "other-raised"
	if err := s.Send(t.Context(), m); !permanent(err) || len(p.got()) != 3 {
		t.Errorf("third: %v, %d mails", err, len(p.got()))
	}
}

// TestScenarioSilentMailServer: a server that accepts and says nothing, and one that stops in the middle, cost one deadline each.
func TestScenarioSilentMailServer(t *testing.T) {
	for name, greeting := range map[string]string{"silent": "", "half a greeting": "220-localhost", "greets": "220 localhost ESMTP\r\n"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			done := make(chan struct{})
			go func() {
				defer close(done)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				io.WriteString(c, greeting)
				io.Copy(io.Discard, c) // until the client hangs up
			}()
			cfg := Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Encryption: None, From: "a@b.example", To: []string{"c@d.example"}, Timeout: 200 * time.Millisecond}
			begin := time.Now()
			err = sink(t, cfg).Send(t.Context(), message())
			if err == nil || permanent(err) || time.Since(begin) > 3*time.Second {
				t.Errorf("%v after %s", err, time.Since(begin))
			}
			<-done // the connection is not left open
		})
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	err = sink(t, Config{Host: "127.0.0.1", Port: port, Encryption: None, From: "a@b.example", To: []string{"c@d.example"}}).Send(t.Context(), message())
	if err == nil || permanent(err) || !strings.Contains(err.Error(), "connect to 127.0.0.1:") {
		t.Errorf("%v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{
		Name: "ops", Host: "a\r\nb", Port: -1, Encryption: "ssl3", Username: "u", From: "nobody", To: []string{"ines@x.example, tom@x.example", "a@b.example\r\nBcc: c@d.example"},
	})
	for _, says := range []string{`"ops"`, `host is "a\r\nb"`, "port is -1", `encryption is "ssl3"; allowed are "starttls"`, "both a user name and a password", `from is "nobody"`, `recipient is "ines@x.example, tom`, `recipient is "a@b.example\r\nBcc`} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error does not say %s:\n%v", says, err)
		}
	}
	_, err = New(Config{Host: "h", Encryption: None, Username: "u", Password: notify.NewSecret("XSECRETX"), From: "a@b.example"})
	if err == nil || !strings.Contains(err.Error(), "shows the password") || !strings.Contains(err.Error(), "no recipient") || strings.Contains(err.Error(), "XSECRETX") {
		t.Errorf("%v", err)
	}
	for e, port := range map[Encryption]int{"": 587, StartTLS: 587, TLS: 465, None: 25} {
		if s := sink(t, Config{Host: "h", Encryption: e, From: "a@b.example", To: []string{"c@d.example"}}); s.cfg.Port != port || s.Name() != "email" {
			t.Errorf("%q: port %d, want %d", e, s.cfg.Port, port)
		}
	}
}
