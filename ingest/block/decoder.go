package block

// Names of the message headers that Crackle reads. A block of the block encoding needs none of them.
const (
	HeaderEncoding = "Crackle-Encoding" // block, raw or json
	HeaderPart     = "Crackle-Part"     // part of the samples, where the message itself names none
	HeaderLot      = "Crackle-Lot"      // and their lot
)

// Header holds the headers of a message as the transport gave them. A nats.Header converts to it.
type Header map[string][]string

// Get is the first value of key, empty when there is none. Keys are compared as they are written.
func (h Header) Get(key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Decoder reads one encoding. Decode has the contract of the function [Decode]. An encoding that carries no sample index leaves dst.Run 0,
// and the receiver then numbers the samples.
type Decoder interface {
	Decode(dst *Block, payload []byte, h Header) error
}

// Binary is the decoder of the block encoding.
type Binary struct{}

// Decode is [Decode]; headers name part and lot when the message does not.
func (Binary) Decode(dst *Block, payload []byte, h Header) error {
	if err := Decode(dst, payload); err != nil {
		return err
	}
	return tag(dst, h)
}

// tag fills in part and lot from the headers.
func tag(dst *Block, h Header) error {
	if len(h) == 0 {
		return nil
	}
	part, lot := h.Get(HeaderPart), h.Get(HeaderLot)
	if dst.Part == "" && part != "" {
		if err := checkText("part", part); err != nil {
			return err
		}
		dst.Part = part
	}
	if dst.Lot == "" && lot != "" {
		if err := checkText("lot", lot); err != nil {
			return err
		}
		dst.Lot = lot
	}
	return nil
}
