package train

import (
	"fmt"
	"time"

	"crackle/rnn"
)

// Sequence is one training example: a row of targets and a weight for every row of inputs. A weight of 0 drops the row from the loss, as
// for warm-up and for missing targets.
type Sequence struct {
	X       [][]float32 // [steps][Input]
	Target  [][]float32 // [steps][Output]; for HeadClass one value, the class number
	Weight  []float32   // [steps], each at least 0; nil means all 1
	Present [][]bool    // [steps][Output], which target values exist; nil means all. Not for classes
	Start   []float32   // [Output], encoder-decoder only: the row before the first target; nil means zeros
	H0, C0  []float32   // [layers*directions][hidden], initial states; nil means the network's own
}

// Config says how to train. The zero value of a field means its default.
type Config struct {
	Loss         Loss    // default MSE
	HuberDelta   float64 // default 1: where Huber turns from square to line
	ClassWeights []float64

	Optimiser    Optimiser // default AdamW (Adam when WeightDecay is 0)
	LearningRate float64   // default 0.003
	Momentum     float64   // of SGD, default 0.9
	WeightDecay  float64   // decoupled, default 0
	Schedule     Schedule  // default constant
	ClipNorm     float64   // default 1: gradients are scaled down to this norm; negative turns it off
	ClipValue    float64   // default off: each gradient is held within ±ClipValue

	// TeacherForcing is the probability that an encoder-decoder's decoder is fed the true previous output instead of its own, at the first
	// epoch and at the last, linear between (scheduled sampling, Bengio et al. 2015). Default {1, 1}: always; {1, 0.001} ends nearly free.
	TeacherForcing [2]float64

	Epochs   int    // default 100
	Batch    int    // sequences per update, default 32
	Truncate int    // rows between updates within a sequence, state carried on; default 0: whole sequences
	Patience int    // epochs without a better validation loss before stopping, default 10; negative never stops
	Seed     uint64 // initial weights, order of sequences, dropout
	Threads  int    // default 1; the result depends on the seed only, not on this

	Progress func(Progress) // called after each epoch from the training goroutine
}

// Progress is where training stands after an epoch.
type Progress struct {
	Epoch, Epochs int
	Train, Valid  float64 // mean loss; Valid is NaN without a validation set
	Best          float64 // lowest Valid so far (lowest Train without a validation set)
	BestEpoch     int
	LearningRate  float64
	GradNorm      float64       // of the last update, before clipping
	RowsPerSecond float64       // rows trained on per second of this epoch
	Left          time.Duration // estimate for the remaining epochs, early stopping not foreseen
}

// Result is a finished training.
type Result struct {
	Weights     *rnn.Weights // those of BestEpoch
	Epochs      int          // done
	BestEpoch   int          // counted from 1; 0 when the initial weights were never improved on
	Train       float64      // mean training loss in BestEpoch
	Valid       float64      // validation loss in BestEpoch; NaN without a validation set
	Stopped     string       // why it ended: "epochs", "patience", "cancelled" or "diverged"
	Diverged    string       // where and how the loss left the finite numbers; empty when it did not
	Steps       int          // updates made
	Flow        Flow         // gradient flow of the first batch of every eighth epoch, the latest
	GradNorms   []float64    // norm before clipping, one per epoch (its last update)
	TrainLosses []float64    // one per epoch
	ValidLosses []float64    // one per epoch; empty without a validation set
}

func (c Config) withDefaults() Config {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	seti := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Loss == "" {
		c.Loss = MSE
	}
	if c.Optimiser == "" {
		c.Optimiser = AdamW
	}
	set(&c.HuberDelta, 1)
	set(&c.LearningRate, 0.003)
	set(&c.Momentum, 0.9)
	set(&c.ClipNorm, 1)
	if c.TeacherForcing == [2]float64{} {
		c.TeacherForcing = [2]float64{1, 1}
	}
	seti(&c.Epochs, 100)
	seti(&c.Batch, 32)
	seti(&c.Patience, 10)
	seti(&c.Threads, 1)
	return c
}

func (c Config) check(n rnn.Config) error {
	switch {
	case n.Cell == rnn.GRUBefore:
		return fmt.Errorf("cell %q can be run but not trained: use %q", n.Cell, rnn.GRU)
	case c.LearningRate < 0 || c.LearningRate != c.LearningRate:
		return fmt.Errorf("learning rate is %v, must be above 0", c.LearningRate)
	case c.Epochs < 0 || c.Batch < 0 || c.Truncate < 0 || c.Threads < 0:
		return fmt.Errorf("epochs %d, batch %d, truncate %d, threads %d: none may be negative", c.Epochs, c.Batch, c.Truncate, c.Threads)
	case c.Truncate > 0 && n.Bidirectional:
		return fmt.Errorf("truncate is %d, but a bidirectional network needs whole sequences: set it to 0", c.Truncate)
	case !(min(c.TeacherForcing[0], c.TeacherForcing[1]) >= 0) || max(c.TeacherForcing[0], c.TeacherForcing[1]) > 1:
		return fmt.Errorf("teacher forcing is %v, both must be 0 to 1", c.TeacherForcing)
	case c.ClassWeights != nil && len(c.ClassWeights) != n.Output:
		return fmt.Errorf("%d class weights for %d classes", len(c.ClassWeights), n.Output)
	}
	switch c.Optimiser {
	case AdamW, SGD:
	default:
		return fmt.Errorf("optimiser is %q, must be %q or %q", c.Optimiser, AdamW, SGD)
	}
	return c.Loss.fits(n)
}

// forcing is the teacher-forcing probability of an epoch counted from 0.
func (c Config) forcing(epoch int) float64 {
	share := float64(epoch) / float64(max(1, c.Epochs-1))
	return c.TeacherForcing[0] + share*(c.TeacherForcing[1]-c.TeacherForcing[0])
}
