package rate

import "fmt"

// GridConfig says onto what grid a [Grid] brings irregular rows.
type GridConfig struct {
	PeriodNS int64 // from one grid point to the next, above 0
	MaxGapNS int64 // rows further apart leave a gap instead of being joined; 0 is 3 periods
	Channels int
	Hold     bool // a grid point takes the last row before it, instead of a straight line between its neighbours
}

// GridCounts add up rows since the grid was made.
type GridCounts struct {
	Rows, Late, Duplicate, Invalid uint64 // accepted; older than the last; at its very time; with a NaN or an infinity
	Gaps                           uint64 // stretches that were too long to join
}

// Grid brings rows with irregular time stamps onto equal steps. Grid points lie at whole multiples of the period since 1970 UTC and are numbered by
// that multiple, so that a restart goes on with the same numbers. It is not safe for concurrent use.
type Grid struct {
	cfg    GridConfig
	last   []float32
	lastNS int64
	any    bool
	out    []float32
	counts GridCounts
}

// NewGrid makes a grid.
func NewGrid(cfg GridConfig) (*Grid, error) {
	if cfg.PeriodNS <= 0 || cfg.Channels < 1 || cfg.MaxGapNS < 0 {
		return nil, fmt.Errorf("rate: grid with a period of %d ns, a longest gap of %d ns and %d channels: period and channels must be above 0, the gap not below", cfg.PeriodNS, cfg.MaxGapNS, cfg.Channels)
	}
	if cfg.MaxGapNS == 0 {
		cfg.MaxGapNS = 3 * cfg.PeriodNS
	}
	return &Grid{cfg: cfg, last: make([]float32, cfg.Channels), out: make([]float32, cfg.Channels)}, nil
}

// Counts returns what has been counted so far.
func (g *Grid) Counts() GridCounts { return g.counts }

// Push takes the row of a time and calls emit for every grid point after the last row up to it; emit must not keep the row. A row that is
// older than the last is dropped, one at its very time replaces it. Nothing is allocated.
func (g *Grid) Push(timeNS int64, row []float32, emit func(index int64, row []float32)) error {
	if len(row) != g.cfg.Channels {
		return fmt.Errorf("rate: a row of %d values: the grid has %d channels", len(row), g.cfg.Channels)
	}
	for _, v := range row {
		if v-v != 0 {
			g.counts.Invalid++
			return nil
		}
	}
	switch {
	case !g.any:
		if timeNS%g.cfg.PeriodNS == 0 {
			emit(timeNS/g.cfg.PeriodNS, row)
		}
	case timeNS < g.lastNS:
		g.counts.Late++
		return nil
	case timeNS == g.lastNS:
		g.counts.Duplicate++
	case timeNS-g.lastNS > g.cfg.MaxGapNS:
		g.counts.Gaps++
		if timeNS%g.cfg.PeriodNS == 0 {
			emit(timeNS/g.cfg.PeriodNS, row)
		}
	default:
		g.between(timeNS, row, emit)
	}
	g.any, g.lastNS = true, timeNS
	copy(g.last, row)
	g.counts.Rows++
	return nil
}

func (g *Grid) between(timeNS int64, row []float32, emit func(index int64, row []float32)) {
	for k := floorDiv(g.lastNS, g.cfg.PeriodNS) + 1; k*g.cfg.PeriodNS <= timeNS; k++ {
		at := k * g.cfg.PeriodNS
		share := float64(at-g.lastNS) / float64(timeNS-g.lastNS)
		if g.cfg.Hold {
			share = 0
			if at == timeNS {
				share = 1
			}
		}
		for c, a := range g.last {
			g.out[c] = float32(float64(a) + share*(float64(row[c])-float64(a)))
		}
		emit(k, g.out)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
