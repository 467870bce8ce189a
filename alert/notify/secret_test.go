package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

const hush = "xoxb-T0p/s3cret?x=1&y=2"

// TestSecretNeverPrints tries every door that a value leaves a program by.
func TestSecretNeverPrints(t *testing.T) {
	s := NewSecret(hush)
	type open struct{ S Secret }
	type shut struct{ s Secret }
	values := []any{s, &s, open{s}, &open{s}, shut{s}, &shut{s}, []Secret{s}, map[string]Secret{"k": s}, struct{ X any }{s}, fmt.Errorf("%v: %w", s, os.ErrInvalid)}
	var out []string
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		out = append(out, string(b), log.String())
	}
	for _, o := range out {
		if strings.Contains(o, "s3cret") || strings.Contains(o, fmt.Sprintf("%x", hush)) {
			t.Errorf("shown: %s", o)
		}
	}
	if fmt.Sprint(s) != Hidden || fmt.Sprint(Secret{}) != "" || s.Reveal() != hush || !s.Equal(NewSecret(hush)) || s.Empty() || !(Secret{}).Empty() {
		t.Error("a secret does not behave")
	}
	var back open
	if err := json.Unmarshal([]byte(`{"S":"abc"}`), &back); err != nil || back.S.Reveal() != "abc" {
		t.Errorf("%v, %q", err, back.S.Reveal())
	}
}

func TestScrub(t *testing.T) {
	target := "http://127.0.0.1:1/services/T000/B000/XXXXsecret?token=abcd1234"
	secret := NewSecret(target)
	_, err := http.Post(target, "text/plain", nil)
	if err == nil || !strings.Contains(err.Error(), "XXXXsecret") {
		t.Fatalf("net/http no longer shows the URL, this test is void: %v", err)
	}
	for name, err := range map[string]error{
		"net/http":     err,
		"wrapped":      fmt.Errorf("sink: %w", err),
		"path alone":   errors.New("no route for /services/T000/B000/XXXXsecret"),
		"query alone":  errors.New("bad token=abcd1234 given"),
		"joined":       errors.Join(os.ErrClosed, err),
		"own":          Permanent(err),
		"url.Error":    &url.Error{Op: "Post", URL: target, Err: context.DeadlineExceeded},
		"advice inner": fmt.Errorf("x: %w", Later(time.Minute, err)),
	} {
		clean := Scrub(err, secret)
		for e := clean; e != nil; e = errors.Unwrap(e) {
			for _, shown := range []string{fmt.Sprint(e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
				if strings.Contains(shown, "XXXXsecret") || strings.Contains(shown, "abcd1234") {
					t.Errorf("%s: shown: %s", name, shown)
				}
			}
		}
		if !strings.Contains(clean.Error(), Hidden) {
			t.Errorf("%s: %v", name, clean)
		}
		p0, w0 := advice(err)
		p1, w1 := advice(clean)
		if p0 != p1 || w0 != w1 {
			t.Errorf("%s: advice was %v %s and is %v %s", name, p0, w0, p1, w1)
		}
	}
	if err := Scrub(&url.Error{Op: "Post", URL: target, Err: context.DeadlineExceeded}, secret); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a timeout is no longer told as one: %v", err)
	}
	if plain := errors.New("nothing here"); Scrub(plain, secret) != plain || Scrub(nil, secret) != nil {
		t.Error("an error without a secret is changed")
	}
	if got := ScrubText("login with p%40ss+word or p@ss word", NewSecret("p@ss word")); strings.Contains(got, "ss") {
		t.Errorf("%s", got)
	}
}
