package remote

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestOutputComesBackWithoutItsLastNewline(t *testing.T) {
	s := newServer(t)
	s.commands["greet"] = func(c session) uint32 {
		fmt.Fprint(c, "hello\n\n")
		fmt.Fprint(c.Stderr(), "careful\n")
		return 0
	}
	stdout, stderr, err := execute(t.Context(), s.connection(), job{command: "greet"})
	if err != nil || stdout != "hello\n" || stderr != "careful" {
		t.Fatalf("got %q, %q, %v", stdout, stderr, err)
	}
}

func TestAFailureNamesStatusCommandAndOutput(t *testing.T) {
	s := newServer(t)
	s.commands["work"] = func(c session) uint32 {
		fmt.Fprintln(c, "to stdout")
		fmt.Fprintln(c.Stderr(), "to stderr")
		return 3
	}
	_, _, err := execute(t.Context(), s.connection(), job{command: "work"})
	wantInError(t, err, "Process exited with status 3: running \"work\":\n", "to stdout", "to stderr")
}

func TestTheErrorOfALongOutputHoldsItsEnd(t *testing.T) {
	s := newServer(t)
	s.commands["chatter"] = func(c session) uint32 {
		for i := range 10_000 {
			fmt.Fprintf(c, "line %d\n", i)
		}
		return 1
	}
	_, _, err := execute(t.Context(), s.connection(), job{command: "chatter"})
	wantInError(t, err, "earlier output left out", "line 9999")
	if len(err.Error()) > 20_000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

func TestALineOfAMegabyteDoesNotHang(t *testing.T) {
	s := newServer(t)
	long := strings.Repeat("x", 1<<20)
	s.commands["long"] = func(c session) uint32 {
		fmt.Fprint(c, long)
		return 0
	}
	state := State{}
	stdout, _, err := execute(t.Context(), s.connection(), job{command: "long", shown: state.shown()})
	if err != nil || stdout != long {
		t.Fatalf("got %d bytes, %v", len(stdout), err)
	}
}

func TestBothStreamsAtOnceArriveWhole(t *testing.T) {
	s := newServer(t)
	s.commands["both"] = func(c session) uint32 {
		var streams sync.WaitGroup
		for _, stream := range []io.Writer{c, c.Stderr()} {
			streams.Go(func() {
				for range 2_000 {
					fmt.Fprintln(stream, "0123456789")
				}
			})
		}
		streams.Wait()
		return 0
	}
	stdout, stderr, err := execute(t.Context(), s.connection(), job{command: "both"})
	if err != nil || len(stdout) != 2_000*11-1 || len(stderr) != len(stdout) {
		t.Fatalf("got %d and %d bytes, %v", len(stdout), len(stderr), err)
	}
}

func TestStdinReachesTheCommand(t *testing.T) {
	s := newServer(t)
	s.commands["cat"] = func(c session) uint32 {
		_, _ = io.Copy(c, c)
		return 0
	}
	stdin := strings.Repeat("a line\n", 100_000)
	stdout, _, err := execute(t.Context(), s.connection(), job{command: "cat", stdin: stdin})
	if err != nil || stdout+"\n" != stdin {
		t.Fatalf("got %d of %d bytes, %v", len(stdout), len(stdin), err)
	}
}

func TestUnreadStdinIsNoFailure(t *testing.T) {
	s := newServer(t)
	s.commands["ignore"] = func(session) uint32 { return 0 }
	_, _, err := execute(t.Context(), s.connection(), job{command: "ignore", stdin: strings.Repeat("x", 8<<20)})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOutputThatIsNotUTF8IsMadeSo(t *testing.T) {
	s := newServer(t)
	s.commands["bytes"] = func(c session) uint32 {
		_, _ = c.Write([]byte{'a', 0xff, 'b'})
		return 0
	}
	stdout, _, err := execute(t.Context(), s.connection(), job{command: "bytes"})
	if err != nil || stdout != "a\uFFFDb" {
		t.Fatalf("got %q, %v", stdout, err)
	}
}

func TestARefusedVariableIsAnErrorThatNamesIt(t *testing.T) {
	s := newServer(t)
	s.commands["env"] = func(session) uint32 { return 0 }
	_, _, err := execute(t.Context(), s.connection(), job{command: "env", environment: map[string]string{"WHO": "me"}})
	wantInError(t, err, `could not set environment variable "WHO"`)
}

func TestAnAcceptedVariableIsSetAndARefusedPreviousOutputIsNot(t *testing.T) {
	s := newServer(t)
	s.accepts["WHO"] = true
	s.commands["env"] = func(c session) uint32 {
		fmt.Fprint(c, c.environment["WHO"])
		return 0
	}
	stdout, _, err := execute(t.Context(), s.connection(), job{
		command:        "env",
		environment:    map[string]string{"WHO": "me"},
		previousOutput: map[string]string{"PULUMI_COMMAND_STDOUT": "old"},
	})
	if err != nil || stdout != "me" {
		t.Fatalf("got %q, %v", stdout, err)
	}
}

func TestTheConnectionIsClosedAfterTheCommand(t *testing.T) {
	s, jump := newServer(t), newServer(t)
	s.commands["true"] = func(session) uint32 { return 0 }
	if _, _, err := execute(t.Context(), through(jump, s), job{command: "true"}); err != nil {
		t.Fatal(err)
	}
	wantWithin(t, 3*time.Second, "both connections closed", func() { s.open.Wait(); jump.open.Wait() })
}

func TestCancellingSendsTheCommandATermAndReportsWhatItPrintedThen(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.commands["wait"] = func(c session) uint32 {
		cancel()
		fmt.Fprintf(c, "tidied up after %s", <-c.signalled)
		return 143
	}
	_, _, err := execute(ctx, s.connection(), job{command: "wait"})
	wantInError(t, err, "Process exited with status 143", "cancelled", "tidied up after TERM")
}

func TestCancellingEndsTheWaitForACommandThatGoesOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	s.commands["hang"] = func(session) uint32 { <-ended; return 0 }
	wantWithin(t, cancelGrace+3*time.Second, "end of the wait", func() {
		_, _, err := execute(ctx, s.connection(), job{command: "hang"})
		wantInError(t, err, "cancelled at the resource's custom timeout")
	})
}

func TestALostConnectionIsAnError(t *testing.T) {
	s := newServer(t)
	s.commands["drop"] = func(c session) uint32 {
		c.Close() // without an exit status
		return 0
	}
	_, _, err := execute(t.Context(), s.connection(), job{command: "drop"})
	wantInError(t, err, "wait: remote command exited without exit status or exit signal")
}

func TestAUserWithoutCommandsIsTold(t *testing.T) {
	_, _, err := execute(t.Context(), newServer(t).connection(), job{command: "unknown to the server"})
	wantInError(t, err, "ssh: command failed")
}

func TestAProcessLeftBehindDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.commands["daemon"] = func(c session) uint32 {
		fmt.Fprint(c, "started")
		// The exit status comes, but the streams stay open.
		_, _ = c.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		<-t.Context().Done()
		return 0
	}
	wantWithin(t, outputGrace+3*time.Second, "end of the wait", func() {
		stdout, _, err := execute(t.Context(), s.connection(), job{command: "daemon"})
		if err != nil || stdout != "started" {
			t.Errorf("got %q, %v", stdout, err)
		}
	})
}

func wantInError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in the error: %v", part, err)
		}
	}
}

func wantWithin(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s not within %s", what, limit)
	}
}
