package detector

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"crackle/window"
)

// lessonOf makes a lesson with the given number of one-feature windows per part; a window's value is its position in the lesson.
func lessonOf(lot func(part int) string, lengths ...int) *Lesson {
	var l Lesson
	at := 0
	for p, n := range lengths {
		for i := range n {
			l.Add(&window.Window{Part: string(rune('a' + p)), Lot: lot(p), Fresh: i == 0, First: uint64(10 * at), End: uint64(10*at + 10), Features: []float32{float32(at)}})
			at++
		}
	}
	return &l
}

func oneLot(int) string { return "lot" }

func TestDivide(t *testing.T) {
	tests := []struct {
		name     string
		lesson   *Lesson
		by       string
		fit      []int // rows per sequence
		held     []int
		groups   int
		wantFail bool
	}{
		{name: "parts", lesson: lessonOf(oneLot, 5, 5, 5, 5, 5), by: "part", fit: []int{5, 5, 5, 5}, held: []int{5}, groups: 1},
		{name: "two parts", lesson: lessonOf(oneLot, 7, 9), by: "part", fit: []int{7}, held: []int{9}, groups: 1},
		{name: "lots before parts", lesson: lessonOf(func(p int) string { return string(rune('A' + p/2)) }, 3, 3, 3, 3, 3, 3), by: "lot", fit: []int{3, 3, 3, 3}, held: []int{3, 3}, groups: 1},
		{name: "time, with embargo", lesson: lessonOf(oneLot, 100), by: "time", fit: []int{77}, held: []int{20}, groups: 1},
		{name: "too short", lesson: lessonOf(oneLot, 3), wantFail: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s, err := divide(tc.lesson.sequences, 0.2, 30)
			if tc.wantFail {
				if err == nil {
					t.Fatal("divided a lesson that is too short")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.by != tc.by || s.groups != tc.groups || !slices.Equal(lengths(s.fit), tc.fit) || !slices.Equal(lengths(s.held), tc.held) {
				t.Errorf("by %s, %d groups, fit %v, held %v; want by %s, %d groups, fit %v, held %v",
					s.by, s.groups, lengths(s.fit), lengths(s.held), tc.by, tc.groups, tc.fit, tc.held)
			}
		})
	}
}

// No fitted row is held out too, and by time none is within the embargo of a held-out one.
func TestDivideDoesNotLeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 6).Draw(t, "lengths")
		embargo := rapid.IntRange(0, 5).Draw(t, "embargo")
		share := rapid.Float64Range(0.05, 0.9).Draw(t, "share")
		lots := rapid.IntRange(1, 4).Draw(t, "lots")
		l := lessonOf(func(p int) string { return string(rune('A' + p%lots)) }, lengths...)
		s, err := divide(l.sequences, share, int64(10*embargo))
		if err != nil {
			return
		}
		fit, held := values(s.fit), values(s.held)
		for _, v := range fit {
			if slices.Contains(held, v) {
				t.Fatalf("row %v is on both sides", v)
			}
			if s.by == "time" && slices.Min(held)-v <= float32(embargo) {
				t.Fatalf("row %v is within the embargo of %d of row %v", v, embargo, slices.Min(held))
			}
		}
		if len(fit) == 0 || len(held) == 0 {
			t.Fatalf("one side is empty: %d fitted, %d held out", len(fit), len(held))
		}
	})
}

func TestLessonSkipsDefects(t *testing.T) {
	var l Lesson
	for i, d := range []window.Defect{0, 0, window.Gap, 0, window.Bridged, 0} {
		l.Add(&window.Window{Part: "p", Fresh: i == 0, Defects: d, Features: []float32{float32(i)}})
	}
	l.Add(&window.Window{Part: "p", PartEnd: true}) // closing mark
	if l.Rows() != 4 || l.Skipped() != 2 || !slices.Equal(lengths(l.sequences), []int{2, 1, 1}) {
		t.Errorf("rows %d, skipped %d, sequences %v; want 4, 2, [2 1 1]", l.Rows(), l.Skipped(), lengths(l.sequences))
	}
	if l.Parts() != 1 {
		t.Errorf("%d parts, want 1", l.Parts())
	}
}

func lengths(data []Sequence) []int {
	var out []int
	for _, s := range data {
		out = append(out, len(s.Rows))
	}
	return out
}

func values(data []Sequence) []float32 {
	var out []float32
	for _, r := range rows(data) {
		out = append(out, r[0])
	}
	return out
}
