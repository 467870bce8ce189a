package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"crackle/web/api"
)

// lessons is the app as the API teaches, keeps models and takes judgements through it.
type lessons struct{ app *App }

// Inspect implements api.Teacher.
func (l lessons) Inspect(ctx context.Context, stream string, from, to time.Time, report api.Progress) (any, error) {
	return l.app.InspectWith(ctx, stream, from, to, report)
}

// Teach implements api.Teacher.
func (l lessons) Teach(ctx context.Context, stream, by string, q api.TeachRequest, report api.Progress) (any, error) {
	return l.app.Teach(ctx, stream, TeachRequest{From: q.From, To: q.To, Parts: q.Parts, Seconds: q.Seconds}, by, report)
}

// Models implements api.ModelKeeper.
func (l lessons) Models(ctx context.Context, stream string) (any, error) {
	return l.app.Models(ctx, stream)
}

// PutInService implements api.ModelKeeper.
func (l lessons) PutInService(ctx context.Context, stream, hash, by, comment string) error {
	_, err := l.app.PutInService(ctx, stream, hash, by, comment)
	return err
}

// Judge implements api.Judge.
func (l lessons) Judge(ctx context.Context, id, judgement, by, comment string) error {
	_, err := l.app.Feedback(ctx, id, judgement, by, comment)
	return err
}

// Judged implements api.Judge. An alarm is shown without a judgement while the store is away.
func (l lessons) Judged(ctx context.Context, id string) (any, error) {
	j, err := l.app.Judgement(ctx, id)
	if errors.Is(err, api.ErrUnavailable) || unreachable(err) {
		return nil, nil
	}
	if err != nil || j == nil {
		return nil, err
	}
	return j, nil
}

// unreachable tells a problem that may pass by itself.
func unreachable(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && p.Status == http.StatusServiceUnavailable
}
