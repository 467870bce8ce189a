package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// probeBytes must fit into the folder before the store is opened again.
const probeBytes = 1 << 20

// Revive opens the store again after it failed: a stream of which a write failed, because the disk was full or the folder read-only, takes nothing
// any more, and the server does not open it anew by itself, nor does it say so. Clients stay connected, and what they publish reaches those
// who listen; only the store is closed for a moment. It fails, and touches nothing, while the folder takes no data.
func (b *Broker) Revive() error {
	b.reviving.Lock()
	defer b.reviving.Unlock()
	select {
	case <-b.done:
		return errors.New("the embedded server is stopped")
	default:
	}
	if err := probe(b.cfg.Dir); err != nil {
		return fmt.Errorf("data folder %s takes no data: %w", b.cfg.Dir, err)
	}
	if err := b.srv.ShutdownJetStream(); err != nil {
		return fmt.Errorf("close the store of %s: %w", b.cfg.Dir, err)
	}
	o := b.options()
	if err := b.srv.EnableJetStream(&server.JetStreamConfig{
		StoreDir: o.StoreDir, MaxStore: o.JetStreamMaxStore, MaxMemory: o.JetStreamMaxMemory, SyncAlways: o.SyncAlways, SyncInterval: o.SyncInterval,
	}); err != nil {
		return fmt.Errorf("open the store of %s: %w", b.cfg.Dir, err)
	}
	return nil
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
