// Batch-1 streaming GRU step + dense head of 1, f32: plain C (row, col) and AVX-512 intrinsics.
// usage: gcc -O3 -march=native -ffast-math gru.c -o gru -lm
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#define REP 15
static double now(void){struct timespec t;clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&t);return t.tv_sec+1e-9*t.tv_nsec;}
static int cmp(const void*a,const void*b){double x=*(double*)a,y=*(double*)b;return x<y?-1:x>y;}
static double med(double*v,int n){qsort(v,n,sizeof*v,cmp);return v[n/2];}
static float rnd(void){return rand()*(2.f/(float)RAND_MAX)-1.f;}
#include "act512.h"
#define I 1
#define H 8
#include "gru.h"
#undef H
#define H 16
#include "gru.h"
#undef H
#define H 32
#include "gru.h"
#undef H
#define H 64
#include "gru.h"
#undef H
#define H 128
#include "gru.h"
#undef H
#undef I
#define I 8
#define H 8
#include "gru.h"
#undef H
#define H 16
#include "gru.h"
#undef H
#define H 32
#include "gru.h"
#undef H
#define H 64
#include "gru.h"
#undef H
#define H 128
#include "gru.h"
#undef H
#undef I
#define I 16
#define H 8
#include "gru.h"
#undef H
#define H 16
#include "gru.h"
#undef H
#define H 32
#include "gru.h"
#undef H
#define H 64
#include "gru.h"
#undef H
#define H 128
#include "gru.h"
#undef H
#undef I
int main(void){
bench8_1();bench16_1();bench32_1();bench64_1();bench128_1();
bench8_8();bench16_8();bench32_8();bench64_8();bench128_8();
bench8_16();bench16_16();bench32_16();bench64_16();bench128_16();return 0;}
