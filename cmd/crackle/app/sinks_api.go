package app

import (
	"context"
	"slices"

	"crackle/web/api"
)

// sinkTester implements api.SinkTester.
type sinkTester struct{ app *App }

// TestSink sends a message that says that it is a test past the sink's queue, and waits for what comes of it.
func (t sinkTester) TestSink(ctx context.Context, name, by string) error {
	names := t.app.config().SinkNames()
	if t.app.sinks == nil || !slices.Contains(names, name) {
		return api.NotFound("sink", "sink: found %.100q, which is not configured; there are %q", name, names)
	}
	if err := t.app.sinks.Test(ctx, name); err != nil {
		return err
	}
	t.app.Note(ctx, by, "sink tested", name)
	return nil
}
