package limit

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

type tailFile struct {
	Sample  []float64 `json:"sample"`
	Inside  int       `json:"inside"`
	Rows    int       `json:"rows"`
	From    float64   `json:"from"`
	Share   float64   `json:"share"`
	Shape   float64   `json:"shape"`
	Scale   float64   `json:"scale"`
	Largest float64   `json:"largest"`
	Reached float64   `json:"reached,omitempty"`
	Slow    float64   `json:"slow,omitempty"`
}

// MarshalJSON keeps the tail; its numbers come back to the bit.
func (t *Tail) MarshalJSON() ([]byte, error) {
	return json.Marshal(tailFile{t.sample, t.inside, t.rows, t.from, t.share, t.excess.Shape, t.excess.Scale, t.largest, t.reached, t.slow})
}

// UnmarshalJSON takes what MarshalJSON wrote and checks all that a score relies on. On an error the tail is as it was.
func (t *Tail) UnmarshalJSON(b []byte) error {
	var f tailFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	n := len(f.Sample)
	switch {
	case n < 1 || f.Inside < n || f.Inside > n && n < 2 || f.Rows < f.Inside || f.Rows < few || f.Rows > math.MaxInt32:
		return fmt.Errorf("tail: %d values of %d, %d rows: each must be no fewer than those before, and the rows at least %d", n, f.Inside, f.Rows, few)
	case !slices.IsSorted(f.Sample):
		return fmt.Errorf("tail: the sample does not ascend")
	case f.Sample[n-1] > f.From:
		return fmt.Errorf("tail: the sample goes up to %v, the tail begins at %v", f.Sample[n-1], f.From)
	case !(f.Share > 0 && f.Share <= 1) || !(f.Scale > 0) || !(f.Largest >= f.From) || !(f.Slow >= 0):
		return fmt.Errorf("tail: share %v, scale %v, from %v to %v, slow %v: the share must be above 0 to 1, the scale above 0, the largest no less than where it begins", f.Share, f.Scale, f.From, f.Largest, f.Slow)
	case f.Shape < 0 && f.Scale+f.Shape*(f.Largest-f.From) <= 0:
		return fmt.Errorf("tail: with shape %v and scale %v it ends before its largest value", f.Shape, f.Scale)
	}
	*t = Tail{f.Sample, f.Inside, f.Rows, f.From, f.Share, Pareto{f.Shape, f.Scale}, f.Largest, f.Reached, f.Slow}
	return nil
}

// AppendBinary appends where the limit stands to b.
func (a *Adaptive) AppendBinary(b []byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(a.limit)), nil
}

// UnmarshalBinary takes what AppendBinary wrote. On an error the limit is as it was.
func (a *Adaptive) UnmarshalBinary(b []byte) error {
	if len(b) != 8 {
		return fmt.Errorf("the state of a limit that follows has %d bytes, a known one has 8: start it fresh", len(b))
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(b))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("the state of a limit that follows is %v: start it fresh", v)
	}
	a.limit = v
	return nil
}
