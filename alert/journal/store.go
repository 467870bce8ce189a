package journal

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of the stream. The zero value of a field leaves an existing stream as it is, and a new one with the default.
type Bounds struct {
	MaxBytes int64         // default 256 MiB; the oldest entries go above it. -1: a new stream has no bound of its own, and takes no room before it is used
	MaxAge   time.Duration // default 400 days
	Replicas int           // default 1
}

var nameRule = regexp.MustCompile(`^[a-z0-9_-]+$`)

// Ensure makes the stream when it is not there, and otherwise brings its bounds in line, leaving everything else as an administrator set it.
func Ensure(ctx context.Context, js jetstream.JetStream, b Bounds) (jetstream.Stream, error) {
	st, err := js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		fresh := jetstream.StreamConfig{
			Name: Stream, Description: "alarms: what happened and who did what", Subjects: []string{Subjects},
			Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld, AllowDirect: true,
			MaxBytes: 256 << 20, MaxAge: 400 * 24 * time.Hour, Replicas: max(1, b.Replicas),
		}
		if b.MaxBytes != 0 {
			fresh.MaxBytes = b.MaxBytes
		}
		if b.MaxAge != 0 {
			fresh.MaxAge = b.MaxAge
		}
		if st, err = js.CreateStream(ctx, fresh); err == nil {
			return st, nil
		}
		if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil, fmt.Errorf("journal: make stream %s (max bytes %d, max age %s): %w", Stream, fresh.MaxBytes, fresh.MaxAge, err)
		}
		st, err = js.Stream(ctx, Stream) // another process was quicker
	}
	if err != nil {
		return nil, fmt.Errorf("journal: look up stream %s: %w", Stream, err)
	}
	have := st.CachedInfo().Config
	if !slices.Contains(have.Subjects, Subjects) && !slices.Contains(have.Subjects, ">") {
		return nil, fmt.Errorf("journal: stream %s takes subjects %q and not %q; remove the stream or add the subject", Stream, have.Subjects, Subjects)
	}
	want := have
	if b.MaxBytes > 0 {
		want.MaxBytes = b.MaxBytes
	}
	if b.MaxAge != 0 {
		want.MaxAge = b.MaxAge
	}
	if b.Replicas != 0 {
		want.Replicas = b.Replicas
	}
	if want.MaxBytes == have.MaxBytes && want.MaxAge == have.MaxAge && want.Replicas == have.Replicas {
		return st, nil
	}
	if want.MaxAge != 0 {
		want.Duplicates = min(want.Duplicates, want.MaxAge)
	}
	if st, err = js.UpdateStream(ctx, want); err != nil {
		return nil, fmt.Errorf("journal: set stream %s to max bytes %d, max age %s, replicas %d: %w", Stream, want.MaxBytes, want.MaxAge, want.Replicas, err)
	}
	return st, nil
}

func subject(name string) (string, error) {
	if !nameRule.MatchString(name) {
		return "", fmt.Errorf("journal: name %q; allowed are letters a to z, digits, _ and -", name)
	}
	return "crackle.journal." + name, nil
}

// Read hands every entry of a journal to visit, oldest first, from the given time on (the zero time: all), until visit returns an error,
// which Read returns. data is the entry as stored; visit decodes it. It returns the sequence of the newest entry of all, 0 when there is none.
func Read(ctx context.Context, js jetstream.JetStream, name string, since time.Time, visit func(seq uint64, data []byte) error) (uint64, error) {
	subj, err := subject(name)
	if err != nil {
		return 0, err
	}
	st, err := js.Stream(ctx, Stream)
	if err != nil {
		return 0, fmt.Errorf("journal: look up stream %s: %w", Stream, err)
	}
	newest, err := st.GetLastMsgForSubject(ctx, subj)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("journal: read the newest entry of %s: %w", subj, err)
	}
	if newest.Time.Before(since) {
		return newest.Sequence, nil
	}
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subj}, DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: 30 * time.Second}
	if !since.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	c, err := st.OrderedConsumer(ctx, cfg)
	if err != nil {
		return 0, fmt.Errorf("journal: read %s: %w", subj, err)
	}
	it, err := c.Messages()
	if err != nil {
		return 0, fmt.Errorf("journal: read %s: %w", subj, err)
	}
	defer func() {
		it.Stop()
		if info := c.CachedInfo(); info != nil { // else the server keeps it until InactiveThreshold, and allows only so many
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			st.DeleteConsumer(end, info.Name) // when this fails, the threshold removes it
		}
	}()
	for {
		m, err := next(ctx, it)
		if err != nil {
			return 0, fmt.Errorf("journal: read %s: %w", subj, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return 0, fmt.Errorf("journal: read %s: %w", subj, err)
		}
		if err := visit(meta.Sequence.Stream, m.Data()); err != nil {
			return 0, err
		}
		if meta.Sequence.Stream >= newest.Sequence {
			return meta.Sequence.Stream, nil
		}
	}
}

// nudge is the time after which next asks again.
const nudge = 200 * time.Millisecond

// next gives the next message of an iterator over messages that are known to be there, however long it takes, until ctx ends. It asks anew every
// while: an iterator of nats.go (v1.55) may pass over its own next request, and one long wait then ends in nothing.
func next(ctx context.Context, it jetstream.MessagesContext) (jetstream.Msg, error) {
	for {
		once, cancel := context.WithTimeout(ctx, nudge)
		m, err := it.Next(jetstream.NextContext(once))
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return m, err
		}
	}
}
