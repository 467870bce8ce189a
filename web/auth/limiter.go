package auth

import (
	"context"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Attempts that may come at once, per address and per name, and how long it takes for one more.
const (
	perAddress   = 10
	perName      = 20
	attemptEvery = 6 * time.Second
	hashWaiting  = 16 // logins that wait for their turn to be verified
)

// limiter slows down guessing. Its memory is fixed: addresses and names fall into slots by a seeded hash, and those that meet there share it.
type limiter struct {
	seed maphash.Seed

	mu        sync.Mutex
	addresses [4096]bucket
	names     [4096]bucket

	line chan struct{} // those who wait, and the one that is verified
	turn chan struct{} // one verification at a time: each takes 19 MiB and a core that scoring wants
}

func newLimiter() *limiter {
	return &limiter{seed: maphash.MakeSeed(), line: make(chan struct{}, hashWaiting), turn: make(chan struct{}, 1)}
}

// bucket counts what was taken; it empties with time.
type bucket struct {
	level float64 // attempts
	at    time.Time
}

// wait is how long until one more fits below most.
func (b *bucket) wait(most int, now time.Time) time.Duration {
	b.level = max(0, b.level-float64(now.Sub(b.at))/float64(attemptEvery))
	b.at = now
	if over := b.level + 1 - float64(most); over > 1e-9 {
		return time.Duration(over * float64(attemptEvery))
	}
	return 0
}

// take counts an attempt, or refuses it. giveBack undoes the count for one that turned out to be right.
func (l *limiter) take(remote, name string, now time.Time) (giveBack func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &l.addresses[maphash.String(l.seed, network(remote))%uint64(len(l.addresses))]
	n := &l.names[maphash.String(l.seed, name)%uint64(len(l.names))]
	if wait := max(a.wait(perAddress, now), n.wait(perName, now)); wait > 0 {
		return nil, &TooManyError{wait}
	}
	a.level++
	n.level++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		a.level, n.level = max(0, a.level-1), max(0, n.level-1)
	}, nil
}

// network is what counts as one address: of IPv6 the half that a site is given.
func network(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// enter waits for the turn to verify a password; leave must follow when it gives nil.
func (l *limiter) enter(ctx context.Context) error {
	select {
	case l.line <- struct{}{}:
	default:
		return &TooManyError{time.Second}
	}
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-l.line
		return ctx.Err()
	}
}

func (l *limiter) leave() {
	<-l.turn
	<-l.line
}
