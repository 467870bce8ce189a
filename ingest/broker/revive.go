package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// probeBytes must fit into the folder before the store is opened again.
const probeBytes = 1 << 20

// Revive starts the server anew on the same port after its store failed: a stream of which a write failed, because the disk was full or the folder
// read-only, takes nothing any more, and the server does not open it again by itself. (A running server can be told to close and open its
// store, but it races with its own requests then.) Clients are cut off and come back by themselves. It fails, and touches nothing, while the folder takes no
// data. Where the new server cannot open its store after all, it runs without one, so that messages pass, and Revive fails and can be called again; once
// the old server is down it tries until a new one is up or Stop is called.
func (b *Broker) Revive() error {
	b.reviving.Lock()
	defer b.reviving.Unlock()
	select {
	case <-b.ending:
		return errStopped
	default:
	}
	if err := b.Takes(); err != nil {
		return err
	}
	srv := b.srv.Load()
	srv.Shutdown()
	srv.WaitForShutdown()
	for {
		err := b.again(true)
		if err == nil {
			return nil
		}
		select {
		case <-b.ending:
			return errStopped
		default:
		}
		b.cfg.Log.Error("the store cannot be opened again; the embedded server passes messages on without it", "err", err)
		bare := b.again(false)
		if bare == nil {
			return fmt.Errorf("open the store again: %w", err)
		}
		b.cfg.Log.Error("the embedded server does not start again; it is tried until it does", "err", bare)
		select {
		case <-b.ending:
			return errStopped
		case <-time.After(time.Second):
		}
	}
}

// Takes is nil when the data folder takes new data, and says why it does not: it is full, read-only, or not to be reached. It writes a megabyte and
// takes it away again.
func (b *Broker) Takes() error {
	dir := filepath.Join(b.cfg.Dir, storeName)
	err := probe(dir)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("data folder %s is full; make room on its disk: %w", b.cfg.Dir, err)
	case errors.Is(err, unix.EROFS), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("data folder %s cannot be written; look whether its disk has failed or was mounted read-only, and who may write to it: %w", b.cfg.Dir, err)
	}
	return fmt.Errorf("data folder %s takes no data; look at its disk: %w", b.cfg.Dir, err)
}

var errStopped = errors.New("the embedded server is stopped")

// again starts a server in place of the last one, with its store or without; the wait for it ends when Stop is called.
func (b *Broker) again(store bool) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-b.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return b.listen(ctx, b.door.Port, store)
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
