package window

import "crackle/ingest/block"

// flagKinds is the number of bits of block.Flags in use.
const flagKinds = 5

// flagSpans remembers which samples each flag covers.
type flagSpans [flagKinds]span

func (f *flagSpans) add(flags block.Flags, first, end uint64) {
	for i := range f {
		switch bit := block.Flags(1) << i; {
		case flags&bit == 0 || first == end && bit > block.PartEnd:
		case bit == block.PartBegin:
			f[i].grow(first, first+1)
		case bit == block.PartEnd:
			f[i].grow(max(end, 1)-1, max(end, 1))
		default:
			f[i].grow(first, end)
		}
	}
}

func (f *flagSpans) in(first, end uint64) block.Flags {
	var out block.Flags
	for i := range f {
		if f[i].touches(first, end) {
			out |= 1 << i
		}
	}
	return out
}
