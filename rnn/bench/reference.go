package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"crackle/rnn/kernel"
)

// reference builds and runs the C sources once each.
type reference struct {
	dir  string
	tmp  string
	outs map[string]string
}

func (r *reference) close() {
	if r.tmp != "" {
		os.RemoveAll(r.tmp)
	}
}

// output is what the program built from name.c prints; empty without a folder.
func (r *reference) output(name string, flags ...string) (string, error) {
	if r.dir == "" {
		return "", nil
	}
	if out, ok := r.outs[name]; ok {
		return out, nil
	}
	if r.tmp == "" {
		tmp, err := os.MkdirTemp("", "bench")
		if err != nil {
			return "", err
		}
		r.tmp, r.outs = tmp, map[string]string{}
	}
	exe := filepath.Join(r.tmp, name)
	args := append([]string{"-O3", "-march=native"}, flags...)
	args = append(args, filepath.Join(r.dir, name+".c"), "-o", exe, "-lm")
	if b, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc %s.c: %w: %s", name, err, b)
	}
	b, err := exec.Command(exe).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	r.outs[name] = string(b)
	return string(b), nil
}

// number finds the first group of a pattern in text; 0 when it is not there.
func number(text, pattern string) float64 {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	return v
}

// step is the C reference's time for a step of one channel, input 16, in ns.
func (r *reference) step(hidden int) (float64, error) {
	out, err := r.output("gru", "-ffast-math")
	return number(out, fmt.Sprintf(`I=16 H= *%d .*avx512 +([0-9.]+)`, hidden)), err
}

// batch is the C reference's time per channel-step of 256 channels, in ns.
func (r *reference) batch(hidden int) (float64, error) {
	out, err := r.output("gru_batch", "-ffast-math")
	return number(out, fmt.Sprintf(`H= *%d B= 256 .*avx512 +([0-9.]+)`, hidden)), err
}

// peak is the measured float32 FMA peak in GFLOP/s, AVX-512 and AVX2.
func (r *reference) peak() (wide, narrow float64, err error) {
	out, err := r.output("peak")
	return number(out, `AVX-512 GFLOP/s ([0-9.]+)`), number(out, `AVX2 +GFLOP/s ([0-9.]+)`), err
}

// torch gives PyTorch's training steps per second at hidden 32 and 64; zeros where it is not installed.
func (r *reference) torch() (map[int]float64, error) {
	if r.dir == "" {
		return nil, nil
	}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import torch").Run() != nil {
			continue
		}
		c := exec.Command(python, filepath.Join(r.dir, "gru_torch.py"), "E")
		c.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
		if slices.Contains(kernel.Available(), "avx512") {
			c.Env = append(c.Env, "OPENBLAS_CORETYPE=SkylakeX") // older OpenBLAS does not know newer processors and falls back to slow code
		}
		b, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("gru_torch.py: %w", err)
		}
		return map[int]float64{32: number(string(b), `E H=32 +([0-9.]+)`), 64: number(string(b), `E H=64 +([0-9.]+)`)}, nil
	}
	return nil, nil
}
