package master

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Measurement is what one passage of a reference part measured: the mean of each feature over its windows.
type Measurement struct {
	Stream   string    `json:"stream"`
	Master   string    `json:"master"` // the chart it belongs to: the part's name, or the pattern that takes it
	Part     string    `json:"part"`
	Lot      string    `json:"lot,omitempty"`
	Run      uint64    `json:"run,string"`
	First    uint64    `json:"first"` // sample index of the part's first sample
	At       time.Time `json:"at"`    // the part's end, by the publisher's clock
	Features []string  `json:"features"`
	Units    []string  `json:"units,omitempty"`
	Values   []float64 `json:"values"` // finite, one a feature
	Windows  int       `json:"windows"`
}

// Names are reference parts, as a stream's configuration names them: a part's name, or its beginning with a * behind it.
type Names []string

// Of gives the name or pattern that takes a part, "" where none does. It allocates nothing.
func (n Names) Of(part string) string {
	if part == "" {
		return ""
	}
	for _, name := range n {
		head, open := strings.CutSuffix(name, "*")
		if part == name || open && strings.HasPrefix(part, head) {
			return name
		}
	}
	return ""
}

// Meter adds up the windows of a part. It is for one goroutine; Add allocates nothing once it has seen a window.
type Meter struct {
	sum     []float64
	windows int
}

// Add takes a window's features. Windows whose features are not finite, or not as many as before, are left out.
func (m *Meter) Add(features []float32) {
	if m.windows > 0 && len(features) != len(m.sum) {
		return
	}
	for _, v := range features {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
	}
	if m.windows == 0 {
		m.sum = slices.Grow(m.sum[:0], len(features))[:len(features)]
		clear(m.sum)
	}
	for j, v := range features {
		m.sum[j] += float64(v)
	}
	m.windows++
}

type keptMeter struct {
	Sum     []float64 `json:"sum"`
	Windows int       `json:"windows"`
}

// MarshalJSON keeps what has been added up.
func (m Meter) MarshalJSON() ([]byte, error) {
	return json.Marshal(keptMeter{m.sum[:min(m.windows, 1)*len(m.sum)], m.windows})
}

// UnmarshalJSON takes it up again. It fails on what cannot have been added up.
func (m *Meter) UnmarshalJSON(b []byte) error {
	var k keptMeter
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	if k.Windows < 0 || (k.Windows == 0) != (len(k.Sum) == 0) {
		return fmt.Errorf("meter: %d sums of %d windows", len(k.Sum), k.Windows)
	}
	m.sum, m.windows = k.Sum, k.Windows
	return nil
}

// Take gives the mean of each feature and the number of windows, and begins anew. Without a window the mean is nil.
func (m *Meter) Take() ([]float64, int) {
	n := m.windows
	m.windows = 0
	if n == 0 {
		return nil, 0
	}
	mean := slices.Clone(m.sum)
	for j := range mean {
		mean[j] /= float64(n)
	}
	return mean, n
}
