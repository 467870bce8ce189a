package drift

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the score that one good window in four passes.
const Level = 0.6020599913279624 // -log10(1/4)

const (
	expected   = 0.25
	confidence = 0.95 // of the bound on what good windows do
	spans      = 10   // of dependence that make a batch
	leastBatch = 50   // windows
	leastWorth = 20   // independent held-out windows, below which nothing is known of good ones
	ofGroup    = 4    // independent windows that a held-out part or lot counts for at most: what is made of one material is alike
	memory     = 1.0 / 16
	calm       = 16 // batches in a row that are as taught, after which a drift is over
)

// bets are the shares, between Most and all, that the e-values are best at.
var bets = [...]float64{0.1, 0.3, 0.6}

// Config says what the model's calibration rests on, and what a false alarm may cost.
type Config struct {
	Rows           int     // held-out windows that the calibration rests on
	Effective      float64 // independent ones among them
	Groups         int     // parts or lots that they are from; 0: one stretch of time
	WindowsPerYear float64 // that the stream gives
	FalsePerYear   float64 // alarms a year of a model that fits, on average at most; above 0
}

// Drift follows one stream's scores. It is for one goroutine; Push allocates nothing.
type Drift struct {
	batch  int
	most   float64
	enough float64 // evidence that is an alarm
	State
}

// State is what the next readings depend on beside Config.
type State struct {
	Evidence [len(bets)]float64 `json:"evidence"`
	Since    [len(bets)]Stretch `json:"since"` // that the evidence rests on
	Now      Stretch            `json:"now"`   // the batch under way
	Recent   float64            `json:"recent"`
	Open     bool               `json:"open,omitempty"`
	Calm     int                `json:"calm,omitempty"` // batches in a row that are as taught
	Found    Stretch            `json:"found,omitzero"` // what the drift was found by
}

// Stretch is a number of windows.
type Stretch struct {
	FromNS  int64  `json:"from_ns"` // time of the first
	Windows uint64 `json:"windows"`
	Above   uint64 `json:"above"` // of these, above Level
}

func (s *Stretch) share() float64 { return float64(s.Above) / float64(max(s.Windows, 1)) }

// Reading is what is known now.
type Reading struct {
	Drifting bool
	Share    float64 // of the windows above Level: of those that show the drift, or lately
	Most     float64 // that good windows can be expected to have, at 95 %
	Windows  uint64  // that show the drift
	FromNS   int64   // time of the first of these, about when it began; 0: there is no drift
}

// ErrUnknown is in the chain of New's error for a calibration that says too little of good windows.
var ErrUnknown = errors.New("drift cannot be told")

// New makes a Drift. It fails with ErrUnknown where too little was held out.
func New(cfg Config) (*Drift, error) {
	if !(cfg.FalsePerYear > 0) || !(cfg.WindowsPerYear > 0) || cfg.Rows < 0 || cfg.Groups < 0 {
		return nil, fmt.Errorf("drift of %v windows a year with %v false alarms, %d rows of %d groups; allowed are rates above 0 and counts of 0 or more",
			cfg.WindowsPerYear, cfg.FalsePerYear, cfg.Rows, cfg.Groups)
	}
	worth := min(cfg.Effective, float64(cfg.Rows))
	if cfg.Groups > 0 {
		worth = min(worth, float64(ofGroup*cfg.Groups))
	}
	if !(worth >= leastWorth) {
		return nil, fmt.Errorf("%w: %d held-out windows of %d parts or lots are worth %.0f independent ones, and at least %d are needed: teach from more production",
			ErrUnknown, cfg.Rows, cfg.Groups, worth, leastWorth)
	}
	d := &Drift{
		batch: max(leastBatch, int(math.Ceil(spans*float64(cfg.Rows)/cfg.Effective))),
		most:  distuv.Beta{Alpha: expected*worth + 1, Beta: (1 - expected) * worth}.Quantile(confidence), // Clopper and Pearson
	}
	d.enough = max(cfg.WindowsPerYear/float64(d.batch)/cfg.FalsePerYear, 2)
	d.reset()
	return d, nil
}

func (d *Drift) reset() {
	for i := range d.Evidence {
		d.Evidence[i], d.Since[i] = 1, Stretch{}
	}
}

// Push takes the score of the next window that is ok, and its time; NaN for a mark without a score. end says that a part ends with it, or that there are
// no parts: a batch ends there when it is long enough.
func (d *Drift) Push(score float64, timeNS int64, end bool) {
	if !math.IsNaN(score) {
		if d.Now.Windows == 0 {
			d.Now.FromNS = timeNS
		}
		d.Now.Windows++
		if score > Level {
			d.Now.Above++
		}
	}
	if n := d.Now.Windows; n >= uint64(d.batch) && end || n >= uint64(4*d.batch) {
		d.settle()
		d.Now = Stretch{}
	}
}

// settle takes the batch into account.
func (d *Drift) settle() {
	share := d.Now.share()
	if d.Recent == 0 {
		d.Recent = expected
	}
	d.Recent += memory * (share - d.Recent)
	if d.Open {
		if d.Calm++; d.Recent > d.most {
			d.Calm = 0
		}
		if d.Calm >= calm {
			d.Open, d.Calm = false, 0
			d.reset()
		}
		return
	}
	sum, best := 0.0, 0
	for i, f := range bets {
		if d.Evidence[i] <= 1 {
			d.Evidence[i], d.Since[i] = 1, Stretch{FromNS: d.Now.FromNS}
		}
		d.Evidence[i] *= 1 + f/d.most*(share-d.most)
		d.Since[i].Windows += d.Now.Windows
		d.Since[i].Above += d.Now.Above
		sum += d.Evidence[i]
		if d.Evidence[i] > d.Evidence[best] {
			best = i
		}
	}
	if sum/float64(len(bets)) >= d.enough {
		d.Open, d.Found = true, d.Since[best]
	}
}

// Reading gives what is known now.
func (d *Drift) Reading() Reading {
	r := Reading{Drifting: d.Open, Share: d.Recent, Most: d.most}
	if d.Open {
		r.Share, r.Windows, r.FromNS = d.Found.share(), d.Found.Windows, d.Found.FromNS
	}
	return r
}

// Restore takes up a state that a Drift of the same Config had. One that cannot have come of it is refused, and nothing is changed.
func (d *Drift) Restore(s State) error {
	for _, v := range s.Evidence {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("saved state of the drift with evidence %v; allowed are finite values above 0: it begins anew", s.Evidence)
		}
	}
	if !(s.Recent >= 0 && s.Recent <= 1) || s.Now.Above > s.Now.Windows || s.Calm < 0 {
		return fmt.Errorf("saved state of the drift with a share of %v, %d of %d windows, %d calm batches: it begins anew", s.Recent, s.Now.Above, s.Now.Windows, s.Calm)
	}
	d.State = s
	return nil
}
