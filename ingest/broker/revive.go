package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// probeBytes must fit into the folder before the store is opened again.
const probeBytes = 1 << 20

// Revive starts the server anew on the same port after its store failed: a stream of which a write failed, because the disk was full or the folder
// read-only, takes nothing any more, and the server does not open it again by itself. (A running server can be told to close and open its
// store, but it races with its own requests then.) Clients are cut off and come back by themselves. It fails, and touches nothing, while the folder takes no
// data; once the old server is down it tries until the new one is up or Stop is called.
func (b *Broker) Revive() error {
	b.reviving.Lock()
	defer b.reviving.Unlock()
	select {
	case <-b.ending:
		return errStopped
	default:
	}
	if err := probe(b.cfg.Dir); err != nil {
		return fmt.Errorf("data folder %s takes no data: %w", b.cfg.Dir, err)
	}
	srv := b.srv.Load()
	srv.Shutdown()
	srv.WaitForShutdown()
	for {
		err := b.again()
		if err == nil {
			return nil
		}
		b.cfg.Log.Error("the embedded server does not start again; it is tried until it does", "err", err)
		select {
		case <-b.ending:
			return errStopped
		case <-time.After(time.Second):
		}
	}
}

var errStopped = errors.New("the embedded server is stopped")

// again starts a server in place of the last one; the wait for it ends when Stop is called.
func (b *Broker) again() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-b.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return b.listen(ctx, b.door.Port)
}

// probe writes a file into a folder and takes it away again.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(filepath.Clean(f.Name())))
}
