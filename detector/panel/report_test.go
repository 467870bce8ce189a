package panel

import (
	"slices"
	"strings"
	"testing"
)

// The report counts what the panel and each member find of steps, larger ones more often, and says what the networks add.
func TestReportCountsFoundAndFalse(t *testing.T) {
	l := lesson(1, true)
	l.Trials = 12
	l.Budget = Budget{On: 2, Of: 3, Off: 3}
	p, err := Learn(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Report()
	whole := r.Voice(Whole)
	if r.Trials != 12 || len(whole.Found) != len(r.Sizes) || whole.Found[3] < 11 || whole.Found[0] > whole.Found[3] || whole.Alarms > 2 {
		t.Fatalf("%+v", r)
	}
	for _, name := range p.Members() {
		if v := r.Voice(name); v.Name != name || v.Found[3] > 12 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if r.Smallest(whole) == 0 || r.Smallest(Voice{Found: []int{0, 1, 2, 3}}) != 0 {
		t.Errorf("the smallest step found is %v", r.Smallest(whole))
	}
	if len(r.Scores) == 0 || len(r.Adds) == 0 || !strings.Contains(r.Adds[0], "gru") {
		t.Errorf("%d stretches of scores, %q", len(r.Scores), r.Adds)
	}
	if n := l.Budget; whole.Alarms != p.Promise().Alarms {
		t.Errorf("%d alarms by the report, %d by the promise, budget %+v", whole.Alarms, p.Promise().Alarms, n)
	}
	l = lesson(1, true)
	l.Trials, l.Without = 12, []string{"level", "spread", "t2q", "novelty", "cusum", "rms"}
	if p, err = Learn(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if r := p.Report(); slices.ContainsFunc(r.Voices, func(v Voice) bool { return v.Name == WithoutNetworks }) || r.Adds != nil {
		t.Errorf("a network alone is compared with nobody: %+v", r)
	}
}

// Without trials, or with held-out runs too short for a step, nothing is claimed.
func TestReportClaimsNothingUntried(t *testing.T) {
	p, err := Learn(t.Context(), lesson(1, true))
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Report(); r.Trials != 0 || r.Sizes != nil || r.Voices[0].Found != nil {
		t.Errorf("%+v", r)
	}
	r := Report{Trials: 10, Sizes: stepSizes, Voices: []Voice{{Name: Whole, Found: []int{0, 1, 2, 9}}, {Name: WithoutNetworks, Found: []int{0, 1, 2, 9}}}}
	if adds := r.adds([]string{"gru", "autoencoder"}); len(adds) != 2 || !strings.Contains(adds[1], `["gru", "autoencoder"]`) {
		t.Errorf("%q", adds)
	}
}
