package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sink delivers messages to one place.
type Sink interface {
	// Name is unique among the sinks of a dispatcher; it stands in logs, metrics and configuration.
	Name() string
	// Send delivers one message, or says why not: an *Error that is Permanent is not tried again, any other error is. It returns soon
	// after ctx ends, keeps nothing of m and tells no secret in its error. One goroutine calls it for queued messages; a test message
	// may come from another at the same time.
	Send(ctx context.Context, m Message) error
}

// Timed is a Sink that is not told at all times.
type Timed interface {
	Sink
	// Hold is until when a message that comes now is to wait; the zero time is not at all. What waits is told then, once and as it was last, if its
	// alarm still stands.
	Hold(m *Message, now time.Time) time.Time
}

// Error is a delivery error that says what to do about it.
type Error struct {
	Permanent  bool          // trying again cannot help
	RetryAfter time.Duration // the other side asked to wait this long; 0 when it did not
	Err        error
}

func (e *Error) Error() string {
	if e.RetryAfter > 0 {
		return fmt.Sprintf("%v (retry after %s)", e.Err, e.RetryAfter)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Permanent marks an error as not worth trying again.
func Permanent(err error) error { return &Error{Permanent: true, Err: err} }

// Later marks an error whose sender asked to be left alone for d.
func Later(d time.Duration, err error) error { return &Error{RetryAfter: d, Err: err} }

// advice reads an error's Permanent and RetryAfter.
func advice(err error) (permanent bool, wait time.Duration) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Permanent, e.RetryAfter
	}
	return false, 0
}
