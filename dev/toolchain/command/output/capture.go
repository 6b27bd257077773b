// Package output captures what a command prints and shows it while the command runs.
package output

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Capture keeps the two streams of one command, and shows those that the resource's input `logging` chooses.
type Capture struct {
	stdout, stderr bytes.Buffer
	both           lockedBuffer
	logging        string
	shown          *io.PipeWriter
	showing        sync.WaitGroup
}

// NewCapture returns the Capture of one run. Without logging, both streams are shown.
func NewCapture[L ~string](ctx context.Context, logging *L) *Capture {
	lines, shown := io.Pipe()
	capture := &Capture{logging: "stdoutAndStderr", shown: shown}
	if logging != nil {
		capture.logging = string(*logging)
	}
	capture.showing.Go(func() {
		// A line of 64 KiB ends the scan, and then the command hangs, because nobody reads the pipe. The official plugin
		// does the same, so the commands of this project have to print shorter lines.
		for scanner := bufio.NewScanner(lines); scanner.Scan(); {
			p.GetLogger(ctx).InfoStatus(scanner.Text())
		}
	})
	return capture
}

// Stdout takes the command's standard output.
func (c *Capture) Stdout() io.Writer { return c.writer(&c.stdout, "stdout") }

// Stderr takes the command's standard error.
func (c *Capture) Stderr() io.Writer { return c.writer(&c.stderr, "stderr") }

func (c *Capture) writer(stream *bytes.Buffer, name string) io.Writer {
	if c.logging == name || c.logging == "stdoutAndStderr" {
		return io.MultiWriter(stream, &c.both, c.shown)
	}
	return io.MultiWriter(stream, &c.both)
}

// Result ends the capture. It returns both streams, each without one newline at its end or, if the command failed with
// err, an error that also holds the command and all of its output.
func (c *Capture) Result(command string, err error) (stdout, stderr string, _ error) {
	c.shown.Close()
	c.showing.Wait()
	if err != nil {
		return "", "", fmt.Errorf("%w: running %q:\n%s", err, command, c.both.buffer.String())
	}
	return strings.TrimSuffix(c.stdout.String(), "\n"), strings.TrimSuffix(c.stderr.String(), "\n"), nil
}

// lockedBuffer is a buffer to which both streams may be written at once.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}
