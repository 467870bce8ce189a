package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
)

// Hidden is what a secret prints as.
const Hidden = "[secret]"

// Secret is a text that people and logs must not see: it prints as Hidden under fmt, slog, JSON, TOML and text encoding. Only Reveal
// gives it out. The zero value is the empty secret. Compare with Equal, not ==.
type Secret struct {
	p *string // behind a pointer: fmt walks unexported fields of foreign structs without asking Format, and finds an address
}

// NewSecret hides s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// Empty reports whether there is nothing to hide.
func (s Secret) Empty() bool { return s.p == nil }

// Equal reports whether both hide the same text.
func (s Secret) Equal(o Secret) bool { return s.Reveal() == o.Reveal() }

func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return Hidden
}

// Format prints Hidden whatever the verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { f.Write([]byte(s.String())) }

// GoString is for callers that bypass Format.
func (s Secret) GoString() string { return s.String() }

// LogValue is for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is for JSON, TOML and their like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = NewSecret(string(b))
	return nil
}

// Scrub returns err without any secret in its text: unchanged when there was none, else a new error whose chain holds only what
// callers decide by (an *Error's advice, and whether it was a timeout), because every link of the old chain repeats the text. The
// errors of net/http hold the whole URL, so a sink whose URL is secret passes every error through here. For a secret that is a URL
// its path, query and password are looked for as well.
func Scrub(err error, secrets ...Secret) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := ScrubText(text, secrets...)
	if clean == text {
		return err
	}
	var timeout interface{ Timeout() bool }
	return &scrubbed{clean, classOf(err, errors.As(err, &timeout) && timeout.Timeout())}
}

// scrubbed is an error with a text of its own in front of a chain whose text is never printed.
type scrubbed struct {
	text string
	next error
}

func (e *scrubbed) Error() string { return e.text }
func (e *scrubbed) Unwrap() error { return e.next }

// classOf keeps of a chain what callers decide by, and nothing that holds text.
func classOf(err error, timeout bool) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return &Error{Permanent: own.Permanent, RetryAfter: own.RetryAfter, Err: errHidden}
	}
	if timeout {
		return errTimeout
	}
	return errHidden
}

var (
	errHidden  = errors.New("cause hidden, it held a secret")
	errTimeout = fmt.Errorf("cause hidden, it held a secret: %w", os.ErrDeadlineExceeded)
)

// ScrubText replaces every secret in text by Hidden.
func ScrubText(text string, secrets ...Secret) string {
	for _, s := range secrets {
		for _, part := range forms(s.Reveal()) {
			text = strings.ReplaceAll(text, part, Hidden)
		}
	}
	return text
}

// forms lists the spellings under which a secret may turn up, the longest first.
func forms(s string) []string {
	if s == "" {
		return nil
	}
	list := []string{s}
	add := func(v string) {
		if len(v) >= 4 && v != s {
			list = append(list, v)
		}
	}
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		add(u.String())
		add(u.RequestURI())
		add(u.Path)
		add(u.RawQuery)
		if pw, ok := u.User.Password(); ok {
			add(pw)
		}
		return list
	}
	add(url.QueryEscape(s))
	add(url.PathEscape(s))
	return list
}
