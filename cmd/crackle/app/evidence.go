package app

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/rnn/kernel"
)

// witness keeps what an alarm of one stream may turn out to need. mark, score and done belong to the stream's goroutine.
type witness struct {
	*evidence.Recorder
	stream      *stream
	appendState func([]byte) []byte // of the chain, bound once

	mu    sync.Mutex
	model *detector.Model
	open  ledger.Part // account of the part under way
	last  ledger.Part // and of the one before it
}

// maxWitnessed bounds the scored windows that a stream remembers.
const maxWitnessed = 16384

// newWitness makes a stream's recorder. nil without an error: evidence is off.
func newWitness(s *stream) (*witness, error) {
	cfg := s.app.config().Evidence
	if cfg.Off || s.app.keeper == nil {
		return nil, nil
	}
	sum, err := s.cfg.Summary()
	if err != nil {
		return nil, fmt.Errorf("stream %s: evidence: %w", s.cfg.Name, err)
	}
	// The windows that raise an alarm are to be in its pack, however long they are.
	raising := sum.WindowS + float64(s.cfg.Alarm.OfWindows)/max(sum.WindowsPerS, 1e-6)
	pre, post, delay := cfg.PreS, math.Max(cfg.PostS, raising), 5+raising
	names := s.chain.Conditioner.Features().Names()
	units := s.cfg.FeatureUnits(names, s.chain.Conditioner.Features().Units())
	features := make([]evidence.Feature, len(names))
	for i := range names {
		features[i] = evidence.Feature{Name: names[i], Unit: units[i]}
	}
	most := math.Min(maxWitnessed, float64(16+cfg.MemoryBytes/int64(4*len(features)+512)))
	w := &witness{stream: s, appendState: s.chain.AppendState}
	w.Recorder, err = evidence.NewRecorder(evidence.Config{
		Stream: s.cfg.Name, Channels: s.cfg.Channels, RateHz: s.cfg.RateHz, Conditioned: s.cfg.ConditionedHz(), Features: features,
		Pre: seconds(pre), Post: seconds(post), Delay: seconds(delay), MaxBytes: cfg.MemoryBytes,
		Windows:  int(math.Min(most, 16+math.Ceil((pre+post+delay)*sum.WindowsPerS))),
		Describe: w.describe, Out: s.app.keeper.Put,
	})
	if err != nil {
		return nil, err
	}
	s.chain.Tap(w.PushConditioned)
	return w, nil
}

// score takes a scored window, and what the ledger knows with it.
func (w *witness) score(s *detector.Score, features []float32, open ledger.Part) {
	if s.First != s.End {
		w.Window(s, features)
	}
	w.mu.Lock()
	w.open = open
	w.mu.Unlock()
}

// ended takes the account of a part that is over.
func (w *witness) ended(p ledger.Part) {
	w.mu.Lock()
	w.last = p
	w.mu.Unlock()
}

// serve notes the model in service.
func (w *witness) serve(m *detector.Model) {
	w.Forget()
	w.mu.Lock()
	w.model = m
	w.mu.Unlock()
}

// describe fills in what the recorder does not know. It runs on any goroutine.
func (w *witness) describe(p *evidence.Pack) {
	a, name := w.stream.app, w.stream.cfg.Name
	p.Program, p.Kernel, p.Machine = a.version, kernel.Name(), runtime.GOOS+"/"+runtime.GOARCH
	p.Config, p.Settings = a.config().StreamHash(name), a.config().StreamSettings(name)
	w.mu.Lock()
	model, open, last := w.model, w.open, w.last
	w.mu.Unlock()
	for _, part := range []ledger.Part{open, last} {
		if part.Run == p.Alarm.Run && part.Part == p.Alarm.Part {
			p.Ledger = account(part)
			break
		}
	}
	if model == nil {
		return
	}
	p.Model = model.Hash()
	for i := range p.Features {
		p.Features[i].Low, p.Features[i].High = normalBand(model, i)
	}
}

// account writes a part's account as it stood, with the verdict that it would have had.
func account(p ledger.Part) json.RawMessage {
	p.Judge(p.Needed)
	b, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return b
}

// normalSpreads is the half width of a feature's normal band: of a Gaussian, 99.7 % lie within.
const normalSpreads = 3

// normalBand is where nearly all good windows have a feature, by what the model was taught with; both 0 when it is not known.
func normalBand(m *detector.Model, feature int) (low, high float64) {
	if m == nil || feature >= len(m.Scaler.Median) || feature >= len(m.Scaler.Spread) {
		return 0, 0
	}
	mid, half := m.Scaler.Median[feature], normalSpreads*m.Scaler.Spread[feature]
	return mid - half, mid + half
}

// openEvidence makes the keeper of packs, which stores them in a goroutine of its own.
func (a *App) openEvidence() error {
	if a.config().Evidence.Off {
		return nil
	}
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	bounds := a.evidenceBounds()
	a.keeper = evidence.NewKeeper(evidence.KeeperConfig{
		Open: func(ctx context.Context) (*evidence.Store, error) { return evidence.OpenStore(ctx, js, bounds) },
		Log:  a.log,
	})
	a.life.start("evidence", nil, a.keeper.Run)
	return nil
}

func (a *App) evidenceBounds() evidence.Bounds {
	return evidence.Bounds{MaxBytes: a.config().EvidenceBytes(), MaxAge: seconds(a.config().Evidence.MaxAgeS)}
}

// watchAlarms asks for the evidence of each alarm that is raised or listed. It returns when the machine has closed its listener, and finishes
// what is under way.
func (a *App) watchAlarms(events <-chan alert.Event) {
	for ev := range events {
		if ev.Change != alert.Raised && ev.Change != alert.Listed || ev.Alarm.Run == 0 {
			continue
		}
		if s := a.stream(ev.Alarm.Stream); s != nil && s.witness != nil {
			s.witness.Trigger(ev.Alarm)
		}
	}
	for _, s := range a.list() {
		if s.witness != nil {
			s.witness.Flush()
		}
	}
}
