package output

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestBothStreamsArriveWholeWithoutOneNewlineAtTheEnd(t *testing.T) {
	capture := NewCapture[string](t.Context(), nil)
	var streams sync.WaitGroup
	for _, stream := range []io.Writer{capture.Stdout(), capture.Stderr()} {
		streams.Go(func() {
			for range 2_000 {
				fmt.Fprintln(stream, "0123456789")
			}
			fmt.Fprintln(stream)
		})
	}
	streams.Wait()
	stdout, stderr, err := capture.Result("both", nil)
	if want := strings.Repeat("0123456789\n", 2_000); stdout != want || stderr != want || err != nil {
		t.Fatalf("got %d and %d bytes, %v", len(stdout), len(stderr), err)
	}
}

func TestAFailureHoldsTheCommandAndAllOfItsOutputAlsoIfNoneIsShown(t *testing.T) {
	none := "none"
	capture := NewCapture(t.Context(), &none)
	fmt.Fprintln(capture.Stdout(), "to stdout")
	fmt.Fprintln(capture.Stderr(), "to stderr")
	_, _, err := capture.Result(`say "it"`, errors.New("exit status 3"))
	if err == nil || err.Error() != `exit status 3: running "say \"it\"":`+"\nto stdout\nto stderr\n" {
		t.Fatalf("got %v", err)
	}
}
