package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certLookEvery is the least time between two looks whether the files have changed.
const certLookEvery = time.Second

// certificate is a pair of files that is read again when one of them has changed, so that a renewed certificate needs no restart. While
// the new pair cannot be used the old one stays.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	looked time.Time
	stamps [2]fileStamp
}

type fileStamp struct {
	size  int64
	mtime time.Time
}

func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, looked: time.Now()}
	c.stamps = c.stat()
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("web: certificate %s with key %s: %w; give a PEM certificate, its own first, and the key that belongs to it", certFile, keyFile, err)
	}
	c.pair = &pair
	return c, nil
}

func (c *certificate) stat() (s [2]fileStamp) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil {
			s[i] = fileStamp{info.Size(), info.ModTime()}
		}
	}
	return s
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= certLookEvery {
		c.looked = now
		if s := c.stat(); s != c.stamps {
			c.reload(s)
		}
	}
	return c.pair, nil
}

func (c *certificate) reload(s [2]fileStamp) {
	c.stamps = s
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Error("the certificate was changed and cannot be used; the one before stays in use until the files change again", "cert_file", c.certFile, "key_file", c.keyFile, "error", err)
		return
	}
	c.pair = &pair
	c.log.Info("the certificate was changed and is in use", "cert_file", c.certFile, "not_after", pair.Leaf.NotAfter)
}
