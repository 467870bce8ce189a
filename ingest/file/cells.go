package file

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

var errQuote = errors.New("a quotation mark is not closed")

// split cuts a line into cells, without blanks and quotes around them, into dst's array. A separator of ' ' stands for any run of blanks and tabs.
func split(dst [][]byte, line []byte, sep byte) ([][]byte, error) {
	dst = dst[:0]
	if sep == ' ' {
		line = bytes.Trim(line, " \t")
	}
	for {
		cell, rest, more, err := nextCell(line, sep)
		if err != nil {
			return dst, err
		}
		dst = append(dst, cell)
		if !more {
			return dst, nil
		}
		line = rest
		if sep == ' ' {
			line = bytes.TrimLeft(line, " \t")
		}
	}
}

func nextCell(line []byte, sep byte) (cell, rest []byte, more bool, err error) {
	if q := bytes.TrimLeft(line, " "); len(q) > 0 && q[0] == '"' {
		q = q[1:]
		end := 0
		for { // a doubled quote is one that belongs to the cell
			n := bytes.IndexByte(q[end:], '"')
			if n < 0 {
				return nil, nil, false, errQuote
			}
			end += n
			if end+1 >= len(q) || q[end+1] != '"' {
				break
			}
			end += 2
		}
		cell, line = trim(q[:end]), q[end+1:]
		at := indexSeparator(line, sep)
		if at < 0 {
			return cell, nil, false, nil
		}
		return cell, line[at+1:], true, nil
	}
	at := indexSeparator(line, sep)
	if at < 0 {
		return trim(line), nil, false, nil
	}
	return trim(line[:at]), line[at+1:], true, nil
}

func indexSeparator(line []byte, sep byte) int {
	if sep == ' ' {
		return bytes.IndexAny(line, " \t")
	}
	return bytes.IndexByte(line, sep)
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// kind of a cell.
type kind uint8

const (
	empty  kind = iota // nothing, or a word for nothing: NaN, null, ...
	number             // a decimal number, or an infinity
	text
)

// longest number that is looked at.
const maxNumber = 64

// parse reads a cell as a number, rounded to 32 or 64 bits. A number that is too large for that is text: it cannot be taken.
func parse(cell []byte, comma bool, bits int) (float64, kind) {
	if len(cell) == 0 {
		return 0, empty
	}
	if c := cell[0]; c > '9' || c == '#' || c == '/' || len(cell) > maxNumber {
		return parseWord(cell)
	}
	var buf [maxNumber]byte
	n := copy(buf[:], cell)
	for i, c := range buf[:n] {
		switch {
		case c >= '0' && c <= '9', c == '+', c == '-', c == 'e', c == 'E':
		case c == '.' && !comma:
		case c == ',' && comma:
			buf[i] = '.'
		default:
			return parseWord(cell)
		}
	}
	v, err := strconv.ParseFloat(string(buf[:n]), bits)
	if err != nil {
		return parseWord(cell)
	}
	return v, number
}

// words for a missing value, in lower case.
var missing = [][]byte{
	[]byte("nan"), []byte("-nan"), []byte("+nan"), []byte("na"), []byte("n/a"), []byte("#n/a"), []byte("null"), []byte("none"), []byte("nil"),
	[]byte("-"), []byte("--"), []byte("?"), []byte("1.#qnan"), []byte("-1.#ind"), []byte("nan(ind)"), []byte("-nan(ind)"),
}

func parseWord(cell []byte) (float64, kind) {
	for _, m := range missing {
		if bytes.EqualFold(cell, m) {
			return 0, empty
		}
	}
	sign, word := 1, cell
	if word[0] == '+' || word[0] == '-' {
		if word[0] == '-' {
			sign = -1
		}
		word = word[1:]
	}
	if bytes.EqualFold(word, []byte("inf")) || bytes.EqualFold(word, []byte("infinity")) {
		return inf[(sign+1)/2], number
	}
	return 0, text
}

var inf = [2]float64{math.Inf(-1), math.Inf(1)}
