package api

import (
	"net/http"
	"time"
)

const pieceSize = 64 << 10 // bytes

// pieces writes an answer in pieces, each with a time of its own to be taken by the other side.
type pieces struct {
	http.ResponseWriter
	control *http.ResponseController
	within  time.Duration
}

// Unwrap is for http.ResponseController.
func (p *pieces) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write implements http.ResponseWriter.
func (p *pieces) Write(b []byte) (n int, err error) {
	for {
		piece := b[:min(len(b), pieceSize)]
		p.control.SetWriteDeadline(time.Now().Add(p.within)) // where there is no connection under it, as in tests, there is no deadline either
		k, err := p.ResponseWriter.Write(piece)
		n += k
		if b = b[k:]; err != nil || len(b) == 0 {
			return n, err
		}
	}
}
