package kernel

import (
	"fmt"
	"unsafe"
)

// Lanes is the number of channels in a tile: element k of channel c stands at k*Lanes + c.
const Lanes = 32

// Cell is the kind of a recurrent layer.
type Cell uint8

const (
	GRU       Cell = iota // gates r, z, n; reset applied after the hidden product
	LSTM                  // gates i, f, g, o
	ElmanTanh             // h = tanh(a)
	ElmanReLU             // h = max(a, 0)
	GRUBefore             // gates r, z, n; reset applied to the state before the hidden product. Generic form only
)

// Gates is the number of gate rows per hidden unit.
func (c Cell) Gates() int {
	switch c {
	case GRU, GRUBefore:
		return 3
	case LSTM:
		return 4
	}
	return 1
}

// biasRows is Gates, and one more for the GRU, whose candidate keeps its two biases apart.
func (c Cell) biasRows() int {
	if c == GRU || c == GRUBefore {
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
	// tile serves StepTile and a channel's generic step: for each pair of units [biasRows][2], [In][gates][2], [Hidden][gates][2].
	tile []float32
	// step and bias serve the vector forms of a channel's step, hidden units in lanes: for each block of 32 units (16 for a last block of at most 16)
	// the rows that stepRows lists, each a block wide, in the order they are read; and [biasRows][block].
	step, bias []float32
	halves     []uint16 // the BF16 form of step; else nil
	fixed      *fixed   // the Int8 form; else nil
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
	if hasVectors && cell != GRUBefore {
		units := (hidden + 15) / 16 * 16
		l.step, l.bias = aligned(units*l.weightsPerUnit()), aligned(units*cell.biasRows())
	}
	l.Set(wih, whh, bih, bhh)
	return l, nil
}

// weightsPerUnit is the number of weights that lead to one hidden unit.
func (l *Layer) weightsPerUnit() int { return (l.In + l.Hidden) * l.gates }

// unitSize is the number of packed values per hidden unit.
func (l *Layer) unitSize() int { return l.Cell.biasRows() + l.weightsPerUnit() }

// block gives the first unit and the width of the block that unit u lies in.
func (l *Layer) block(u int) (first, width int) {
	first, width = u/32*32, 32
	if l.Hidden-first <= 16 {
		width = 16
	}
	return first, width
}

// Set packs other weights of the same shapes into l, which stores float32, without allocating. No other goroutine may use l meanwhile.
func (l *Layer) Set(wih, whh, bih, bhh []float32) {
	for u := range l.Hidden {
		pair := l.tile[u/2*2*l.unitSize()+u%2:]
		l.packBias(pair, 2, u, bih, bhh)
		l.packWeights(pair[2*l.Cell.biasRows():], u, wih, whh)
		if l.step == nil {
			continue
		}
		first, width := l.block(u)
		l.packBias(l.bias[first*l.Cell.biasRows()+u-first:], width, u, bih, bhh)
		l.packStep(l.step[first*l.weightsPerUnit()+u-first:], width, u, wih, whh)
	}
}

// packBias writes the starting values of hidden unit u, width apart.
func (l *Layer) packBias(dst []float32, width, u int, bih, bhh []float32) {
	for q := range l.gates {
		i := q*l.Hidden + u
		if l.Cell.biasRows() == 4 && l.gates == 3 && q == 2 {
			dst[2*width], dst[3*width] = bih[i], bhh[i]
		} else {
			dst[q*width] = bih[i] + bhh[i]
		}
	}
}

// packWeights writes the weights of hidden unit u in tile order, two apart.
func (l *Layer) packWeights(dst []float32, u int, wih, whh []float32) {
	at := 0
	for k := range l.In {
		for q := range l.gates {
			dst[at] = wih[(q*l.Hidden+u)*l.In+k]
			at += 2
		}
	}
	for k := range l.Hidden {
		for q := range l.gates {
			dst[at] = whh[(q*l.Hidden+u)*l.Hidden+k]
			at += 2
		}
	}
}

// packStep writes the weights of hidden unit u in step order, width apart.
func (l *Layer) packStep(dst []float32, width, u int, wih, whh []float32) {
	l.stepRows(func(row, gate, k int, hidden bool) {
		if hidden {
			dst[row*width] = whh[(gate*l.Hidden+u)*l.Hidden+k]
		} else {
			dst[row*width] = wih[(gate*l.Hidden+u)*l.In+k]
		}
	})
}

// stepRows lists the rows of weights in the order in which a step reads them: the inputs with all gates, then the hidden state with all gates, the
// rows of both halves of h taking turns.
func (l *Layer) stepRows(do func(row, gate, k int, hidden bool)) {
	row := 0
	for k := range l.In {
		for q := range l.gates {
			do(row, q, k, false)
			row++
		}
	}
	m := l.Hidden - l.Hidden/2
	for i := range l.Hidden {
		for q := range l.gates {
			do(row, q, i/2+i%2*m, true)
			row++
		}
	}
}

// HasCell says whether the layer keeps a second state vector, c.
func (l *Layer) HasCell() bool { return l.Cell == LSTM }

// Tiles says whether StepTile has a form of its own. Without one it steps the channels one after another.
func (l *Layer) Tiles() bool { return l.Cell != GRUBefore && l.fixed == nil }

// StepTile advances up to Lanes channels: hn [Hidden][Lanes] becomes the new state computed from x [In][Lanes] and h [Hidden][Lanes];
// for the LSTM cn and c likewise, and cn may be c. hn and h must not overlap. save [Saved][Hidden][Lanes] is scratch, and holds what
// GatesBack needs afterwards. Only the first n channels are promised a value; n is 1 to Lanes, and what the other lanes hold never changes the
// result of these. It allocates nothing, but for layers without a tile form (see Tiles), which also leave save alone.
func (l *Layer) StepTile(save, hn, cn, x, h, c []float32, n int) {
	save, hn, h, x = save[:l.Cell.Saved()*l.Hidden*Lanes], hn[:l.Hidden*Lanes], h[:l.Hidden*Lanes], x[:l.In*Lanes]
	if l.HasCell() {
		cn, c = cn[:l.Hidden*Lanes], c[:l.Hidden*Lanes]
	} else {
		cn, c = nil, nil
	}
	if !l.Tiles() {
		l.tileSteps(hn, cn, x, h, c, n)
		return
	}
	if hasVectors && l.tileVector(save, hn, cn, x, h, c) {
		return
	}
	l.tileGeneric(save, hn, cn, x, h, c, n)
}

// tileSteps steps the channels of a tile one by one.
func (l *Layer) tileSteps(hn, cn, x, h, c []float32, n int) {
	state, cell, row := make([]float32, l.Hidden), make([]float32, l.Hidden), make([]float32, l.In)
	one := l.NewChannel(state, cell)
	take := func(dst, tile []float32, j int) {
		for k := range dst {
			dst[k] = tile[k*Lanes+j]
		}
	}
	for j := range n {
		take(row, x, j)
		take(state, h, j)
		if l.HasCell() {
			take(cell, c, j)
		}
		one.Step(row)
		for k, v := range state {
			hn[k*Lanes+j] = v
			if l.HasCell() {
				cn[k*Lanes+j] = cell[k]
			}
		}
	}
}

// ptr is the address of a slice's first element, nil for a nil slice.
func ptr[T any](s []T) *T { return unsafe.SliceData(s) }

// TileFrom is the number of channels of a tile from which StepTile takes less time than a Step for each, with the kernel in use. Either way
// the results are the same.
func TileFrom() int {
	if current == "generic" {
		return Lanes + 1 // without vector lanes a tile saves nothing
	}
	return 12
}
