package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// Options say how to reach NATS. At most one way of logging in is given.
type Options struct {
	URL       string                     // nats:// or tls://, several joined by commas
	InProcess nats.InProcessConnProvider // a server of this process, instead of URL
	Name      string                     // shown in the server's list of clients; empty: crackle

	Token     string // as from the embedded server's door
	User      string
	Password  string
	CredsFile string // a .creds file with a user's JWT and key
	NkeyFile  string // a file with a user's nkey seed

	CAFile            string // PEM file of the authorities to trust instead of the system's; read again at each attempt to connect, as the next two are
	CertFile, KeyFile string // PEM files of a client certificate
	TLS               *tls.Config

	Ping     time.Duration // between two pings; a server that leaves two unanswered is taken for gone; 0: 10 s
	RetryMax time.Duration // longest wait between two attempts to connect; 0: 5 s
	OnStatus func(Status)  // told every change and every refused attempt, one at a time; it must not block
	Log      *slog.Logger  // nil discards
}

// Status is a change of the connection.
type Status struct {
	Connected bool
	Closed    bool   // for good
	URL       string // of the server, without its secrets; empty when there is none
	Err       error  // why the connection was lost or not made; nil when that is not known
}

// Connect makes a connection that is meant to last: it comes back whenever the server does, however often and however late, with a jittered
// back-off, and a login that is refused is tried again like a server that is away, since either may be put right over there. When the server
// is not there at first, Connect returns all the same and goes on trying; OnStatus and the log tell. It fails on options that cannot work.
// ctx bounds the first attempt. The caller closes the connection.
func Connect(ctx context.Context, o Options) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	opts, err := o.options(ctx)
	if err != nil {
		return nil, err
	}
	r := &reporter{log: o.Log, tell: o.OnStatus}
	opts = append(opts, r.handlers()...)
	opts = append(opts, nats.CustomReconnectDelay(func(n int) time.Duration {
		r.refusal()
		return o.delay(n)
	}))
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	r.nc.Store(nc)
	return nc, nil
}

// options checks o, fills in its defaults and translates it.
func (o *Options) options(ctx context.Context) ([]nats.Option, error) {
	o.Name = orElse(o.Name, "crackle")
	o.RetryMax = orElse(o.RetryMax, 5*time.Second)
	o.Ping = orElse(o.Ping, 10*time.Second)
	o.Log = orElse(o.Log, slog.New(slog.DiscardHandler))
	if o.URL == "" && o.InProcess == nil {
		return nil, errors.New("connect to NATS: no address; give a URL such as nats://127.0.0.1:4222")
	}
	if o.RetryMax < 0 || o.Ping < 0 {
		return nil, fmt.Errorf("connect to NATS: longest wait between attempts is %v, between pings %v; they must be above 0", o.RetryMax, o.Ping)
	}
	wait := 5 * time.Second
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, max(time.Millisecond, time.Until(end)))
	}
	opts := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(wait),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.PingInterval(o.Ping), // a peer that died without a word is noticed after two of these
		nats.MaxPingsOutstanding(2),
	}
	if o.InProcess != nil {
		opts = append(opts, nats.InProcessServer(o.InProcess))
	}
	login, err := o.login()
	if err != nil {
		return nil, err
	}
	return append(opts, login...), nil
}

// delay is the wait before attempt n to come back: doubling from 50 ms, half of it by chance, so that many clients do not come at once.
func (o *Options) delay(n int) time.Duration {
	d := min(o.RetryMax, 50*time.Millisecond<<min(max(n, 0), 16))
	return d/2 + rand.N(d/2+1)
}

// login translates credentials and TLS. Files are looked at now, because a wrong path would otherwise look like a server that is away.
func (o *Options) login() ([]nats.Option, error) {
	var opts []nats.Option
	ways := 0
	if o.Token != "" {
		ways++
		opts = append(opts, nats.Token(o.Token))
	}
	if o.User != "" {
		ways++
		opts = append(opts, nats.UserInfo(o.User, o.Password))
	}
	if o.CredsFile != "" {
		ways++
		opts = append(opts, nats.UserCredentials(o.CredsFile))
	}
	if o.NkeyFile != "" {
		ways++
		nkey, err := nats.NkeyOptionFromSeed(o.NkeyFile)
		if err != nil {
			return nil, fmt.Errorf("connect to NATS: nkey file %s: %w; give a file that holds the seed of a user's nkey, which begins with SU", o.NkeyFile, err)
		}
		opts = append(opts, nkey)
	}
	if ways > 1 {
		return nil, errors.New("connect to NATS: more than one of token, user, credentials file and nkey file is given; keep one")
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, errors.New("connect to NATS: a client certificate needs both its certificate file and its key file")
	}
	for what, path := range map[string]string{"credentials": o.CredsFile, "authority": o.CAFile, "certificate": o.CertFile, "key": o.KeyFile} {
		if path == "" {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("connect to NATS: %s file: %w", what, err)
		}
		f.Close()
	}
	if o.TLS != nil {
		opts = append(opts, nats.Secure(o.TLS))
	}
	if o.CAFile != "" {
		opts = append(opts, nats.RootCAs(o.CAFile))
	}
	if o.CertFile != "" {
		opts = append(opts, nats.ClientCert(o.CertFile, o.KeyFile))
	}
	return opts, nil
}
