package alert

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"crackle/detector"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden scripts' outcomes anew")

// TestScripts plays testdata/*.txt. A script is prose in # lines, commands, a line of four dashes, and what came of them; blocks are
// parted by blank lines. The commands stand in the methods of script below.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts found: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("outcome differs (-want +got); go test -update writes it anew:\n%s", diff)
			}
		})
	}
}

// play runs a script and returns it with its outcomes filled in.
func play(t *testing.T, text string) string {
	s := newScript(t)
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		block, _, hasCommands := strings.Cut(strings.Trim(block, "\n"), "\n----")
		var result strings.Builder
		sc := bufio.NewScanner(strings.NewReader(block))
		for sc.Scan() {
			line := sc.Text()
			fmt.Fprintln(&out, line)
			command, _, _ := strings.Cut(line, "#")
			if f := strings.Fields(command); len(f) > 0 {
				hasCommands = true
				result.WriteString(s.do(f[0], f[1:]))
			}
		}
		if hasCommands {
			out.WriteString("----\n")
			if result.Len() == 0 {
				result.WriteString("nothing\n")
			}
			out.WriteString(result.String())
		}
	}
	return out.String()
}

// script is a book on a stand: windows of 100 samples, ten a second, one after the other.
type script struct {
	t     *testing.T
	book  *Book
	start time.Time
	now   time.Time
	next  map[string]uint64 // sample index of the stream's next window
	run   map[string]uint64
	names map[string]string // alarm id → its short name a1, a2 ...
	ids   map[string]string // and back
}

func newScript(t *testing.T) *script {
	start := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	s := &script{t: t, start: start, now: start, next: map[string]uint64{}, run: map[string]uint64{}, names: map[string]string{}, ids: map[string]string{}}
	s.fresh(BookConfig{})
	return s
}

func (s *script) fresh(cfg BookConfig) {
	book, err := NewBook(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.book = book
}

// args splits key=value words; a bare word is its own key.
func args(words []string) map[string]string {
	m := make(map[string]string)
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		m[k] = strings.ReplaceAll(v, "_", " ")
	}
	return m
}

func (s *script) do(command string, words []string) string {
	switch command {
	case "book": // book open=N history=N realarm=D independent
		a := args(words)
		cfg := BookConfig{Open: s.int(a["open"]), History: s.int(a["history"]), Realarm: s.duration(a["realarm"])}
		if _, ok := a["independent"]; ok {
			cfg.Dependences = []Dependence{} // nothing explains anything else
		}
		s.fresh(cfg)
		return ""
	case "stream": // stream NAME raise=N/M clear=N hysteresis=X latch perpart simulated provisional title=T priority=P realarm=D
		return s.stream(words[0], args(words[1:]))
	case "windows": // windows NAME values=v,v,... times=N limit=X part=P lot=L run=N at=INDEX end; "-" is not assessed
		return s.windows(words[0], args(words[1:]))
	case "holds", "again", "over": // holds NAME KIND value=X limit=X unit=U what=W priority=P; NAME "." is the monitor itself
		return s.condition(command, words[0], words[1], args(words[2:]))
	case "partend": // partend NAME PART
		return s.step(Input{Op: OpPartEnd, PartEnd: &PartEnd{Stream: words[0], Part: words[1], At: s.now}})
	case "ack": // ack ALARM by=WHO comment=TEXT
		a := args(words[1:])
		id := words[0]
		if full, ok := s.ids[id]; ok {
			id = full
		}
		return s.step(Input{Op: OpAcknowledge, Acknowledge: &Acknowledgement{ID: id, By: a["by"], Comment: a["comment"]}})
	case "remove":
		return s.step(Input{Op: OpRemove, Stream: &Stream{Name: words[0]}})
	case "wait":
		d, err := time.ParseDuration(words[0])
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
		return ""
	case "list":
		return s.list()
	}
	return s.doAside(command, words)
}

// doAside runs the commands about wall time, shelves and service.
func (s *script) doAside(command string, words []string) string {
	switch command {
	case "pass": // pass D: time goes on, tick by tick
		var out strings.Builder
		for end := s.now.Add(s.duration(words[0])); s.now.Before(end); {
			s.now = s.now.Add(min(time.Second, end.Sub(s.now)))
			out.WriteString(s.step(Input{Op: OpTick}))
		}
		return out.String()
	case "shelve", "unshelve": // shelve NAME KIND for=D oneshot by=WHO comment=TEXT
		a := args(words[2:])
		_, oneShot := a["oneshot"]
		k := Shelving{Stream: stream(words[0]), Kind: Kind(words[1]), By: a["by"], Comment: a["comment"], OneShot: oneShot, For: s.duration(a["for"])}
		if command == "unshelve" {
			return s.step(Input{Op: OpUnshelve, Shelving: &k})
		}
		return s.step(Input{Op: OpShelve, Shelving: &k})
	case "out", "in": // out NAME KIND by=WHO comment=TEXT; KIND "all" is all of the stream
		a := args(words[2:])
		v := Service{Stream: stream(words[0]), Kind: Kind(strings.TrimPrefix(words[1], "all")), Out: command == "out", By: a["by"], Comment: a["comment"]}
		return s.step(Input{Op: OpService, Service: &v})
	case "severity": // severity ALARM
		a, _ := s.book.Alarm(s.ids[words[0]])
		return fmt.Sprintf("%s priority %s, severity %d\n", words[0], a.Priority, a.Severity)
	case "words": // words ALARM: in those of OPC UA
		a, _ := s.book.Alarm(s.ids[words[0]])
		w := a.OPCUA
		return fmt.Sprintf("%s %s: %s, %s, %s, %s, %s, %s, retain %t\n", words[0], a.State, w.Active, w.Acked, w.Shelving, w.Suppressed, w.OutOfService, w.Latched, w.Retain)
	case "counts":
		return s.counts()
	case "restart": // from a checkpoint
		c := s.book.Checkpoint()
		s.fresh(s.book.cfg)
		if err := s.book.Restore(c); err != nil {
			s.t.Fatal(err)
		}
		return ""
	}
	s.t.Fatalf("unknown command %q", command)
	return ""
}

func (s *script) stream(name string, a map[string]string) string {
	st := Stream{Name: name, Title: a["title"]}
	if n, m, ok := strings.Cut(a["raise"], "/"); ok {
		st.Rules.Raise, st.Rules.Of = s.int(n), s.int(m)
	}
	st.Rules.Clear = s.int(a["clear"])
	if v := a["hysteresis"]; v != "" {
		st.Rules.Hysteresis = s.float(v)
	}
	_, st.Rules.Latch = a["latch"]
	_, st.Rules.PerPart = a["perpart"]
	_, st.Simulated = a["simulated"]
	_, st.Provisional = a["provisional"]
	st.Priority, st.Realarm = Priority(a["priority"]), s.duration(a["realarm"])
	return s.step(Input{Op: OpConfigure, Stream: &st})
}

func (s *script) windows(name string, a map[string]string) string {
	if v := a["run"]; v != "" {
		s.run[name], s.next[name] = uint64(s.int(v)), 0
	}
	if v := a["at"]; v != "" {
		s.next[name] = uint64(s.int(v))
	}
	limit := 4.0
	if v := a["limit"]; v != "" {
		limit = s.float(v)
	}
	var out strings.Builder
	values := strings.Split(a["values"], ",")
	if v := a["times"]; v != "" {
		values = slices.Repeat(values, s.int(v))
	}
	for i, v := range values {
		s.now = s.now.Add(100 * time.Millisecond)
		sc := detector.Score{
			Stream: name, Run: s.run[name], First: s.next[name], End: s.next[name] + 100, TimeNS: s.now.UnixNano(),
			Part: a["part"], Lot: a["lot"], Limit: limit, Verdict: detector.NotAssessed,
		}
		s.next[name] += 100
		if v == "-" {
			sc.Value = s.float("NaN")
		} else {
			sc.Value = s.float(v)
			sc.Verdict = detector.OK
			if sc.Value > limit {
				sc.Verdict = detector.Alarm
				sc.Top[0] = detector.Cause{Name: "rms_v", Got: sc.Value / 10, Expected: 0.25, Share: 0.8}
			}
		}
		if _, ok := a["end"]; ok && i == len(values)-1 {
			sc.PartEnd = true
		}
		out.WriteString(s.step(Input{Op: OpScore, Score: sc}))
	}
	return out.String()
}

func (s *script) condition(command, name, kind string, a map[string]string) string {
	c := Condition{Stream: name, Kind: Kind(kind), Active: command != "over", Again: command == "again", At: s.now, Unit: a["unit"], What: a["what"]}
	c.Stream, c.Priority = stream(name), Priority(a["priority"])
	c.Run, c.Index = s.run[name], s.next[name]
	if v := a["value"]; v != "" {
		c.Value = s.float(v)
	}
	if v := a["limit"]; v != "" {
		c.Limit = s.float(v)
	}
	return s.step(Input{Op: OpCondition, Condition: &c})
}

func (s *script) step(in Input) string {
	events, err := s.book.Step(nil, &in, s.now)
	if err != nil {
		return "refused: " + s.short(err.Error()) + "\n"
	}
	var out strings.Builder
	for _, ev := range events {
		if s.names[ev.Alarm.ID] == "" && ev.Alarm.ID != "" {
			n := fmt.Sprintf("a%d", len(s.names)+1)
			s.names[ev.Alarm.ID], s.ids[n] = n, ev.Alarm.ID
		}
		if ev.By != "" {
			fmt.Fprintf(&out, "by %q %q: ", ev.By, ev.Comment)
		}
		fmt.Fprintf(&out, "%s %s %s → %s: %s\n", s.clock(ev.At), ev.Change, ev.From, ev.Alarm.State, s.describe(ev.Alarm))
	}
	return out.String()
}

// short writes alarm ids by their short names.
func (s *script) short(text string) string {
	for id, name := range s.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

func (s *script) clock(t time.Time) string { return "+" + t.Sub(s.start).String() }

func (s *script) describe(a Alarm) string {
	var b strings.Builder
	stream := a.Stream
	if stream == "" {
		stream = "."
	}
	fmt.Fprintf(&b, "%s %s %s %g%s over %g, samples %d to %d from %s", s.names[a.ID], stream, a.Kind, a.Score, a.Unit, a.Limit, a.Onset, a.End, s.clock(a.OnsetTime))
	for _, f := range []struct{ name, value string }{{"run", strconv.FormatUint(a.Run, 10)}, {"title", a.Title}, {"part", a.Part}, {"lot", a.Lot}, {"what", a.What}, {"ack", a.AckBy}, {"comment", a.AckComment}, {"because", string(a.ClearReason)}} {
		if f.value != "" && (f.name != "run" || a.Run != 0) {
			fmt.Fprintf(&b, ", %s %q", f.name, f.value)
		}
	}
	if a.ID == "" {
		return fmt.Sprintf("no alarm of %s %s", stream, a.Kind)
	}
	if a.Cause != "" {
		b.WriteString(", because of " + s.names[a.Cause])
	}
	if !a.ShelvedUntil.IsZero() {
		b.WriteString(", shelved until " + s.clock(a.ShelvedUntil))
	}
	if a.Realarms > 0 {
		fmt.Fprintf(&b, ", told again %d", a.Realarms)
	}
	if a.Dependents > 0 {
		fmt.Fprintf(&b, ", explains %d", a.Dependents)
	}
	if a.Chatter > 0 {
		fmt.Fprintf(&b, ", chatter %d", a.Chatter)
	}
	for _, f := range []struct {
		name string
		on   bool
	}{{"latched", a.Latched}, {"simulated", a.Simulated}, {"provisional", a.Provisional}, {"stale", a.Stale}} {
		if f.on {
			b.WriteString(", " + f.name)
		}
	}
	return b.String()
}

func (s *script) list() string {
	var b strings.Builder
	snap := s.book.Snapshot()
	for _, a := range snap.Open {
		fmt.Fprintf(&b, "open   %s: %s\n", a.State, s.describe(a))
	}
	for _, a := range snap.Recent {
		fmt.Fprintf(&b, "closed %s: %s\n", a.State, s.describe(a))
	}
	return b.String() + s.counts()
}

// counts lists what is put aside, and the totals that are not 0.
func (s *script) counts() string {
	var b strings.Builder
	snap := s.book.Snapshot()
	for _, h := range snap.Shelves {
		fmt.Fprintf(&b, "shelf  %s %s by %q until %s\n", h.Stream, h.Kind, h.By, s.clock(h.Until))
	}
	for _, v := range snap.OutOfService {
		fmt.Fprintf(&b, "out of service %s %s by %q since %s\n", v.Stream, v.Kind, v.By, s.clock(v.Since))
	}
	c := snap.Counts
	for _, f := range []struct {
		name string
		n    uint64
	}{{"listed", c.Listed}, {"delisted", c.Delisted}, {"told again", c.Realarmed}, {"chattering", c.Chattering}, {"stale", c.Stale}, {"floods", c.Floods}} {
		if f.n > 0 {
			fmt.Fprintf(&b, "%s %d\n", f.name, f.n)
		}
	}
	if snap.Flood {
		b.WriteString("in flood\n")
	}
	fmt.Fprintf(&b, "scores %d (not assessed %d), raised %d, cleared %d, acknowledged %d, retired %d, refused %d\n", c.Scores, c.NotAssessed, c.Raised, c.Cleared, c.Answered, c.Retired, c.Rejected)
	return b.String()
}

// stream is a stream's name; "." is the monitor itself.
func stream(word string) string { return strings.TrimPrefix(word, ".") }

func (s *script) duration(v string) time.Duration {
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *script) int(v string) int {
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *script) float(v string) float64 {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}
