// The yardstick of the filter benchmarks: four second-order sections in transposed direct form II, one sample at a time, as a careful C
// programmer writes it. Prints the median processor time in ns per sample, for float and for double.
// Build: gcc -O3 -march=native -ffast-math cascade.c
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N 65536
#define ROUNDS 15
#define PASSES 4

// Not const, so that the compiler cannot fold the simple coefficients away: scipy.signal.butter(4, [0.05, 0.2], "bandpass", output="sos").
double sections[4][5] = {
    {0.0017826099919254052, 0.0035652199838508104, 0.0017826099919254052, -1.3837376849231693, 0.54503165415216559},
    {1, 2, 1, -1.7093596638014648, 0.75044041949556406},
    {1, -2, 1, -1.4417529515240448, 0.76004160790281117},
    {1, -2, 1, -1.9010403228977193, 0.92621594574238075},
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

#define MEASURE(T)                                                                                  \
  static __attribute__((noinline)) void run_##T(const T *restrict x, T *restrict y, T state[4][2]) { \
    T c[4][5], z[4][2];                                                                             \
    for (int k = 0; k < 4; k++) {                                                                   \
      for (int j = 0; j < 5; j++) c[k][j] = sections[k][j];                                         \
      z[k][0] = state[k][0];                                                                        \
      z[k][1] = state[k][1];                                                                        \
    }                                                                                               \
    for (int i = 0; i < N; i++) {                                                                   \
      T v = x[i];                                                                                   \
      for (int k = 0; k < 4; k++) {                                                                 \
        T o = c[k][0] * v + z[k][0];                                                                \
        z[k][0] = c[k][1] * v - c[k][3] * o + z[k][1];                                              \
        z[k][1] = c[k][2] * v - c[k][4] * o;                                                        \
        v = o;                                                                                      \
      }                                                                                             \
      y[i] = v;                                                                                     \
    }                                                                                               \
    for (int k = 0; k < 4; k++) {                                                                   \
      state[k][0] = z[k][0];                                                                        \
      state[k][1] = z[k][1];                                                                        \
    }                                                                                               \
  }                                                                                                 \
  static double median_##T(void) {                                                                  \
    T *x = malloc(N * sizeof(T)), *y = malloc(N * sizeof(T));                                       \
    for (int i = 0; i < N; i++) x[i] = rand() / (T)RAND_MAX - (T)0.5;                               \
    T state[4][2] = {{0}};                                                                          \
    double took[ROUNDS];                                                                            \
    for (int r = 0; r < ROUNDS; r++) {                                                              \
      double start = now();                                                                         \
      for (int p = 0; p < PASSES; p++) run_##T(x, y, state);                                        \
      took[r] = (now() - start) / N / PASSES;                                                       \
    }                                                                                               \
    qsort(took, ROUNDS, sizeof took[0], by_value);                                                  \
    return took[ROUNDS / 2];                                                                        \
  }

MEASURE(float)
MEASURE(double)

int main(void) {
  printf("%.4f %.4f\n", median_float(), median_double());
  return 0;
}
