package feature

import "math/cmplx"

var (
	_ = registerMulti(Kind{Name: "imbalance", Args: "mains_hz [, channel a, channel b, channel c]", Unit: "1",
		About: "magnitudes of the negative and the zero sequence over the positive one (IEC 61000-4-30 unbalance)",
		build: func(b builder) (measure, error) {
			s, err := threePhases(b)
			return imbalance{s}, err
		}})
	_ = registerMulti(Kind{Name: "phase_magnitudes", Args: "mains_hz [, channel a, channel b, channel c]", Unit: "1",
		About: "magnitude of each phase over that of the positive sequence",
		build: func(b builder) (measure, error) {
			s, err := threePhases(b)
			return phaseMagnitudes{s}, err
		}})
)

type imbalance struct{ sequence }

func (imbalance) outputs() []output { return outputsOf("negative", "1", "zero", "1") }

func (m imbalance) measure(dst []float64, w *Frame) {
	negative, zero, _ := m.components(w)
	dst[0], dst[1] = cmplx.Abs(negative), cmplx.Abs(zero)
}

type phaseMagnitudes struct{ sequence }

func (phaseMagnitudes) outputs() []output { return outputsOf("a", "1", "b", "1", "c", "1") }

func (m phaseMagnitudes) measure(dst []float64, w *Frame) {
	_, _, phases := m.components(w)
	copy(dst, phases[:])
}
