package archive

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	judgedKey = "judged."
	maxJudged = 10_000 // judgements that are kept; the oldest go
)

// Judge keeps what a person said of an alarm, as JSON, in place of what was said before.
func (s *Store) Judge(ctx context.Context, stream, alarm string, said any) error {
	if !streamRule.MatchString(stream) || alarm == "" || strings.ContainsAny(alarm, ".*> \t\r\n") {
		return fmt.Errorf("models: judgement of alarm %.100q of stream %.100q; allowed are a stream's name and an alarm's id", alarm, stream)
	}
	if err := s.note(ctx, judgedKey+stream+"."+alarm, said); err != nil {
		return err
	}
	if st, err := s.notes.Status(ctx); err != nil || st.Values() <= maxJudged {
		return nil // room enough, or looked at the next time
	}
	return s.forget(ctx)
}

// forget removes the oldest judgements beyond maxJudged.
func (s *Store) forget(ctx context.Context) error {
	var all []jetstream.KeyValueEntry
	if err := s.each(ctx, judgedKey+">", func(e jetstream.KeyValueEntry) error { all = append(all, e); return nil }); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b jetstream.KeyValueEntry) int { return a.Created().Compare(b.Created()) })
	for _, e := range all[:max(0, len(all)-maxJudged)] {
		if err := s.notes.Purge(ctx, e.Key()); err != nil {
			return fmt.Errorf("models: remove %s from %s: %w", e.Key(), Notes, err)
		}
	}
	return nil
}

// Judgements calls visit with what was said of each alarm of a stream, of all streams for an empty name.
func (s *Store) Judgements(ctx context.Context, stream string, visit func(said []byte) error) error {
	filter := judgedKey + ">"
	if stream != "" {
		filter = judgedKey + stream + ".*"
	}
	return s.each(ctx, filter, func(e jetstream.KeyValueEntry) error { return visit(e.Value()) })
}
