package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/panel"
	"crackle/window"
)

// ModelPath is where a stream's model is kept: its model key, else a file of its name in the data folder.
func ModelPath(cfg *config.Config, s *config.Stream) string {
	if s.Model != "" {
		return s.Model
	}
	return filepath.Join(cfg.Store.Dir, "models", s.Name+".safetensors")
}

// LoadModel reads a stream's model and makes sure that it was taught with the stream's own conditioning. The error wraps os.ErrNotExist when
// there is no such file.
func LoadModel(path string, s *config.Stream) (*detector.Model, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("stream %s: there is no model file %s; make one with `crackle train`, or set [stream.%s.learn] to learn from the live signal: %w", s.Name, path, s.Name, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: model: %w", s.Name, err)
	}
	m, err := detector.ParseModel(b)
	if err != nil {
		return nil, fmt.Errorf("stream %s: model file %s: %w", s.Name, path, err)
	}
	if !s.Takes(m.Stream) {
		return nil, fmt.Errorf("stream %s: model file %s was taught on stream %s, whose limits need not hold here; teach one with `crackle train -s %s`, or set model_stream = %q when the two are alike",
			s.Name, path, m.Stream, s.Name, m.Stream)
	}
	differences, err := m.Contradictions(json.RawMessage(s.Fingerprint()))
	if err != nil {
		return nil, fmt.Errorf("stream %s: model file %s: %w", s.Name, path, err)
	}
	if len(differences) > 0 {
		return nil, fmt.Errorf("stream %s: model file %s was taught with another conditioning: %s; set the stream's keys as the model has them, or teach a new model with `crackle train`",
			s.Name, path, strings.Join(differences, "; "))
	}
	return m, nil
}

// SaveModel writes a model file, as SaveFile does.
func SaveModel(path string, m *detector.Model) error {
	b, err := m.Encode()
	if err != nil {
		return err
	}
	return SaveFile(path, b)
}

// SaveFile writes the file of a model or a head so that a reader sees the old one or the new one, never a part.
func SaveFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("model folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".model-*")
	if err != nil {
		return fmt.Errorf("model file %s: %w", path, err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("model file %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// reportTrials is how many made faults of each size the report of a model rests on: few, for teaching is to take a second.
const reportTrials = 12

// Teaching is what a stream's tables network, learn, features and alarm say of how its model is to be taught.
func Teaching(s *config.Stream, c *window.Conditioner, version string) (detector.Teaching, error) {
	names, tolerance, err := s.MinChanges()
	if err != nil {
		return detector.Teaching{}, fmt.Errorf("stream %s: %w", s.Name, err)
	}
	sum, err := s.Summary()
	if err != nil {
		return detector.Teaching{}, fmt.Errorf("stream %s: %w", s.Name, err)
	}
	cfg := c.Config()
	return detector.Teaching{
		Stream: s.Name, Conditioning: json.RawMessage(s.Fingerprint()), Features: names, Units: s.FeatureUnits(c.Features().Names(), c.Features().Units()), MinChange: tolerance,
		Margin: s.Alarm.LimitMargin, Budget: panel.Budget{
			PerDay: s.Alarm.PerDay, PerThousandParts: s.Alarm.PerParts, RowsPerDay: sum.WindowsPerS * 24 * 3600,
			On: s.Alarm.OnWindows, Of: s.Alarm.OfWindows, Off: s.Alarm.OffWindows, Adaptive: s.Alarm.Adaptive,
		},
		Holdout: s.Learn.HoldoutFraction, Embargo: int64(cfg.Length),
		Hidden: s.Network.Hidden, Epochs: s.Network.Epochs, LearningRate: s.Network.LearningRate, Seed: s.Network.Seed,
		Accept: s.Alarm.NewRegime, Without: s.Network.Without, Trials: reportTrials, Warmup: s.Network.WarmupWindows, Increment: s.Network.Increment, Code: version, Now: time.Now(),
	}, nil
}
