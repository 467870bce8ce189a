package suite_test

import (
	"fmt"

	"crackle/detector/eval/suite"
)

func ExampleAbout() {
	fmt.Println(suite.About("ucr-anomaly"))
	// Output: UCR anomaly archive: one anomaly a file, to be named
}
