package kernel

import "fmt"

// Lanes is the number of channels in a tile: element k of channel c stands at k*Lanes + c.
const Lanes = 32

// Cell is the kind of a recurrent layer.
type Cell uint8

const (
	GRU       Cell = iota // gates r, z, n; reset applied after the hidden product
	LSTM                  // gates i, f, g, o
	ElmanTanh             // h = tanh(a)
	ElmanReLU             // h = max(a, 0)
)

// Gates is the number of gate rows per hidden unit.
func (c Cell) Gates() int {
	switch c {
	case GRU:
		return 3
	case LSTM:
		return 4
	}
	return 1
}

// Layer is one recurrent layer in one direction with its weights packed once. Nothing but Set changes it after NewLayer.
type Layer struct {
	Cell   Cell
	In     int
	Hidden int

	gates int
	pairs int       // ceil(Hidden/2)
	wx    []float32 // tile order: [pairs][In][gates][2]
	wh    []float32 // tile order: [pairs][Hidden][gates][2]
	bx    []float32 // [pairs][gates][2]: start of ax
	bh    []float32 // [pairs][gates][2]: start of a0; zero but for the GRU's candidate
}

// NewLayer packs weights in PyTorch's layout: wih [gates*hidden][in], whh [gates*hidden][hidden], bih and bhh [gates*hidden]; gate order
// r z n for the GRU and i f g o for the LSTM. The slices are copied.
func NewLayer(cell Cell, in, hidden int, wih, whh, bih, bhh []float32) (*Layer, error) {
	g := cell.Gates()
	rows := g * hidden
	if in < 1 || hidden < 1 {
		return nil, fmt.Errorf("layer has %d inputs and %d hidden units, both must be at least 1", in, hidden)
	}
	if len(wih) != rows*in || len(whh) != rows*hidden || len(bih) != rows || len(bhh) != rows {
		return nil, fmt.Errorf("layer of %d inputs and %d hidden units has weights of lengths %d, %d, %d, %d, must be %d, %d, %d, %d",
			in, hidden, len(wih), len(whh), len(bih), len(bhh), rows*in, rows*hidden, rows, rows)
	}
	p := (hidden + 1) / 2
	l := &Layer{
		Cell: cell, In: in, Hidden: hidden, gates: g, pairs: p,
		wx: make([]float32, p*in*g*2), wh: make([]float32, p*hidden*g*2), bx: make([]float32, p*g*2), bh: make([]float32, p*g*2),
	}
	l.Set(wih, whh, bih, bhh)
	return l, nil
}

// Set packs other weights of the same shapes into l without allocating. No other goroutine may use l meanwhile.
func (l *Layer) Set(wih, whh, bih, bhh []float32) {
	packPairs(l.wx, wih, l.gates, l.In, l.Hidden)
	packPairs(l.wh, whh, l.gates, l.Hidden, l.Hidden)
	for u := range l.Hidden {
		for q := range l.gates {
			at, from := (u/2*l.gates+q)*2+u%2, q*l.Hidden+u
			if l.Cell == GRU && q == 2 {
				l.bx[at], l.bh[at] = bih[from], bhh[from]
			} else {
				l.bx[at] = bih[from] + bhh[from]
			}
		}
	}
}

// packPairs turns w [gates*hidden][k] into p [pairs][k][gates][2].
func packPairs(p, w []float32, gates, k, hidden int) {
	for u := range hidden {
		for i := range k {
			for q := range gates {
				p[((u/2*k+i)*gates+q)*2+u%2] = w[(q*hidden+u)*k+i]
			}
		}
	}
}

// HasCell says whether the layer keeps a second state vector, c.
func (l *Layer) HasCell() bool { return l.Cell == LSTM }

// Step advances one channel: h [Hidden] and, for the LSTM, c [Hidden] are replaced, x is [In], scratch [Hidden]. Nothing is allocated.
func (l *Layer) Step(h, c, x, scratch []float32) {
	h, x, scratch = h[:l.Hidden], x[:l.In], scratch[:l.Hidden]
	if l.HasCell() {
		c = c[:l.Hidden]
	}
	l.stepGeneric(scratch, h, c, x)
	copy(h, scratch)
}

// StepTile advances up to Lanes channels: hn [Hidden][Lanes] becomes the new state computed from x [In][Lanes] and h [Hidden][Lanes];
// for the LSTM cn and c likewise, and cn may be c. hn and h must not overlap. Only the first n channels are promised a value; n is 1 to
// Lanes, and what the other lanes hold never changes the result of these.
func (l *Layer) StepTile(hn, cn, x, h, c []float32, n int) {
	l.stepTile(nil, hn, cn, x, h, c, n)
}

func (l *Layer) stepTile(save, hn, cn, x, h, c []float32, n int) {
	hn, h, x = hn[:l.Hidden*Lanes], h[:l.Hidden*Lanes], x[:l.In*Lanes]
	if l.HasCell() {
		cn, c = cn[:l.Hidden*Lanes], c[:l.Hidden*Lanes]
	}
	l.tileGeneric(save, hn, cn, x, h, c, n)
}
