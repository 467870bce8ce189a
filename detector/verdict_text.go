package detector

import "fmt"

// MarshalText writes the verdict as String does, so that JSON has it in words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes. It fails on any other text.
func (v *Verdict) UnmarshalText(text []byte) error {
	for _, w := range []Verdict{NotAssessed, OK, Alarm} {
		if w.String() == string(text) {
			*v = w
			return nil
		}
	}
	return fmt.Errorf("verdict %q; allowed are %q, %q and %q", text, OK, Alarm, NotAssessed)
}
