package ingest

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// reporter tells what becomes of a connection, each trouble in the log once until it changes.
type reporter struct {
	log  *slog.Logger
	tell func(Status) // may be nil
	nc   atomic.Pointer[nats.Conn]

	mu   sync.Mutex // one report at a time; nats.go calls from more than one goroutine
	last string     // trouble logged last, empty while connected
}

func (r *reporter) handlers() []nats.Option {
	return []nats.Option{
		nats.ConnectHandler(r.up),
		nats.ReconnectHandler(r.up),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if !nc.IsClosed() { // else the caller closed it
				r.down("the connection to NATS is lost; trying to come back", err)
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { r.down("NATS is away; trying on", err) }),
		nats.ClosedHandler(func(nc *nats.Conn) { r.report(Status{Closed: true, Err: nc.LastError()}) }),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			if !refused(err) { // refusal tells of that
				r.log.Warn("NATS reports an error", "subject", subject, "error", err)
			}
		}),
	}
}

func (r *reporter) up(nc *nats.Conn) {
	url := nc.ConnectedUrlRedacted()
	if nc.Opts.InProcessServer != nil {
		url = "in process" // the library names its default address, which nobody connected to
	}
	r.log.Info("connected to NATS", "url", url)
	r.report(Status{Connected: true, URL: url})
}

func (r *reporter) down(text string, err error) {
	if r.changed(err) {
		r.log.Warn(text, "error", err)
	}
	r.report(Status{Err: err})
}

// refusal reports a login that was refused, for which nats.go has no callback while it makes its first connection.
func (r *reporter) refusal() {
	if nc := r.nc.Load(); nc != nil && refused(nc.LastError()) {
		r.down("NATS refuses the login; check token, user or credentials. Trying on", nc.LastError())
	}
}

func refused(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked) ||
		errors.Is(err, nats.ErrAccountAuthExpired)
}

func (r *reporter) changed(err error) bool {
	text := "unknown"
	if err != nil {
		text = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if text == r.last {
		return false
	}
	r.last = text
	return true
}

func (r *reporter) report(s Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Connected {
		r.last = ""
	}
	if r.tell != nil {
		r.tell(s)
	}
}
