package config

import (
	"time"

	"crackle/detector/ledger"
	"crackle/detector/master"
	"crackle/ingest/block"
	"crackle/window"
)

// Stream is a table [stream.NAME]: one sensor head or meter, how its signal is conditioned, scored and alarmed on.
type Stream struct {
	Name          string   `toml:"-"` // one or more tokens of [a-z0-9_-] joined by dots
	Title         string   `toml:"title"`
	Subject       string   `toml:"subject"`
	Encoding      string   `toml:"encoding"`  // "", block, raw or json; "" tells by header, then by the block's magic
	RawType       string   `toml:"raw_type"`  // of a sample of a raw message that does not say: i16, i24, i32, f32 or f64
	RawScale      float64  `toml:"raw_scale"` // value of one step of such a sample, in the channel's unit
	Transport     string   `toml:"transport"` // jetstream or core
	Start         string   `toml:"start"`     // where to begin at each start: StartResume, StartNew or StartAll
	Channels      []string `toml:"channels"`
	Units         []string `toml:"units"` // one per channel, or none
	RateHz        float64  `toml:"rate_hz"`
	Decimate      int      `toml:"decimate"`     // filter, windows and features see one low-passed sample for so many; 1: all of them
	Model         string   `toml:"model"`        // file that the model is kept in; "" is allowed when [stream.NAME.learn] is on, and means a file in the data folder
	ModelStream   string   `toml:"model_stream"` // stream that the model was taught on, when it is another one; "": this one
	Heads         []string `toml:"heads"`        // files of heads, each of which answers for every part what labels have taught
	PartResets    bool     `toml:"part_resets"`
	PartSeconds   float64  `toml:"part_seconds"` // of a part, where blocks carry none; 0: parts are the publisher's
	Coverage      float64  `toml:"coverage"`     // share of a part's samples that must be scored for it to be ok
	QueueBlocks   int      `toml:"queue_blocks"`
	ReorderBlocks int      `toml:"reorder_blocks"`
	NoDataS       float64  `toml:"no_data_s"`
	Source        string   `toml:"source"`     // live, recording or simulated: shown, never acted on
	TimeLapse     float64  `toml:"time_lapse"` // how many times faster than recorded the signal arrives: shown, never acted on
	Filter        Filter   `toml:"filter"`
	Window        Window   `toml:"window"`
	Features      Features `toml:"features"`
	Defects       Defects  `toml:"defects"`
	Network       Network  `toml:"network"`
	Learn         Learn    `toml:"learn"`
	Alarm         Alarm    `toml:"alarm"`
	Health        Health   `toml:"health"`
	Master        Master   `toml:"master"`
}

// Values of Stream.Start.
const (
	StartResume = "resume" // where the last run ended, with its state; the first time, with what comes
	StartNew    = "new"    // with what comes
	StartAll    = "all"    // with the oldest signal in the store
)

// Features is the table [stream.NAME.features].
type Features struct {
	List      []string  `toml:"list"` // features, and names of sets until the Config is accepted, which puts their features in their place
	MinChange MinChange `toml:"min_change"`
}

// MinChange is the engineering tolerance of a stream: a change smaller than this, in the feature's own unit, is never an alarm.
type MinChange struct {
	All float64            // for every feature that By does not name
	By  map[string]float64 // by the name of a number or of a list entry; see Stream.MinChanges
}

// Defects is the table [stream.NAME.defects].
type Defects struct {
	BridgeSamples int       `toml:"bridge_samples"` // longest stretch of missing or invalid samples that is filled in
	Bridge        string    `toml:"bridge"`         // how: linear, cubic or last
	Beyond        string    `toml:"beyond"`         // what a longer stretch does: break or mask
	Saturation    []float64 `toml:"saturation"`     // per channel, or one for all: the magnitude from which a sample counts as saturated; 0 or none is no limit
}

// Network is the table [stream.NAME.network]: what a model learnt for this stream looks like and how it is trained.
// A model file brings its own and these keys are then unused.
type Network struct {
	Hidden        int      `toml:"hidden"`
	Epochs        int      `toml:"epochs"`
	LearningRate  float64  `toml:"learning_rate"`
	Seed          uint64   `toml:"seed"`
	WarmupWindows int      `toml:"warmup_windows"`
	Increment     bool     `toml:"increment"` // predict the change of the features and not their value
	Without       []string `toml:"without"`   // members of the model to leave out: see panel.Names
}

// Learn is the table [stream.NAME.learn]: how much of the live signal to learn normal from while the model file is not there.
// One of Seconds, Windows and Parts is above 0, or none.
type Learn struct {
	Seconds         float64 `toml:"seconds"`
	Windows         int     `toml:"windows"`
	Parts           int     `toml:"parts"`
	HoldoutFraction float64 `toml:"holdout_fraction"`
}

// On reports whether the stream learns its model from the live signal.
func (l Learn) On() bool { return l.Seconds > 0 || l.Windows > 0 || l.Parts > 0 }

// Alarm is the table [stream.NAME.alarm].
type Alarm struct {
	OnWindows   int     `toml:"on_windows"` // the alarm starts when this many of the last OfWindows are above the limit
	OfWindows   int     `toml:"of_windows"`
	OffWindows  int     `toml:"off_windows"`           // it ends when this many in a row are below hysteresis times the limit
	Hysteresis  float64 `toml:"hysteresis"`            // share of the limit, above 0 to 1
	Latch       bool    `toml:"latch"`                 // the alarm stays until a person acknowledges it
	LimitMargin float64 `toml:"limit_margin"`          // the limit is this many times the highest held-out score, where no budget is given
	PerDay      float64 `toml:"alarms_per_day"`        // budget of false alarms; 0: none
	PerParts    float64 `toml:"alarms_per_1000_parts"` // the same in parts with an alarm; 0: none
	Adaptive    bool    `toml:"adaptive_limit"`        // the limit follows a process that drifts
	NewRegime   int     `toml:"new_regime_windows"`    // after so many at a level that has stopped moving, it is a new regime, which a person is to accept; 0: never
	Severity    string  `toml:"severity"`              // info, warning or critical
}

// Health is the table [stream.NAME.health]: what else than silence is an alarm of the signal's health. 0 turns each off, but for SaturatedShare.
type Health struct {
	FlatS          float64 `toml:"flat_s"`          // seconds of signal in which a channel holds one value
	SaturatedShare float64 `toml:"saturated_share"` // of a second's samples at the end of their range
	RateTolerance  float64 `toml:"rate_tolerance"`  // relative deviation of the measured rate
	BehindS        float64 `toml:"behind_s"`        // age of what is being scored
	ModelWarrantyS float64 `toml:"model_warranty_s"`
	DriftPerYear   float64 `toml:"drift_per_year"` // false alarms of a model that drifts
}

// Master is the table [stream.NAME.master]: reference parts that are measured again and again, so that drift of the sensor is told from drift of
// the process. The other keys are of no use without Parts.
type Master struct {
	Parts        []string `toml:"parts"`        // names, or beginnings with a * behind them; each has a control chart
	Measurements int      `toml:"measurements"` // that set the limits
	FalseAlarms  float64  `toml:"false_alarms"` // share of the measurements of an unchanged sensor
	Weight       float64  `toml:"weight"`       // of the newest measurement in the slow mean
	DueH         float64  `toml:"due_h"`        // hours after a measurement at which the next one is overdue; 0: never
	Since        string   `toml:"since"`        // RFC 3339: measurements before it are not on the chart, as after a change of the sensor
}

// Start is Since as a time, zero where there is none.
func (m Master) Start() time.Time {
	t, _ := time.Parse(time.RFC3339, m.Since) // checked with the rest
	return t
}

// DefaultStream is the table [stream.name] with no key in it. It is not valid before rate_hz, channels, features.list, and model or learn are set.
func DefaultStream(name string) Stream {
	s := Stream{
		Name: name, RawType: "f32", RawScale: 1, Transport: "jetstream", Start: StartResume,
		Decimate: 1, PartResets: true, Coverage: ledger.DefaultCoverage, QueueBlocks: 64, ReorderBlocks: 16, NoDataS: 10, Source: "live", TimeLapse: 1,
		Filter: Filter{Kind: "none", Type: "band-pass", Order: 4},
		Window: Window{
			Length: 1024, Taper: "hann",
			Cycle: Cycle{Tolerance: 0.1, AverageCycles: 1, Points: 1024, Against: "phase"},
		},
		Defects: Defects{BridgeSamples: 8, Bridge: window.BridgeLinear, Beyond: window.BadBreak},
		Network: Network{Hidden: 16, Epochs: 60, LearningRate: 0.005, Seed: 1, WarmupWindows: 8, Increment: false},
		Learn:   Learn{HoldoutFraction: 0.2},
		Alarm:   Alarm{OnWindows: 2, OfWindows: 3, OffWindows: 3, Hysteresis: 0.9, LimitMargin: 1.25, NewRegime: 600, Severity: "warning"},
		Health:  Health{FlatS: 10, SaturatedShare: 0.001, RateTolerance: 0.01, BehindS: 10, DriftPerYear: 0.1},
		Master:  Master{Measurements: master.DefaultLearn, FalseAlarms: master.DefaultFalseAlarms, Weight: master.DefaultWeight},
	}
	s.fillNames()
	return s
}

// Takes reports whether a model taught on a stream of that name may serve this one. An empty name is that of a model that does not say.
func (s *Stream) Takes(taught string) bool {
	return taught == "" || taught == s.Name || taught == s.ModelStream
}

// fillNames gives the keys that follow from the stream's name their value.
func (s *Stream) fillNames() {
	if s.Title == "" {
		s.Title = s.Name
	}
	if s.Subject == "" {
		s.Subject = block.SubjectPrefix + s.Name
	}
}
