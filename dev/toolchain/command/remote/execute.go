package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"toolchain/command/output"
)

// cancelGrace is how long a cancelled command has to tidy up before the connection is closed.
const cancelGrace = 5 * time.Second

// job is one run of a command on a host.
type job struct {
	command        string
	stdin          string
	environment    map[string]string
	previousOutput map[string]string
	shown          output.Shown
}

// execute runs the job over a connection of its own, which is closed at the end. It returns both streams, each without
// one newline at its end.
//
// The error of a failed command says how it ended, and holds the command and the end of its output, as the official
// plugin's does.
func execute(ctx context.Context, connection Connection, j job) (stdout, stderr string, err error) {
	client, closeAll, err := dial(ctx, connection)
	if err != nil {
		return "", "", err
	}
	defer closeAll()

	stopClosing := context.AfterFunc(ctx, func() {
		time.Sleep(cancelGrace)
		client.Close()
	})
	defer stopClosing()

	capture := output.NewCapture(j.shown, func(line string) {
		if ctx.Err() == nil {
			p.GetLogger(ctx).InfoStatus(line)
		}
	})
	err = runSession(ctx, client, j, capture)
	stdout, stderr = capture.Result()
	if err != nil {
		return "", "", output.Failure(describe(ctx, err, j.command), capture)
	}
	return stdout, stderr, nil
}

// describe says how the command ended.
func describe(ctx context.Context, err error, command string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: running %q: %w", err, command, ending(ctx))
	}
	return fmt.Errorf("%w: running %q", err, command)
}

// ending says why ctx ended.
func ending(ctx context.Context) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return errors.New("cancelled at the resource's custom timeout")
	case errors.Is(cause, context.Canceled):
		return errors.New("cancelled")
	default:
		return cause
	}
}
