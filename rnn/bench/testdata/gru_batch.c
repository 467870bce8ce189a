// One GRU step for B channels sharing weights, f32, input 16: plain C (auto-vectorised over channels, 64-channel tiles)
// and AVX-512 intrinsics (2 units x 3 gates x 32 channels in registers, activations fused). State is kept channel-minor.
// usage: gcc -O3 -march=native -ffast-math gru_batch.c -o gru_batch -lm
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define REP 15
static double now(void){struct timespec t;clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&t);return t.tv_sec+1e-9*t.tv_nsec;}
static int cmp(const void*a,const void*b){double x=*(double*)a,y=*(double*)b;return x<y?-1:x>y;}
static double med(double*v,int n){qsort(v,n,sizeof*v,cmp);return v[n/2];}
static float rnd(void){return rand()*(2.f/(float)RAND_MAX)-1.f;}
#include "act512.h"
#define I 16
// Wi[3H][I], Wh[3H][H] row-major as PyTorch keeps them; x[I][B], h[H][B], hn[H][B]
static __attribute__((noinline)) void plain(int H,int B,const float*restrict Wi,const float*restrict Wh,const float*restrict bi,const float*restrict bh,const float*restrict x,const float*restrict h,float*restrict hn){
  for(int c=0;c<B;c+=64)for(int u=0;u<H;u++){float r[64],z[64],n[64],m[64];
    for(int b=0;b<64;b++){r[b]=bi[u]+bh[u];z[b]=bi[H+u]+bh[H+u];n[b]=bh[2*H+u];m[b]=bi[2*H+u];}
    for(int k=0;k<I;k++)for(int b=0;b<64;b++){float v=x[k*B+c+b];r[b]+=Wi[u*I+k]*v;z[b]+=Wi[(H+u)*I+k]*v;m[b]+=Wi[(2*H+u)*I+k]*v;}
    for(int k=0;k<H;k++)for(int b=0;b<64;b++){float v=h[k*B+c+b];r[b]+=Wh[u*H+k]*v;z[b]+=Wh[(H+u)*H+k]*v;n[b]+=Wh[(2*H+u)*H+k]*v;}
    for(int b=0;b<64;b++){float R=1.f/(1.f+expf(-r[b])),Z=1.f/(1.f+expf(-z[b]));float N=1.f-2.f/(1.f+expf(2.f*(m[b]+R*n[b])));
      hn[u*B+c+b]=N+Z*(h[u*B+c+b]-N);}}}
// weights packed [H/2][k][3][2]; state tiles of 32 channels: x[B/32][I][32], h[B/32][H][32]
static __attribute__((noinline)) void avx(int H,int B,const float*restrict Wi,const float*restrict Wh,const float*restrict bi,const float*restrict bh,const float*restrict x,const float*restrict h,float*restrict hn){
  for(int t=0;t<B/32;t++){const float*xt=x+t*32*I,*ht=h+(size_t)t*32*H;float*ot=hn+(size_t)t*32*H;
   for(int u=0;u<H;u+=2){__m512 r[2][2],z[2][2],n[2][2],m[2][2];
    for(int q=0;q<2;q++)for(int v=0;v<2;v++){r[q][v]=_mm512_set1_ps(bi[u+q]+bh[u+q]);z[q][v]=_mm512_set1_ps(bi[H+u+q]+bh[H+u+q]);n[q][v]=_mm512_set1_ps(bh[2*H+u+q]);m[q][v]=_mm512_set1_ps(bi[2*H+u+q]);}
    const float*w=Wi+u/2*6*I;
    for(int k=0;k<I;k++,w+=6){__m512 a=_mm512_load_ps(xt+k*32),b=_mm512_load_ps(xt+k*32+16),s;
#define G(g,i) s=_mm512_set1_ps(w[i]);g[i&1][0]=_mm512_fmadd_ps(s,a,g[i&1][0]);g[i&1][1]=_mm512_fmadd_ps(s,b,g[i&1][1]);
      G(r,0)G(r,1)G(z,2)G(z,3)G(m,4)G(m,5)}
    w=Wh+u/2*6*H;
    for(int k=0;k<H;k++,w+=6){__m512 a=_mm512_load_ps(ht+k*32),b=_mm512_load_ps(ht+k*32+16),s;G(r,0)G(r,1)G(z,2)G(z,3)G(n,4)G(n,5)}
    for(int q=0;q<2;q++)for(int v=0;v<2;v++){__m512 R=sig512(r[q][v]),Z=sig512(z[q][v]),N=tanh512(_mm512_fmadd_ps(R,n[q][v],m[q][v]));
      __m512 o=_mm512_load_ps(ht+(u+q)*32+v*16);_mm512_store_ps(ot+(u+q)*32+v*16,_mm512_fmadd_ps(Z,_mm512_sub_ps(o,N),N));}}}}
static float*al(size_t n){float*p=aligned_alloc(64,(n*4+63)/64*64);memset(p,0,n*4);return p;}
int main(void){int Hs[]={32,64,128},Bs[]={64,256,1024};
 for(int hi=0;hi<3;hi++)for(int b_=0;b_<3;b_++){int H=Hs[hi],B=Bs[b_];
  float*Wi=al(3*H*I),*Wh=al(3*H*H),*bi=al(3*H),*bh=al(3*H),*Pi=al(3*H*I),*Ph=al(3*H*H),*x=al(B*I),*xt=al(B*I),*h=al(B*H),*hn=al(B*H),*g=al(B*H),*gn=al(B*H);
  srand(1);float sc=1/sqrtf(H);for(int i=0;i<3*H*I;i++)Wi[i]=rnd()*sc;for(int i=0;i<3*H*H;i++)Wh[i]=rnd()*sc;for(int i=0;i<3*H;i++){bi[i]=rnd()*sc;bh[i]=rnd()*sc;}
  for(int k=0;k<I;k++)for(int c=0;c<B;c++)xt[c/32*32*I+k*32+c%32]=x[k*B+c]=rnd();
  for(int u=0;u<H;u++)for(int gt=0;gt<3;gt++){for(int k=0;k<I;k++)Pi[(u/2*I+k)*6+gt*2+u%2]=Wi[(gt*H+u)*I+k];for(int k=0;k<H;k++)Ph[(u/2*H+k)*6+gt*2+u%2]=Wh[(gt*H+u)*H+k];}
  double fl=2.0*3*H*(H+I)*B;int n=(int)(3e8/fl)+2;double t1[REP],t2[REP];
  for(int rep=0;rep<REP;rep++){double t=now();for(int i=0;i<n;i++){plain(H,B,Wi,Wh,bi,bh,x,h,hn);float*s=h;h=hn;hn=s;}t1[rep]=(now()-t)/n/B*1e9;
   t=now();for(int i=0;i<n;i++){avx(H,B,Pi,Ph,bi,bh,xt,g,gn);float*s=g;g=gn;gn=s;}t2[rep]=(now()-t)/n/B*1e9;}
  double e=0;for(int u=0;u<H;u++)for(int c=0;c<B;c++)e=fmax(e,fabs(h[u*B+c]-g[c/32*32*H+u*32+c%32]));
  double a=med(t1,REP),b=med(t2,REP);printf("H=%3d B=%4d  plain %8.2f (min %8.2f) ns/ch-step %6.1f GFLOP/s   avx512 %8.2f (min %8.2f) %6.1f GFLOP/s  maxdiff %.1e\n",H,B,a,t1[0],fl/B/a,b,t2[0],fl/B/b,e);fflush(stdout);}
 return 0;}
