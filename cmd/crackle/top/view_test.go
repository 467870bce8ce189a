package top

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "write testdata/*.txt anew")

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func f(v float64) *float64 { return &v }

// plant is a monitor with a stream of each verdict and two alarms.
func plant() *Snapshot {
	s := &Snapshot{
		Status: Status{Version: "1.4", Now: noon, Ready: true},
		Streams: []Stream{
			{Name: "press.force", Title: "Press 3, force", Verdict: "ok", Score: f(1.25), Limit: f(4), Source: "live", Part: "P-77", Lot: "L-9", NewestAt: noon.Add(-300 * time.Millisecond), StaleAfterS: f(5)},
			{Name: "oven.temp", Verdict: "not assessed", Reasons: []string{"no data"}, Source: "live", NewestAt: noon.Add(-3 * time.Minute), StaleAfterS: f(30)},
			{Name: "grinder.mbn", Title: "Schleifmaschine <img src=x onerror=alert(1)> 磨床", Verdict: "alarm", Score: f(6.5), Limit: f(4), Source: "simulated", Part: "ring-0042", NewestAt: noon.Add(-100 * time.Millisecond)},
			{Name: "lathe.current", Title: "Lathe", Verdict: "ok", Score: f(3.9), Limit: f(4), NewestAt: noon.Add(-100 * time.Millisecond)},
			{Name: "new.one", Verdict: "not assessed", Reasons: []string{"no data since the start"}},
		},
		Alarms: []Alarm{
			{ID: "a1", Title: "Lathe", Kind: "gap", State: "returned_unacknowledged", What: "12 samples are missing", OnsetTime: noon.Add(-time.Hour)},
			{ID: "a2", Stream: "grinder.mbn", Kind: "score", State: "active_unacknowledged", What: "rms 0.31 V, expected 0.12 V", OnsetTime: noon.Add(-time.Minute)},
		},
	}
	s.System.Dropped = 12
	s.System.Memory.Total = 123_456_789
	s.System.NATS.Connected = true
	s.System.Store.Bytes, s.System.Store.MaxBytes = f(2.5e9), f(1.0737e10)
	s.System.Clients = 3
	return s
}

func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	got := strings.Join(lines, "\n") + "\n"
	path := "testdata/" + name + ".txt"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

func TestLooks(t *testing.T) {
	v := &View{URL: "http://127.0.0.1:8080"}
	for i := range 30 { // a rise of the grinder's score
		s := plant()
		*s.Streams[2].Score = float64(i) / 4
		v.Take(s, nil, noon.Add(time.Duration(i)*time.Second))
	}
	golden(t, "wide", v.Lines(140, 0, noon))
	golden(t, "usual", v.Lines(80, 24, noon))
	golden(t, "narrow", v.Lines(40, 12, noon))
	v.Take(nil, errors.New("connection refused"), noon)
	v.Take(nil, errors.New("connection refused"), noon.Add(7*time.Second))
	golden(t, "lost", v.Lines(100, 14, noon.Add(7*time.Second)))
}

// Whatever the size and the texts, lines fit the screen, hold nothing that a terminal acts on, and the worst stream is the first.
func TestLinesFit(t *testing.T) {
	s := plant()
	s.Streams[0].Title = "\x1b]0;owned\x07\x1b[2J\r\n\u202eevil\u200b " + strings.Repeat("長", 200)
	s.Streams[0].Part = "\x9b31m\xff\xfe"
	s.Alarms[0].What = "<!channel>\x1b[H" + strings.Repeat("x", 500)
	s.Status.Readiness.Problems = []string{"one\x1b[1m", "two", "three", "four", "five"}
	for i := range 300 {
		s.Streams = append(s.Streams, Stream{Name: fmt.Sprintf("s%03d", i), Verdict: "ok"})
		s.Alarms = append(s.Alarms, Alarm{Stream: "s", Kind: "score", State: "active_unacknowledged"})
	}
	v := &View{URL: "u"}
	v.Take(s, nil, noon)
	for w := 1; w <= 200; w += 7 {
		for h := 8; h <= 80; h += 9 {
			lines := v.Lines(w, h, noon)
			if len(lines) > h+8 {
				t.Errorf("%d × %d: %d lines", w, h, len(lines))
			}
			for i, l := range lines {
				if strings.ContainsFunc(l, func(r rune) bool {
					return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' || r == '\u200b'
				}) {
					t.Errorf("%d × %d: line %d is %q", w, h, i, l)
				}
				if n := runewidth.StringWidth(l); w >= 24 && n > w {
					t.Errorf("%d × %d: line %d is %d wide: %q", w, h, i, n, l)
				}
			}
		}
	}
	lines := v.Lines(120, 30, noon)
	for i, l := range lines {
		if strings.HasPrefix(l, "STREAM") && !strings.HasPrefix(lines[i+1], "Schleifmaschine") {
			t.Errorf("the first stream is %q", lines[i+1])
		}
	}
	v.Scroll(1000)
	if all := strings.Join(v.Lines(120, 30, noon), "\n"); !strings.Contains(all, "s299") || strings.Contains(all, "Schleifmaschine <img") {
		t.Errorf("scrolled to the end:\n%s", all)
	}
	v.Scroll(-1000)
	if all := strings.Join(v.Lines(120, 30, noon), "\n"); !strings.Contains(all, "Schleifmaschine") {
		t.Error("scrolled back: the first stream is not shown")
	}
}

// Colours come on top of the same words.
func TestColour(t *testing.T) {
	plainView, colour := &View{URL: "u"}, &View{URL: "u", Colour: true}
	plainView.Take(plant(), nil, noon)
	colour.Take(plant(), nil, noon)
	a, b := plainView.Lines(100, 20, noon), strings.Join(colour.Lines(100, 20, noon), "\n")
	if !strings.Contains(b, red) || !strings.Contains(b, yellow) {
		t.Errorf("no colours in %q", b)
	}
	for _, mark := range []string{dim, red, yellow, reverse, bold, reset} {
		b = strings.ReplaceAll(b, mark, "")
	}
	if b != strings.Join(a, "\n") {
		t.Errorf("without its colours it is\n%s\nwant\n%s", b, strings.Join(a, "\n"))
	}
}

func TestText(t *testing.T) {
	for d, want := range map[time.Duration]string{300 * time.Millisecond: "0.3 s", 12 * time.Second: "12 s", 5 * time.Minute: "5 min", 3 * time.Hour: "3 h", 72 * time.Hour: "3 d", -time.Second: "0.0 s"} {
		if got := age(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0 B", 999: "999 B", 1500: "1.5 kB", 123e6: "123 MB", 2.5e13: "25.0 TB", 5e15: "5000 TB"} {
		if got := amount(v, "B"); got != want {
			t.Errorf("%g is %q, want %q", v, got, want)
		}
	}
	for _, c := range []struct {
		v    *float64
		want string
	}{{nil, "–"}, {f(1.23456), "1.235"}, {f(0), "0"}, {f(1234567), "1.23e+06"}, {f(-0.00001), "-1.00e-05"}} {
		if got := number(c.v); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
