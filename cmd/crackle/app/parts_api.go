package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"crackle/detector/ledger"
	"crackle/detector/ledger/report"
	"crackle/web/api"
)

// partsReader implements api.Parts over the store.
type partsReader struct{ app *App }

func (r partsReader) Find(ctx context.Context, q api.PartQuery) (any, error) { return r.read(ctx, q) }

func (r partsReader) Lots(ctx context.Context, stream string) (any, error) {
	parts, err := r.read(ctx, api.PartQuery{Stream: stream})
	if err != nil {
		return nil, err
	}
	return ledger.Lots(parts), nil
}

func (r partsReader) CSV(ctx context.Context, w io.Writer, q api.PartQuery) error {
	parts, err := r.read(ctx, q)
	if err != nil {
		return err
	}
	return report.CSV(w, parts)
}

// read refuses a stream that is not configured, whose name may not even be a subject.
func (r partsReader) read(ctx context.Context, q api.PartQuery) ([]ledger.Part, error) {
	if q.Stream != "" && r.app.stream(q.Stream) == nil {
		return nil, api.NotFound("stream", "stream: found %.200q, which is not configured", q.Stream)
	}
	if !r.app.conn.IsConnected() {
		return nil, api.Unavailable("store", "the NATS server at %s is away: parts are read from its store; try again", r.app.natsAddress())
	}
	parts, err := Parts(ctx, r.app.conn, PartQuery(q))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	}
	return parts, nil
}

// Lot implements api.Reports.
func (r partsReader) Lot(ctx context.Context, stream, lot string) ([]byte, error) {
	return r.page(ctx, api.PartQuery{Stream: stream, Lot: lot})
}

// Part implements api.Reports.
func (r partsReader) Part(ctx context.Context, stream, part string) ([]byte, error) {
	return r.page(ctx, api.PartQuery{Stream: stream, Part: part})
}

func (r partsReader) page(ctx context.Context, q api.PartQuery) ([]byte, error) {
	parts, err := r.read(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, api.NotFound("parts", "parts: none is kept of stream %.100q that fits %.100q", q.Stream, q.Lot+q.Part)
	}
	return report.HTML(nil, parts, time.Now())
}
