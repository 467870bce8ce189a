package file

import (
	"time"

	"crackle/ingest/block"
)

// Reader reads one recording from its first row to its last as one part. It is for one goroutine; only Progress may be called from others.
type Reader interface {
	// Info says what is known of the recording by now: layout and rate from the start, counts and clock notes as far as it has been read.
	Info() Info
	// Read fills dst with the next rows: Samples (interleaved, dst's array is reused), First, TimeNS, RateHz, Channels, Part, Lot and Flags: Recorded on
	// all, PartBegin on the first, PartEnd on the last block. Run and Seq are the publisher's and stay as they are. A missing sample is NaN.
	// Rows that an even clock jumps over are missing: First counts them, and a block ends there.
	// After the last block it returns io.EOF. Rows before a faulty one are returned first, then the error, which stays.
	Read(dst *block.Block) error
	// Progress is the bytes of the file read so far, compressed if it is, and its size, 0 when that is unknown.
	Progress() (done, total int64)
	Close() error
}

// Header says whether a line of names stands above the data.
type Header uint8

const (
	HeaderAuto    Header = iota // the line above the data, when it is of as many cells and not of numbers
	HeaderPresent               // the first line is one, even if it looks like data
	HeaderAbsent                // channels are named c1, c2, ... after their columns
)

// NoTime as Options.Time says that no column is the time.
const NoTime = "none"

// DefaultBlockSamples is the block size when Options leave it at 0, as far as a message can hold that many rows.
const DefaultBlockSamples = 4096

// Options say what cannot be seen in a file, or overrule what is seen. The zero value sees for itself.
//
// Columns are named by their header, or by number, counted from 1: "3", or "#3" where a header is itself a number.
type Options struct {
	Separator    byte   // 0 finds it among comma, semicolon, tab and ' ' for any run of blanks and tabs; one column of 1,5 must be told from two of whole numbers
	DecimalComma bool   // numbers are written 1,5; found by itself when plainly visible
	Header       Header // whether there is a header line
	Time         string // the time column, or NoTime; "" finds it by name or content
	TimeLayout   string // of its cells, in the notation of Go's time package, when they are no usual date and time
	TimeUnit     string // of a numeric time column: s, ms, us, ns, min, h or d; "" for the unit in its header, else s, or what an epoch's size shows
	Zone         *time.Location
	Start        time.Time // wall time of the first row, when the file has no absolute time
	Columns      []Column  // which columns to take, in this order; none takes every column of numbers but time and row counters
	RateHz       float64   // 0 takes it from the time column: its mean step where it is even, else its median step
	BlockSamples int       // rows in a block; 0 for DefaultBlockSamples
	Part, Lot    string
	BadAsMissing bool // count cells that hold no number, and short or long rows, as missing samples instead of stopping
}

// Column picks a column of the file as a channel.
type Column struct {
	From  string  // header or number
	Name  string  // of the channel; "" keeps the header
	Scale float64 // multiplies every sample, for files that are not in SI units; 0 counts as 1
}

// Info describes a recording.
type Info struct {
	Path         string
	Format       string // csv
	Compressed   bool   // gzip
	Channels     []string
	RateHz       float64
	Rows         int64     // -1 until the end has been read
	Start        time.Time // of the first row; zero when the file does not tell and Options did not
	Separator    byte
	DecimalComma bool
	HeaderLine   int    // line number of the names, 0 for none
	TimeColumn   string // header or #number of the time column, "" for none
	Missing      int64  // samples so far that were empty, NaN or of a kind
	Skipped      int64  // rows so far that an even clock jumped over: First counts them
	Bad          int64  // samples so far that held no number and were taken as missing (Options.BadAsMissing)
	Notes        []string
}
