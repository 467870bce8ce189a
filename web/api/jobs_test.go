package api_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"crackle/web/api"
)

// until waits for a job to be in a state.
func until(t *testing.T, j *api.Jobs, id string, state api.JobState) api.Job {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		job, err := j.Get(id)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == state {
			return job
		}
		if time.Now().After(end) {
			t.Fatalf("the job is %+v, want %s", job, state)
		}
	}
}

func stopJobs(t *testing.T, j *api.Jobs) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := j.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestJobs(t *testing.T) {
	j := api.NewJobs()
	defer stopJobs(t, j)
	told := make(chan struct{})
	work := func(ctx context.Context, report api.Progress) (any, error) {
		report(0.25, "a quarter")
		select {
		case <-told:
			return "fine", nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	a, err := j.Start("teach", "s", "ann", work)
	if err != nil || a.State != api.JobRunning || a.By != "ann" {
		t.Fatalf("%+v, %v", a, err)
	}
	for end := time.Now().Add(10 * time.Second); ; {
		if got, _ := j.Get(a.ID); got.Progress == 0.25 && got.Text == "a quarter" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no progress")
		}
	}
	var p *api.Problem
	if _, err := j.Start("teach", "s", "", work); !errors.As(err, &p) || p.Status != 409 || !strings.Contains(p.Message, "25 %") {
		t.Errorf("a second job of the kind: %v", err)
	}
	b, err := j.Start("backtest", "s", "", work)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Cancel(b.ID); err != nil {
		t.Error(err)
	}
	if got := until(t, j, b.ID, api.JobCancelled); got.Text != "" || got.Ended.IsZero() {
		t.Errorf("%+v", got)
	}
	c, err := j.Start("inspect", "s", "", func(context.Context, api.Progress) (any, error) { return nil, errors.New("the store is empty") })
	if err != nil {
		t.Fatal(err)
	}
	if got := until(t, j, c.ID, api.JobFailed); got.Text != "the store is empty" {
		t.Errorf("%+v", got)
	}
	d, err := j.Start("inspect", "t", "", func(context.Context, api.Progress) (any, error) { panic("odd") })
	if err != nil {
		t.Fatal(err)
	}
	if got := until(t, j, d.ID, api.JobFailed); !strings.Contains(got.Text, "odd") {
		t.Errorf("%+v", got)
	}
	close(told)
	if got := until(t, j, a.ID, api.JobDone); got.Result != "fine" || got.Progress != 1 {
		t.Errorf("%+v", got)
	}
	if list := j.List("s"); len(list) != 3 || list[0].ID != c.ID || list[2].Result != nil {
		t.Errorf("listed %+v", list)
	}
	if _, err := j.Get("none"); !errors.As(err, &p) || p.Status != 404 {
		t.Errorf("an unknown job: %v", err)
	}
}

// However many are asked for, few run and few are kept; a stop ends them all, and none begins after it.
func TestJobsAreBounded(t *testing.T) {
	j := api.NewJobs()
	wait := func(ctx context.Context, _ api.Progress) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	quick := func(context.Context, api.Progress) (any, error) { return nil, nil }
	for range 200 {
		o, err := j.Start("inspect", "s", "", quick)
		if err != nil {
			t.Fatal(err)
		}
		until(t, j, o.ID, api.JobDone)
	}
	if n := len(j.List("")); n > 65 {
		t.Errorf("%d jobs are kept", n)
	}
	var mu sync.Mutex
	begun, refused := []string{}, 0
	var asking sync.WaitGroup
	for i := range 20 {
		asking.Go(func() {
			o, err := j.Start("teach", string(rune('a'+i)), "", wait)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				begun = append(begun, o.ID)
			} else if refused++; !strings.Contains(err.Error(), "no more are allowed") {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if len(begun) != 4 || refused != 16 {
		t.Errorf("%d jobs run, %d were refused", len(begun), refused)
	}
	stopJobs(t, j)
	for _, id := range begun {
		if o, err := j.Get(id); err != nil || o.State != api.JobCancelled {
			t.Errorf("after the stop: %+v, %v", o, err)
		}
	}
	if _, err := j.Start("teach", "z", "", quick); err == nil || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("a job after the stop: %v", err)
	}
}
