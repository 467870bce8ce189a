package inspect

import (
	"fmt"
	"time"
)

// Row is one window of the stretch.
type Row struct {
	Time     time.Time // of its end
	Part     string
	Lot      string
	Usable   bool      // it may be learnt from
	Features []float32 // of a usable row; the same length in all
}

// Config says what the rows are of.
type Config struct {
	Names   []string // of the numbers in a row
	Units   []string // as many; an empty one has no unit
	Least   int      // usable rows below which nothing can be learnt; 0: 1
	Buckets int      // of each series, 2 or more; 0: 120
	Empty   string   // what to say of no rows at all, where more is known
	Drawn   int      // numbers that get a series, the most remarkable ones; 0: 12
}

// Level says how grave a finding is.
type Level string

const (
	Good    Level = "good"    // as it should be
	Notice  Level = "notice"  // worth knowing
	Warning Level = "warning" // a model learnt from this will be worse for it
	Refusal Level = "refusal" // nothing can be learnt from this
)

// Finding is one thing that was looked at.
type Finding struct {
	About string `json:"about"` // length, coverage, outliers, drift, duplicates, constant, lots
	Level Level  `json:"level"`
	Text  string `json:"text"` // what was found, and what to do
}

// Feature is what was found of one number. Spread is that of a Gaussian with the same distance between the 10th and the 90th percentile.
type Feature struct {
	Name     string       `json:"name"`
	Unit     string       `json:"unit,omitempty"`
	Median   float64      `json:"median"`
	Spread   float64      `json:"spread"`
	Low      float64      `json:"low"` // the smallest and the largest value
	High     float64      `json:"high"`
	Outliers int          `json:"outliers"` // rows more than OutlierSpreads from the median
	Drift    float64      `json:"drift"`    // from the first third to the last, in spreads within short stretches
	Constant bool         `json:"constant"` // one value in all rows
	Series   [][3]float64 `json:"series,omitempty"`
}

// Report is what a stretch holds.
type Report struct {
	Rows       int       `json:"rows"`
	Usable     int       `json:"usable"`
	Outliers   int       `json:"outliers"`   // rows with an outlier in any number
	Duplicates int       `json:"duplicates"` // rows that repeat an earlier one to the bit, neighbours left out
	Parts      []string  `json:"parts"`      // of the usable rows, in order of appearance, at most MaxNames
	PartCount  int       `json:"part_count"`
	Lots       []string  `json:"lots"`
	LotCount   int       `json:"lot_count"`
	From       time.Time `json:"from"` // of the first and the last usable row
	To         time.Time `json:"to"`
	Features   []Feature `json:"features"`
	Findings   []Finding `json:"findings"`
	Teachable  bool      `json:"teachable"` // no finding is a refusal
}

const (
	// OutlierSpreads is the distance from the median, in spreads, from which a value counts as an outlier: in a Gaussian, one of 500 million does.
	OutlierSpreads = 6
	// MaxNames bounds the lists of parts and lots.
	MaxNames = 50

	coverageGood  = 0.99
	coverageLeast = 0.8
	outliersMany  = 0.01 // share of rows
	driftMuch     = 2.0  // spreads
	fewLots       = 5
)

// Inspect looks at the rows of a stretch, in order of time. It fails when rows and names do not fit each other.
func Inspect(cfg Config, rows []Row) (*Report, error) {
	if cfg.Least == 0 {
		cfg.Least = 1
	}
	if cfg.Buckets == 0 {
		cfg.Buckets = 120
	}
	if cfg.Drawn == 0 {
		cfg.Drawn = 12
	}
	if len(cfg.Units) != len(cfg.Names) || cfg.Buckets < 2 {
		return nil, fmt.Errorf("inspect: found %d names, %d units and %d buckets; allowed are as many units as names, and 2 buckets or more", len(cfg.Names), len(cfg.Units), cfg.Buckets)
	}
	usable := make([]Row, 0, len(rows))
	for i := range rows {
		if !rows[i].Usable {
			continue
		}
		if n := len(rows[i].Features); n != len(cfg.Names) {
			return nil, fmt.Errorf("inspect: row %d has %d numbers, and there are %d names", i, n, len(cfg.Names))
		}
		usable = append(usable, rows[i])
	}
	r := &Report{Rows: len(rows), Usable: len(usable), Features: []Feature{}}
	r.Parts, r.PartCount = names(usable, func(w *Row) string { return w.Part })
	r.Lots, r.LotCount = names(usable, func(w *Row) string { return w.Lot })
	if len(usable) > 0 {
		r.From, r.To = usable[0].Time, usable[len(usable)-1].Time
		r.measure(&cfg, usable)
	}
	r.judge(&cfg)
	return r, nil
}

// names lists the distinct names that are not empty.
func names(rows []Row, of func(*Row) string) ([]string, int) {
	seen, out := map[string]bool{}, []string{}
	for i := range rows {
		name := of(&rows[i])
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if len(out) < MaxNames {
			out = append(out, name)
		}
	}
	return out, len(seen)
}
