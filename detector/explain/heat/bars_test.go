package heat_test

import (
	"bytes"
	"image/png"
	"testing"

	"crackle/detector/explain"
	"crackle/detector/explain/heat"
)

// Bars has red for what is missed and blue for what is better left out.
func TestBars(t *testing.T) {
	l := &explain.Loss{Merit: explain.AUC, Whole: 0.97, Features: []explain.Lost{{Name: "a.rms", Loss: 0.4, Low: 0.3, High: 0.5}, {Name: "b.rms", Loss: -0.2, Low: -0.3, High: 0}},
		Channels: []explain.Lost{{Name: "a", Loss: 0.45, Low: 0.4, High: 0.5}}}
	var b bytes.Buffer
	if err := heat.Bars(&b, "Masking over 30 parts", l); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	reds, blues := 0, 0
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, _ := m.At(x, y).RGBA()
			switch {
			case r>>8 > 160 && g>>8 < 60 && b>>8 < 80:
				reds++
			case r>>8 < 60 && g>>8 < 120 && b>>8 > 140:
				blues++
			}
		}
	}
	if reds < 2*blues || blues < 500 {
		t.Errorf("%d red and %d blue pixels", reds, blues)
	}
	if err := heat.Bars(&b, "", &explain.Loss{}); err == nil {
		t.Error("nothing was drawn")
	}
}
