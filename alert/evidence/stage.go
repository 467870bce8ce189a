package evidence

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// KeeperConfig shapes a Keeper. Fields default when zero.
type KeeperConfig struct {
	Open     func(context.Context) (*Store, error) // tried until it succeeds
	MaxBytes int64                                 // of packs that wait for the store; default 256 MiB
	Timeout  time.Duration                         // of one attempt; default 30 s
	Retry    time.Duration                         // between two attempts; default 2 s
	Sweep    time.Duration                         // between two looks for packs that are too old; default 1 h
	Drain    time.Duration                         // for what is waiting at the stop; default 5 s
	Log      *slog.Logger                          // default slog.Default()
}

// KeeperCounts are a keeper's totals.
type KeeperCounts struct {
	Stored  uint64 `json:"stored"`
	Queued  int    `json:"queued"`
	Dropped uint64 `json:"dropped"` // packs lost to a full queue, to the stop, or refused for good
	Away    bool   `json:"away"`    // the last attempt failed
}

// Keeper puts packs into the store in a goroutine of its own, so that no stream waits for it.
type Keeper struct {
	cfg  KeeperConfig
	wake chan struct{}

	mu     sync.Mutex
	queue  []*Pack
	bytes  int64
	counts KeeperCounts
}

// NewKeeper makes a keeper. Nothing runs before Run.
func NewKeeper(cfg KeeperConfig) *Keeper {
	set := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&cfg.Timeout, 30*time.Second)
	set(&cfg.Retry, 2*time.Second)
	set(&cfg.Sweep, time.Hour)
	set(&cfg.Drain, 5*time.Second)
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 256 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Keeper{cfg: cfg, wake: make(chan struct{}, 1)}
}

func weight(p *Pack) int64 {
	return 4*int64(len(p.Raw.Samples)+len(p.Conditioned.Samples)+len(p.Windows)*len(p.Features)) + int64(len(p.Start.State)) + 512*int64(len(p.Windows)) + 4096
}

// Put hands a pack over and never blocks. When the queue is full its oldest packs go and are counted. It fits Config.Out of a Recorder.
func (k *Keeper) Put(p *Pack) {
	k.mu.Lock()
	k.queue = append(k.queue, p)
	k.bytes += weight(p)
	for k.bytes > k.cfg.MaxBytes && len(k.queue) > 0 {
		k.cfg.Log.Error("evidence dropped: the queue for the store is full", "alarm", k.queue[0].Alarm.ID, "bytes", k.bytes)
		k.bytes -= weight(k.queue[0])
		k.queue = k.queue[1:]
		k.counts.Dropped++
	}
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Counts are the totals so far.
func (k *Keeper) Counts() KeeperCounts {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.counts
	c.Queued = len(k.queue)
	return c
}

// Run stores packs until ctx ends; then what is waiting has Drain to be stored, and the rest is counted and logged.
func (k *Keeper) Run(ctx context.Context) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(k.cfg.Drain, cancel) })()
	sweep := time.NewTicker(k.cfg.Sweep)
	defer sweep.Stop()
	var store *Store
	for {
		for k.next() != nil && hard.Err() == nil {
			if !k.one(hard, &store) {
				wait(hard, k.cfg.Retry)
			}
		}
		if ctx.Err() != nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-sweep.C:
			if store != nil {
				if _, err := store.Sweep(ctx, time.Now(), 0); err != nil {
					k.cfg.Log.Warn("evidence not swept", "err", err)
				}
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.queue); n > 0 {
		k.counts.Dropped += uint64(n)
		k.queue = nil
		k.cfg.Log.Error("evidence keeper stopped with packs that are not stored", "dropped", n)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (k *Keeper) next() *Pack {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return nil
	}
	return k.queue[0]
}

// one stores the oldest pack. False: the store is away, the pack waits.
func (k *Keeper) one(ctx context.Context, store **Store) bool {
	p := k.next()
	if p == nil {
		return true
	}
	once, cancel := context.WithTimeout(ctx, k.cfg.Timeout)
	defer cancel()
	var err error
	if *store == nil {
		*store, err = k.cfg.Open(once)
	}
	if err == nil {
		err = (*store).Put(once, p)
	}
	if errors.Is(err, ErrRefused) {
		k.done(p, false)
		k.cfg.Log.Error("evidence not stored", "alarm", p.Alarm.ID, "err", err)
		return true
	}
	if err != nil {
		k.mu.Lock()
		first := !k.counts.Away
		k.counts.Away = true
		k.mu.Unlock()
		if first {
			k.cfg.Log.Warn("evidence cannot be stored; it waits in memory", "alarm", p.Alarm.ID, "err", err)
		}
		return false
	}
	k.done(p, true)
	return true
}

// done takes a pack off the queue, unless that dropped it meanwhile.
func (k *Keeper) done(p *Pack, stored bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counts.Away = false
	if len(k.queue) > 0 && k.queue[0] == p {
		k.queue = k.queue[1:]
		k.bytes -= weight(p)
	}
	if stored {
		k.counts.Stored++
	} else {
		k.counts.Dropped++
	}
}
