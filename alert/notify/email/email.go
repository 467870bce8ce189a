package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"crackle/alert/notify"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Encryption of the connection to the mail server.
type Encryption string

const (
	StartTLS Encryption = "starttls" // plain at first, then TLS or no mail; usual on port 587
	TLS      Encryption = "tls"      // TLS from the start; usual on port 465
	None     Encryption = "none"     // a relay on the own network; no login then
)

// Config of a Sink.
type Config struct {
	Name           string     // default "email"
	Host           string     // of the mail server
	Port           int        // default 587, 465 or 25, by Encryption
	Encryption     Encryption // default StartTLS
	Username       string     // empty: no login
	Password       notify.Secret
	From           string         // an address, with or without a name
	To             []string       // one address each
	RootCAs        *x509.CertPool // default: the system's
	ConnectTimeout time.Duration  // default 5 s
	Timeout        time.Duration  // of one mail in total; default 15 s
}

// Sink is one mail server with its recipients. Safe for concurrent use; each mail has its own connection.
type Sink struct {
	cfg    Config
	from   *netmail.Address
	to     []*netmail.Address
	domain string // of From, for Message-ID

	mu    sync.Mutex
	last  string          // event id of the last mail that only some recipients took
	taken map[string]bool // and who did
}

var _ notify.Sink = (*Sink)(nil)

// New makes a sink, or reports every mistake in cfg, joined. It does not connect.
func New(cfg Config) (*Sink, error) {
	if cfg.Name == "" {
		cfg.Name = "email"
	}
	if cfg.Encryption == "" {
		cfg.Encryption = StartTLS
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("email sink %q: "+format, append([]any{cfg.Name}, args...)...))
	}
	port, ok := map[Encryption]int{StartTLS: 587, TLS: 465, None: 25}[cfg.Encryption]
	if !ok {
		fail("encryption is %q; allowed are %q, %q and %q", cfg.Encryption, StartTLS, TLS, None)
	}
	if cfg.Port == 0 {
		cfg.Port = port
	}
	if cfg.Port < 1 || cfg.Port > 65535 {
		fail("port is %d; allowed are 1 to 65535", cfg.Port)
	}
	if cfg.Host == "" || strings.ContainsAny(cfg.Host, " /\r\n") {
		fail("host is %q; give the mail server's name or address", cfg.Host)
	}
	if cfg.ConnectTimeout < 0 || cfg.Timeout < 0 {
		fail("connect timeout %s, timeout %s; allowed are positive times", cfg.ConnectTimeout, cfg.Timeout)
	}
	if cfg.Username == "" != cfg.Password.Empty() {
		fail("a login needs both a user name and a password; give both or neither")
	}
	if cfg.Username != "" && cfg.Encryption == None {
		fail("a login over an unencrypted connection shows the password to the network; set encryption to %q or %q", StartTLS, TLS)
	}
	s := &Sink{cfg: cfg}
	var err error
	if s.from, err = netmail.ParseAddress(cfg.From); err != nil {
		fail("from is %q: %v; give one address, as in Crackle <crackle@example.org>", cfg.From, err)
	} else {
		s.domain = s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	}
	if len(cfg.To) == 0 {
		fail("no recipient; give at least one address")
	}
	for _, to := range cfg.To {
		a, err := netmail.ParseAddress(to)
		if err != nil {
			fail("recipient is %q: %v; give one address each", to, err)
			continue
		}
		s.to = append(s.to, a)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// Name is the configured name.
func (s *Sink) Name() string { return s.cfg.Name }

// Send delivers one mail. When only some recipients are taken, the mail goes to those, and the error says who was refused; the next
// attempt for the same event is for the others only. The error is permanent when the server's codes say so.
func (s *Sink) Send(ctx context.Context, m notify.Message) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	msg, err := s.compose(&m)
	if err != nil {
		return notify.Permanent(fmt.Errorf("compose mail: %w", err))
	}
	todo := s.untaken(m.ID)
	accepted, err := s.transmit(ctx, msg, todo)
	s.note(m.ID, accepted, err != nil)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return s.grade(err)
}

// grade makes an error's text safe and reads its SMTP code.
func (s *Sink) grade(err error) error {
	permanent := false
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		permanent = e.Code/100 == 5
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		permanent = r.permanent
	}
	err = notify.Scrub(err, s.cfg.Password)
	if permanent {
		return notify.Permanent(err)
	}
	return err
}

// untaken lists who has not yet taken the mail of an event.
func (s *Sink) untaken(id string) []*netmail.Address {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*netmail.Address
	for _, a := range s.to {
		if id != s.last || !s.taken[a.Address] {
			list = append(list, a)
		}
	}
	return list
}

// note remembers who took the mail of an event that is not yet through. One event is enough: a lane tries one until it is done.
func (s *Sink) note(id string, accepted []*netmail.Address, unfinished bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if unfinished && len(accepted) > 0 && id != s.last {
		s.last, s.taken = id, map[string]bool{}
	}
	if id != s.last {
		return
	}
	for _, a := range accepted {
		s.taken[a.Address] = true
	}
	if !unfinished {
		s.last, s.taken = "", nil
	}
}

// refusal is the word of a server that took the mail for some recipients, or none.
type refusal struct {
	text      string
	permanent bool // for every one that was refused
}

func (r *refusal) Error() string { return r.text }

// transmit speaks SMTP and returns who the server took the mail for.
func (s *Sink) transmit(ctx context.Context, msg *mail.Msg, to []*netmail.Address) ([]*netmail.Address, error) {
	client, hangUp, err := s.dial(ctx)
	defer hangUp()
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", s.address(), err)
	}
	if err := client.Mail("<" + s.from.Address + ">"); err != nil {
		return nil, fmt.Errorf("sender refused: %w", err)
	}
	refused := &refusal{permanent: true}
	var accepted []*netmail.Address
	for _, a := range to {
		err := client.Rcpt("<" + a.Address + ">")
		if err == nil {
			accepted = append(accepted, a)
			continue
		}
		e, ok := errors.AsType[*textproto.Error](err)
		if !ok {
			return nil, fmt.Errorf("recipient %s: %w", a.Address, err)
		}
		refused.permanent = refused.permanent && e.Code/100 == 5
		refused.text += fmt.Sprintf("; recipient %s refused: %v", a.Address, err)
	}
	if len(accepted) > 0 {
		if err := s.data(client, msg); err != nil {
			return nil, err
		}
	}
	_ = client.Quit() // the mail is taken or not, whatever the farewell
	if refused.text != "" {
		refused.text = fmt.Sprintf("mail taken for %d of %d recipients", len(accepted), len(to)) + refused.text
		return accepted, refused
	}
	return accepted, nil
}

func (s *Sink) data(client *smtp.Client, msg *mail.Msg) error {
	w, err := client.Data()
	if err != nil {
		return fmt.Errorf("mail refused: %w", err)
	}
	if _, err := msg.WriteTo(w); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("mail refused: %w", err)
	}
	return nil
}

func (s *Sink) address() string { return net.JoinHostPort(s.cfg.Host, fmt.Sprint(s.cfg.Port)) }

// dial connects, encrypts and logs in. The connection ends with ctx, whatever the library's own deadlines; hangUp is never nil.
func (s *Sink) dial(ctx context.Context) (client *smtp.Client, hangUp func(), err error) {
	hangUp = func() {}
	tlsConfig := &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.RootCAs, MinVersion: tls.VersionTLS12}
	connect := func(_ context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: s.cfg.ConnectTimeout}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		hangUp = func() { stop(); conn.Close() }
		if s.cfg.Encryption != TLS {
			return conn, nil
		}
		secure := tls.Client(conn, tlsConfig)
		return secure, secure.HandshakeContext(ctx)
	}
	opts := []mail.Option{
		mail.WithPort(s.cfg.Port), mail.WithTimeout(s.cfg.Timeout), mail.WithTLSConfig(tlsConfig), mail.WithDialContextFunc(connect),
		mail.WithTLSPolicy(mail.NoTLS),
	}
	if s.cfg.Encryption == StartTLS {
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.cfg.Username != "" {
		opts = append(opts, mail.WithUsername(s.cfg.Username), mail.WithPassword(s.cfg.Password.Reveal()),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	c, err := mail.NewClient(s.cfg.Host, opts...)
	if err != nil {
		return nil, hangUp, err
	}
	client, err = c.DialToSMTPClientWithContext(ctx)
	return client, hangUp, err
}
