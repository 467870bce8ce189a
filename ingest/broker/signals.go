package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest/block"
)

// SignalConfig bounds the stream that keeps the signals. The zero value of a field leaves an existing stream as it is, and a new one
// without that bound.
type SignalConfig struct {
	MaxBytes int64         // oldest messages are discarded above it
	MaxAge   time.Duration // and beyond it
	Replicas int           // 1 to 5; only a cluster can do more than 1
	Async    bool          // flush in the background: faster, and a crash can take the youngest messages
}

// EnsureSignals makes the stream CRACKLE_SIGNAL on subjects crackle.signal.> when it is not there, and otherwise brings its bounds in line
// with cfg, leaving everything else as an administrator set it. The server may be ours or an external one. It fails when the server has no
// JetStream, refuses the bounds, or holds a stream of that name that does not take the signals.
func EnsureSignals(ctx context.Context, js jetstream.JetStream, cfg SignalConfig) (jetstream.Stream, error) {
	st, err := js.Stream(ctx, block.StoreName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		st, err = js.CreateStream(ctx, newSignals(cfg))
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process was quicker, and wants other bounds
			st, err = js.Stream(ctx, block.StoreName)
		} else if err != nil {
			return nil, fmt.Errorf("make signal stream %s (max bytes %d, max age %v): %w", block.StoreName, cfg.MaxBytes, cfg.MaxAge, err)
		} else {
			return st, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up signal stream %s: %w", block.StoreName, err)
	}
	have := st.CachedInfo().Config
	if !slices.Contains(have.Subjects, block.SubjectAll) && !slices.Contains(have.Subjects, ">") {
		return nil, fmt.Errorf("stream %s takes subjects %q and not %q; remove the stream or add the subject", block.StoreName, have.Subjects, block.SubjectAll)
	}
	want := have
	if cfg.MaxBytes != 0 {
		want.MaxBytes = cfg.MaxBytes
	}
	if cfg.MaxAge != 0 {
		want.MaxAge = cfg.MaxAge
	}
	if cfg.Replicas != 0 {
		want.Replicas = cfg.Replicas
	}
	if want.MaxBytes == have.MaxBytes && want.MaxAge == have.MaxAge && want.Replicas == have.Replicas {
		return st, nil
	}
	if want.MaxAge != 0 && want.Duplicates > want.MaxAge {
		want.Duplicates = want.MaxAge
	}
	st, err = js.UpdateStream(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("set signal stream %s to max bytes %d, max age %v, replicas %d: %w", block.StoreName, want.MaxBytes, want.MaxAge, want.Replicas, err)
	}
	return st, nil
}

func newSignals(cfg SignalConfig) jetstream.StreamConfig {
	sc := jetstream.StreamConfig{
		Name:        block.StoreName,
		Description: "signals as they arrived",
		Subjects:    []string{block.SubjectAll},
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardOld,
		MaxBytes:    -1,
		MaxAge:      cfg.MaxAge,
		Replicas:    max(1, cfg.Replicas),
		AllowDirect: true,
		Duplicates:  2 * time.Minute,
	}
	if cfg.MaxBytes != 0 {
		sc.MaxBytes = cfg.MaxBytes
	}
	if cfg.MaxAge != 0 {
		sc.Duplicates = min(sc.Duplicates, cfg.MaxAge)
	}
	if cfg.Async {
		sc.PersistMode = jetstream.AsyncPersistMode
	}
	return sc
}
