package demo

import (
	"bytes"
	"compress/gzip"
	"io"
)

func unpack(archive []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
