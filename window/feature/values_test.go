package feature_test

import (
	"math"
	"testing"

	"crackle/window/feature"
)

// ramp rises from 0 by one a sample.
func ramp(i float64) float64 { return i }

// bump is a Gaussian hill under which the sign alternates, so that its smoothed RMS is the hill itself.
func bump(centre, width, height float64) func(float64) float64 {
	return func(i float64) float64 {
		v := height * math.Exp(-(i-centre)*(i-centre)/(2*width*width))
		if int(i)%2 == 1 {
			return -v
		}
		return v
	}
}

// square is high for the first on samples of each period, else low.
func square(period, on int, high, low float64) func(float64) float64 {
	return func(i float64) float64 {
		if int(i)%period < on {
			return high
		}
		return low
	}
}

// TestValues compares with values worked out by hand from each definition.
func TestValues(t *testing.T) {
	tone := sine(2, 1000, 0.3)
	offset := func(i float64) float64 { return 5 + tone(i) }
	both := sum(bump(250, 40, 2), bump(700, 30, 1))
	drive := func(i float64) float64 { return (i - 500) / 100 }
	lag := 0.6
	for _, tt := range []struct {
		entry   string
		v, i, d func(float64) float64
		want    map[string]float64 // by output name
		tol     float64            // relative to 1 + |want|
	}{
		{entry: "v.mean", v: offset, want: map[string]float64{"v.mean": 5}},
		{entry: "v.rms", v: offset, want: map[string]float64{"v.rms": math.Sqrt(25 + 2)}},
		{entry: "v.log_rms", v: tone, want: map[string]float64{"v.log_rms": math.Log(math.Sqrt2)}},
		{entry: "v.std", v: offset, want: map[string]float64{"v.std": math.Sqrt2}},
		{entry: "v.log_std", v: offset, want: map[string]float64{"v.log_std": math.Log(math.Sqrt2)}},
		{entry: "v.min", v: ramp, want: map[string]float64{"v.min": 0}},
		{entry: "v.max", v: ramp, want: map[string]float64{"v.max": 999}},
		{entry: "v.peak", v: func(i float64) float64 { return -i }, want: map[string]float64{"v.peak": 999}},
		{entry: "v.peak_to_peak", v: func(i float64) float64 { return i - 500 }, want: map[string]float64{"v.peak_to_peak": 999}},
		{entry: "v.median", v: ramp, want: map[string]float64{"v.median": 499.5}},
		{entry: "v.iqr", v: ramp, want: map[string]float64{"v.iqr": 499.5}},
		{entry: "v.quantile(0.9)", v: ramp, want: map[string]float64{"v.quantile(0.9)": 899.1}},
		{entry: "v.crest", v: sine(2, 1000, 0), want: map[string]float64{"v.crest": math.Sqrt2}},
		{entry: "v.kurtosis", v: tone, want: map[string]float64{"v.kurtosis": -1.5}},
		{entry: "v.kurtosis", v: constant(7), want: map[string]float64{"v.kurtosis": 0}},
		{entry: "v.skewness", v: square(4, 1, 1, 0), want: map[string]float64{"v.skewness": 2 / math.Sqrt(3)}}, // Bernoulli 1/4: (1-2p)/sqrt(p(1-p))
		{entry: "v.slope", v: ramp, want: map[string]float64{"v.slope": rate}},
		{entry: "v.zero_crossings", v: square(10, 5, 1, -1), want: map[string]float64{"v.zero_crossings": 199.0 / 999}},
		{entry: "v.ripple", v: square(2, 1, 6, 4), want: map[string]float64{"v.ripple": 0.4}},
		{entry: "v.max_slope", v: square(100, 50, 3, 1), want: map[string]float64{"v.max_slope": 2 * rate}},
		{entry: "v.charge", v: constant(3), want: map[string]float64{"v.charge": 0.03}},
		{entry: "v.energy", v: tone, want: map[string]float64{"v.energy": 0.02}},
		{entry: "v.spectral_centroid", v: tone, want: map[string]float64{"v.spectral_centroid": 1000}},
		{entry: "v.spectral_peak", v: sum(tone, sine(1, 5000, 0)), want: map[string]float64{"v.spectral_peak": 1000}},
		{entry: "v.band_power(500,1500)", v: sum(tone, sine(1, 5000, 0)), want: map[string]float64{"v.band_power(500,1500)": 2}},
		{entry: "v.log_band_power(500,1500)", v: tone, want: map[string]float64{"v.log_band_power(500,1500)": math.Log(2)}},
		{entry: "v.partial_power(4000,6000)", v: sum(tone, sine(1, 5000, 0)), want: map[string]float64{"v.partial_power(4000,6000)": 0.2}},
		{entry: "v.welch_band_power(0,3000,4)", v: sine(2, 1000, 0), want: map[string]float64{"v.welch_band_power(0,3000,4)": 2}},
		{entry: "v.spectral_flatness", v: func(i float64) float64 {
			if i == 500 {
				return 1
			}
			return 0
		}, want: map[string]float64{"v.spectral_flatness": 1}, tol: 0.003}, // an impulse is flat; the unpaired last bin is not
		{entry: "v.envelope_mean", v: offset, want: map[string]float64{"v.envelope_mean": 2}},
		{entry: "v.envelope_std", v: tone, want: map[string]float64{"v.envelope_std": 0}},
		{entry: "v.envelope_max", v: func(i float64) float64 { return sine(1, 10000, 0)(i) * (1 + 0.5*math.Sin(2*math.Pi*i/500)) },
			want: map[string]float64{"v.envelope_max": 1.5}},
		{entry: "v.envelope_peaks(0.0001)", v: both, tol: 0.03, want: map[string]float64{
			"v.envelope_peaks(0.0001).height": 2, "v.envelope_peaks(0.0001).position": 0.25,
			"v.envelope_peaks(0.0001).second_height": 1, "v.envelope_peaks(0.0001).second_position": 0.7}},
		{entry: "v.envelope_peaks(0.0001,drive)", v: both, d: drive, tol: 0.03, want: map[string]float64{
			"v.envelope_peaks(0.0001,drive).position": -2.5, "v.envelope_peaks(0.0001,drive).second_position": 2}},
		{entry: "v.envelope_width(5e-05,0.5)", v: bump(500, 40, 2), tol: 1e-5, want: map[string]float64{"v.envelope_width(5e-05,0.5)": 2 * math.Sqrt(2*math.Ln2) * 40 / rate}},
		{entry: "v.rms_denoised(1)", v: tone, want: map[string]float64{"v.rms_denoised(1)": 1}},
		{entry: "v.half_asymmetry", v: func(i float64) float64 { return math.Floor(i/500) + 1 }, want: map[string]float64{"v.half_asymmetry": -1.0 / 3}},
		{entry: "v.cycle_variation(2)", v: func(i float64) float64 { return math.Floor(i/500) + 1 }, want: map[string]float64{"v.cycle_variation(2)": 1.0 / 3}},
		{entry: "v.at_remanence(5e-05,drive)", v: bump(250, 40, 2), d: func(i float64) float64 { return i - 250.5 }, tol: 0.02,
			want: map[string]float64{"v.at_remanence(5e-05,drive)": 2}},
		{entry: "v.lift_off(500,1500,4000,6000,0)", v: sum(tone, sine(1, 5000, 0)), want: map[string]float64{"v.lift_off(500,1500,4000,6000,0)": math.Log(0.25)}},
		// mu0 100 sigma 4e6: a skin depth of 0.5 mm is 2.53 kHz, one of 0.1 mm 63 kHz, beyond half the rate.
		{entry: "v.depth_rms(0.0001,0.0005,4e6,100)", v: sum(tone, sine(1, 5000, 0)), want: map[string]float64{"v.depth_rms(0.0001,0.0005,4e+06,100)": math.Sqrt(0.5)}},
		{entry: "v.pulse_count(1)", v: square(100, 3, 2, 0), want: map[string]float64{"v.pulse_count(1)": 1000}},
		{entry: "v.pulse_heights(1,3,2)", v: func(i float64) float64 {
			if int(i)%10 != 0 {
				return 0
			}
			return []float64{1.5, 1.5, -3, 100}[int(i)/10%4]
		}, want: map[string]float64{"v.pulse_heights(1,3,2).0": 0.5, "v.pulse_heights(1,3,2).1": 0.25, "v.pulse_heights(1,3,2).2": 0.25}},
		{entry: "v.short_circuits(1,5e-05)", v: square(100, 6, 0.5, 20), want: map[string]float64{"v.short_circuits(1,5e-05).rate": 1000, "v.short_circuits(1,5e-05).share": 0.06}},
		{entry: "i.arc_gaps(1,0.0001)", i: square(100, 6, 0.5, 20), want: map[string]float64{"i.arc_gaps(1,0.0001).rate": 0}},
		{entry: "power(v,i)", v: sine(10, 1000, 0), i: sine(2, 1000, -lag), want: map[string]float64{
			"power(v,i).active": 10 * math.Cos(lag), "power(v,i).reactive": 10 * math.Sin(lag), "power(v,i).apparent": 10, "power(v,i).factor": math.Cos(lag)}},
		{entry: "weld(v,i)", v: func(i float64) float64 { return 8 * (3 - math.Floor(i/125)/8) }, i: constant(8), want: map[string]float64{
			"weld(v,i).resistance_first": 3, "weld(v,i).resistance_last": 3 - 7.0/8, "weld(v,i).resistance_max": 3,
			"weld(v,i).resistance_drop": 7.0 / 8, "weld(v,i).resistance": 3 - 3.5/8, "weld(v,i).energy": 64 * (3 - 3.5/8) * 0.01}},
		{entry: "i.harmonics(990,4)", i: sum(sine(3, 1003, 1), sine(0.6, 2006, 0), sine(0.3, 3009, 2)), tol: 1e-3, want: map[string]float64{
			"i.harmonics(990,4).frequency": 1003, "i.harmonics(990,4).amplitude": 3, "i.harmonics(990,4).h2": 0.2, "i.harmonics(990,4).h3": 0.1,
			"i.harmonics(990,4).h4": 0, "i.harmonics(990,4).thd": math.Sqrt(0.05)}},
	} {
		or := func(f func(float64) float64) func(float64) float64 {
			if f == nil {
				return constant(0)
			}
			return f
		}
		got := measured(t, tt.entry, wave(length, or(tt.v), or(tt.i), or(tt.d)))
		if tt.tol == 0 {
			tt.tol = 1e-5
		}
		for name, want := range tt.want {
			v, ok := got[name]
			if !ok {
				t.Errorf("%s gives no %s: %v", tt.entry, name, got)
			} else if math.Abs(v-want) > tt.tol*(1+math.Abs(want)) {
				t.Errorf("%s is %g, want %g", name, v, want)
			}
		}
	}
}

// The bins of the spectrum sum to the mean square (Parseval), which holds on average under a taper and exactly without one.
func TestParseval(t *testing.T) {
	cfg := config("v.rms", "v.band_power(0,50000)")
	cfg.Taper = "none"
	for _, n := range []int{1000, 1024, 999, 37} {
		cfg.Length = n
		out, err := newSet(t, cfg).Compute(nil, wave(n, gauss(uint64(n)), constant(0), constant(0)))
		if err != nil {
			t.Fatal(err)
		}
		if rms, power := float64(out[0]), float64(out[1]); math.Abs(power-rms*rms) > 1e-5*power {
			t.Errorf("window of %d: the bins sum to %g, the mean square is %g", n, power, rms*rms)
		}
	}
}

// Two hits: one of 40 samples that decays by 10 % a sample pair, and a weaker one after the lock-out time.
func TestHits(t *testing.T) {
	x := func(i float64) float64 {
		v := 0.1
		if i >= 200 && i < 240 {
			v = 10 * math.Pow(0.95, i-205)
			if i < 205 {
				v = 2 + i - 200
			}
		}
		if i >= 600 && i < 610 {
			v = 3
		}
		if int(i)%2 == 1 {
			return -v
		}
		return v
	}
	got := measured(t, "v.hits(1,0.0001,0.0002,0.0003)", wave(length, x, constant(0), constant(0)))
	last := 239.0 // 10 * 0.95^34 = 1.75 is above the threshold, so the burst's own end is the last crossing
	energy, counts := 0.0, 0.0
	for i := 200.0; i <= last; i++ {
		energy += x(i) * x(i)
		if int(i)%2 == 0 {
			counts++
		}
	}
	for name, want := range map[string]float64{
		"rate": 2 / 0.01, "amplitude": 10, "rise_time": 5 / rate, "duration": (last - 200) / rate, "counts": counts, "energy": energy / rate, "rms_before": 0.1,
	} {
		if v := got["v.hits(1,0.0001,0.0002,0.0003)."+name]; math.Abs(v-want) > 1e-6*(1+want) {
			t.Errorf("%s is %g, want %g", name, v, want)
		}
	}
}

// Runs whose durations follow a density d^-1.7 give that exponent back.
func TestAvalancheExponents(t *testing.T) {
	const n, tau = 400000, 1.7
	x := make([]float32, n)
	r := newUniform(3)
	for at := 1; ; {
		d := int(math.Pow(1-r(), -1/(tau-1)))
		if at+d+1 >= n {
			break
		}
		for i := range d {
			x[at+i] = 1.5
		}
		at += d + 1
	}
	s := newSet(t, feature.Config{Channels: []string{"v"}, RateHz: rate, Length: n, List: []string{"avalanches(1)"}})
	v, err := s.Compute(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range s.Names() {
		if i >= 3 && math.Abs(float64(v[i])-tau) > 0.1 {
			t.Errorf("%s is %g, want %g", n, v[i], tau)
		}
	}
}

// A lifted sensor (less of everything, and a low-pass) is told from a softer part (more of everything), under a noise floor that hides the difference
// from a plain ratio of bands.
func TestLiftOffTellsLiftedFromSoft(t *testing.T) {
	const n, floor = 4096, 0.5
	signal := func(seed uint64, gain, pole float64) []float32 {
		burst, noise := gauss(seed), gauss(seed+1000)
		y, out := 0.0, make([]float32, n)
		for i := range out {
			v := burst(0) * math.Pow(math.Sin(math.Pi*float64(i)/1024), 2) * 4
			y += (1 - pole) * (v - y)
			out[i] = float32(gain*y + floor*noise(0))
		}
		return out
	}
	s := newSet(t, feature.Config{Channels: []string{"v"}, RateHz: rate, Length: n, List: []string{"lift_off(1000,8000,20000,40000,0.5)", "lift_off(1000,8000,20000,40000,0)"}})
	mean := func(gain, pole float64) (corrected, plain float64) {
		for seed := range uint64(20) {
			v, err := s.Compute(nil, signal(seed, gain, pole))
			if err != nil {
				t.Fatal(err)
			}
			corrected += float64(v[0]) / 20
			plain += float64(v[1]) / 20
		}
		return corrected, plain
	}
	good, plainGood := mean(1, 0.5)
	soft, plainSoft := mean(2, 0.5)
	lifted, _ := mean(0.7, 0.8)
	if math.Abs(soft-good) > 0.25*(good-lifted) || good-lifted < 0.5 {
		t.Errorf("good part %.2f, soft part %.2f, lifted sensor %.2f", good, soft, lifted)
	}
	if math.Abs(plainSoft-plainGood) < 2*math.Abs(soft-good) {
		t.Errorf("without the noise taken off: good %.2f, soft %.2f; the correction changes nothing", plainGood, plainSoft)
	}
}
