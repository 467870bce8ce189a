package api

import (
	"context"
	"io"
	"time"

	"crackle/alert"
)

// Evidence gives out what was kept of an alarm.
type Evidence interface {
	// Kept says whether there is any of an alarm.
	Kept(ctx context.Context, id string) (bool, error)
	// Drawing gives what a page draws of an alarm's evidence; ErrNotFound when none was kept.
	Drawing(ctx context.Context, id string) (*Drawing, error)
	// Pack opens the alarm's pack as one file; the caller closes it. size is -1 when it is not known.
	Pack(ctx context.Context, id string) (body io.ReadCloser, size int64, err error)
}

// Bounds of a list's length.
const (
	MaxList     = 1000
	defaultList = 200
)

// Drawing is an alarm's evidence, ready to draw.
type Drawing struct {
	Alarm       alert.Alarm `json:"-"` // written as every alarm is
	Onset       time.Time   `json:"onset"`
	Short       string      `json:"short,omitempty"` // what is missing, and why
	Raw         []Trace     `json:"raw"`
	Conditioned []Trace     `json:"conditioned"`
	Features    []Feature   `json:"features"` // without points
	Windows     []Window    `json:"windows"`
	Heat        Heat        `json:"heat"`
	Ledger      any         `json:"ledger"` // the part's account
	Part        string      `json:"part"`
	Lot         string      `json:"lot"`
	Model       string      `json:"model"`
	Config      string      `json:"config"`
	Kernel      string      `json:"kernel"`
	Program     string      `json:"program"`
}

// Window is one scored window of a Drawing.
type Window struct {
	TMS      float64  `json:"t_ms"`
	EndMS    float64  `json:"end_ms"`
	Value    Number   `json:"value"`
	Limit    Number   `json:"limit"`
	Verdict  string   `json:"verdict"`
	Features []Number `json:"features"`           // as Drawing.Features
	Expected []Number `json:"expected,omitempty"` // what the model expected of those that stood out
}

// Heat says what caused a score: Share[i][k] is the share of feature i in the score of the window that ends at TMS[k].
type Heat struct {
	Features []string   `json:"features"`
	TMS      []float64  `json:"t_ms"`
	Share    [][]Number `json:"share"`
}
