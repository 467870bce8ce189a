package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/demo"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/web/hub"
)

// scene publishes one stream of the demo.
type scene interface {
	stream() string
	// play publishes everything through NATS at its pace and returns the number of samples per channel.
	play(ctx context.Context, a *app.App) (uint64, error)
	progress() string
}

// scenes are the demo's three streams and what is true of them.
type scenes struct {
	motor       *motorScene
	temperature *temperatureScene
	grinder     *grinderScene
}

func newScenes(seed uint64) (*scenes, error) {
	recordings, err := demo.Motor()
	if err != nil {
		return nil, err
	}
	log, err := demo.Temperature()
	if err != nil {
		return nil, err
	}
	show, err := demo.Grinder(seed)
	if err != nil {
		return nil, err
	}
	return &scenes{
		motor:       &motorScene{outlet: outlet{name: "motor.current", kind: block.F32}, recordings: recordings},
		temperature: &temperatureScene{outlet: outlet{name: "machine.temperature", kind: block.F32}, log: log},
		grinder:     &grinderScene{outlet: outlet{name: "grinder.mbn", kind: block.F32}, show: show},
	}, nil
}

func (sc *scenes) all() []scene { return []scene{sc.motor, sc.temperature, sc.grinder} }

// continueFrom lets the scenes go on where those of the round before stopped: same publishers, nothing left to learn.
func (sc *scenes) continueFrom(o *scenes) {
	sc.motor.outlet, sc.grinder.outlet = outlet{name: o.motor.name, kind: o.motor.kind, pub: o.motor.pub}, outlet{name: o.grinder.name, kind: o.grinder.kind, pub: o.grinder.pub, lost: o.grinder.lost}
	sc.motor.again, sc.grinder.again = true, true
}

func (sc *scenes) progress() string {
	var parts []string
	for _, s := range sc.all() {
		parts = append(parts, s.stream()+" "+s.progress())
	}
	return strings.Join(parts, " | ")
}

// outlet is a publisher with a pace.
type outlet struct {
	name  string
	kind  block.SampleType
	pub   *ingest.Publisher
	start time.Time
	due   time.Duration // signal time published since start
	lost  uint64        // samples that were left out
	state atomic.Pointer[string]
}

func (o *outlet) stream() string { return o.name }

func (o *outlet) progress() string {
	if s := o.state.Load(); s != nil {
		return *s
	}
	return "starting"
}

func (o *outlet) say(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	o.state.Store(&s)
}

func (o *outlet) open(a *app.App) error {
	o.start = time.Now()
	if o.pub != nil {
		return nil
	}
	var err error
	o.pub, err = ingest.NewPublisher(a.Connection(), ingest.PublisherConfig{Stream: o.name, JetStream: true, Type: o.kind})
	return err
}

// publish sends b when its time has come: speed times as fast as it was recorded.
func (o *outlet) publish(ctx context.Context, b *block.Block, speed float64) error {
	o.due += time.Duration(float64(b.Count()) / b.RateHz / speed * float64(time.Second))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(o.start.Add(o.due))):
	}
	return o.pub.Publish(ctx, b)
}

// untilWatching waits until the stream's model is in service, and starts the clock anew.
func (o *outlet) untilWatching(ctx context.Context, a *app.App) error {
	if err := o.pub.Flush(ctx); err != nil {
		return err
	}
	o.say("learning")
	for a.Status(o.name).Phase != hub.Watching {
		if problem := a.Problem(o.name); problem != "" {
			return errors.New(problem)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	o.start, o.due = time.Now(), 0
	return nil
}

// end waits until everything published has been dealt with, and tells the screen that no more is to come for now.
func (o *outlet) end(ctx context.Context, a *app.App) error {
	if err := o.pub.Flush(ctx); err != nil {
		return err
	}
	settle, cancel := context.WithTimeout(ctx, 10*time.Second) // somebody else may be publishing on the stream, too
	defer cancel()
	if err := a.Settle(settle, o.name, o.pub.Next()-o.lost); err != nil && ctx.Err() != nil {
		return err
	}
	a.Ended(o.name)
	return nil
}

// motorScene plays the recordings one after the other, each as a part of its own.
type motorScene struct {
	outlet
	recordings []demo.Recording
	again      bool
}

const (
	motorBlock = 100             // rows, 0.1 s
	motorRest  = 3 * time.Second // before each recording of a later round
)

func (m *motorScene) play(ctx context.Context, a *app.App) (uint64, error) {
	if err := m.open(a); err != nil {
		return 0, err
	}
	var n uint64
	waited := m.again
	for i := range m.recordings {
		r := &m.recordings[i]
		if m.again && (r.Learn || !r.Healthy && r.Repetition != 1) {
			continue // later rounds: the third healthy recording and one of each fault, at rest between them
		}
		if m.again {
			if err := pause(ctx, motorRest); err != nil {
				return n, err
			}
			m.start, m.due = time.Now(), 0
		}
		if !r.Learn && !waited {
			if err := m.untilWatching(ctx, a); err != nil {
				return n, err
			}
			waited = true
		}
		m.say("recording %d of %d", i+1, len(m.recordings))
		a.Remark(m.name, m.note(r))
		if err := m.part(ctx, r); err != nil {
			return n, err
		}
		n += uint64(len(r.Samples) / len(r.Channels))
	}
	return n, m.end(ctx, a)
}

func (m *motorScene) note(r *demo.Recording) string {
	switch {
	case r.Doubtful:
		return "label doubtful: recorded as faulty, measures as healthy; counted neither way"
	case r.Healthy:
		return "recorded as healthy"
	}
	return fmt.Sprintf("recorded with %d %% of phase %s shorted", 10*r.Level, r.Phase)
}

func (m *motorScene) part(ctx context.Context, r *demo.Recording) error {
	width := len(r.Channels)
	rows := len(r.Samples) / width
	for from := 0; from < rows; from += motorBlock {
		to := min(from+motorBlock, rows)
		b := block.Block{RateHz: r.RateHz, Channels: width, Part: r.Name, Flags: block.Recorded, Samples: r.Samples[from*width : to*width]}
		if from == 0 {
			b.Flags |= block.PartBegin
		}
		if to == rows {
			b.Flags |= block.PartEnd
		}
		if err := m.publish(ctx, &b, 1); err != nil {
			return err
		}
	}
	return nil
}

// temperatureScene plays the log, time-lapsed.
type temperatureScene struct {
	outlet
	log demo.Log
}

const (
	temperatureSpeed = 150_000 // eleven weeks in 45 s
	temperatureLearn = 750     // rows, as in demo.toml
	temperatureBlock = 12      // rows: one hour
)

func (t *temperatureScene) play(ctx context.Context, a *app.App) (uint64, error) {
	if err := t.open(a); err != nil {
		return 0, err
	}
	rows := len(t.log.Samples)
	for from := 0; from < rows; {
		to := t.blockEnd(from)
		if from <= temperatureLearn && to > temperatureLearn {
			to = temperatureLearn
		}
		if from == temperatureLearn {
			if err := t.untilWatching(ctx, a); err != nil {
				return uint64(from), err
			}
			to = t.blockEnd(from)
		}
		t.say("%s", t.log.Times[from].Format("2006-01-02"))
		b := block.Block{RateHz: t.log.RateHz, Channels: 1, TimeNS: t.log.Times[from].UnixNano(), Flags: block.Recorded | block.TimeLapsed, Samples: t.log.Samples[from:to]}
		if err := t.publish(ctx, &b, temperatureSpeed); err != nil {
			return uint64(from), err
		}
		from = to
	}
	return uint64(rows), t.end(ctx, a)
}

// blockEnd is where a block that starts at row from ends: after an hour, or where the clock does not go on by its step, so that each block's times
// are right.
func (t *temperatureScene) blockEnd(from int) int {
	step := time.Duration(float64(time.Second) / t.log.RateHz)
	to := from + 1
	for to < len(t.log.Times) && to-from < temperatureBlock && t.log.Times[to].Sub(t.log.Times[to-1]).Round(time.Second) == step.Round(time.Second) {
		to++
	}
	return to
}

// grinderScene plays simulated shafts.
type grinderScene struct {
	outlet
	show  demo.GrinderShow
	again bool
}

func (g *grinderScene) play(ctx context.Context, a *app.App) (uint64, error) {
	if err := g.open(a); err != nil {
		return 0, err
	}
	learn, unplug := map[string]bool{}, map[string]bool{}
	for _, p := range g.show.Parts {
		learn[p.Name], unplug[p.Name] = p.Learn, p.Unplugged
	}
	waited := g.again
	var n uint64
	var b block.Block
	for {
		err := g.show.Source.Read(&b)
		if errors.Is(err, io.EOF) {
			return n, g.end(ctx, a)
		}
		if err != nil {
			return n, err
		}
		if learn[b.Part] && g.again {
			continue
		}
		if !learn[b.Part] && !waited {
			if err := g.untilWatching(ctx, a); err != nil {
				return n, err
			}
			waited = true
		}
		g.say("%s", b.Part)
		if b.Flags&block.PartBegin != 0 {
			a.Remark(g.name, "")
		}
		b.First, b.TimeNS = 0, 0 // where the publisher stands, now
		if half := g.show.Source.PartSpan(0).End / 2; unplug[b.Part] && n%(2*half) >= half {
			delete(unplug, b.Part)
			if err := g.unplug(ctx, a, &b); err != nil {
				return n, err
			}
		}
		if err := g.publish(ctx, &b, 1); err != nil {
			return n, err
		}
		n += uint64(b.Count())
	}
}

// unpluggedFor is longer than the stream's no_data_s and the second between two looks.
const unpluggedFor = 7 * time.Second

// unplug lets the sensor be silent for a while, and b be the first block after it: its counter went on meanwhile.
func (g *grinderScene) unplug(ctx context.Context, a *app.App, b *block.Block) error {
	g.say("%s, unplugged", b.Part)
	a.Remark(g.name, "the sensor is unplugged")
	if err := pause(ctx, unpluggedFor); err != nil {
		return err
	}
	a.Remark(g.name, "the sensor was unplugged for a while")
	missing := uint64(unpluggedFor.Seconds() * b.RateHz)
	b.First, g.lost = g.pub.Next()+missing, g.lost+missing
	g.due += unpluggedFor
	return nil
}
