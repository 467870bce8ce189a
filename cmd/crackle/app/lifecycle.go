package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// lifecycle holds what runs, in the order in which it was started: receivers of signals last. Stop goes backward, so that a stop runs from the
// source of the signals downward and each stage drains what the one before it left.
type lifecycle struct {
	mu     sync.Mutex // guards tasks
	tasks  []*task
	failed chan error // the first task that ended by itself with an error
}

// task is one goroutine with its owner's way to end it.
type task struct {
	name string
	stop func(ctx context.Context) // asks for a graceful end; nil means kill
	kill context.CancelFunc        // ends the task's context
	done chan struct{}
	err  error // valid after done
}

func newLifecycle() *lifecycle { return &lifecycle{failed: make(chan error, 1)} }

// start runs f in a goroutine of its own. stop, when not nil, asks f to drain and return; otherwise its context is cancelled.
func (l *lifecycle) start(name string, stop func(context.Context), f func(context.Context) error) *task {
	ctx, cancel := context.WithCancel(context.Background())
	t := &task{name: name, stop: stop, kill: cancel, done: make(chan struct{})}
	l.add(t)
	go func() {
		defer close(t.done)
		t.err = f(ctx)
		if t.err != nil && ctx.Err() == nil {
			select {
			case l.failed <- fmt.Errorf("%s: %w", name, t.err):
			default:
			}
		}
	}()
	return t
}

func (l *lifecycle) add(t *task) {
	l.mu.Lock()
	l.tasks = append(l.tasks, t)
	l.mu.Unlock()
}

// adopt takes in something that runs already and only needs a clean-up.
func (l *lifecycle) adopt(name string, stop func(context.Context) error) {
	t := &task{name: name, kill: func() {}, done: make(chan struct{})}
	t.stop = func(ctx context.Context) {
		go func() {
			defer close(t.done)
			t.err = stop(ctx)
		}()
	}
	l.add(t)
}

// end stops one task, as stop does all, and forgets it.
func (l *lifecycle) end(ctx context.Context, t *task) error {
	l.mu.Lock()
	l.tasks = slices.DeleteFunc(l.tasks, func(o *task) bool { return o == t })
	l.mu.Unlock()
	if !t.end(ctx) {
		return fmt.Errorf("did not stop in time: %s", t.name)
	}
	return t.outcome()
}

// stop ends every task, last started first. While ctx lasts each gets to drain; then the rest are killed, and those that have not ended within
// a second more are named as hung. The errors of all are joined.
func (l *lifecycle) stop(ctx context.Context) error {
	l.mu.Lock()
	tasks := l.tasks
	l.tasks = nil
	l.mu.Unlock()
	var errs []error
	var hung []string
	for _, t := range slices.Backward(tasks) {
		if !t.end(ctx) {
			hung = append(hung, t.name)
		}
		errs = append(errs, t.outcome())
	}
	if len(hung) > 0 {
		errs = append(errs, fmt.Errorf("did not stop in time: %s", strings.Join(hung, ", ")))
	}
	return errors.Join(errs...)
}

// end lets the task drain while ctx lasts, then kills it. It is false when the task goes on for a second after that.
func (t *task) end(ctx context.Context) (ended bool) {
	defer t.kill()
	if t.stop != nil {
		t.stop(ctx)
	} else {
		t.kill()
	}
	if t.wait(ctx) {
		return true
	}
	t.kill()
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return t.wait(last)
}

// outcome is the task's error when it has ended with one that is not its being killed.
func (t *task) outcome() error {
	if t.ended() && t.err != nil && !errors.Is(t.err, context.Canceled) {
		return fmt.Errorf("%s: %w", t.name, t.err)
	}
	return nil
}

func (t *task) wait(ctx context.Context) bool {
	select {
	case <-t.done:
		return true
	case <-ctx.Done():
		return t.ended()
	}
}

func (t *task) ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}
