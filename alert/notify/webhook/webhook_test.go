package webhook

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/notify"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func event() alert.Event {
	onset := time.Date(2026, 3, 1, 6, 0, 1, 250e6, time.UTC)
	return alert.Event{
		ID: "59a4c6af05f4f0dd-raised", Change: alert.Raised, At: onset.Add(time.Second),
		Alarm: alert.Alarm{
			ID: "59a4c6af05f4f0dd", Stream: "motor.current", Title: "Motor", Kind: alert.KindScore, State: alert.Unacknowledged, Onset: 12000, OnsetTime: onset,
			Part: "P-17", Lot: "L3", Score: 6.125, Limit: 4, What: "unbalance_a 0.31, expected 0.05", Simulated: true,
		},
	}
}

// TestSend posts an onset and its clear to a real server and compares the bodies with golden files, which a reviewer can hold against
// Alertmanager's documentation of its webhook.
func TestSend(t *testing.T) {
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer srv.Close()
	s, err := New(Config{URL: notify.NewSecret(srv.URL), Bearer: notify.NewSecret("tok_12345"), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	clear := event()
	clear.ID, clear.Change, clear.At = "59a4c6af05f4f0dd-cleared", alert.Cleared, clear.At.Add(time.Minute)
	clear.Alarm.State, clear.Alarm.ClearReason, clear.Alarm.Score = alert.Returned, alert.ClearedReturned, 9.5
	for file, ev := range map[string]alert.Event{"testdata/firing.json": event(), "testdata/resolved.json": clear} {
		if err := s.Send(t.Context(), notify.FromEvent(ev, "http://127.0.0.1:8080")); err != nil {
			t.Fatal(err)
		}
		if got.Header.Get("Idempotency-Key") != ev.ID || got.Header.Get("Authorization") != "Bearer tok_12345" || s.Name() != "webhook" {
			t.Errorf("headers %v", got.Header)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		if *update {
			if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// TestPairing holds what a receiver pairs onset and clear by: labels, start and fingerprint do not change.
func TestPairing(t *testing.T) {
	s := &Sink{name: "w"}
	on := notify.FromEvent(event(), "")
	off := on
	off.Change, off.Score, off.What = alert.Cleared, 99, "else"
	a, b := s.render(&on).Alerts[0], s.render(&off).Alerts[0]
	if diff := cmp.Diff(a.Labels, b.Labels); diff != "" || !a.StartsAt.Equal(b.StartsAt) || a.Fingerprint != b.Fingerprint {
		t.Error(diff)
	}
	test := notify.TestMessage("1", "", time.Unix(0, 0))
	if l := s.render(&test).Alerts[0].Labels; l["alertname"] != "CrackleTest" || l["test"] != "true" {
		t.Errorf("%v", l)
	}
	if got := camel("no_data"); got != "NoData" {
		t.Error(got)
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		io.WriteString(w, "bad token tok_12345 in "+r.Header.Get("Authorization")+" at "+r.URL.Path)
	}))
	defer srv.Close()
	s, err := New(Config{URL: notify.NewSecret(srv.URL + "/XSECRETX"), Bearer: notify.NewSecret("tok_12345"), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Send(t.Context(), notify.FromEvent(event(), ""))
	if err == nil || strings.Contains(err.Error(), "tok_12345") || strings.Contains(err.Error(), "XSECRETX") || !strings.Contains(err.Error(), "403") {
		t.Errorf("%v", err)
	}
	if _, err := New(Config{URL: notify.NewSecret("gopher://XSECRETX")}); err == nil || strings.Contains(err.Error(), "XSECRETX") {
		t.Errorf("%v", err)
	}
}
