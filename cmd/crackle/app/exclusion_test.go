package app

import (
	"fmt"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/config"
)

// longStretch is two runs of 100 windows of 200 samples, one every 50. By part, it is in parts of 1000 samples, and no window reaches over a border:
// five parts of 17 windows in each run.
func longStretch(t *testing.T, byPart bool) *stretch {
	t.Helper()
	cfg, err := config.Parse([]byte(fmt.Sprintf(`
[stream.motor]
channels = ["a"]
rate_hz = 1000
model = "motor.safetensors"
part_resets = %v
[stream.motor.window]
length = 200
hop = 50
[stream.motor.features]
list = ["rms"]
[stream.motor.alarm]
on_windows = 2
of_windows = 3
off_windows = 4
[stream.motor.health]
flat_s = 0.5
`, byPart)), "test.toml")
	if err != nil {
		t.Fatal(err)
	}
	stream := cfg.Streams["motor"]
	s := &stretch{cfg: &stream}
	for run := range uint64(2) {
		for i := range uint64(100) {
			first := 50 * i
			if byPart && first%1000 > 800 {
				continue
			}
			s.rows = append(s.rows, row{
				run: run + 1, first: first, end: first + 200, own: first, ownEnd: first + 200, ns: int64(run*1e10 + (first+200)*1e6), part: fmt.Sprintf("r%dp%d", run+1, i/20), usable: true,
				features: []float32{float32(i)},
			})
		}
	}
	return s
}

func (s *stretch) left(out []bool) (text string) {
	from := -1
	for i := 0; i <= len(out); i++ {
		switch {
		case i < len(out) && out[i] && from < 0:
			from = i
		case from >= 0 && (i == len(out) || !out[i]):
			text += fmt.Sprintf("%d-%d ", from, i-1)
			from = -1
		}
	}
	return text
}

func TestExclusions(t *testing.T) {
	al := func(id string, run, onset, end uint64, part string, state alert.State) alert.Alarm {
		return alert.Alarm{ID: id, Stream: "motor", Kind: alert.KindScore, Run: run, Onset: onset, End: end, Part: part, State: state}
	}
	over := alert.Normal
	other := al("x", 1, 1000, 1200, "", over)
	other.Stream = "press"
	gap := al("x", 1, 1000, 1200, "", over)
	gap.Kind = alert.KindGap
	flat := al("f", 1, 1000, 1000, "", over)
	flat.Kind, flat.OnsetTime, flat.ClearTime = alert.KindFlat, time.Unix(100, 0), time.Unix(101, 0)
	said := func(id, word string) Judgement {
		return Judgement{Alarm: id, Stream: "motor", Judgement: word, By: "anna"}
	}
	lost := said("lost", Bad)
	lost.Run, lost.Onset, lost.End = 2, 1000, 1200
	for _, c := range []struct {
		name   string
		byPart bool
		alarms []alert.Alarm
		judged []Judgement
		want   string // rows left out
	}{
		{"nothing", true, nil, nil, ""},
		{"whole part, not its neighbours", true, []alert.Alarm{al("a", 1, 1500, 1900, "r1p1", over)}, nil, "17-33 "},
		{"near it", false, []alert.Alarm{al("a", 1, 1500, 1900, "r1p1", over)}, nil, "19-45 "}, // 400 samples round it, of windows of 200
		{"the other run", false, []alert.Alarm{al("a", 2, 0, 200, "", over)}, nil, "100-111 "},
		{"still open", false, []alert.Alarm{al("a", 1, 4500, 4700, "", alert.Unacknowledged)}, nil, "79-99 "},
		{"fine", false, []alert.Alarm{al("a", 1, 1500, 1900, "", over)}, []Judgement{said("a", Fine)}, ""},
		{"bad", false, []alert.Alarm{al("a", 1, 1500, 1900, "", over)}, []Judgement{said("a", Bad)}, "19-45 "},
		{"two that meet", false, []alert.Alarm{al("a", 1, 1500, 1900, "", over), al("b", 1, 2000, 2200, "", over)}, nil, "19-51 "},
		{"one fine, one not", false, []alert.Alarm{al("a", 1, 1500, 1900, "", over), al("b", 1, 4000, 4200, "", over)}, []Judgement{said("a", Fine)}, "69-91 "},
		{"forgotten by the list", false, nil, []Judgement{lost}, "109-131 "},
		{"another stream's, another kind", true, []alert.Alarm{other, gap}, nil, ""},
		{"a gap that was bad", false, []alert.Alarm{gap}, []Judgement{said("x", Bad)}, "9-31 "},
		{"a channel that stood still", false, []alert.Alarm{flat}, nil, "9-77 "}, // half a second until it was told, one that it was open, one for good measure
		{"which was fine", false, []alert.Alarm{flat}, []Judgement{said("f", Fine)}, ""},
		{"an unknown run", true, []alert.Alarm{al("a", 9, 1500, 1900, "", over), al("b", 0, 1500, 1900, "", over)}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := longStretch(t, c.byPart)
			out, list := s.exclude(c.alarms, c.judged, false)
			if got := s.left(out); got != c.want {
				t.Errorf("left out %q, want %q", got, c.want)
			}
			windows := 0
			for _, x := range list {
				windows += x.Windows
				if x.Text == "" || x.From.IsZero() || x.To.Before(x.From) {
					t.Errorf("%+v", x)
				}
			}
			marked := 0
			for _, is := range out {
				if is {
					marked++
				}
			}
			if windows < marked {
				t.Errorf("%d windows left out, %d told of", marked, windows)
			}
			if l := s.lesson(out); l.Rows() != len(out)-marked || l.Skipped() != marked {
				t.Errorf("a lesson of %d windows and %d skipped, of %d with %d left out", l.Rows(), l.Skipped(), len(out), marked)
			}
		})
	}
}

// Parts of which too much is missing, and those that were joined in their middle, are left out.
func TestPoorPartsAreLeftOut(t *testing.T) {
	t.Parallel()
	s := longStretch(t, true)
	s.poor = []segment{{1, 1000, 2000}}
	s.torn = []segment{{2, 0, 1000}}
	out, list := s.exclude(nil, nil, false)
	if got := s.left(out); got != "17-33 " || list[0].Why != whyPoor {
		t.Errorf("left out %q, %+v", got, list)
	}
	out, list = s.exclude(nil, nil, true)
	if len(list) != 2 || list[1].Why != whyTorn || !out[85] || out[169] {
		t.Errorf("%+v", list)
	}
	if from, to := s.span(); !from.Equal(time.Unix(0, 0).UTC()) || !to.Equal(time.Unix(0, s.rows[169].ns).UTC()) {
		t.Errorf("%s to %s", from, to)
	}
}
