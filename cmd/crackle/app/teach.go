package app

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/archive"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/detector/panel"
	"crackle/ingest/history"
	"crackle/rnn/train"
	"crackle/web/api"
)

// TeacherConfig says what is taught, and from where.
type TeacherConfig struct {
	Stream  *config.Stream
	Conn    *nats.Conn                                   // to the server with the signal
	Store   *archive.Store                               // that keeps models and judgements; not needed to inspect
	Running *detector.Model                              // in service; nil: none
	Alarms  func(context.Context) ([]alert.Alarm, error) // those that are known now; nil: none
	Version string                                       // of the program, for the record
}

// Teacher makes models of one stream from its signal, past or to come. The program that runs and the command line teach through it alike.
type Teacher struct {
	cfg TeacherConfig
	js  jetstream.JetStream
}

// NewTeacher makes one. It does not reach for the server yet.
func NewTeacher(cfg TeacherConfig) (*Teacher, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, err
	}
	return &Teacher{cfg, js}, nil
}

// Taught is a model fresh from its lesson, with what refining it needs.
type Taught struct {
	Info   ModelInfo
	Model  *detector.Model
	Seen   *inspect.Report // of what it was taught from
	lesson *detector.Lesson
	how    detector.Teaching
}

func (q *TeachRequest) check() error {
	given := 0
	for _, is := range []bool{!q.From.IsZero() || !q.To.IsZero(), q.Parts != 0, q.Seconds != 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return api.Refused("teach", "found %d of a stretch (from, to), parts and seconds; allowed is exactly one of the three", given)
	case q.Parts < 0 || q.Parts > MaxParts:
		return api.Refused("parts", "parts: found %d, allowed are 1 to %d", q.Parts, MaxParts)
	case q.Seconds != 0 && !(q.Seconds > 0 && q.Seconds <= historySeconds):
		return api.Refused("seconds", "seconds: found %g, allowed are more than 0 up to %g", q.Seconds, float64(historySeconds))
	}
	return nil
}

// source is the request's word in ModelInfo.
func (q *TeachRequest) source() string {
	switch {
	case q.Parts > 0:
		return "parts"
	case q.Seconds > 0:
		return "seconds"
	}
	return "stretch"
}

func (t *Teacher) past() (*history.Reader, error) {
	if t.cfg.Stream.Transport != "jetstream" {
		return nil, api.Refused("stream", "stream %s: found transport %q, which keeps no signal; set transport = \"jetstream\", or teach from the next parts or seconds", t.cfg.Stream.Name, t.cfg.Stream.Transport)
	}
	return OpenPast(t.js, t.cfg.Stream)
}

// Inspect says what a stretch of the past holds.
func (t *Teacher) Inspect(ctx context.Context, from, to time.Time, progress func(share float64, text string)) (*Inspection, error) {
	past, err := t.past()
	if err != nil {
		return nil, err
	}
	s, err := readStretch(ctx, past, t.cfg.Stream, t.cfg.Running, from, to, progress)
	if err != nil {
		return nil, err
	}
	alarms, said, err := t.judged(ctx)
	if err != nil {
		return nil, err
	}
	return s.inspection(alarms, said)
}

// judged are the alarms that are known now, and what people said of them.
func (t *Teacher) judged(ctx context.Context) ([]alert.Alarm, []Judgement, error) {
	var alarms []alert.Alarm
	if t.cfg.Alarms != nil {
		var err error
		if alarms, err = t.cfg.Alarms(ctx); err != nil {
			return nil, nil, unavailable(err)
		}
	}
	if t.cfg.Store == nil {
		return alarms, nil, nil
	}
	said, err := judgements(ctx, t.cfg.Store, t.cfg.Stream.Name)
	return alarms, said, err
}

// gather collects what the request names, and leaves out what must not be learnt.
func (t *Teacher) gather(ctx context.Context, q *TeachRequest, progress func(float64, string)) (*stretch, error) {
	if q.Parts > 0 || q.Seconds > 0 {
		return t.listen(ctx, q, progress)
	}
	past, err := t.past()
	if err != nil {
		return nil, err
	}
	return readStretch(ctx, past, t.cfg.Stream, t.cfg.Running, q.From, q.To, progress)
}

// Teach makes a model, its network in closed form, compares it with the one in service, and keeps it with the store; it is not put in service. progress
// is told how far it has come, from this goroutine. Refusals say what to do.
func (t *Teacher) Teach(ctx context.Context, q TeachRequest, by string, progress func(share float64, text string)) (*Taught, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	s, err := t.gather(ctx, &q, func(share float64, text string) { progress(0.6*share, text) })
	if err != nil {
		return nil, err
	}
	alarms, said, err := t.judged(ctx)
	if err != nil {
		return nil, err
	}
	out, excluded := s.exclude(alarms, said, q.Parts > 0)
	seen, err := s.inspect(out)
	if err != nil {
		return nil, err
	}
	if !seen.Teachable {
		return nil, refusal(s.cfg.Name, seen, excluded)
	}
	made := &Taught{Seen: seen, lesson: s.lesson(out)}
	if made.how, err = Teaching(s.cfg, s.chain.Conditioner, t.cfg.Version); err != nil {
		return nil, err
	}
	made.how.Quick = true
	progress(0.6, fmt.Sprintf("learning from %d windows", made.lesson.Rows()))
	if made.Model, err = detector.Teach(ctx, made.how, made.lesson); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, api.Refused("lesson", "%v", err)
	}
	from, to := s.span()
	made.Info = infoOf(made.Model, by, q.source())
	made.Info.From, made.Info.To, made.Info.Lots, made.Info.Parts = from, to, seen.LotCount, seen.PartCount
	made.Info.Left = seen.Rows - seen.Usable
	for _, f := range seen.Findings {
		made.Info.Report = append(made.Info.Report, f.Text)
	}
	for i, x := range excluded {
		if i == maxTold {
			made.Info.Report = append(made.Info.Report, fmt.Sprintf("and %d more stretches of signal were left out", len(excluded)-i))
			break
		}
		made.Info.Report = append(made.Info.Report, fmt.Sprintf("left out %s from %s: %s", inWords(x.Windows, "window"), timeText(x.From), x.Text))
	}
	if err := t.compare(ctx, made, func(share float64, text string) { progress(0.65+0.3*share, text) }); err != nil {
		return nil, err
	}
	progress(0.95, "storing model "+made.Model.Hash())
	return made, t.keep(ctx, made.Model, &made.Info)
}

// maxTold bounds the exclusions that a model's report names one by one.
const maxTold = 20

// keep stores a model with what is known of it.
func (t *Teacher) keep(ctx context.Context, m *detector.Model, info *ModelInfo) error {
	return keepModel(ctx, t.cfg.Store, m, info)
}

func keepModel(ctx context.Context, store *archive.Store, m *detector.Model, info *ModelInfo) error {
	file, err := m.Encode()
	if err != nil {
		return err
	}
	info.Bytes = int64(len(file))
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return store.Put(ctx, info.Stream, m.Hash(), file, text)
}

// infoOf is what a model says of itself.
func infoOf(m *detector.Model, by, source string) ModelInfo {
	r := &m.Record
	info := ModelInfo{
		Hash: m.Hash(), Stream: m.Stream, Created: r.Created, By: by, Source: source, Network: "backpropagation", Rows: r.FitRows, Held: r.HeldRows, Left: r.Skipped,
		Parts: len(r.FitParts) + len(r.HeldParts), SplitBy: r.SplitBy, Provisional: m.Provisional, Report: []string{},
	}
	if r.Epochs == 0 {
		info.Network = "closed form"
	}
	info.Report = append(info.Report, fmt.Sprintf("learnt from %s, held out %d, split by %s", inWords(r.FitRows, "window"), r.HeldRows, r.SplitBy))
	info.Report = append(info.Report, m.Promise.Words()...)
	if m.Provisional != "" && m.Promise.More <= 1 {
		info.Report = append(info.Report, "the limit is provisional: "+m.Provisional)
	}
	if len(m.Members) > 0 {
		info.Report = append(info.Report, "members: "+strings.Join(m.Members, ", "))
	}
	for _, a := range m.Absent {
		info.Report = append(info.Report, "without "+a.Member+": "+a.Why)
	}
	if n := r.Outliers; n > 0 {
		info.Report = append(info.Report, inWords(n, "window")+" left out of the lesson because they are recognisably bad")
	}
	if f := &m.Report; f.Trials > 0 {
		var found []string
		for i, n := range f.Voice(panel.Whole).Found {
			found = append(found, fmt.Sprintf("%d of %g", n, f.Sizes[i]))
		}
		info.Report = append(info.Report, fmt.Sprintf("of %d made steps of one feature, of each size in spreads, or in min_change where that is larger, it finds %s", f.Trials, strings.Join(found, ", ")))
	}
	info.Report = append(info.Report, m.Report.Adds...)
	return info
}

// refusal says why nothing can be learnt.
func refusal(stream string, r *inspect.Report, excluded []Exclusion) error {
	var why []string
	for _, f := range r.Findings {
		if f.Level == inspect.Refusal {
			why = append(why, f.Text)
		}
	}
	if len(excluded) > 0 {
		why = append(why, fmt.Sprintf("left out are %s near alarms or in parts that could not be assessed, the first: %s", inWords(len(excluded), "stretch"), excluded[0].Text))
	}
	return api.Refused("stretch", "stream %s: %s", stream, strings.Join(why, "; "))
}

// refining is the share of a core that Refine takes when it is told to be low.
const refining = 0.25

// Refine trains a taught model's network by backpropagation, and keeps the result as another model when it forecasts the held-out rows better by two
// in a hundred, without more of them above its limit. kept is false when it does not. low lets it take a quarter of a core only.
func (t *Teacher) Refine(ctx context.Context, made *Taught, by string, low bool, progress func(train.Progress)) (info ModelInfo, kept bool, err error) {
	how := made.how
	how.Quick, how.Now = false, time.Now()
	rest := func() {}
	if low {
		rest = resting(ctx)
	}
	how.Progress = func(p train.Progress) {
		if progress != nil {
			progress(p)
		}
		rest()
	}
	m, err := detector.Teach(ctx, how, made.lesson)
	if err != nil {
		return info, false, err
	}
	o, err := detector.HeldOut(how, made.lesson, made.Model, m)
	if err != nil {
		return info, false, err
	}
	quick, slow := o[0], o[1]
	if !(slow.Error < 0.98*quick.Error) || float64(slow.Above)*float64(quick.Windows) > float64(quick.Above)*float64(slow.Windows) {
		return info, false, nil
	}
	better := &Taught{Info: made.Info, Model: m, lesson: made.lesson, how: how}
	better.Info = infoOf(m, by, "refined")
	better.Info.From, better.Info.To, better.Info.Lots, better.Info.Parts, better.Info.Left = made.Info.From, made.Info.To, made.Info.Lots, made.Info.Parts, made.Info.Left
	better.Info.Refines = made.Model.Hash()
	better.Info.Report = append(better.Info.Report, fmt.Sprintf("forecasts the held-out windows with an error of %.3g, model %s with %.3g", slow.Error, made.Model.Hash(), quick.Error))
	if err := t.compare(ctx, better, func(float64, string) { rest() }); err != nil {
		return info, false, err
	}
	return better.Info, true, t.keep(ctx, m, &better.Info)
}

// resting gives a function that, called again and again by work under way, rests for as long as leaves the work its share of a core, or until ctx ends.
func resting(ctx context.Context) func() {
	last := time.Now()
	return func() {
		worked := time.Since(last)
		if worked < time.Millisecond { // too short to be told from the clock's noise
			return
		}
		t := time.NewTimer(time.Duration(float64(worked) * (1 - refining) / refining))
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		last = time.Now()
	}
}

// finite is v, or 0 where JSON has no word for it.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
