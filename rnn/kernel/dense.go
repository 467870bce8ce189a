package kernel

import "fmt"

// Dense is a packed dense layer, y = W x + b. Nothing but Set changes it after NewDense.
type Dense struct {
	In, Out int
	w       []float32 // [Out][In]
	b       []float32 // [Out]
}

// NewDense packs w [out][in] and b [out], PyTorch's nn.Linear. The slices are copied.
func NewDense(in, out int, w, b []float32) (*Dense, error) {
	if in < 1 || out < 1 {
		return nil, fmt.Errorf("dense layer has %d inputs and %d outputs, both must be at least 1", in, out)
	}
	if len(w) != in*out || len(b) != out {
		return nil, fmt.Errorf("dense layer of %d inputs and %d outputs has %d weights and %d biases, must be %d and %d", in, out, len(w), len(b), in*out, out)
	}
	return &Dense{In: in, Out: out, w: append([]float32(nil), w...), b: append([]float32(nil), b...)}, nil
}

// Set packs other weights of the same shapes into d. No other goroutine may use d meanwhile.
func (d *Dense) Set(w, b []float32) {
	copy(d.w, w)
	copy(d.b, b)
}

// Apply writes dst [Out] from x [In]. Nothing is allocated.
func (d *Dense) Apply(dst, x []float32) {
	dst, x = dst[:d.Out], x[:d.In]
	if !hasVectors || !d.applyVector(ptr(dst), ptr(x)) {
		d.applyGeneric(dst, x)
	}
}

// ApplyTile writes dst [Out][Lanes] from x [In][Lanes] for the first n channels, bit for bit as Apply does for each.
func (d *Dense) ApplyTile(dst, x []float32, n int) {
	dst, x = dst[:d.Out*Lanes], x[:d.In*Lanes]
	if !hasVectors || !d.applyTileVector(dst, x) {
		d.applyTileGeneric(dst, x, n)
	}
}

func (d *Dense) applyGeneric(dst, x []float32) {
	for o := range d.Out {
		w := d.w[o*d.In : (o+1)*d.In]
		var a [16]float32
		a[0] = d.b[o]
		for k, v := range w {
			a[k&15] += float32(v * x[k])
		}
		dst[o] = tree16(&a)
	}
}

func (d *Dense) applyTileGeneric(dst, x []float32, n int) {
	for o := range d.Out {
		w := d.w[o*d.In : (o+1)*d.In]
		for j := range n {
			var a [16]float32
			a[0] = d.b[o]
			for k, v := range w {
				a[k&15] += float32(v * x[k*Lanes+j])
			}
			dst[o*Lanes+j] = tree16(&a)
		}
	}
}

// tree16 sums halves onto halves: 16, 8, 4, 2, 1.
func tree16(a *[16]float32) float32 {
	for w := 8; w >= 1; w /= 2 {
		for i := range w {
			a[i] += a[i+w]
		}
	}
	return a[0]
}
