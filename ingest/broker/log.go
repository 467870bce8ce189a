package broker

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// serverLog hands the server's messages to slog. Debug and trace stay off: the server would make one for every message.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string] // the first fatal message: the server means to end the process, which is not its business here
	quiet atomic.Bool            // set at shutdown, when the server's own goroutines may still speak
}

func (l *serverLog) say(level func(string, ...any), format string, v []any) {
	if !l.quiet.Load() {
		level(fmt.Sprintf(format, v...))
	}
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(l.log.Debug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(l.log.Warn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.say(l.log.Error, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(l.log.Debug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.say(l.log.Debug, format, v) }

func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
	l.say(l.log.Error, "%s", []any{text})
}
