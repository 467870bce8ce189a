package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const lessonKey = "lesson."

// Lesson is a lesson under way.
type Lesson struct {
	Stream string    `json:"stream"`
	Worker string    `json:"worker"` // name of the crackle that teaches
	By     string    `json:"by"`
	At     time.Time `json:"at"` // when it began
}

// BeginLesson notes that a stream is being taught, so that a restart finds that it was.
func (s *Store) BeginLesson(ctx context.Context, l Lesson) error {
	if !streamRule.MatchString(l.Stream) {
		return fmt.Errorf("models: lesson of stream %.100q; allowed are names of streams", l.Stream)
	}
	return s.note(ctx, lessonKey+l.Stream, l)
}

// EndLesson notes that it is over, whatever came of it.
func (s *Store) EndLesson(ctx context.Context, stream string) error {
	if err := s.notes.Purge(ctx, lessonKey+stream); err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return fmt.Errorf("models: remove %s from %s: %w", lessonKey+stream, Notes, err)
	}
	return nil
}

// Lessons are those that are under way, or were when their program ended.
func (s *Store) Lessons(ctx context.Context) (list []Lesson, err error) {
	err = s.each(ctx, lessonKey+">", func(e jetstream.KeyValueEntry) error {
		var l Lesson
		if err := json.Unmarshal(e.Value(), &l); err != nil {
			return err
		}
		list = append(list, l)
		return nil
	})
	return list, err
}
