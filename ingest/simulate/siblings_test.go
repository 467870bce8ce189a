package simulate

import (
	"math"
	"strings"
	"testing"
)

// sequences is the positive and negative sequence of three phases at hz, as complex amplitudes, over whole periods.
func sequences(v []float32, hz, rateHz float64) (positive, negative complex128) {
	var ph [3]complex128
	for i, x := range v {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i/3) / rateHz)
		ph[i%3] += complex(float64(x), 0) * complex(cos, -sin) * complex(6/float64(len(v)), 0)
	}
	a := complex(-0.5, math.Sqrt(3)/2)
	return (ph[0] + a*ph[1] + a*a*ph[2]) / 3, (ph[0] + a*a*ph[1] + a*ph[2]) / 3
}

func magnitude(z complex128) float64 { return math.Hypot(real(z), imag(z)) }

func TestMotorSequences(t *testing.T) {
	cfg := DefaultMotor()
	cfg.Parts = []MotorPart{{"sound", 1, 0, 0}, {"10 %", 1, 0.1, 1}, {"40 %", 1, 0.4, 2}}
	g, err := NewMotor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	v, parts := drain(t, g)
	if strings.Join(parts, ",") != "sound,10 %,40 %" {
		t.Errorf("parts %v", parts)
	}
	for i, want := range []struct{ positive, negative, tolerance float64 }{{2.8, 0.02, 0.002}, {3.024, 0.075, 0.021}, {3.696, 0.3, 0.021}} {
		p, n := sequences(v[i*3000:(i+1)*3000], 60, 1000)
		if got := magnitude(p); math.Abs(got-want.positive) > 0.01 {
			t.Errorf("%s: positive sequence %.3f A, want %.3f", parts[i], got, want.positive)
		}
		if got := magnitude(n) / magnitude(p); math.Abs(got-want.negative) > want.tolerance {
			t.Errorf("%s: negative sequence %.3f of the positive one, want %.3f", parts[i], got, want.negative)
		}
	}
	again, _ := NewMotor(cfg)
	if w, _ := drain(t, again); !equal(v, w) {
		t.Error("the same seed gives other bits")
	}
}

// The faulty phase carries the largest change: the negative sequence adds to the positive one there.
func TestMotorFaultyPhase(t *testing.T) {
	for phase := range 3 {
		cfg := DefaultMotor()
		cfg.Unbalance = 0
		cfg.Parts = []MotorPart{{"p", 1, 0.3, phase}}
		g, err := NewMotor(cfg)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := drain(t, g)
		var power [3]float64
		for i, x := range v {
			power[i%3] += float64(x) * float64(x)
		}
		for k := range power {
			if k != phase && power[k] > 0.8*power[phase] {
				t.Errorf("fault in phase %d, power %v", phase, power)
			}
		}
	}
}

func TestMotorRefuses(t *testing.T) {
	for want, edit := range map[string]func(*MotorConfig){
		"MainsHz is 600":    func(c *MotorConfig) { c.MainsHz = 600 },
		"harmonic 9":        func(c *MotorConfig) { c.Harmonics = []Harmonic{{9, 0.1}} },
		"1.2 of the turns":  func(c *MotorConfig) { c.Parts[0].Turns = 1.2 },
		"in phase 3":        func(c *MotorConfig) { c.Parts[0].Phase = 3 },
		"NoiseA is -1":      func(c *MotorConfig) { c.NoiseA = -1 },
		"lasts 0 s":         func(c *MotorConfig) { c.Parts[0].Seconds = 0 },
		"rate +Inf Hz":      func(c *MotorConfig) { c.RateHz = math.Inf(1) },
		"block of -1":       func(c *MotorConfig) { c.BlockSamples = -1 },
		"no parts; give at": func(c *MotorConfig) { c.Parts = nil },
	} {
		cfg := DefaultMotor()
		edit(&cfg)
		if _, err := NewMotor(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}

func TestWeldShapes(t *testing.T) {
	cfg := DefaultWeld()
	cfg.Spread = 0
	cfg.Parts = []WeldPart{{"sound", NoFault}, {"spurt", Expulsion}, {"worn", Worn}, {"weak", LowHeat}}
	g, err := NewWeld(cfg)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := drain(t, g)
	const n = 4000 // samples a weld
	// amps and ohms are means over ms milliseconds from the start of the current.
	amps := func(weld, from, to int) (i, r float64) {
		var sumI, sumV float64
		for k := from * 10; k < to*10; k++ {
			sumI += float64(v[2*(weld*n+1000+k)])
			sumV += float64(v[2*(weld*n+1000+k)+1])
		}
		return sumI / float64((to-from)*10), sumV / sumI
	}
	if i, _ := amps(0, -90, -10); math.Abs(i) > 3 {
		t.Errorf("%v A before the weld", i)
	}
	i, dip := amps(0, 12, 16)
	_, peak := amps(0, 55, 65)
	_, late := amps(0, 180, 199)
	if j, _ := amps(0, 50, 150); math.Abs(j-8000) > 50 || i > 7000 {
		t.Errorf("%v A on the slope, %v A in the weld", i, j)
	}
	if !(peak > 1.1*dip && peak > 1.1*late && math.Abs(peak-150e-6) < 3e-6) {
		t.Errorf("resistance dips to %v, peaks at %v, ends at %v ohm", dip, peak, late)
	}
	_, before := amps(1, 120, 130)
	_, after := amps(1, 140, 150)
	if after > 0.85*before {
		t.Errorf("expulsion: %v ohm before, %v after", before, after)
	}
	if _, worn := amps(2, 55, 65); math.Abs(worn/peak-0.85) > 0.01 {
		t.Errorf("worn electrodes: %v ohm, sound %v", worn, peak)
	}
	if weak, _ := amps(3, 50, 150); math.Abs(weak-6400) > 50 {
		t.Errorf("low current: %v A", weak)
	}
}

func TestWeldRefuses(t *testing.T) {
	for want, edit := range map[string]func(*WeldConfig){
		"UpSlopeS is 1":   func(c *WeldConfig) { c.UpSlopeS = 1 },
		"CurrentA is NaN": func(c *WeldConfig) { c.CurrentA = math.NaN() },
		`fault "burn"`:    func(c *WeldConfig) { c.Parts[0].Fault = "burn" },
		"no parts":        func(c *WeldConfig) { c.Parts = nil },
	} {
		cfg := DefaultWeld()
		edit(&cfg)
		if _, err := NewWeld(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}
