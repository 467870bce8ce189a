// Machine ceilings, one core: clock, f32 FMA peak (AVX-512, AVX2), FMA latency, L1/L2/L3/DRAM load bandwidth.
// usage: gcc -O3 -march=native peak.c -o peak
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static double now(void){struct timespec t;clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&t);return t.tv_sec+1e-9*t.tv_nsec;}
static int cmp(const void*a,const void*b){double x=*(double*)a,y=*(double*)b;return x<y?-1:x>y;}
static double med(double*v,int n){qsort(v,n,sizeof*v,cmp);return v[n/2];}
#define REP 15
static double ghz(void){double v[REP];for(int r=0;r<REP;r++){long n=100000000;double t=now();
 long i=n;__asm__ volatile(".p2align 6\n1: .rept 64\nadd $1,%%rax\n.endr\nsub $64,%0\njg 1b":"+r"(i)::"rax","cc");
 v[r]=n/(now()-t)/1e9;}return med(v,REP);}
static double fma512(int lat){double v[REP];for(int r=0;r<REP;r++){long n=20000000;__m512 a=_mm512_set1_ps(0.999999f),b=_mm512_set1_ps(1e-6f);
 __m512 c0=b,c1=b,c2=b,c3=b,c4=b,c5=b,c6=b,c7=b,c8=b,c9=b,c10=b,c11=b;double t=now();
 if(lat){for(long i=0;i<n;i++)__asm__ volatile("vfmadd213ps %2,%1,%0":"+v"(c0):"v"(a),"v"(b));v[r]=(now()-t)/n*1e9;}
 else{for(long i=0;i<n;i++){
#define F(x) __asm__ volatile("vfmadd213ps %2,%1,%0":"+v"(x):"v"(a),"v"(b));
 F(c0)F(c1)F(c2)F(c3)F(c4)F(c5)F(c6)F(c7)F(c8)F(c9)F(c10)F(c11)}
 v[r]=n*12.0*32/(now()-t)/1e9;}}
 return med(v,REP);}
static double fma256(void){double v[REP];for(int r=0;r<REP;r++){long n=20000000;__m256 a=_mm256_set1_ps(0.999999f),b=_mm256_set1_ps(1e-6f);
 __m256 c0=b,c1=b,c2=b,c3=b,c4=b,c5=b,c6=b,c7=b,c8=b,c9=b,c10=b,c11=b;double t=now();
 for(long i=0;i<n;i++){F(c0)F(c1)F(c2)F(c3)F(c4)F(c5)F(c6)F(c7)F(c8)F(c9)F(c10)F(c11)}
 v[r]=n*12.0*16/(now()-t)/1e9;}return med(v,REP);}
static double bw(size_t bytes,int w512){char*p=aligned_alloc(64,bytes);memset(p,1,bytes);double v[REP];
 long it=(long)(4e9/bytes)+1; if(bytes>1<<26) it=(long)(2e9/bytes)+1;
 for(int r=0;r<REP;r++){double t=now();for(long k=0;k<it;k++){char*q=p;long n=bytes/512;
 if(w512)__asm__ volatile("1: vmovaps (%0),%%zmm0\nvmovaps 64(%0),%%zmm1\nvmovaps 128(%0),%%zmm2\nvmovaps 192(%0),%%zmm3\nvmovaps 256(%0),%%zmm4\nvmovaps 320(%0),%%zmm5\nvmovaps 384(%0),%%zmm6\nvmovaps 448(%0),%%zmm7\nadd $512,%0\ndec %1\njnz 1b":"+r"(q),"+r"(n)::"xmm0","xmm1","xmm2","xmm3","xmm4","xmm5","xmm6","xmm7","cc","memory");
 }v[r]=(double)it*bytes/(now()-t)/1e9;}free(p);return med(v,REP);}
int main(void){double g=ghz();printf("clock GHz (dep add chain) %.3f\n",g);
 double f5=fma512(0),f2=fma256(),l=fma512(1);
 printf("FMA f32 AVX-512 GFLOP/s %.1f (%.2f FMA/cycle)\n",f5,f5/32/g);
 printf("FMA f32 AVX2    GFLOP/s %.1f (%.2f FMA/cycle)\n",f2,f2/16/g);
 printf("FMA latency ns %.3f (%.2f cycles)\n",l,l*g);
 size_t s[]={16<<10,32<<10,64<<10,256<<10,512<<10,4<<20,16<<20,256<<20};
 for(int i=0;i<8;i++){double b=bw(s[i],1);printf("load BW %7zu KiB  %.1f GB/s (%.1f B/cycle)\n",s[i]>>10,b,b/g);}
 return 0;}
