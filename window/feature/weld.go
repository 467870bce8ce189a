package feature

var _ = registerMulti(Kind{Name: "weld", Args: "voltage channel, current channel", Unit: "J",
	About: "energy and dynamic resistance of a weld: overall, in the first and last eighth of the window, largest of the eighths, and the drop from there to the end",
	build: newWeld})

// weld takes the resistance of a stretch as sum(v i) / sum(i^2), the least-squares slope of v over i through 0, which the inductive
// part of an alternating voltage, being out of phase, does not enter.
type weld struct{ voltage, current int }

// weldParts is the number of stretches in which a window's resistance is followed.
const weldParts = 8

func newWeld(b builder) (measure, error) {
	if err := b.positive(); err != nil {
		return nil, err
	}
	c, err := b.channelArgs("voltage", "current")
	if err != nil {
		return nil, err
	}
	return weld{c[0], c[1]}, nil
}

func (weld) outputs() []output {
	return outputsOf("energy", "J", "resistance", "ohm", "resistance_first", "ohm", "resistance_last", "ohm", "resistance_max", "ohm", "resistance_drop", "ohm")
}

func (m weld) measure(dst []float64, w *Frame) {
	v, i := w.Channels[m.voltage].X, w.Channels[m.current].X
	var vi, ii, first, last, highest float64
	for k := range weldParts {
		from, to := k*len(v)/weldParts, (k+1)*len(v)/weldParts
		pvi, pii := 0.0, 0.0
		for j := from; j < to; j++ {
			pvi += v[j] * i[j]
			pii += i[j] * i[j]
		}
		vi += pvi
		ii += pii
		last = ratio(pvi, pii)
		if k == 0 {
			first, highest = last, last
		}
		highest = max(highest, last)
	}
	dst[0], dst[1], dst[2], dst[3], dst[4], dst[5] = vi/w.RateHz, ratio(vi, ii), first, last, highest, highest-last
}
