package api

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// bodies are the bodies that the API takes.
var bodies = []func() any{
	func() any { return &Remark{} }, func() any { return &Remarks{} }, func() any { return &Shelf{} }, func() any { return &Verdict{} },
	func() any { return &Stretch{} }, func() any { return &TeachRequest{} }, func() any { return &BacktestRequest{} }, func() any { return &Login{} },
}

// shown fails on text that cannot be shown and stored.
func shown(t *testing.T, by, text string) {
	if utf8.RuneCountInString(by) > nameLimit || utf8.RuneCountInString(text) > commentLimit {
		t.Fatalf("accepted %d characters of name and %d of comment", utf8.RuneCountInString(by), utf8.RuneCountInString(text))
	}
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if !utf8.ValidString(by+text) || strings.ContainsFunc(by, unicode.IsControl) || strings.ContainsFunc(text, bad) {
		t.Fatalf("accepted %q, %q", by, text)
	}
}

func inYears(t *testing.T, s Stretch) {
	for _, at := range []time.Time{s.From, s.To} {
		if !at.IsZero() && (at.Year() < firstYear || at.Year() > lastYear) {
			t.Fatalf("accepted the time %v", at)
		}
	}
	if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To) {
		t.Fatalf("accepted from %v to %v", s.From, s.To)
	}
}

// Whatever is sent, what is accepted is bounded, can be shown and stored, and means the same when it is sent again.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"by":"Ann","comment":"a\r\nb"}`, `{"by":""}`, `[]`, `{"by":"x"}{}`, `{"by":"\u0000"}`, `{"by":"<img src=x>","comment":"<!channel>"}`, "\xff", `{"by":1}`, `null`,
		`{"ids":["a"],"by":"Ann"}`, `{"ids":[],"by":"Ann"}`, `{"minutes":1e308,"one_shot":true}`, `{"minutes":-0.0}`, `{"judgement":"bad","by":"Ann"}`,
		`{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}`, `{"from":"9999-12-31T23:59:59Z"}`, `{"parts":5}`, `{"seconds":1e-300}`, `{"parts":99999999999999999999}`,
		`{"model":"0af1","limit_factor":2}`, `{"alarms_per_day":0.5}`, `{"user":"ann","password":"\n"}`, strings.Repeat("[", 10000),
	} {
		for kind := range bodies {
			f.Add(uint8(kind), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		make := bodies[int(kind)%len(bodies)]
		v := make()
		if err := decode(body, v); err != nil {
			return
		}
		switch x := v.(type) {
		case *Remark:
			shown(t, x.By, x.Comment)
		case *Remarks:
			shown(t, x.By, x.Comment)
			if len(x.IDs) < 1 || len(x.IDs) > mostAtOnce {
				t.Fatalf("accepted %d ids", len(x.IDs))
			}
		case *Shelf:
			shown(t, x.By, x.Comment)
			if d := time.Duration(x.Minutes * float64(time.Minute)); d < 0 || d > 366*24*time.Hour || x.Minutes == 0 && !x.OneShot {
				t.Fatalf("accepted %g minutes", x.Minutes)
			}
		case *Verdict:
			shown(t, x.By, x.Comment)
			if x.Judgement != Fine && x.Judgement != Bad {
				t.Fatalf("accepted %q", x.Judgement)
			}
		case *Stretch:
			inYears(t, *x)
		case *TeachRequest:
			inYears(t, x.Stretch)
			if x.Parts < 0 || x.Parts > mostParts || !(x.Seconds >= 0 && x.Seconds <= mostSeconds) {
				t.Fatalf("accepted %+v", x)
			}
		case *BacktestRequest:
			inYears(t, x.Stretch)
			if !(x.LimitFactor == 0 || x.LimitFactor >= 0.1 && x.LimitFactor <= 10) || !(x.AlarmsPerDay >= 0) || len(x.Model) > 128 {
				t.Fatalf("accepted %+v", x)
			}
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		w := make()
		if err := decode(again, w); err != nil || !reflect.DeepEqual(v, w) {
			t.Fatalf("%+v, sent again as %s, became %+v, %v", v, again, w, err)
		}
	})
}

// Whatever stands in a query, what is accepted is within the bounds.
func FuzzQueries(f *testing.F) {
	for _, seed := range []string{"", "width=800", "width=-1&width=2", "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "want=raw,score", "want=,", "channel=%ff", "%zz", "a;b", "from=%00", "limit=1000&open=true", "zoom=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest("GET", "http://127.0.0.1/api/v1/streams/m/history", nil)
		r.URL.RawQuery = raw
		v := newQuery(r, "from", "to", "width", "want", "channel", "limit", "open")
		width, limit, want, word := v.number("width", MinWidth, MaxWidth, DefaultWidth), v.number("limit", 1, MaxList, defaultList), v.want(), v.word("open", "true", "false")
		from, to := v.stretch()
		if v.err != nil {
			return
		}
		inYears(t, Stretch{from, to})
		if width < MinWidth || width > MaxWidth || limit < 1 || limit > MaxList || want == 0 || want > wantAll || word != "" && word != "true" && word != "false" || len(v.text("channel")) > maxValue {
			t.Fatalf("%q: accepted width %d, limit %d, want %b, open %q", raw, width, limit, want, word)
		}
	})
}
