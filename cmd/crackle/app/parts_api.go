package app

import (
	"context"
	"fmt"

	"crackle/detector/ledger"
	"crackle/web/api"
)

// partsReader implements api.Parts over the store.
type partsReader struct{ app *App }

func (r partsReader) Find(ctx context.Context, q api.PartQuery) ([]api.Part, error) {
	parts, err := r.read(ctx, PartQuery{Stream: q.Stream, Lot: q.Lot, Part: q.Part, From: q.From, To: q.To, Limit: q.Limit})
	if err != nil {
		return nil, err
	}
	out := make([]api.Part, len(parts))
	for i := range parts {
		out[i] = r.part(&parts[i])
	}
	return out, nil
}

func (r partsReader) Lots(ctx context.Context, stream string) ([]api.Lot, error) {
	parts, err := r.read(ctx, PartQuery{Stream: stream})
	if err != nil {
		return nil, err
	}
	var out []api.Lot
	for _, l := range ledger.Lots(parts) {
		out = append(out, api.Lot{Stream: l.Stream, Lot: l.Lot, Parts: l.Parts, OK: l.OK, Alarm: l.Alarm, NotAssessed: l.NotAssessed, Start: l.From, End: l.To})
	}
	return out, nil
}

// read refuses a stream that is not configured, whose name may not even be a subject.
func (r partsReader) read(ctx context.Context, q PartQuery) ([]ledger.Part, error) {
	if q.Stream != "" && r.app.stream(q.Stream) == nil {
		return nil, api.NotFound("stream", "stream: found %.200q, which is not configured", q.Stream)
	}
	if !r.app.conn.IsConnected() {
		return nil, api.Unavailable("store", "the NATS server at %s is away: parts are read from its store; try again", r.app.natsAddress())
	}
	parts, err := Parts(ctx, r.app.conn, q)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	}
	return parts, nil
}

func (r partsReader) part(p *ledger.Part) api.Part {
	out := api.Part{
		Stream: p.Stream, Part: p.Part, Lot: p.Lot, Run: p.Run, Verdict: p.Verdict.String(), Reasons: p.Reasons, Start: p.From, End: p.To, First: p.First, Last: p.End,
		Expected: p.Samples.Expected, Received: p.Samples.Received, Duplicated: p.Samples.Duplicated, Late: p.Samples.Late, Reordered: p.Samples.Reordered,
		Missing: p.Samples.Missing, Invalid: p.Samples.Invalid, Saturated: p.Samples.Saturated, Bridged: p.Samples.Bridged, Scored: p.Samples.Scored,
		Windows: p.Windows.Total, WindowsScored: p.Windows.Scored, WindowsAbove: p.Windows.Above,
		Peak: api.Number(p.Peak), Limit: api.Number(p.Limit), Coverage: api.Number(p.Coverage), Model: p.Model,
	}
	if s := r.app.stream(p.Stream); s != nil {
		out.Title = s.cfg.Title
	}
	if out.Reasons == nil {
		out.Reasons = []string{}
	}
	return out
}
