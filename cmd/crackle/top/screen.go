package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

const (
	enter  = "\x1b[?1049h\x1b[?25l" // another page of the terminal, without a cursor
	leave  = "\x1b[?25h\x1b[?1049l"
	home   = "\x1b[H"
	erase  = "\x1b[K"
	below  = "\x1b[J"
	waitMS = 100 // for a key, before the end is looked for again
)

// Screen shows a view on a terminal until a person presses q.
type Screen struct {
	In    *os.File // the terminal's keys
	Out   *os.File // and its page
	Fetch func(context.Context) (*Snapshot, error)
	Every time.Duration // between two questions; default 1 s
}

// Run draws until q or Ctrl-C is pressed, or ctx ends, and puts the terminal back as it was.
func (s *Screen) Run(ctx context.Context, v *View) error {
	if s.Every <= 0 {
		s.Every = time.Second
	}
	old, err := term.MakeRaw(int(s.In.Fd()))
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	io.WriteString(s.Out, enter)
	defer func() {
		io.WriteString(s.Out, leave)
		term.Restore(int(s.In.Fd()), old)
	}()
	ctx, cancel := context.WithCancel(ctx)
	keys, ended := make(chan byte), make(chan struct{})
	go func() { defer close(ended); s.keys(ctx, keys) }()
	defer func() { cancel(); <-ended }()

	answers := make(chan answer, 1)
	ask := func() {
		go func() {
			within, done := context.WithTimeout(ctx, 5*time.Second)
			defer done()
			snap, err := s.Fetch(within)
			answers <- answer{snap, err}
		}()
	}
	asking := true
	ask()
	defer func() {
		if asking {
			cancel()
			<-answers
		}
	}()
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.draw(v); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case a := <-answers:
			asking = false
			v.Take(a.snap, a.err, time.Now())
		case <-tick.C:
			if !asking {
				asking = true
				ask()
			}
		case k, ok := <-keys:
			if !ok {
				return nil
			}
			switch k {
			case 'q', 'Q', 3: // Ctrl-C
				return nil
			case 'j', 'B': // the last letter of the key's sequence
				v.Scroll(1)
			case 'k', 'A':
				v.Scroll(-1)
			case ' ', '6':
				v.Scroll(10)
			case 'b', '5':
				v.Scroll(-10)
			}
		}
	}
}

type answer struct {
	snap *Snapshot
	err  error
}

// keys hands on what is typed until ctx ends or the terminal is gone.
func (s *Screen) keys(ctx context.Context, out chan<- byte) {
	defer close(out)
	buf := make([]byte, 64)
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(s.In.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, waitMS)
		if errors.Is(err, unix.EINTR) || err == nil && n == 0 {
			continue
		}
		if err != nil {
			return
		}
		n, err = unix.Read(int(s.In.Fd()), buf)
		if err != nil || n == 0 {
			return
		}
		for _, k := range buf[:n] {
			select {
			case out <- k:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *Screen) draw(v *View) error {
	w, h, err := term.GetSize(int(s.Out.Fd()))
	if err != nil || w < 1 || h < 1 {
		w, h = 80, 24
	}
	lines := v.Lines(w, h, time.Now())
	if len(lines) > h {
		lines = lines[:h]
	}
	var b strings.Builder
	b.WriteString(home)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l + erase)
	}
	b.WriteString(below)
	_, err = io.WriteString(s.Out, b.String())
	return err
}
