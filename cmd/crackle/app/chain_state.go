package app

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// chainState is the first byte of a chain's saved state.
const chainState = 2

// AppendState appends to dst all that the next scores depend on beside configuration and model: decimator, conditioner, detector and the account of the part under way. A chain
// of the same configuration and model that takes it up gives the same scores as this one would, to the bit with the same kernel.
func (h *Chain) AppendState(dst []byte) []byte {
	dst = append(dst, chainState)
	section := func(appendState func([]byte) []byte) {
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		if appendState != nil {
			dst = appendState(dst)
		}
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	if h.decimator != nil {
		section(h.decimator.AppendState)
	} else {
		section(nil)
	}
	section(h.Conditioner.AppendState)
	if h.detector != nil {
		section(h.detector.AppendState)
	} else {
		section(nil)
	}
	section(func(dst []byte) []byte {
		kept, err := h.account.AppendBinary(dst)
		if err != nil {
			return dst // asked for in the middle of Push: the account begins anew, and the part counts as joined in its middle
		}
		return kept
	})
	return dst
}

// RestoreState takes up a state saved by AppendState, with the model in service that it was saved with. It fails when the state is damaged, or of
// another version, configuration or model; the chain then begins anew.
func (h *Chain) RestoreState(b []byte) error { return h.takeUp(b, true) }

// RestoreSignal is RestoreState but for the model, which is another one: filter, windows and account go on, the model warms up.
func (h *Chain) RestoreSignal(b []byte) error { return h.takeUp(b, false) }

func (h *Chain) takeUp(b []byte, model bool) error {
	err := h.restore(b, model)
	if err == nil {
		return nil
	}
	if h.decimator != nil {
		_ = h.decimator.RestoreState(nil) // fails, and leaves it as new
	}
	_ = h.Conditioner.RestoreState(nil) // likewise
	h.account.Reset()
	h.masters.forget()
	h.answers.forget()
	return fmt.Errorf("stream %s: %w", h.stream, err)
}

func (h *Chain) restore(b []byte, model bool) error {
	if len(b) == 0 || b[0] != chainState {
		return errors.New("a saved state of another version of the program, or none")
	}
	var sections [4][]byte
	b = b[1:]
	for i := range sections {
		if len(b) < 4 {
			return errors.New("a saved state that is cut off")
		}
		n := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			return errors.New("a saved state that is cut off")
		}
		sections[i], b = b[:n], b[n:]
	}
	decimator, conditioner, detector, account := sections[0], sections[1], sections[2], sections[3]
	if (len(decimator) > 0) != (h.decimator != nil) {
		return errors.New("a saved state of another decimation")
	}
	h.masters.forget()
	h.answers.forget()
	if len(b) > 0 {
		if err := h.takeUpPassages(b); err != nil {
			return err
		}
	}
	if !model {
		detector = nil
	}
	if len(detector) > 0 && h.detector == nil {
		return errors.New("a saved state of a model, and none is in service")
	}
	if h.decimator != nil {
		if err := h.decimator.RestoreState(decimator); err != nil {
			return err
		}
	}
	if err := h.Conditioner.RestoreState(conditioner); err != nil {
		return err
	}
	h.account.Reset()
	if len(account) > 0 {
		if err := h.account.UnmarshalBinary(account); err != nil {
			return err
		}
	}
	if len(detector) > 0 { // else a model has been put in service since, and is fresh
		return h.detector.RestoreState(detector)
	}
	return nil
}
