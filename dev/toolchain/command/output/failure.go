package output

import (
	"fmt"
	"strings"
)

// Failure is the error of a command that failed: what happened, and the end of its output.
func Failure(reason error, capture *Capture) error {
	tail := strings.TrimSuffix(capture.Tail(), "\n")
	if tail == "" {
		return reason
	}
	return fmt.Errorf("%w:\n%s", reason, tail)
}
