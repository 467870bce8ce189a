package filter

import (
	"errors"
	"math"
	"math/cmplx"
)

// elliptic ripples in both bands (Cauer). The construction is that of Orfanidis, Lecture Notes on Elliptic Filter Design, 2006:
// the selectivity k solves the degree equation by nomes, and the Jacobi functions come from Landen's transformation.
func elliptic(n int, rippleDB, stopDB float64) (zpk, error) {
	ep := math.Sqrt(math.Expm1(rippleDB / 10 * math.Ln10))
	es := math.Sqrt(math.Expm1(stopDB / 10 * math.Ln10))
	k1 := ep / es
	k, kc := selectivity(n, k1)
	if !(k < 1) || !(kc > 0) {
		return zpk{}, errors.New("the ripples asked for need a transition of no width in float64: lower the order or stop_db")
	}
	v := landen(k, kc)
	v0 := real(complex(0, -1) * asn(complex(0, 1/ep), k1) / complex(float64(n), 0))
	var f zpk
	for i := 1; i <= n/2; i++ {
		u := complex(float64(2*i-1)/float64(n), 0)
		z := 1 / (k * real(cd(u, v)))
		p := complex(0, 1) * cd(u-complex(0, v0), v)
		f.z = append(f.z, complex(0, z), complex(0, -z))
		f.p = append(f.p, p, cmplx.Conj(p))
	}
	dc := 1 / math.Sqrt(1+ep*ep)
	if n%2 == 1 {
		f.p = append(f.p, complex(real(complex(0, 1)*sn(complex(0, v0), v)), 0))
		dc = 1
	}
	f.k = dc / negatedProductRatio(f.z, f.p)
	return f, nil
}

// selectivity gives k, and its complement sqrt(1-k^2), for which n K'/K (k) = K'/K (k1).
func selectivity(n int, k1 float64) (k, kc float64) {
	// K(k) = pi / 2 agm(1, k'), so that the nome of k1 is exp(-pi agm(1, k1') / agm(1, k1)).
	q := math.Exp(-math.Pi * agm(1, math.Sqrt((1-k1)*(1+k1))) / agm(1, k1) / float64(n))
	num, den, alt := 1.0, 1.0, 1.0
	sign := -1.0
	for m := 1; m < 20; m++ {
		num += math.Pow(q, float64(m*(m+1)))
		t := 2 * math.Pow(q, float64(m*m))
		den += t
		alt += sign * t
		sign = -sign
	}
	return 4 * math.Sqrt(q) * (num / den) * (num / den), (alt / den) * (alt / den)
}

func agm(a, b float64) float64 {
	for range 40 {
		if math.Abs(a-b) <= 1e-16*a {
			break
		}
		a, b = (a+b)/2, math.Sqrt(a*b)
	}
	return a
}

// landen is the descending sequence of moduli k -> (k / (1 + k'))^2.
func landen(k, kc float64) []float64 {
	var v []float64
	for k > 1e-17 && len(v) < 12 {
		k = k / (1 + kc)
		k *= k
		kc = math.Sqrt((1 - k) * (1 + k))
		v = append(v, k)
	}
	return v
}

// cd is the Jacobi function cd(u K, k) for the moduli v of k.
func cd(u complex128, v []float64) complex128 { return ascend(cmplx.Cos(u*math.Pi/2), v) }

// sn is the Jacobi function sn(u K, k).
func sn(u complex128, v []float64) complex128 { return ascend(cmplx.Sin(u*math.Pi/2), v) }

func ascend(w complex128, v []float64) complex128 {
	for i := len(v) - 1; i >= 0; i-- {
		k := complex(v[i], 0)
		w = (1 + k) * w / (1 + k*w*w)
	}
	return w
}

// asn is the u for which sn(u K, k) = w.
func asn(w complex128, k float64) complex128 {
	before := k
	for _, v := range landen(k, math.Sqrt((1-k)*(1+k))) {
		w = w / (1 + cmplx.Sqrt(1-w*w*complex(before*before, 0))) * complex(2/(1+v), 0)
		before = v
	}
	return cmplx.Asin(w) * 2 / math.Pi
}
