package head

import (
	"math"
	"strings"
	"testing"
)

func TestReadLabels(t *testing.T) {
	l, err := ReadLabels(strings.NewReader("\ufeffpart, specimen,stress\nP1,S1,-120.5\nP2,S1,3e2\n"), "stress", false)
	if err != nil || len(l.Classes) != 0 || len(l.List) != 2 || l.List[1].Value != 300 || !math.IsInf(l.List[0].To, 1) || l.List[1].Line != 3 {
		t.Fatalf("%+v, %v", l, err)
	}
	l, err = ReadLabels(strings.NewReader("specimen,part,from_s,to_s,class,extra\nS1,P1,0,1.5,worn,x\nS1,P1,1.5,2,new,y\n"), "class", false)
	if err != nil || strings.Join(l.Classes, " ") != "new worn" || l.List[1].From != 1.5 {
		t.Fatalf("%+v, %v", l, err)
	}
	if of, err := l.Of("P1", 2); err != nil || len(of) != 2 {
		t.Errorf("labels of P1: %+v, %v", of, err)
	}
	if _, err := l.Of("P1", 1.9); err == nil || !strings.Contains(err.Error(), "line 3: the stretch ends at 2 s, and part P1 is 1.9 s long") {
		t.Errorf("outside the data: %v", err)
	}
	if err := l.Missing([]string{"P2"}); err == nil || !strings.Contains(err.Error(), "line 2: part P1 is none of the recordings") {
		t.Errorf("of no recording: %v", err)
	}
	if l, err = ReadLabels(strings.NewReader("part,specimen,level\nP1,S1,1\nP2,S2,2\n"), "level", true); err != nil || len(l.Classes) != 2 {
		t.Errorf("numbers as classes: %+v, %v", l, err)
	}
}

func TestLabelsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                               "no header line",
		"part,stress\nP,1\n":                             `no column "specimen"`,
		"part,specimen\nP,S\n":                           `no column "stress"`,
		"part,part,specimen,stress\n":                    "stands twice",
		"part,specimen,stress\n":                         "no line behind the header",
		"part,specimen,stress\nP,S\n":                    "wrong number of fields",
		"part,specimen,stress\nP,,1\n":                   "line 2: no specimen",
		"part,specimen,stress\nP,S,\n":                   "line 2: no stress",
		"part,specimen,stress\nP,S,1\nP,S,2\n":           "line 3 overlaps line 2 on part P",
		"part,specimen,from_s,stress\nP,S,0,1\n":         "stand together",
		"part,specimen,from_s,to_s,stress\nP,S,2,1,1\n":  "ends at 1 s and begins at 2 s",
		"part,specimen,from_s,to_s,stress\nP,S,-1,x,1\n": `"x" is no time`,
		"part,specimen,from_s,to_s,stress\nP,S,5,9,1\nQ,S,0,9,1\nP,S,0,5,1\nP,S,8.5,10,1\n": "line 5 overlaps line 2 on part P",
		"part,specimen,from_s,to_s,stress\nP,S,0,9,1\nP,S,1,2,1\n":                          "line 3 overlaps line 2",
		"part,specimen,stress\n" + strings.Repeat("P,S,1\n", 1) + "\"P,S\n":                 "quote",
	} {
		if _, err := ReadLabels(strings.NewReader(text), "stress", false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadLabels(f *testing.F) {
	f.Add("part,specimen,from_s,to_s,stress\nP,S,0,9,1\nP,S,1,2,1\n", "stress")
	f.Add("part,specimen,part\nP,S,1\n", "part")
	f.Fuzz(func(t *testing.T, text, target string) {
		l, err := ReadLabels(strings.NewReader(text), target, false)
		if err != nil {
			return
		}
		for _, b := range l.List {
			if b.Part == "" || b.Specimen == "" || !(b.To > b.From) || math.IsNaN(b.Value) {
				t.Fatalf("read %+v", b)
			}
		}
	})
}
