package control_test

import (
	"bytes"
	"errors"
	"image/png"
	"math"
	"math/rand/v2"
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
	draw := func() (reds int) {
		t.Helper()
		var w bytes.Buffer
		if err := control.PNG(&w, "Reference part REF on grinder.mbn", c.Points()); err != nil {
			t.Fatal(err)
		}
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
		return reds
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
			if reds := draw(); reds > 0 {
				t.Errorf("%d red pixels with nothing out", reds)
			}
		}
	}
	if reds := draw(); reds < 50 {
		t.Errorf("%d red pixels with five measurements out", reds)
	}
}

// The README's picture: a simulated sensor that loses a hundredth of its gain each day from the 31st on. With CRACKLE_UPDATE=1 it is drawn anew.
func TestCreepingGainIsSeenBeforeAnyValueIsOut(t *testing.T) {
	c, err := master.New(master.Config{Name: "REF-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(8, 8))
	slow, value := 0, 0
	for day := range 40 {
		gain := math.Pow(0.99, float64(max(0, day-30)))
		p, _, err := c.Add(master.Measurement{
			Part: "REF-1", First: uint64(day), At: time.Date(2026, 3, 1+day, 6, 0, 0, 0, time.UTC), Features: []string{"mbn.rms", "mbn.kurtosis"}, Units: []string{"V", "1"},
			Values: []float64{0.4 * gain * (1 + 0.015*r.NormFloat64()), 3.2 + 0.1*r.NormFloat64()},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.Out {
			switch {
			case f.Feature != 0 || day < 30:
				t.Errorf("day %d: %+v", day, f)
			case f.Slow && slow == 0:
				slow = day
			case !f.Slow && value == 0:
				value = day
			}
		}
	}
	if slow == 0 || value > 0 && value < slow {
		t.Errorf("the slow mean is out from day %d, a value from day %d", slow, value)
	}
	if os.Getenv("CRACKLE_UPDATE") != "1" {
		return
	}
	f, err := os.Create("../../../docs/master.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(control.PNG(f, "Reference part REF-1, simulated", c.Points()), f.Close()); err != nil {
		t.Fatal(err)
	}
}
