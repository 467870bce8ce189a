package head

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"crackle/rnn/train"
)

// Sample is one labelled stretch of a part.
type Sample struct {
	Part     string
	Specimen string      // what the part was cut from or is a measurement of
	Rows     [][]float32 // features, one row a window, in order
	Value    float64     // the target of a regression
	Class    string      // the target of a classification
}

// leastSpecimens is the fewest that folds can be made of.
const leastSpecimens = 3

// leastParts is the fewest labelled parts to fit.
const leastParts = 8

// prepared are samples whose rows are finite.
type prepared struct {
	samples   []Sample
	specimens []string // sorted
	dropped   int      // windows that are not finite
}

// prepare checks samples and takes rows out that are not finite.
func prepare(cfg *Config, in []Sample) (*prepared, error) {
	var errs []error
	p := &prepared{}
	of := map[string]string{}
	for _, s := range in {
		if s.Specimen == "" {
			errs = append(errs, fmt.Errorf("part %s has no specimen: say what it was cut from or is a measurement of; parts of one specimen must never be learnt from and tested on", s.Part))
			continue
		}
		if old, ok := of[s.Part]; ok && old != s.Specimen {
			errs = append(errs, fmt.Errorf("part %s is said to be of specimen %s and of specimen %s: it would be learnt from and tested on; correct the labels", s.Part, old, s.Specimen))
			continue
		}
		of[s.Part] = s.Specimen
		if len(cfg.Classes) == 0 && (math.IsNaN(s.Value) || math.IsInf(s.Value, 0)) {
			errs = append(errs, fmt.Errorf("part %s has the target %v, must be finite", s.Part, s.Value))
		}
		if len(cfg.Classes) > 0 && !slices.Contains(cfg.Classes, s.Class) {
			errs = append(errs, fmt.Errorf("part %s has the class %q, must be one of %q", s.Part, s.Class, cfg.Classes))
		}
		rows, lost, err := finite(s.Rows, len(cfg.Features))
		if err != nil {
			errs = append(errs, fmt.Errorf("part %s: %w", s.Part, err))
			continue
		}
		p.dropped += lost
		s.Rows = rows
		p.samples = append(p.samples, s)
		if !slices.Contains(p.specimens, s.Specimen) {
			p.specimens = append(p.specimens, s.Specimen)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.Sort(p.specimens)
	if len(p.samples) < leastParts {
		return nil, fmt.Errorf("%d labelled parts, at least %d are needed: label more", len(p.samples), leastParts)
	}
	if len(p.specimens) < leastSpecimens {
		return nil, fmt.Errorf("the labelled parts are of %d specimens, at least %d are needed to test on a specimen that was not learnt from: measure other specimens", len(p.specimens), leastSpecimens)
	}
	if !cfg.varies(p.samples) {
		return nil, fmt.Errorf("target %s is the same for all %d parts: there is nothing to learn; label parts in which it differs", cfg.Target, len(p.samples))
	}
	return p, nil
}

func (c *Config) varies(samples []Sample) bool {
	return slices.ContainsFunc(samples, func(s Sample) bool { return s.Value != samples[0].Value || s.Class != samples[0].Class })
}

// finite takes the rows out that are not. It fails where more than half would go, or rows are not as wide as there are features.
func finite(rows [][]float32, width int) (out [][]float32, lost int, err error) {
	for _, r := range rows {
		if len(r) != width {
			return nil, 0, fmt.Errorf("a window has %d features, the stream's list has %d", len(r), width)
		}
		if slices.ContainsFunc(r, func(v float32) bool { f := float64(v); return math.IsNaN(f) || math.IsInf(f, 0) }) {
			lost++
			continue
		}
		out = append(out, r)
	}
	if len(out) == 0 || lost > len(out) {
		return nil, lost, fmt.Errorf("of its %d windows %d are sound, and more than half must be: record it again", len(rows), len(out))
	}
	return out, lost, nil
}

// folds deals whole specimens into folds.
func (p *prepared) folds(most int, seed uint64) ([]train.Split, error) {
	where := make([]train.Sample, len(p.samples))
	for i, s := range p.samples {
		where[i] = train.Sample{Group: s.Specimen, Recording: s.Specimen + "/" + s.Part + fmt.Sprint(i), Label: s.Class, From: 0, To: 1}
	}
	splits, err := train.GroupFolds(where, train.FoldConfig{Folds: min(most, len(p.specimens)), Seed: seed, Stratify: true})
	if err != nil {
		return nil, err
	}
	for _, s := range splits {
		if n := s.Leaks(where); n > 0 {
			return nil, fmt.Errorf("a fold has %d parts whose specimen is on both sides", n)
		}
	}
	return splits, nil
}

// pick gives the samples of a list.
func (p *prepared) pick(list []int) []Sample {
	out := make([]Sample, len(list))
	for k, i := range list {
		out[k] = p.samples[i]
	}
	return out
}
