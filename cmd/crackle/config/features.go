package config

import "crackle/window/feature"

// MinChanges gives the name of every number in the stream's feature vector, and its tolerance. A key of min_change is the name of one
// number (current_a.rms), or an entry of the list (rms), which stands for all the numbers that the entry gives.
func (s *Stream) MinChanges() (names []string, tolerance []float64, err error) {
	for _, entry := range s.Features.List {
		own, err := s.outputs(entry)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range own {
			v := s.Features.MinChange.All
			if by, ok := s.Features.MinChange.By[entry]; ok {
				v = by
			}
			if by, ok := s.Features.MinChange.By[name]; ok {
				v = by
			}
			names, tolerance = append(names, name), append(tolerance, v)
		}
	}
	return names, tolerance, nil
}

// outputs names the numbers that one entry of the feature list gives.
func (s *Stream) outputs(entry string) ([]string, error) {
	length, _ := s.Window.Samples(s.ConditionedHz())
	return feature.Names(feature.Config{Channels: s.Channels, RateHz: s.Window.featureRate(s.ConditionedHz()), Length: length, Taper: s.Window.Taper, List: []string{entry}})
}
