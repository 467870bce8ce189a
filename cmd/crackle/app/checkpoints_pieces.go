package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// The stream under the bucket of the checkpoints, and the subjects of its keys.
const (
	checkpointStream  = "KV_" + checkpointBucket
	checkpointSubject = "$KV." + checkpointBucket + "."
)

func pieceKey(stream string, slot, i int) string {
	return fmt.Sprintf("piece.%d.%d.%s", slot, i, stream)
}

// sweep removes the pieces of large states that no checkpoint of a held stream needs any more, such as those of one that has become smaller. What is left
// over costs room and nothing else: it is tried again at the next start.
func (k *checkpoints) sweep(ctx context.Context) {
	st, err := k.js.Stream(ctx, checkpointStream)
	if err != nil {
		k.log.Warn("pieces of old checkpoints are not looked for", "err", err)
		return
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter(checkpointSubject+"piece.>"))
	if err != nil {
		k.log.Warn("pieces of old checkpoints are not looked for", "err", err)
		return
	}
	var errs []error
	for subject := range info.State.Subjects {
		part := strings.SplitN(strings.TrimPrefix(subject, checkpointSubject), ".", 4)
		if len(part) != 4 {
			continue
		}
		slot, err1 := strconv.Atoi(part[1])
		i, err2 := strconv.Atoi(part[2])
		h := k.held[part[3]]
		if err := errors.Join(err1, err2); err != nil || h == nil || slot == h.slot && i < h.pieces[slot] {
			continue // not ours, or needed
		}
		errs = append(errs, st.Purge(ctx, jetstream.WithPurgeSubject(subject)))
	}
	if err := errors.Join(errs...); err != nil {
		k.log.Warn("pieces of old checkpoints are not removed", "err", err)
	}
}

// trim notes how many pieces a checkpoint that was written has, and removes those behind them of the larger one that was there before.
func (k *checkpoints) trim(ctx context.Context, stream string, h *holding, slot, pieces int) {
	was := h.pieces[slot]
	h.pieces[slot] = pieces
	if was <= pieces {
		return
	}
	st, err := k.js.Stream(ctx, checkpointStream)
	for i := pieces; i < was && err == nil; i++ {
		err = st.Purge(ctx, jetstream.WithPurgeSubject(checkpointSubject+pieceKey(stream, slot, i)))
	}
	if err != nil {
		k.log.Warn("pieces of a checkpoint that has become smaller are not removed", "stream", stream, "err", err)
	}
}

// forget removes a stream's checkpoint, with its pieces: it is not in the configuration any more.
func (k *checkpoints) forget(ctx context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held[name] == nil {
		return nil
	}
	delete(k.held, name)
	if err := k.kv.Delete(ctx, streamKey+name); err != nil {
		return fmt.Errorf("stream %s: remove its checkpoint: %w", name, err)
	}
	st, err := k.js.Stream(ctx, checkpointStream)
	if err == nil {
		err = st.Purge(ctx, jetstream.WithPurgeSubject(checkpointSubject+"piece.*.*."+name))
	}
	if err != nil {
		k.log.Warn("pieces of the checkpoint of a stream that was removed stay in the store", "stream", name, "err", err)
	}
	return nil
}
