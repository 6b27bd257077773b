package output

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLinesOfTheShownStreamsAreLogged(t *testing.T) {
	var lines []string
	capture := NewCapture(Shown{Stdout: true}, func(line string) { lines = append(lines, line) })
	fmt.Fprint(capture.Stdout(), "one\ntw")
	fmt.Fprint(capture.Stderr(), "not shown\n")
	fmt.Fprint(capture.Stdout(), "o\n\nend")
	stdout, stderr := capture.Result()
	if want := []string{"one", "two", "", "end"}; !slices.Equal(lines, want) {
		t.Errorf("logged %q, want %q", lines, want)
	}
	if stdout != "one\ntwo\n\nend" || stderr != "not shown" {
		t.Errorf("got %q and %q", stdout, stderr)
	}
}

func TestALongLineIsLoggedInPieces(t *testing.T) {
	for _, length := range []int{longestLine - 1, longestLine, longestLine + 1, 3 * longestLine} {
		var lines []string
		capture := NewCapture(Shown{Stdout: true}, func(line string) { lines = append(lines, line) })
		line := strings.Repeat("x", length)
		fmt.Fprint(capture.Stdout(), line+"\nnext\n")
		if got := strings.Join(lines, ""); got != line+"next" {
			t.Errorf("%d bytes: logged %d bytes in %d pieces", length, len(got), len(lines))
		}
	}
}

func TestTheTailBeginsAtALine(t *testing.T) {
	capture := NewCapture(Shown{}, nil)
	for i := range 10_000 {
		fmt.Fprintf(capture.Stdout(), "line %d\n", i)
	}
	lines := strings.Split(capture.Tail(), "\n")
	first, second, last := lines[0], lines[1], lines[len(lines)-2]
	if first != "(earlier output left out)" || !strings.HasPrefix(second, "line ") || last != "line 9999" {
		t.Errorf("got %q, %q … %q", first, second, last)
	}
}
