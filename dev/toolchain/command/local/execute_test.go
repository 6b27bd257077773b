package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStreamsStdinDirectoryAndEnvironment(t *testing.T) {
	dir := t.TempDir()
	stdin := "from stdin"
	stdout, stderr, err := execute(t.Context(), Inputs{Dir: &dir, Stdin: &stdin}, []string{"WHO=me"},
		`cat; echo; pwd; echo "$WHO" >&2`)
	if err != nil || stdout != "from stdin\n"+dir || stderr != "me" {
		t.Fatalf("got %q, %q, %v", stdout, stderr, err)
	}
}

func TestTheInterpreterRunsTheCommand(t *testing.T) {
	stdout, _, err := execute(t.Context(), Inputs{Interpreter: &[]string{"/bin/echo", "-n", "said:"}}, nil, "a b")
	if err != nil || stdout != "said: a b" {
		t.Fatalf("got %q, %v", stdout, err)
	}
}

func TestAFailureHoldsStatusCommandAndOutput(t *testing.T) {
	_, _, err := execute(t.Context(), Inputs{}, nil, "echo out; exit 7")
	if err == nil || err.Error() != `exit status 7: running "echo out; exit 7":`+"\nout" {
		t.Fatalf("got %v", err)
	}
}

func TestUnreadStdinIsNoFailure(t *testing.T) {
	stdin := strings.Repeat("x", 8<<20)
	if _, _, err := execute(t.Context(), Inputs{Stdin: &stdin}, nil, "exec true"); err != nil {
		t.Fatal(err)
	}
}

func TestAProcessLeftBehindDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	t.Cleanup(func() { _ = syscall.Kill(readPid(t, pidFile), syscall.SIGKILL) })
	begin := time.Now()
	stdout, _, err := execute(t.Context(), Inputs{}, nil, fmt.Sprintf("sleep 60 & echo $! > %s; echo started", pidFile))
	if err != nil || stdout != "started" {
		t.Fatalf("got %q, %v", stdout, err)
	}
	if took := time.Since(begin); took > grace+3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestCancellingEndsTheWholeProcessGroup(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	// The grandchild ignores SIGTERM and holds the output.
	command := fmt.Sprintf("(trap '' TERM; while :; do sleep 1; done) & echo $! > %s; wait", pidFile)
	begin := time.Now()
	_, _, err := execute(ctx, Inputs{}, nil, command)
	if err == nil || !strings.Contains(err.Error(), "custom timeout") {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(begin); took > grace+3*time.Second {
		t.Errorf("it took %s", took)
	}
	pid := readPid(t, pidFile)
	for range 50 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

func TestPatternsNameFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"assets/logo.svg", "src/index.js", "src/secret.js"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := findFiles(dir, []string{"assets/**", "src/**.js", "!**secret.*"})
	if err != nil || len(files) != 2 || files["assets/logo.svg"] == nil || files["src/index.js"] == nil {
		t.Fatalf("got %v, %v", files, err)
	}
}

func readPid(t *testing.T, file string) int {
	t.Helper()
	contents, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(contents)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// isZombie says whether the process has ended and only waits for its parent, which in a container nobody may be.
func isZombie(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(status), ") Z ")
}
