package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"engine/command/output"
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
// The error of a failed command names the host and how the command ended, and holds the end of the output.
func execute(ctx context.Context, connection Connection, j job) (stdout, stderr string, err error) {
	client, closeAll, err := dial(ctx, connection)
	if err != nil {
		return "", "", err
	}
	defer closeAll()

	return runWatched(ctx, client, connection, j, usualHeartbeat)
}

// runWatched runs the job on the client. It ends when the job does, when ctx does, or when the host is gone.
func runWatched(
	ctx context.Context, client *ssh.Client, connection Connection, j job, beat heartbeat,
) (stdout, stderr string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go beat.watch(ctx, client, func(lost error) {
		cancel(lost)
		client.Close()
	})
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
		return "", "", output.Failure(describe(ctx, connection, err), capture)
	}
	return stdout, stderr, nil
}

// describe says in words how the command on the host ended.
func describe(ctx context.Context, connection Connection, err error) error {
	exit := (*exitError)(nil)
	exited := errors.As(err, &exit)
	switch {
	case ctx.Err() != nil && exited:
		return fmt.Errorf("command on %s %w after it was %w", connection, err, ending(ctx))
	case ctx.Err() != nil:
		return fmt.Errorf("command on %s was %w; it may still be running there", connection, ending(ctx))
	case exited:
		return fmt.Errorf("command on %s %w", connection, err)
	default:
		return fmt.Errorf("command on %s failed: %w", connection, err)
	}
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
