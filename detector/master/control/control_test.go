package control_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"
	"time"

	"crackle/detector/master"
	"crackle/detector/master/control"
)

// A picture has a panel for each feature, and the alarm's colour only where a measurement is out.
func TestPNG(t *testing.T) {
	c, err := master.New(master.Config{Name: "REF", Learn: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := control.PNG(&bytes.Buffer{}, "empty", nil); err == nil {
		t.Error("a chart without a point was drawn")
	}
	draw := func() (reds int, b []byte) {
		t.Helper()
		var w bytes.Buffer
		if err := control.PNG(&w, "Reference part REF on grinder.mbn", c.Points()); err != nil {
			t.Fatal(err)
		}
		b = bytes.Clone(w.Bytes())
		m, err := png.Decode(&w)
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Dx() < 1000 || m.Bounds().Dy() < 400 {
			t.Errorf("picture of %v", m.Bounds())
		}
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				if r, g, b, _ := m.At(x, y).RGBA(); r>>8 > 160 && g>>8 < 60 && b>>8 < 80 {
					reds++
				}
			}
		}
		return reds, b
	}
	for i := range 30 {
		v := float64(i * i % 7)
		if i > 24 {
			v += float64(i-24) * 3
		}
		if _, _, err := c.Add(master.Measurement{
			Part: "REF", First: uint64(i), At: time.Date(2026, 3, 1+i, 6, 0, 0, 0, time.UTC),
			Features: []string{"mbn.rms", "mbn.kurtosis"}, Units: []string{"V", "1"}, Values: []float64{v, 3 + float64(i%3)},
		}); err != nil {
			t.Fatal(err)
		}
		if i == 20 {
			if reds, _ := draw(); reds > 0 {
				t.Errorf("%d red pixels with nothing out", reds)
			}
		}
	}
	reds, b := draw()
	if reds < 50 {
		t.Errorf("%d red pixels with five measurements out", reds)
	}
	if path := os.Getenv("CRACKLE_PICTURE"); path != "" {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
