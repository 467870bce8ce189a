package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The configurations that the README shows are accepted as they stand, beside the secret files that they name. A block without a stream
// goes on with the file of the blocks above it.
func TestReadmeExamplesLoad(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range configurations(string(readme)) {
		path := writeFile(t, "README.md", text)
		for _, name := range regexp.MustCompile(`(?m)^\w+_file = "([^"]+)"`).FindAllStringSubmatch(text, -1) {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), name[1]), []byte("https://hooks.example.com/x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Load(path); err != nil {
			t.Error(err)
		}
	}
}

// configurations takes the TOML blocks out of a Markdown text, each at the lines where it stands, so that messages name those.
func configurations(text string) []string {
	var files []string
	var file strings.Builder // the text with all lines left empty that are not of the file
	for _, block := range regexp.MustCompile("(?ms)^```toml\n(.*?)^```").FindAllStringSubmatchIndex(text, -1) {
		start, end := block[2], block[3]
		if strings.Contains(text[start:end], "[stream.") && file.Len() > 0 {
			files = append(files, file.String())
			file.Reset()
		}
		file.WriteString(strings.Repeat("\n", strings.Count(text[:start], "\n")-strings.Count(file.String(), "\n")))
		file.WriteString(text[start:end])
	}
	return append(files, file.String())
}
