package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Bounds of a Jobs.
const (
	jobsRunning = 4  // at once
	jobsKept    = 64 // that are over
)

// JobState says how far a job is.
type JobState string

const (
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Job is work that takes longer than a request.
type Job struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // inspect, teach or backtest
	Stream   string    `json:"stream"`
	By       string    `json:"by,omitempty"` // who asked for it
	State    JobState  `json:"state"`
	Progress float64   `json:"progress"`         // 0 to 1
	Text     string    `json:"text"`             // what it is doing, or why it failed
	Result   any       `json:"result,omitempty"` // of one that is done
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
}

// Progress says how far something has come. It may be called from any goroutine.
type Progress = func(share float64, text string)

// Jobs runs and remembers jobs. Its methods may be called from several goroutines at once.
type Jobs struct {
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	list    []*job // the oldest first
}

type job struct {
	Job
	cancel context.CancelFunc
	wanted bool // cancel was asked for
}

// NewJobs makes an empty list. Stop must be called.
func NewJobs() *Jobs {
	j := &Jobs{}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	return j
}

// Start runs f on a goroutine of its own; its context ends with Cancel and Stop, and f must return soon after. One job of a kind may run for a stream at a time (a
// Conflict), and a few in all (Unavailable).
func (j *Jobs) Start(kind, stream, by string, f func(ctx context.Context, report Progress) (any, error)) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	running := 0
	for _, o := range j.list {
		if o.State != JobRunning {
			continue
		}
		running++
		if o.Kind == kind && o.Stream == stream {
			return Job{}, Conflict("busy", "%s of %s: job %s is at it already (%.0f %%); wait for it, or cancel it with DELETE %s/jobs/%s", kind, stream, o.ID, 100*o.Progress, Root, o.ID)
		}
	}
	switch {
	case j.stopped:
		return Job{}, Unavailable("stopping", "the monitor is stopping")
	case running >= jobsRunning:
		return Job{}, Unavailable("busy", "found %d jobs at work, no more are allowed, for they take the time that scoring needs; wait for one, or cancel one", running)
	}
	ctx, cancel := context.WithCancel(j.ctx)
	o := &job{Job{ID: rand.Text()[:16], Kind: kind, Stream: stream, By: by, State: JobRunning, Started: time.Now().UTC()}, cancel, false}
	j.list = append(j.list, o)
	j.forget()
	j.work.Go(func() {
		defer cancel()
		result, err := guarded(ctx, f, func(share float64, text string) { j.report(o, share, text) })
		j.end(o, result, err)
	})
	return o.Job, nil
}

// guarded turns a panic of one job into its failure.
func guarded(ctx context.Context, f func(context.Context, Progress) (any, error), report Progress) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, fmt.Errorf("the job broke off: %v", r)
		}
	}()
	return f(ctx, report)
}

func (j *Jobs) report(o *job, share float64, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o.State == JobRunning {
		if share >= 0 { // not NaN
			o.Progress = min(share, 1)
		}
		o.Text = text
	}
}

func (j *Jobs) end(o *job, result any, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o.Ended = time.Now().UTC()
	switch {
	case err == nil:
		o.State, o.Progress, o.Text, o.Result = JobDone, 1, "", result
	case o.wanted || j.stopped && errors.Is(err, context.Canceled):
		o.State, o.Text = JobCancelled, ""
	default:
		o.State, o.Text = JobFailed, err.Error()
	}
}

// forget drops the oldest of those that are over.
func (j *Jobs) forget() {
	over := 0
	for _, o := range j.list {
		if o.State != JobRunning {
			over++
		}
	}
	keep := j.list[:0]
	for _, o := range j.list {
		if o.State != JobRunning && over > jobsKept {
			over--
			continue
		}
		keep = append(keep, o)
	}
	clear(j.list[len(keep):])
	j.list = keep
}

// List gives the jobs, the newest first, without their results. An empty stream means all.
func (j *Jobs) List(stream string) []Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := []Job{}
	for i := len(j.list) - 1; i >= 0; i-- {
		if o := j.list[i]; stream == "" || o.Stream == stream {
			x := o.Job
			x.Result = nil
			out = append(out, x)
		}
	}
	return out
}

// Get finds a job.
func (j *Jobs) Get(id string) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.find(id); o != nil {
		return o.Job, nil
	}
	return Job{}, noJob(id)
}

// Cancel tells a job to end; one that is over stays as it is.
func (j *Jobs) Cancel(id string) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o := j.find(id)
	if o == nil {
		return Job{}, noJob(id)
	}
	if o.State == JobRunning {
		o.wanted = true
		o.cancel()
	}
	return o.Job, nil
}

func (j *Jobs) find(id string) *job {
	for _, o := range j.list {
		if o.ID == id {
			return o
		}
	}
	return nil
}

func noJob(id string) error {
	return NotFound("job", "job: found %.100q, which is not known; the newest %d that are over are kept, until the monitor stops", id, jobsKept)
}

// Stop cancels what runs and waits for it, until ctx ends; then its error says that jobs are left.
func (j *Jobs) Stop(ctx context.Context) error {
	j.mu.Lock()
	j.stopped = true
	j.mu.Unlock()
	j.cancel()
	ended := make(chan struct{})
	go func() { j.work.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("jobs that were cancelled have not ended: %w", ctx.Err())
	}
}
