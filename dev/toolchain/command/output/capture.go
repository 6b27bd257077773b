// Package output collects what a command prints.
package output

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

const (
	// longestLine is the size in bytes beyond which a line is shown in pieces.
	longestLine = 16 << 10
	// longestTail is the size in bytes of the end of the output that goes into an error's text.
	longestTail = 16 << 10
)

// Shown says which streams of a command are shown while it runs.
type Shown struct{ Stdout, Stderr bool }

// Capture keeps all that a command prints, shows it line by line, and keeps the end of both streams in the order of
// arrival. Both streams may be written at once.
type Capture struct {
	mu             sync.Mutex
	stdout, stderr stream
	tail           []byte
	tailCut        bool
}

// NewCapture returns a Capture that passes the lines of the shown streams to log, without their newline.
func NewCapture(shown Shown, log func(line string)) *Capture {
	capture := &Capture{}
	capture.stdout.capture = capture
	capture.stderr.capture = capture
	if shown.Stdout {
		capture.stdout.log = log
	}
	if shown.Stderr {
		capture.stderr.log = log
	}
	return capture
}

// Stdout takes the command's standard output.
func (c *Capture) Stdout() io.Writer { return &c.stdout }

// Stderr takes the command's standard error.
func (c *Capture) Stderr() io.Writer { return &c.stderr }

// Result returns both streams whole, each without one newline at its end. What ends without a newline is shown now.
func (c *Capture) Result() (stdout, stderr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stdout.finish(), c.stderr.finish()
}

// Tail returns the end of both streams, beginning at a line's start where it had to be cut.
func (c *Capture) Tail() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail := c.tail
	if c.tailCut {
		if newline := bytes.IndexByte(tail, '\n'); newline >= 0 && newline < len(tail)-1 {
			tail = tail[newline+1:]
		}
		return "(earlier output left out)\n" + text(tail)
	}
	return text(tail)
}

func (c *Capture) appendTail(data []byte) {
	c.tail = append(c.tail, data...)
	if surplus := len(c.tail) - longestTail; surplus > 0 {
		c.tail = append(c.tail[:0], c.tail[surplus:]...)
		c.tailCut = true
	}
}

// stream is one of the two streams of a Capture. A nil log shows nothing.
type stream struct {
	capture *Capture
	all     bytes.Buffer
	line    []byte
	log     func(line string)
}

// Write never fails: an error would end the command's output early.
func (s *stream) Write(data []byte) (int, error) {
	s.capture.mu.Lock()
	defer s.capture.mu.Unlock()
	s.all.Write(data)
	s.capture.appendTail(data)
	if s.log != nil {
		s.showLines(data)
	}
	return len(data), nil
}

func (s *stream) showLines(data []byte) {
	for len(data) > 0 {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		s.line = append(s.line, line...)
		for len(s.line) > longestLine {
			s.log(text(s.line[:longestLine]))
			s.line = s.line[longestLine:]
		}
		if ended {
			s.show()
		}
		data = rest
	}
}

func (s *stream) show() {
	s.log(text(s.line))
	s.line = s.line[:0]
}

func (s *stream) finish() string {
	if len(s.line) > 0 {
		s.show()
	}
	return strings.TrimSuffix(text(s.all.Bytes()), "\n")
}

// text makes a string of what a command printed. The engine's protocol refuses strings that are no valid UTF-8, and
// would lose the result of a command that has run.
func text(data []byte) string {
	return strings.ToValidUTF8(string(data), "\uFFFD")
}
