package report_test

import (
	"bytes"
	"fmt"

	"crackle/detector/eval/report"
)

func ExampleWrite() {
	var page bytes.Buffer
	if err := report.Write(&page, made()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bytes.HasPrefix(page.Bytes(), []byte("<!doctype html>")))
	// Output: true
}
