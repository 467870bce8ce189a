package panel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"crackle/detector/member"
)

// AppendState appends to dst all that the next opinions depend on beside what was learned.
func (p *Panel) AppendState(dst []byte) []byte {
	dst = append(dst, byte(len(p.seats)))
	if p.follow != nil {
		dst = p.follow.appendState(dst)
	}
	if p.regime != nil {
		at := len(dst)
		dst = p.regime.appendState(append(dst, 0, 0, 0, 0), &p.saver)
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	for _, s := range p.seats {
		at := len(dst)
		dst = p.saver.Append(append(dst, 0, 0, 0, 0), s.Kept)
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// RestoreState takes what AppendState wrote, of a panel that learned the same; from then on both give the same bits. On an error the panel is as
// it was.
func (p *Panel) RestoreState(b []byte) error {
	was := p.AppendState(nil)
	err := p.restore(b)
	if err != nil {
		return errors.Join(err, p.restore(was))
	}
	return nil
}

func (p *Panel) restore(b []byte) error {
	if len(b) == 0 || int(b[0]) != len(p.seats) {
		return fmt.Errorf("panel: the state is not of %d members", len(p.seats))
	}
	b = b[1:]
	var err error
	if p.follow != nil {
		if b, err = p.follow.restoreState(b); err != nil {
			return err
		}
	}
	if p.regime != nil {
		if b, err = section(b, p.regime.restoreState); err != nil {
			return err
		}
	}
	for _, s := range p.seats {
		if b, err = section(b, func(b []byte) error { return member.RestoreState(b, s.Kept) }); err != nil {
			return fmt.Errorf("panel: member %s: %w", s.Name(), err)
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("panel: %d bytes follow the state of the last member", len(b))
	}
	return nil
}

// section has one part of a state restored, and gives what follows it.
func section(b []byte, restore func([]byte) error) ([]byte, error) {
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.LittleEndian.Uint32(b)) {
		return nil, errors.New("the state is cut off")
	}
	n := binary.LittleEndian.Uint32(b)
	return b[4+n:], restore(b[4 : 4+n])
}
