package block

import (
	"strings"
	"testing"
)

func TestStreamNames(t *testing.T) {
	for _, s := range []string{"a", "grinder.mbn", "line-1.cell_2.head3", "0", strings.Repeat("a", 200)} {
		subject, err := Subject(s)
		if err != nil {
			t.Errorf("%q refused: %v", s, err)
		}
		if back, ok := StreamOf(subject); !ok || back != s {
			t.Errorf("%q came back from its subject as %q, %v", s, back, ok)
		}
	}
	for _, s := range []string{"", ".", "a.", ".a", "a..b", "A", "a b", "a*", "a.>", "ä", "a\n", strings.Repeat("a", 201)} {
		if _, err := Subject(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	for _, s := range []string{"crackle.signal.", "crackle.signal", "crackle.alarm.a", "crackle.signal.A"} {
		if name, ok := StreamOf(s); ok {
			t.Errorf("subject %q taken for stream %q", s, name)
		}
	}
}

func TestSampleTypeNames(t *testing.T) {
	for st := I16; st <= F64; st++ {
		if got, err := ParseSampleType(st.String()); err != nil || got != st {
			t.Errorf("%v came back as %v, %v", st, got, err)
		}
	}
	if _, err := ParseSampleType("u8"); KindOf(err) != KindType {
		t.Errorf("u8: %v", err)
	}
}
