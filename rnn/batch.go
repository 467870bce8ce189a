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
	h        []float32 // [tiles][layers][hidden][lanes]
	c        []float32 // likewise for LSTM, else nil
	x        []float32 // [max(input, hidden)][lanes]: transposed input rows
	hn, cn   []float32 // [hidden][lanes]
	y        []float32 // [width of the dense layer][lanes]
	one      *State    // for tiles with few channels present
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
	size := tiles * len(n.layers) * n.config.Hidden * lanes
	b := &Batch{
		net: n, channels: channels,
		h:   make([]float32, size),
		x:   make([]float32, n.config.Input*lanes),
		hn:  make([]float32, n.config.Hidden*lanes),
		y:   make([]float32, max(n.config.headRows(), n.config.Hidden)*lanes),
		one: n.NewState(),
	}
	if n.config.Cell == LSTM {
		b.c = make([]float32, size)
		b.cn = make([]float32, n.config.Hidden*lanes)
	}
	for ch := range channels {
		b.one.Reset()
		b.scatter(ch)
	}
	return b, nil
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

// at is the offset of channel ch in layer 0, unit 0; further units follow at a distance of lanes, layers one after the other.
func (b *Batch) at(ch int) int {
	return ch/lanes*len(b.net.layers)*b.net.config.Hidden*lanes + ch%lanes
}

func (b *Batch) gather(ch int) {
	at := b.at(ch)
	for i := range b.one.h {
		b.one.h[i] = b.h[at+i*lanes]
	}
	for i := range b.one.c {
		b.one.c[i] = b.c[at+i*lanes]
	}
}

func (b *Batch) scatter(ch int) {
	at := b.at(ch)
	for i, v := range b.one.h {
		b.h[at+i*lanes] = v
	}
	for i, v := range b.one.c {
		b.c[at+i*lanes] = v
	}
}

// sparse is the number of channels present in a tile up to which they are stepped one by one: below it a whole tile costs more.
const sparse = 4

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
		if j-i <= sparse {
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
	in, size := n.config.Input, n.config.Hidden*lanes
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
	base := first / lanes * len(n.layers) * size
	for l, layer := range n.layers {
		h := b.h[base+l*size : base+(l+1)*size]
		var c []float32
		if b.c != nil {
			c = b.c[base+l*size : base+(l+1)*size]
		}
		layer.StepTile(b.hn, b.cn, src, h, c, used)
		if whole {
			copy(h, b.hn)
			copy(c, b.cn)
		} else {
			keepAbsent(h, b.hn, present[i:j])
			if c != nil {
				keepAbsent(c, b.cn, present[i:j])
			}
		}
		src = h
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
