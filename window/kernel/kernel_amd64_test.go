package kernel

func avx2ForTest() loops   { return avx2 }
func avx512ForTest() loops { return avx512 }
