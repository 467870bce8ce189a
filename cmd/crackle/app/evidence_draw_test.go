package app

import (
	"testing"

	"crackle/alert/evidence"
	"crackle/detector"
)

// Windows are drawn by the sample counter, as the signal is, however late their messages came; without a signal by their own times.
func TestWindowTimes(t *testing.T) {
	p := &evidence.Pack{Raw: evidence.Signal{RateHz: 1000, Segments: []evidence.Segment{{First: 5000, Count: 100, TimeNS: 7e9}, {First: 5100, Count: 100, TimeNS: 9e9}}}}
	late := &evidence.Window{Score: detector.Score{First: 5100, End: 5201, TimeNS: 9.3e9}}
	if got := windowNS(p, late); got != 7.2e9 {
		t.Errorf("0.2 s of samples after 7 s a window ends at %d ns", got)
	}
	if got := windowNS(&evidence.Pack{}, late); got != 9.3e9 {
		t.Errorf("without a signal it ends at %d ns, want its own time", got)
	}
}
