package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// States of a Job.
const (
	JobRunning   = "running"
	JobDone      = "done"
	JobFailed    = "failed"
	JobCancelled = "cancelled"
)

// Job is one piece of work that takes longer than a request.
type Job struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind"` // "inspect", "teach" or "backtest"
	Stream   string          `json:"stream"`
	By       string          `json:"by"` // who started it
	State    string          `json:"state"`
	Progress Number          `json:"progress"` // 0 to 1
	Text     string          `json:"text"`     // what it does, or why it failed
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended,omitzero"`
	Result   json.RawMessage `json:"result"` // null until it is done
}

// JobsConfig shapes Jobs. Zero fields take their defaults.
type JobsConfig struct {
	Running   int           // at the same time; default 2
	Kept      int           // that have ended; default 32
	KeepFor   time.Duration // after its end; default 1 h
	MaxResult int           // bytes of JSON; default 4 MiB
	Log       *slog.Logger  // nil uses slog.Default
}

// Jobs runs jobs, a bounded number at a time, and keeps those that have ended for a while. Close ends all of them. Its methods may be
// called from several goroutines at once.
type Jobs struct {
	cfg     JobsConfig
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	jobs   map[string]*job
	closed bool
}

type job struct {
	Job
	cancel context.CancelFunc
	asked  bool // to end
}

// NewJobs makes a registry without jobs.
func NewJobs(cfg JobsConfig) *Jobs {
	cfg.Running = cmp.Or(cfg.Running, 2)
	cfg.Kept = cmp.Or(cfg.Kept, 32)
	cfg.KeepFor = cmp.Or(cfg.KeepFor, time.Hour)
	cfg.MaxResult = cmp.Or(cfg.MaxResult, 4<<20)
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	j := &Jobs{cfg: cfg, jobs: map[string]*job{}}
	j.ctx, j.stop = context.WithCancel(context.Background())
	return j
}

// Start begins a job in a goroutine of its own and returns how it stands. It refuses when as many as may are running, and when one of the
// kind runs for the stream already.
func (j *Jobs) Start(kind, stream, by string, work func(ctx context.Context, report Progress) (any, error)) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return Job{}, Unavailable("jobs", "jobs: the monitor is stopping")
	}
	n := 0
	for _, o := range j.jobs {
		if o.State != JobRunning {
			continue
		}
		n++
		if o.Kind == kind && o.Stream == stream {
			return Job{}, Conflict("jobs", "jobs: found a job of kind %s for stream %s under way, started by %s; wait for it, or cancel it with DELETE /api/v1/jobs/%s", kind, stream, o.By, o.ID)
		}
	}
	if n >= j.cfg.Running {
		return Job{}, &Problem{429, "jobs", fmt.Sprintf("jobs: found %d running, allowed are %d at the same time, so that watching is not disturbed; wait for one to end, or cancel one", n, j.cfg.Running)}
	}
	j.forget(time.Now())
	ctx, cancel := context.WithCancel(j.ctx)
	o := &job{Job: Job{ID: strings.ToLower(rand.Text()), Kind: kind, Stream: stream, By: by, State: JobRunning, Started: time.Now().UTC()}, cancel: cancel}
	j.jobs[o.ID] = o
	j.running.Go(func() { j.run(ctx, o, work) })
	return o.Job, nil
}

func (j *Jobs) run(ctx context.Context, o *job, work func(context.Context, Progress) (any, error)) {
	defer o.cancel()
	result, err := j.attempt(ctx, o, work)
	var body json.RawMessage
	if err == nil {
		body, err = j.encode(result)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	o.Ended = time.Now().UTC()
	switch {
	case err == nil:
		o.State, o.Progress, o.Result = JobDone, 1, body
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		o.State, o.Text = JobCancelled, "cancelled"
		if !o.asked {
			o.Text = "cancelled because the monitor stopped"
		}
	default:
		o.State, o.Text = JobFailed, err.Error()
		j.cfg.Log.Warn("a job failed", "kind", o.Kind, "stream", o.Stream, "by", o.By, "error", err)
	}
}

// attempt does the work; a panic in it ends the job and not the monitor.
func (j *Jobs) attempt(ctx context.Context, o *job, work func(context.Context, Progress) (any, error)) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			j.cfg.Log.Error("a job panicked", "kind", o.Kind, "stream", o.Stream, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("the job broke down (%v); this is a fault of the program, the log has its place", r)
		}
	}()
	return work(ctx, func(share float64, text string) { j.report(o, share, text) })
}

func (j *Jobs) encode(result any) (json.RawMessage, error) {
	body, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("the result could not be encoded: %w", err)
	}
	if len(body) > j.cfg.MaxResult {
		return nil, fmt.Errorf("the result has %d bytes, allowed are %d; ask for a shorter stretch", len(body), j.cfg.MaxResult)
	}
	return body, nil
}

func (j *Jobs) report(o *job, share float64, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o.State != JobRunning {
		return
	}
	if share >= 0 { // not NaN
		o.Progress = Number(min(share, 1))
	}
	o.Text = text
}

// Get tells how a job stands; ErrNotFound for one that is not known, or not any more.
func (j *Jobs) Get(id string) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.forget(time.Now())
	if o := j.jobs[id]; o != nil {
		return o.Job, nil
	}
	return Job{}, NotFound("job", "job: found %.64q, which is not known; those that have ended are kept for %v", id, j.cfg.KeepFor)
}

// Cancel asks a job to end, and forgets one that has.
func (j *Jobs) Cancel(id string) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o := j.jobs[id]
	if o == nil {
		return Job{}, NotFound("job", "job: found %.64q, which is not known", id)
	}
	if o.State != JobRunning {
		delete(j.jobs, id)
		return o.Job, nil
	}
	o.asked, o.Text = true, "being cancelled"
	o.cancel()
	return o.Job, nil
}

// List gives all jobs, the newest first, without their results.
func (j *Jobs) List() []Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.forget(time.Now())
	out := make([]Job, 0, len(j.jobs))
	for _, o := range j.jobs {
		o := o.Job
		o.Result = nil
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Job) int { return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Running counts the jobs that are under way.
func (j *Jobs) Running() (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, o := range j.jobs {
		if o.State == JobRunning {
			n++
		}
	}
	return n
}

// forget drops what ended long ago, and the oldest when there are too many.
func (j *Jobs) forget(now time.Time) {
	var ended []*job
	for id, o := range j.jobs {
		switch {
		case o.State == JobRunning:
		case now.Sub(o.Ended) > j.cfg.KeepFor:
			delete(j.jobs, id)
		default:
			ended = append(ended, o)
		}
	}
	slices.SortFunc(ended, func(a, b *job) int { return a.Ended.Compare(b.Ended) })
	for len(ended) > j.cfg.Kept {
		delete(j.jobs, ended[0].ID)
		ended = ended[1:]
	}
}

// Close cancels every job and waits until all have ended, or ctx has. None starts any more.
func (j *Jobs) Close(ctx context.Context) error {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.stop()
	ended := make(chan struct{})
	go func() { defer close(ended); j.running.Wait() }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("jobs: %d did not end in time: %w", j.Running(), ctx.Err())
	}
}
