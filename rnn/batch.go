package rnn

import (
	"fmt"

	"crackle/rnn/kernel"
)

const lanes = kernel.Lanes

// Batch holds the states of many channels that share one network, in tiles of kernel.Lanes channels so that vector lanes are channels.
// One goroutine uses a Batch at a time; several workers take a Batch each.
type Batch struct {
	net      *Network
	channels int
	h        [][]float32 // [tiles*layers] of [hidden][lanes]; a step swaps one with hn instead of copying
	c        [][]float32 // likewise for LSTM, else nil
	x        []float32   // [input][lanes]: transposed input rows
	hn, cn   []float32   // [hidden][lanes]
	y        []float32   // [width of the dense layer][lanes]
	one      *State      // for tiles with few channels present

	save            []float32 // scratch of a tile's step
	rowsIn, rowsOut []float32 // of ForwardBatch
	present         []int
}

// NewBatch gives channels (at least 1) channels at their initial state.
func (n *Network) NewBatch(channels int) (*Batch, error) {
	if n.config.Bidirectional {
		return nil, errBidirectional
	}
	if channels < 1 {
		return nil, fmt.Errorf("batch of %d channels, must be at least 1", channels)
	}
	tiles := (channels + lanes - 1) / lanes
	b := &Batch{
		net: n, channels: channels,
		h:       n.tileStates(tiles),
		x:       make([]float32, n.config.Input*lanes),
		hn:      make([]float32, n.config.Hidden*lanes),
		y:       make([]float32, max(n.config.headRows(), n.config.Hidden)*lanes),
		one:     n.NewState(),
		save:    make([]float32, n.config.Cell.kernel().Saved()*n.config.Hidden*lanes),
		present: make([]int, 0, channels),
	}
	if n.config.Cell == LSTM {
		b.c = n.tileStates(tiles)
		b.cn = make([]float32, n.config.Hidden*lanes)
	}
	for ch := range channels {
		b.one.Reset()
		b.scatter(ch)
	}
	return b, nil
}

// tileStates are zero states of every layer of a number of tiles, [tiles*layers] of [hidden][lanes].
func (n *Network) tileStates(tiles int) [][]float32 {
	size := n.config.Hidden * lanes
	all := make([]float32, tiles*len(n.layers)*size)
	out := make([][]float32, tiles*len(n.layers))
	for i := range out {
		out[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return out
}

// Channels is the number of channels.
func (b *Batch) Channels() int { return b.channels }

// Get copies channel ch into s, a State of the same network.
func (b *Batch) Get(s *State, ch int) error {
	if err := b.check(s, ch); err != nil {
		return err
	}
	b.gather(ch)
	return s.CopyFrom(b.one)
}

// Set copies s into channel ch.
func (b *Batch) Set(ch int, s *State) error {
	if err := b.check(s, ch); err != nil {
		return err
	}
	if err := b.one.CopyFrom(s); err != nil {
		return err
	}
	b.scatter(ch)
	return nil
}

// Reset puts channel ch back to its initial state.
func (b *Batch) Reset(ch int) error {
	if err := b.check(b.one, ch); err != nil {
		return err
	}
	b.one.Reset()
	b.scatter(ch)
	return nil
}

func (b *Batch) check(s *State, ch int) error {
	if ch < 0 || ch >= b.channels {
		return fmt.Errorf("channel %d, the batch has 0 to %d", ch, b.channels-1)
	}
	if s.net != b.net {
		return errForeignState
	}
	return nil
}

func (b *Batch) gather(ch int) {
	read := func(dst []float32, states [][]float32) {
		if dst == nil {
			return
		}
		n, layers := b.net.config.Hidden, len(b.net.layers)
		for l := range layers {
			src := states[ch/lanes*layers+l][ch%lanes:]
			for u := range n {
				dst[l*n+u] = src[u*lanes]
			}
		}
	}
	read(b.one.h, b.h)
	read(b.one.c, b.c)
}

func (b *Batch) scatter(ch int) {
	write := func(states [][]float32, src []float32) {
		if src == nil {
			return
		}
		n, layers := b.net.config.Hidden, len(b.net.layers)
		for l := range layers {
			dst := states[ch/lanes*layers+l][ch%lanes:]
			for u := range n {
				dst[u*lanes] = src[l*n+u]
			}
		}
	}
	write(b.h, b.one.h)
	write(b.c, b.one.c)
}

// StepBatch advances the channels listed in present, in ascending order without repeats, or all of them when present is nil. Row i of x
// [n][Input] belongs to channel present[i], and so does row i of dst [n][Width]; dst may be nil. Channels not listed keep their state.
// Every channel's result has the same bits that Step gives. It allocates nothing; on an error no channel has moved.
func (n *Network) StepBatch(dst, x []float32, present []int, b *Batch) error {
	if b.net != n {
		return errForeignState
	}
	count := b.channels
	if present != nil {
		count = len(present)
		last := -1
		for _, ch := range present {
			if ch <= last || ch >= b.channels {
				return fmt.Errorf("channel %d after %d, channels must be 0 to %d, ascending, without repeats", ch, last, b.channels-1)
			}
			last = ch
		}
	}
	if len(x) != count*n.config.Input {
		return fmt.Errorf("input has %d values for %d channels, the network takes %d a channel", len(x), count, n.config.Input)
	}
	if dst != nil && len(dst) != count*n.width {
		return fmt.Errorf("output has %d places for %d channels, the network gives %d a channel", len(dst), count, n.width)
	}
	for i := 0; i < count; {
		j := b.tileEnd(present, i, count)
		xs := x[i*n.config.Input : j*n.config.Input]
		var ds []float32
		if dst != nil {
			ds = dst[i*n.width : j*n.width]
		}
		if j-i < kernel.TileFrom() || !n.layers[0].Tiles() {
			b.stepEach(ds, xs, present, i, j)
		} else {
			b.stepTile(ds, xs, present, i, j)
		}
		i = j
	}
	return nil
}

// tileEnd is the index after the last listed channel of the tile that channel i lies in.
func (b *Batch) tileEnd(present []int, i, count int) int {
	if present == nil {
		return min(count, (i/lanes+1)*lanes)
	}
	tile := present[i] / lanes
	for i++; i < count && present[i]/lanes == tile; i++ {
	}
	return i
}

func channel(present []int, i int) int {
	if present == nil {
		return i
	}
	return present[i]
}

// stepEach steps channels i to j one at a time.
func (b *Batch) stepEach(dst, x []float32, present []int, i, j int) {
	in, out := b.net.config.Input, b.net.width
	for k := i; k < j; k++ {
		ch := channel(present, k)
		b.gather(ch)
		var d []float32
		if dst != nil {
			d = dst[(k-i)*out : (k-i+1)*out]
		}
		b.net.step(d, x[(k-i)*in:(k-i+1)*in], b.one)
		b.scatter(ch)
	}
}

// stepTile steps channels i to j, all of one tile, together.
func (b *Batch) stepTile(dst, x []float32, present []int, i, j int) {
	n, first := b.net, channel(present, i)
	in := n.config.Input
	if j-i == lanes {
		kernel.Transpose(b.x, x, in)
	} else {
		for k := i; k < j; k++ {
			lane := channel(present, k) % lanes
			for q, v := range x[(k-i)*in : (k-i+1)*in] {
				b.x[q*lanes+lane] = v
			}
		}
	}
	used := channel(present, j-1)%lanes + 1
	whole := j-i == min(lanes, b.channels-first/lanes*lanes) // every channel of the tile is present
	src := b.x
	for l, layer := range n.layers {
		at := first/lanes*len(n.layers) + l
		var c, cn []float32
		if b.c != nil {
			c, cn = b.c[at], b.cn
			if whole {
				cn = c
			}
		}
		layer.StepTile(b.save, b.hn, cn, src, b.h[at], c, used)
		if whole {
			b.h[at], b.hn = b.hn, b.h[at]
		} else {
			keepAbsent(b.h[at], b.hn, present[i:j])
			if c != nil {
				keepAbsent(c, cn, present[i:j])
			}
		}
		src = b.h[at]
	}
	if dst != nil {
		b.emit(dst, src, present, i, j, used)
	}
}

// keepAbsent copies the lanes of the channels listed from hn to h.
func keepAbsent(h, hn []float32, present []int) {
	for u := 0; u < len(h); u += lanes {
		for _, ch := range present {
			h[u+ch%lanes] = hn[u+ch%lanes]
		}
	}
}

// emit writes the output rows of channels i to j from the last layer's tile.
func (b *Batch) emit(dst, h []float32, present []int, i, j, used int) {
	n, out := b.net, b.net.width
	if n.head != nil {
		n.head.ApplyTile(b.y, h, used)
		h = b.y
	}
	finish := n.config.Head == HeadGaussian || n.config.Head == HeadClass
	for k := i; k < j; k++ {
		lane := channel(present, k) % lanes
		row := dst[(k-i)*out : (k-i+1)*out]
		for q := range row {
			row[q] = h[q*lanes+lane]
		}
		if finish {
			n.config.finish(row)
		}
	}
}
