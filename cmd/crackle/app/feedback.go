package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/alert/journal"
	"crackle/cmd/crackle/archive"
	"crackle/web/api"
)

// The two words of a judgement.
const (
	Fine = api.Fine // the alarm was none: its signal may be learnt
	Bad  = api.Bad  // it was a fault: its signal is never learnt
)

// maxComment bounds what a person may say with a change, in bytes.
const maxComment = 2000

// Judgement is what a person said of an alarm. It is kept with the store, and outlives the alarm.
type Judgement struct {
	Alarm     string    `json:"alarm"` // id
	Stream    string    `json:"stream"`
	Kind      string    `json:"kind"`
	Judgement string    `json:"judgement"` // fine or bad
	By        string    `json:"by"`
	Comment   string    `json:"comment,omitempty"`
	At        time.Time `json:"at"`
	Run       uint64    `json:"run,string"`
	Onset     uint64    `json:"onset_index"`
	End       uint64    `json:"end_index"`
	OnsetTime time.Time `json:"onset_time"`
	Part      string    `json:"part,omitempty"`
	Lot       string    `json:"lot,omitempty"`
}

// Feedback keeps what a person says of an alarm: fine, and its signal may be learnt, or bad, and it never is. It may be said again, and the last word
// counts. An alarm that the list has forgotten is found by its earlier judgement or its evidence. It fails with api.ErrUnknownAlarm.
func (a *App) Feedback(ctx context.Context, alarm, judgement, by, comment string) (*Judgement, error) {
	switch {
	case judgement != Fine && judgement != Bad:
		return nil, api.Refused("judgement", "judgement: found %.40q, allowed are %q and %q", judgement, Fine, Bad)
	case strings.TrimSpace(by) == "":
		return nil, api.Refused("by", "by: found nobody; say who judges")
	case len(comment) > maxComment || len(by) > 200:
		return nil, api.Refused("comment", "comment: found %d bytes by a name of %d, allowed are %d and 200", len(comment), len(by), maxComment)
	}
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	j, err := a.judgeable(ctx, store, alarm)
	if err != nil {
		return nil, err
	}
	j.Judgement, j.By, j.Comment, j.At = judgement, by, comment, time.Now().UTC()
	if err := store.Judge(ctx, j.Stream, j.Alarm, j); err != nil {
		return nil, unavailable(err)
	}
	a.record(journal.Note{What: "judged " + judgement, Stream: alarm, By: by, Comment: comment})
	return j, nil
}

// judgeable finds the alarm that is to be judged.
func (a *App) judgeable(ctx context.Context, store *archive.Store, id string) (*Judgement, error) {
	for _, al := range (monitor{a}).Alarms() {
		if al.ID == id {
			return ofAlarm(&al), nil
		}
	}
	if j, err := a.said(ctx, store, id); j != nil || err != nil {
		return j, err
	}
	if a.keeper != nil {
		if b, err := a.evidenceBytes(ctx, id); err == nil {
			if p, err := evidence.Decode(b); err == nil {
				return ofAlarm(&p.Alarm), nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %.100q; GET /api/v1/alarms lists those that are known", api.ErrUnknownAlarm, id)
}

func ofAlarm(a *alert.Alarm) *Judgement {
	return &Judgement{Alarm: a.ID, Stream: a.Stream, Kind: string(a.Kind), Run: a.Run, Onset: a.Onset, End: a.End, OnsetTime: a.OnsetTime, Part: a.Part, Lot: a.Lot}
}

// Judgement is what was said of an alarm last; nil when nothing was.
func (a *App) Judgement(ctx context.Context, alarm string) (*Judgement, error) {
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	return a.said(ctx, store, alarm)
}

func (a *App) said(ctx context.Context, store *archive.Store, alarm string) (*Judgement, error) {
	list, err := judgements(ctx, store, "")
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(j Judgement) bool { return j.Alarm == alarm }); i >= 0 {
		return &list[i], nil
	}
	return nil, nil
}

// Judgements are what people said of a stream's alarms.
func (a *App) Judgements(ctx context.Context, stream string) ([]Judgement, error) {
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	return judgements(ctx, store, stream)
}

// judgements reads those of a stream, of all streams for an empty name, by the time of the alarm.
func judgements(ctx context.Context, store *archive.Store, stream string) ([]Judgement, error) {
	list := []Judgement{}
	err := store.Judgements(ctx, stream, func(b []byte) error {
		var j Judgement
		if err := json.Unmarshal(b, &j); err != nil {
			return err
		}
		list = append(list, j)
		return nil
	})
	if err != nil {
		return nil, unavailable(err)
	}
	slices.SortFunc(list, func(a, b Judgement) int { return a.OnsetTime.Compare(b.OnsetTime) })
	return list, nil
}
