package explain

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkMember explains the last of 256 windows of 16 features, for every member.
func BenchmarkMember(b *testing.B) {
	lesson := waves(600, 16, 1)
	mean, sd := usual(lesson)
	rows := waves(256, 16, 2)
	for i := 250; i < 256; i++ {
		rows[i][3] += 9
	}
	for _, m := range everyMember(b, lesson) {
		for _, method := range Methods {
			c := Config{Method: method, Usual: mean, Spread: sd}
			if _, err := Member(m, rows, c); err != nil {
				continue // it has no such explanation
			}
			b.Run(m.Name()+"/"+string(method), func(b *testing.B) {
				before := used(b)
				for b.Loop() {
					if _, err := Member(m, rows, c); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((used(b)-before).Microseconds())/1e3/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// used is the processor time so far, which other programs on the machine do not lengthen.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
