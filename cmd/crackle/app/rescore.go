package app

import (
	"fmt"

	"crackle/alert/evidence"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/rnn/kernel"
)

// Rescorer scores evidence again, as it was scored live. It implements evidence.Scorer.
type Rescorer struct {
	// Model finds a model by its hash; stream is as the pack's settings have it.
	Model func(hash string, stream *config.Stream) (*detector.Model, error)
	// Progress is told how much of the signal has been scored, 0 to 1; may be nil.
	Progress func(share float64)
}

// Kernel implements evidence.Scorer.
func (r Rescorer) Kernel() string { return kernel.Name() }

// kernelTolerance is what kernels may differ by in a score: they round otherwise in the last place, and a recurrent state carries that on.
const kernelTolerance = 2e-3

// Tolerance implements evidence.Scorer.
func (r Rescorer) Tolerance() float64 { return kernelTolerance }

// Score implements evidence.Scorer.
func (r Rescorer) Score(p *evidence.Pack, emit func(*detector.Score)) error {
	s, hash, err := config.ReadStream(p.Settings)
	if err != nil {
		return fmt.Errorf("the pack's settings cannot be used: %w", err)
	}
	if hash != p.Config {
		return fmt.Errorf("the pack's settings have the hash %s, and the pack says %s: it is damaged, or of another version of the program", hash, p.Config)
	}
	c, err := NewChain(&s, emit)
	if err != nil {
		return err
	}
	if p.Model != "" {
		m, err := r.Model(p.Model, &s)
		if err != nil {
			return err
		}
		if m.Hash() != p.Model {
			return fmt.Errorf("the pack was scored with model %s, and this one is %s: name the file of that model", p.Model, m.Hash())
		}
		if err := c.Install(m); err != nil {
			return err
		}
	}
	if err := c.RestoreState(p.Start.State); err != nil {
		return err
	}
	return r.pour(c, p)
}

// rescoreBlock is the number of samples that are scored between two words of progress.
const rescoreBlock = 1 << 14

// pour pushes what a pack holds from its state on through a chain.
func (r Rescorer) pour(c *Chain, p *evidence.Pack) error {
	channels := len(p.Raw.Channels)
	rest, total := p.Raw.Samples, max(1, len(p.Raw.Samples))
	for _, g := range p.Raw.Segments {
		if skip := int(min(p.Start.Index-min(g.First, p.Start.Index), uint64(g.Count))); g.Run == p.Start.Run && skip > 0 {
			g.First, g.Count, rest = g.First+uint64(skip), g.Count-skip, rest[skip*channels:]
			g.Flags &^= block.PartBegin
			if g.Count == 0 && g.Flags&block.PartEnd == 0 {
				continue
			}
		}
		first := g.Flags & block.PartBegin
		for at := 0; ; {
			n := min(rescoreBlock, g.Count-at)
			b := block.Block{Run: g.Run, First: g.First + uint64(at), RateHz: p.Raw.RateHz, Channels: channels, Part: g.Part, Lot: g.Lot,
				Flags: g.Flags&^(block.PartBegin|block.PartEnd) | first, Samples: rest[:n*channels]}
			b.TimeNS = g.TimeNS + int64(float64(at)/p.Raw.RateHz*1e9)
			first = 0
			rest, at = rest[n*channels:], at+n
			if at == g.Count {
				b.Flags |= g.Flags & block.PartEnd
			}
			if err := c.Push(&b); err != nil {
				return err
			}
			if r.Progress != nil {
				r.Progress(1 - float64(len(rest))/float64(total))
			}
			if at == g.Count {
				break
			}
		}
	}
	return nil
}
