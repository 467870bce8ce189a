package detector

import (
	"context"
	"math"
	"testing"
)

// A network in closed form tells a fault from normal, gives the same file twice, and forecasts far better than the mean does.
func TestQuickModel(t *testing.T) {
	how := teaching()
	how.Quick = true
	how.Warmup = 8
	lesson := signal(1, 10, 60)
	m, err := Teach(context.Background(), how, lesson)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Teach(context.Background(), how, lesson)
	if err != nil || again.Hash() != m.Hash() {
		t.Errorf("taught twice: %s and %v, %v", m.Hash(), again, err)
	}
	count := func(l *Lesson) (above, scored int) {
		for _, s := range scores(t, m, l) {
			if s.Verdict != NotAssessed {
				scored++
			}
			if s.Verdict == Alarm {
				above++
			}
		}
		return
	}
	if above, scored := count(signal(3, 10, 60)); scored < 400 || above > scored/20 {
		t.Errorf("normal: %d of %d above", above, scored)
	}
	bad := signal(4, 10, 60)
	for _, r := range rows(bad.sequences) {
		r[0] += 4
	}
	if above, scored := count(bad); above < scored*9/10 {
		t.Errorf("fault: %d of %d above", above, scored)
	}
	out, err := HeldOut(how, lesson, m)
	if err != nil {
		t.Fatal(err)
	}
	if o := out[0]; o.Windows != m.Record.HeldRows || o.Above != 0 || !(o.Highest > 0 && o.Highest <= 1) || !(o.Error > 0 && o.Error < 0.7) {
		t.Errorf("held out: %+v", o)
	}
}

// Models are compared on the same rows: one of another level does worse there, one of other features is refused.
func TestHeldOutCompares(t *testing.T) {
	how := teaching()
	how.Quick = true
	lesson := signal(1, 10, 60)
	good, err := Teach(context.Background(), how, lesson)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := signal(2, 10, 60)
	for _, r := range rows(elsewhere.sequences) {
		r[1] += 500
	}
	other, err := Teach(context.Background(), how, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	out, err := HeldOut(how, lesson, good, other)
	if err != nil || len(out) != 2 {
		t.Fatal(out, err)
	}
	if out[0].Windows != out[1].Windows || out[0].Above != 0 || out[1].Above == 0 || !(out[0].Error < out[1].Error) {
		t.Errorf("%+v", out)
	}
	how.Features = how.Features[:1]
	if _, err := HeldOut(how, lesson, good); err == nil {
		t.Error("a model of other features was compared")
	}
	how = teaching()
	if _, err := HeldOut(how, &Lesson{}, good); err == nil {
		t.Error("compared on nothing")
	}
	if !math.IsNaN((outcome(mustNew(t, good), &good.Scaler, nil)).Error) {
		t.Error("an error without a window")
	}
}

func mustNew(t *testing.T, m *Model) *Detector {
	t.Helper()
	d, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		t.Fatal(err)
	}
	return d
}
