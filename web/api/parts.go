package api

import (
	"context"
	"io"
	"time"
)

// Parts reads the verdicts of parts that are over. What it gives encodes as JSON, as `crackle parts --json` writes it. Its methods may be called from
// several goroutines at once.
type Parts interface {
	// Find gives a list of parts, the newest first, at most q.Limit of them.
	Find(ctx context.Context, q PartQuery) (any, error)
	// Lots gives a list of the sums of a stream's lots, of all streams' when it is empty.
	Lots(ctx context.Context, stream string) (any, error)
	// CSV writes what Find gives as a table, a line a part. Nothing is written when it fails to read.
	CSV(ctx context.Context, w io.Writer, q PartQuery) error
}

// PartQuery selects parts. A zero field selects all.
type PartQuery struct {
	Stream, Lot, Part string
	From, To          time.Time // of the part's end
	Limit             int       // 1 to MaxList
}
