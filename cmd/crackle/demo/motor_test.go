package demo

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func motor(t testing.TB) []Recording {
	t.Helper()
	all, err := Motor()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every recording's samples must have the checksum that was taken when they were packed from the originals.
func TestMotorSamplesMatchTheirChecksums(t *testing.T) {
	sums := readSums(t)
	all := motor(t)
	if len(all) != 39 || len(sums) != 39 {
		t.Fatalf("%d recordings, %d checksums, want 39 of each", len(all), len(sums))
	}
	for _, r := range all {
		if got := hash(r.Samples); got != sums[r.Name].samples {
			t.Errorf("%s: samples hash to %s, recorded %s", r.Name, got, sums[r.Name].samples)
		}
	}
	if dir := os.Getenv("CRACKLE_DEMO_SOURCES"); dir != "" {
		compareWithOriginals(t, filepath.Join(dir, "motor_itsc"), all, sums)
	}
}

func compareWithOriginals(t *testing.T, dir string, all []Recording, sums map[string]sum) {
	for _, r := range all {
		raw, err := os.ReadFile(filepath.Join(dir, r.Name[:strings.LastIndexByte(r.Name, '_')], r.Name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(raw)); got != sums[r.Name].file {
			t.Errorf("%s: the original hashes to %s, recorded %s", r.Name, got, sums[r.Name].file)
		}
		cells := strings.FieldsFunc(string(raw), func(c rune) bool { return strings.ContainsRune(",\r\n", c) })
		if len(cells) != len(r.Samples) {
			t.Fatalf("%s: %d numbers in the original, %d packed", r.Name, len(cells), len(r.Samples))
		}
		for i, c := range cells {
			if v, err := strconv.ParseFloat(c, 32); err != nil || float32(v) != r.Samples[i] {
				t.Fatalf("%s: number %d is %s in the original (%v), %v packed", r.Name, i, c, err, r.Samples[i])
			}
		}
	}
}

func TestMotorOrderAndTruth(t *testing.T) {
	all := motor(t)
	var got strings.Builder
	mustFind, unsure := 0, 0
	for i, r := range all {
		if len(r.Samples) != 3000 || len(r.Channels) != 3 || r.RateHz != 1000 {
			t.Errorf("%s: %d samples of %d channels at %v Hz", r.Name, len(r.Samples), len(r.Channels), r.RateHz)
		}
		if r.Healthy != (i < 3) || r.Learn != (i < 2) || r.Healthy != (r.Level == 0) || r.Healthy != (r.Phase == "") {
			t.Errorf("%s at place %d: %+v", r.Name, i, r.Channels)
		}
		if i > 0 && r.Level < all[i-1].Level {
			t.Errorf("%s of level %d comes after level %d", r.Name, r.Level, all[i-1].Level)
		}
		if r.MustBeFound() {
			mustFind++
		}
		if r.Doubtful {
			unsure++
			fmt.Fprint(&got, r.Name, " ")
		}
	}
	if mustFind != 26 || unsure != 2 || got.String() != "SC_A1_B0_C0_002 SC_A0_B2_C0_002 " {
		t.Errorf("%d recordings must be found, want 26; doubtful: %s", mustFind, &got)
	}
	if n := all[3].Name; n != "SC_A1_B0_C0_001" {
		t.Errorf("the first fault is %s", n)
	}
	if n := all[38].Name; n != "SC_A0_B0_C4_003" {
		t.Errorf("the last fault is %s", n)
	}
}

// The README's reason for calling two labels doubtful: their negative-sequence share is no higher than in healthy recordings, all others' is.
func TestDoubtfulRecordingsLookHealthy(t *testing.T) {
	var healthy float64
	all := motor(t)
	for i := range all[:3] {
		healthy = max(healthy, negativeShare(&all[i]))
	}
	for i := range all[3:] {
		r := &all[3+i]
		share := negativeShare(r)
		if r.Doubtful && share > 1.1*healthy || !r.Doubtful && share < 1.7*healthy {
			t.Errorf("%s: negative over positive sequence %.4f, healthy up to %.4f, doubtful %v", r.Name, share, healthy, r.Doubtful)
		}
	}
}

// negativeShare is |I2|/|I1| at 60 Hz of a Hann-windowed recording.
func negativeShare(r *Recording) float64 {
	var ph [3]complex128
	for i, v := range r.Samples {
		row := float64(i / 3)
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*row/1000)
		sin, cos := math.Sincos(2 * math.Pi * 60 * row / r.RateHz)
		ph[i%3] += complex(float64(v)*hann, 0) * complex(cos, -sin)
	}
	a := complex(-0.5, math.Sqrt(3)/2)
	p, n := abs(ph[0]+a*ph[1]+a*a*ph[2]), abs(ph[0]+a*a*ph[1]+a*ph[2])
	return min(p, n) / max(p, n)
}

func abs(z complex128) float64 { return math.Hypot(real(z), imag(z)) }

func TestDamagedMotorArchive(t *testing.T) {
	for name, archive := range map[string][]byte{
		"empty":     nil,
		"cut short": motorArchive[:len(motorArchive)/2],
		"not gzip":  []byte("recording,a,b,c"),
	} {
		if _, err := readMotor(archive); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, name := range []string{"", "SC", "SC_HLT", "SC_A0_B0_C0_001", "XX_A1_B0_C0_001", "SC_A1_B0_C0_x"} {
		if _, err := newRecording(name); err == nil {
			t.Errorf("name %q: no error", name)
		}
	}
}

type sum struct{ file, samples string }

func readSums(t *testing.T) map[string]sum {
	f, err := os.Open("recordings/motor_itsc.sums")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sums := map[string]sum{}
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) != 3 {
			t.Fatalf("checksum line %q", s.Text())
		}
		sums[w[2]] = sum{w[0], w[1]}
	}
	return sums
}

// hash is the SHA-256 of samples as little-endian float32.
func hash(samples []float32) string {
	var raw []byte
	for _, v := range samples {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	s := sha256.Sum256(raw)
	return hex.EncodeToString(s[:])
}
