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

// biasRows is Gates, and one more for the GRU, whose candidate keeps its two biases apart.
func (c Cell) biasRows() int {
	if c == GRU {
		return 4
	}
	return c.Gates()
}

// Layer is one recurrent layer in one direction with its weights packed once. Nothing but Set changes it after NewLayer.
type Layer struct {
	Cell   Cell
	In     int
	Hidden int

	gates int
	pairs int // ceil(Hidden/2)
	// tile serves StepTile and the generic form of Step: for each pair of units [biasRows][2], [In][gates][2], [Hidden][gates][2].
	tile []float32
	// step serves the vector forms of Step, hidden units in lanes: for each block of 32 units (16 for a last block of at most 16)
	// [biasRows][block], [In][gates][block], [Hidden][gates][block], the rows of both halves of h taking turns, in the order they are read.
	step []float32
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
	l := &Layer{Cell: cell, In: in, Hidden: hidden, gates: g, pairs: (hidden + 1) / 2}
	l.tile = make([]float32, l.pairs*2*l.unitSize())
	if hasVectors {
		l.step = aligned((hidden + 15) / 16 * 16 * l.unitSize())
	}
	l.Set(wih, whh, bih, bhh)
	return l, nil
}

// unitSize is the number of packed values per hidden unit.
func (l *Layer) unitSize() int { return l.Cell.biasRows() + (l.In+l.Hidden)*l.gates }

// Set packs other weights of the same shapes into l without allocating. No other goroutine may use l meanwhile.
func (l *Layer) Set(wih, whh, bih, bhh []float32) {
	for u := range l.Hidden {
		l.packUnit(l.tile[u/2*2*l.unitSize()+u%2:], 2, false, u, wih, whh, bih, bhh)
		if l.step == nil {
			continue
		}
		block, width := u/32*32, 32
		if l.Hidden-block <= 16 {
			width = 16
		}
		l.packUnit(l.step[block*l.unitSize()+u-block:], width, true, u, wih, whh, bih, bhh)
	}
}

// packUnit writes the values of hidden unit u, width apart; turns says that the rows of both halves of h alternate.
func (l *Layer) packUnit(dst []float32, width int, turns bool, u int, wih, whh, bih, bhh []float32) {
	at := 0
	put := func(v float32) {
		dst[at] = v
		at += width
	}
	for q := range l.gates {
		i := q*l.Hidden + u
		if l.Cell == GRU && q == 2 {
			put(bih[i])
			put(bhh[i])
		} else {
			put(bih[i] + bhh[i])
		}
	}
	for k := range l.In {
		for q := range l.gates {
			put(wih[(q*l.Hidden+u)*l.In+k])
		}
	}
	m := l.Hidden - l.Hidden/2
	for i := range l.Hidden {
		k := i
		if turns {
			k = i/2 + i%2*m
		}
		for q := range l.gates {
			put(whh[(q*l.Hidden+u)*l.Hidden+k])
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
	} else {
		c = nil
	}
	if hasVectors && l.stepVector(h, c, x, scratch) {
		return
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
	} else {
		cn, c = nil, nil
	}
	if hasVectors && l.tileVector(save, hn, cn, x, h, c) {
		return
	}
	l.tileGeneric(save, hn, cn, x, h, c, n)
}

// TileFrom is the number of channels of a tile from which StepTile takes less time than a Step for each, with the kernel in use. Either way
// the results are the same.
func TileFrom() int {
	if current == "generic" {
		return Lanes + 1 // without vector lanes a tile saves nothing
	}
	return 12
}
