package feature

var _ = registerMulti(Kind{Name: "valid_share", Unit: "1", About: "share of the window's samples that were measured, 1 unless they were filled in: the mask of missing data",
	build: func(b builder) (measure, error) {
		return validShare{}, b.numbers()
	}})

type validShare struct{}

func (validShare) measure(dst []float64, w *Frame) { dst[0] = w.validShare }

// NeedsValidShare tells whether the list holds valid_share, so that SetValidShare is worth its while.
func (s *Set) NeedsValidShare() bool {
	for _, m := range s.measures {
		if _, ok := m.(validShare); ok {
			return true
		}
	}
	return false
}

// SetValidShare says what valid_share will be for the windows that follow. At first it is 1.
func (s *Set) SetValidShare(share float64) { s.frame.validShare = share }
