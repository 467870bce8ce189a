package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/cmd/crackle/demo"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/simulate"
)

// Shares of blocks that a fault befalls, on a stream of 40 blocks a second; a slower one has more, so that as many befall it.
const (
	gapShare       = 0.01
	invalidShare   = 0.01
	twiceShare     = 0.01
	swapShare      = 0.01
	malformedShare = 0.005
	restartShare   = 0.1 // of parts
	usualBlocks    = 40  // a second
)

// Truth is what a source did, in samples per channel where nothing else is said.
type Truth struct {
	Sent       uint64 `json:"sent"`       // once each
	Skipped    uint64 `json:"skipped"`    // left out, inside of parts
	Invalid    uint64 `json:"invalid"`    // of Sent, made no number
	Twice      uint64 `json:"twice"`      // sent again
	Swapped    uint64 `json:"swapped"`    // sent behind what follows it
	Malformed  uint64 `json:"malformed"`  // messages that cannot be read
	Parts      uint64 `json:"parts"`      // begun and ended
	Publishers uint64 `json:"publishers"` // one after the other
}

// source publishes parts at the pace of their rate, with faults, and keeps what it did.
type source struct {
	nc     *nats.Conn
	stream string
	stored bool
	rateHz float64
	wide   int         // channels
	rows   int         // of a block
	parts  [][]float32 // signals to draw from, one a part
	sound  int         // of these, the first ones, which are sent until a model is there
	rnd    *rand.Rand
	truth  Truth
	often  float64           // by how much the shares are multiplied
	spoilt func(part string) // told of each part that cannot be ok
	pub    *ingest.Publisher
	past   uint64 // index behind what was sent past the publisher
	buf    []byte
}

// motorSignals are the built-in recordings, the three healthy ones first.
func motorSignals() (parts [][]float32, sound int, err error) {
	all, err := demo.Motor()
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		if all[i].Healthy {
			sound++
		}
		parts = append(parts, all[i].Samples)
	}
	return parts, sound, nil
}

// noiseSignals are simulated sound parts of half a second.
func noiseSignals(seed uint64) (parts [][]float32, err error) {
	cfg := simulate.DefaultBarkhausen()
	cfg.Seed, cfg.Parts, cfg.BlockSamples = seed, nil, 100_000
	for i := range 8 {
		cfg.Parts = append(cfg.Parts, simulate.GroundPart{Name: strconv.Itoa(i), Seconds: 0.5})
	}
	src, err := simulate.NewBarkhausen(cfg)
	if err != nil {
		return nil, err
	}
	for {
		var b block.Block
		err := src.Read(&b)
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		if n, _ := strconv.Atoi(b.Part); n == len(parts) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], b.Samples...)
	}
}

// run publishes until ctx ends, the part that is under way to its end. ready tells whether a model is in service: until then the signal is sound.
func (s *source) run(ctx context.Context, ready func() bool) error {
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
	defer cancel()
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Minute, cancel) }) // for the last part
	due := time.Now()
	for ctx.Err() == nil {
		if err := s.publisher(hard); err != nil {
			return err
		}
		learning := !ready()
		signal := s.parts[s.rnd.IntN(len(s.parts))]
		if learning {
			signal = s.parts[s.rnd.IntN(s.sound)]
		}
		if err := s.part(hard, signal, !learning, &due); err != nil {
			return err
		}
	}
	return s.pub.Close(hard)
}

// publisher makes the first one, and now and then another.
func (s *source) publisher(ctx context.Context) error {
	if s.pub != nil && s.rnd.Float64() >= restartShare {
		return nil
	}
	if s.pub != nil {
		if err := s.pub.Close(ctx); err != nil {
			return err
		}
	}
	var err error
	s.pub, err = ingest.NewPublisher(s.nc, ingest.PublisherConfig{Stream: s.stream, JetStream: s.stored, Type: block.F32})
	s.truth.Publishers++
	s.past = 0
	return err
}

// next is the index of the next sample.
func (s *source) next() uint64 { return max(s.past, s.pub.Next()) }

// part publishes one part.
func (s *source) part(ctx context.Context, signal []float32, faults bool, due *time.Time) error {
	name := fmt.Sprintf("part-%06d", s.truth.Parts)
	rows := len(signal) / s.wide
	lost := uint64(0)
	for from := 0; from < rows; {
		to := min(from+s.rows, rows)
		b := &block.Block{RateHz: s.rateHz, Channels: s.wide, Part: name, Samples: append([]float32(nil), signal[from*s.wide:to*s.wide]...)}
		if from == 0 {
			b.Flags |= block.PartBegin
		}
		if to == rows {
			b.Flags |= block.PartEnd
		}
		if faults && from > 0 {
			lost += s.spoil(b)
		}
		*due = due.Add(time.Duration(float64(b.Count()) / s.rateHz * 1e9))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(*due)):
		}
		if err := s.send(ctx, b, faults && from > 0); err != nil {
			return err
		}
		from = to
	}
	if lost > uint64(rows)/50 { // twice what a part may lose
		s.spoilt(name)
	}
	s.truth.Parts++
	return nil
}

// spoil leaves samples out before a block, or makes some of it no numbers, and says how many samples the part loses for certain.
func (s *source) spoil(b *block.Block) (lost uint64) {
	switch r := s.rnd.Float64() / s.often; {
	case r < gapShare:
		skip := uint64(1 + s.rnd.IntN(b.Count()))
		b.First = s.next() + skip
		s.truth.Skipped += skip
		lost = skip
	case r < gapShare+invalidShare:
		n := 1 + s.rnd.IntN(b.Count()/2)
		at := s.rnd.IntN(b.Count() - n)
		for i := at; i < at+n; i++ {
			b.Samples[i*s.wide] = float32(math.NaN())
		}
		s.truth.Invalid += uint64(n)
		lost = uint64(n)
	}
	return lost
}

// send publishes a block, now and then in two halves of which the second comes first, or twice, or behind a message that cannot be read.
func (s *source) send(ctx context.Context, b *block.Block, faults bool) error {
	gap := b.First > 0
	b.First = max(b.First, s.next())
	s.truth.Sent += uint64(b.Count())
	r := s.rnd.Float64() / s.often
	if !faults {
		r = 1
	}
	switch {
	case r < swapShare && !gap && b.Flags == 0:
		half := b.Count() / 2
		late, early := *b, *b
		late.Samples, early.Samples = b.Samples[:half*s.wide], b.Samples[half*s.wide:]
		early.First += uint64(half)
		if err := s.raw(early, 1<<32+s.truth.Sent); err != nil {
			return err
		}
		s.truth.Swapped += uint64(half)
		s.past = early.End()
		return s.pub.Publish(ctx, &late)
	case r < swapShare+malformedShare:
		s.truth.Malformed++
		if err := s.nc.Publish(block.SubjectPrefix+s.stream, []byte("this is no block")); err != nil {
			return err
		}
	}
	if err := s.pub.Publish(ctx, b); err != nil {
		return err
	}
	if r > swapShare+malformedShare && r < swapShare+malformedShare+twiceShare {
		s.truth.Twice += uint64(b.Count())
		return s.raw(*b, 1<<33+s.truth.Sent)
	}
	return nil
}

// raw publishes a block as it stands, past the publisher.
func (s *source) raw(b block.Block, seq uint64) (err error) {
	b.Run, b.Seq, b.TimeNS = s.pub.Run(), seq, time.Now().UnixNano()-int64(float64(b.Count())/s.rateHz*1e9)
	if s.buf, err = block.Append(s.buf[:0], &b, block.F32); err != nil {
		return err
	}
	return s.nc.Publish(block.SubjectPrefix+s.stream, s.buf)
}
