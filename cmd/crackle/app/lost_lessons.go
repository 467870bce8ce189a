package app

import (
	"context"
	"slices"
	"time"

	"crackle/alert/journal"
	"crackle/cmd/crackle/archive"
	"crackle/web/api"
)

// begun notes in the store that a lesson is under way; ended takes that back, unless it is this program that ends. What cannot be noted is logged: then
// a restart does not tell of the lesson.
func (a *App) begun(ctx context.Context, store *archive.Store, stream, by string) (ended func()) {
	l := archive.Lesson{Stream: stream, Worker: a.config().Store.Worker, By: by, At: time.Now().UTC()}
	if err := store.BeginLesson(ctx, l); err != nil {
		a.log.Warn("a restart would not tell of this lesson", "stream", stream, "err", err)
	}
	return func() {
		if a.ending.Err() != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), modelsTimeout)
		defer cancel()
		if err := store.EndLesson(ctx, stream); err != nil {
			a.log.Warn("a restart will tell of this lesson as broken off, though it is over", "stream", stream, "err", err)
		}
	}
}

// findLost tells of the lessons that were under way when the program ended: in the log, the journal, and the list of jobs. It is false when it has to
// be tried again.
func (a *App) findLost(ctx context.Context, store *archive.Store) bool {
	if a.journal.kept.Load() == nil {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	list, err := store.Lessons(asking)
	if err != nil {
		return false
	}
	for _, l := range list {
		if l.Worker != a.config().Store.Worker || !l.At.Before(a.made) {
			continue // another's, or of this run
		}
		a.log.Warn("a lesson was broken off by a restart: teach again", "stream", l.Stream, "by", l.By, "began", l.At)
		a.record(journal.Note{What: "lesson broken off by a restart", Stream: l.Stream, By: l.By})
		a.school.lose(l)
		if err := store.EndLesson(asking, l.Stream); err != nil {
			return false
		}
	}
	return true
}

func (s *school) lose(l archive.Lesson) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := "lost-" + l.Stream
	s.lost = slices.DeleteFunc(s.lost, func(j api.Job) bool { return j.ID == id })
	s.lost = append(s.lost, api.Job{ID: id, Kind: "teach", Stream: l.Stream, By: l.By, State: api.JobFailed, Text: "broken off by a restart of the monitor: teach again",
		Started: l.At, Ended: time.Now().UTC()})
}

// LostJobs are the lessons of a stream that a restart broke off, until it is taught again; an empty name means all streams.
func (l lessons) LostJobs(stream string) []api.Job {
	s := &l.app.school
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.lost), func(j api.Job) bool { return stream != "" && j.Stream != stream })
}
