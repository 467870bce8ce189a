package kernel

// stepBefore is a step of a GRU whose reset gate acts on the state before the hidden product: n = tanh(nx + b + Σ (r h)[k] u[k]). Every sum
// has the accumulators of the other cells, and the same generic form runs with every kernel.
func (l *Layer) stepBefore(h, x, scratch []float32) {
	hn, rh, zs := scratch[:l.Hidden], scratch[l.Hidden:2*l.Hidden], scratch[2*l.Hidden:]
	m := l.Hidden - l.Hidden/2
	for p := range l.pairs {
		bias, wx, wa, wb := l.pair(p)
		a, b := [6]float32(bias), [6]float32{}
		reduce6(&a, wx, x)
		nx := [2]float32{a[4], a[5]}
		reduce6(&a, wa, h[:m])
		reduce6(&b, wb, h[m:])
		for v := 0; v < 2 && 2*p+v < l.Hidden; v++ {
			u := 2*p + v
			rh[u] = Sigmoid(a[v]+b[v]) * h[u]
			zs[u] = Sigmoid(a[2+v] + b[2+v])
			hn[u] = nx[v]
		}
	}
	for p := range l.pairs {
		bias, _, wa, wb := l.pair(p)
		a, b := [6]float32{4: bias[6], 5: bias[7]}, [6]float32{}
		reduce6(&a, wa, rh[:m])
		reduce6(&b, wb, rh[m:])
		for v := 0; v < 2 && 2*p+v < l.Hidden; v++ {
			u := 2*p + v
			n := Tanh((a[4+v] + b[4+v]) + hn[u])
			hn[u] = float32(zs[u]*(h[u]-n)) + n
		}
	}
	copy(h, hn)
}
