package app

import (
	"errors"
	"time"

	"crackle/alert/health"
	"crackle/detector"
	"crackle/detector/drift"
)

const year = 365 * 24 * time.Hour

// watchDrift begins to look whether a model fits, in the stream's goroutine. A limit that follows the process is for one that drifts, and a score that
// is no probability says nothing of it.
func (s *stream) watchDrift(m *detector.Model) {
	s.drift = nil
	s.status.drifts(health.Drift{})
	perYear := s.cfg.Health.DriftPerYear
	if _, unit := m.Scale(); perYear == 0 || s.cfg.Alarm.Adaptive || unit != "" {
		return
	}
	sum, err := s.cfg.Summary()
	if err == nil {
		cfg := drift.Config{Rows: m.Promise.Rows, Effective: m.Promise.Effective, WindowsPerYear: sum.WindowsPerS * year.Seconds(), FalsePerYear: perYear}
		if m.Record.SplitBy != "time" {
			cfg.Groups = max(m.Record.HeldGroups, 1)
		}
		s.drift, err = drift.New(cfg)
	}
	switch {
	case errors.Is(err, drift.ErrUnknown):
		s.log.Info("whether the model drifts is not looked at", "model", m.Hash(), "why", err)
	case err != nil:
		s.log.Error("whether the model drifts is not looked at", "model", m.Hash(), "err", err)
	}
}

// followDrift takes a window that is ok and at the level that was taught into account, or the mark at a part's end.
func (s *stream) followDrift(score *detector.Score) {
	if s.drift == nil || !score.PartEnd && (score.Verdict != detector.OK || score.Regime != detector.Steady) {
		return
	}
	s.drift.Push(score.Value, score.TimeNS, score.PartEnd || score.Part == "") // a mark has no score
	s.status.drifts(driftFound(s.drift.Reading()))
}

func driftFound(r drift.Reading) health.Drift {
	d := health.Drift{Found: r.Drifting, Share: r.Share, Most: r.Most, Windows: r.Windows}
	if r.Drifting {
		d.From = time.Unix(0, r.FromNS)
	}
	return d
}

// driftState is what a checkpoint keeps of it.
func (s *stream) driftState() *drift.State {
	if s.drift == nil {
		return nil
	}
	kept := s.drift.State
	return &kept
}

// resumeDrift goes on from a checkpoint of the same model.
func (s *stream) resumeDrift(kept *drift.State) {
	if s.drift == nil || kept == nil {
		return
	}
	if err := s.drift.Restore(*kept); err != nil {
		s.log.Warn("whether the model drifts is looked at anew", "err", err)
	}
	s.status.drifts(driftFound(s.drift.Reading()))
}

// drifts notes whether the model in service fits.
func (st *status) drifts(d health.Drift) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.drift = d
}
