package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"toolchain/command/output"
)

// grace is how long a cancelled command has to tidy up, and how long output may go on after the command's exit.
const grace = 5 * time.Second

// execute runs the command and returns both streams, each without one newline at its end.
//
// The command has a process group of its own: cancelling ends its children too. A process that it leaves behind does
// not hold up the end.
func execute(
	ctx context.Context, inputs Inputs, environment []string, command string,
) (stdout, stderr string, err error) {
	capture := output.NewCapture(inputs.shown(), func(line string) {
		if ctx.Err() == nil {
			p.GetLogger(ctx).InfoStatus(line)
		}
	})
	words := []string{"/bin/sh", "-c"}
	if inputs.Interpreter != nil && len(*inputs.Interpreter) > 0 {
		words = append([]string(nil), *inputs.Interpreter...)
	}
	words = append(words, command)

	process := exec.CommandContext(ctx, words[0], words[1:]...)
	process.Dir = valueOr(inputs.Dir, "")
	process.Env = append(os.Environ(), environment...)
	process.Stdin = strings.NewReader(valueOr(inputs.Stdin, ""))
	process.Stdout = capture.Stdout()
	process.Stderr = capture.Stderr()
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return signalGroup(process, syscall.SIGTERM) }
	process.WaitDelay = grace

	err = process.Run()
	if ctx.Err() != nil && process.Process != nil {
		_ = signalGroup(process, syscall.SIGKILL) // What is left of the group; mostly nothing is.
	}
	stdout, stderr = capture.Result()
	switch {
	case errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil:
		p.GetLogger(ctx).Warning("a process that the command left behind still holds its output; not waiting for it")
		return stdout, stderr, nil
	case err != nil:
		return "", "", output.Failure(describe(ctx, err, command), capture)
	}
	return stdout, stderr, nil
}

func signalGroup(process *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-process.Process.Pid, signal)
}

// describe says how the command ended, as the official plugin does.
func describe(ctx context.Context, err error, command string) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errors.New("local command was cancelled at the resource's custom timeout")
	case ctx.Err() != nil:
		return errors.New("local command was cancelled")
	default:
		return fmt.Errorf("%w: running %q", err, command)
	}
}
