package kernel

//go:generate sh -c "cd _gen && go run . -isa avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg kernel && go run . -isa avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg kernel"
