package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"toolchain/command/output"
)

// outputGrace is how long output may go on after the command's exit, if a process it left behind holds its streams.
const outputGrace = 5 * time.Second

// exitError is a command's end other than success.
type exitError struct {
	status uint32
	signal string
}

// Error says what the official plugin says, which is golang.org/x/crypto/ssh's text.
func (e *exitError) Error() string {
	if e.signal != "" {
		return fmt.Sprintf("Process exited with status %d from signal %s", e.status, e.signal)
	}
	return fmt.Sprintf("Process exited with status %d", e.status)
}

var (
	errNoExitStatus = errors.New("wait: remote command exited without exit status or exit signal")
	errRefused      = errors.New("refused by the server")
)

// signalStatus is the status that a shell reports for a command that a signal has killed.
var signalStatus = map[string]uint32{"HUP": 129, "INT": 130, "KILL": 137, "PIPE": 141, "TERM": 143}

// runSession runs the job in a session of the client and returns when it has exited and its output has ended.
//
// It works on the session's channel rather than on ssh.Session, which waits for as long as any process holds the
// output, and takes standard input that the command did not read for a failure.
func runSession(ctx context.Context, client *ssh.Client, j job, capture *output.Capture) error {
	channel, requests, err := client.OpenChannel("session", nil)
	if err != nil {
		return err
	}
	defer channel.Close()
	exited := make(chan error, 1)
	go func() { exited <- waitForExit(requests) }()

	if err := setEnvironment(ctx, channel, j); err != nil {
		return err
	}
	switch err := request(channel, "exec", struct{ Command string }{j.command}); {
	case errors.Is(err, errRefused):
		return errors.New("ssh: command failed")
	case err != nil:
		return err
	}
	stopTerminating := context.AfterFunc(ctx, func() { terminate(channel) })
	defer stopTerminating()

	drained := copyStreams(channel, j.stdin, capture)
	err = <-exited
	select {
	case <-drained:
	case <-time.After(outputGrace):
		p.GetLogger(ctx).Warningf("a process that the command left behind still holds its output; not waiting for it")
	}
	return err
}

// copyStreams feeds stdin and collects the output. The channel it returns is closed when both streams have ended.
func copyStreams(channel ssh.Channel, stdin string, capture *output.Capture) <-chan struct{} {
	go func() {
		// A command need not read its input, and the channel may close meanwhile: its exit status says how it went.
		_, _ = io.Copy(channel, strings.NewReader(stdin))
		_ = channel.CloseWrite()
	}()
	// The streams never fail to be written, and the end of a broken connection shows in the missing exit status.
	var streams sync.WaitGroup
	streams.Go(func() { _, _ = io.Copy(capture.Stdout(), channel) })
	streams.Go(func() { _, _ = io.Copy(capture.Stderr(), channel.Stderr()) })
	drained := make(chan struct{})
	go func() {
		streams.Wait()
		close(drained)
	}()
	return drained
}

// setEnvironment sets the job's variables, in a fixed order. A refused one is an error, or a warning where it is only
// the output of the last run.
func setEnvironment(ctx context.Context, channel ssh.Channel, j job) error {
	for _, name := range slices.Sorted(maps.Keys(j.environment)) {
		if err := setVariable(channel, name, j.environment[name]); err != nil {
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.previousOutput)) {
		if err := setVariable(channel, name, j.previousOutput[name]); err != nil {
			p.GetLogger(ctx).Warningf("Unable to set '%s'. This only works if your SSH server is configured to accept it", name)
		}
	}
	return nil
}

func setVariable(channel ssh.Channel, name, value string) error {
	return request(channel, "env", struct{ Name, Value string }{name, value})
}

// request sends a request of the session (RFC 4254, section 6) and waits for the answer.
func request(channel ssh.Channel, name string, payload any) error {
	accepted, err := channel.SendRequest(name, true, ssh.Marshal(payload))
	if err == nil && !accepted {
		err = errRefused
	}
	return err
}

// terminate asks the server to send SIGTERM to the command. Not every server does so, and none answers.
func terminate(channel ssh.Channel) {
	_, _ = channel.SendRequest("signal", false, ssh.Marshal(struct{ Signal string }{string(ssh.SIGTERM)}))
}

// waitForExit returns how the command ended, as soon as the server says so.
func waitForExit(requests <-chan *ssh.Request) error {
	defer func() { go ssh.DiscardRequests(requests) }()
	for req := range requests {
		switch req.Type {
		case "exit-status":
			var exit struct{ Status uint32 }
			if err := ssh.Unmarshal(req.Payload, &exit); err != nil {
				return err
			}
			if exit.Status == 0 {
				return nil
			}
			return &exitError{status: exit.Status}
		case "exit-signal":
			var exit struct {
				Signal     string
				CoreDumped bool
				Error      string
				Lang       string
			}
			if err := ssh.Unmarshal(req.Payload, &exit); err != nil {
				return err
			}
			return &exitError{status: signalStatus[exit.Signal], signal: exit.Signal}
		}
		if req.WantReply {
			_ = req.Reply(false, nil) // A closed connection shows in the requests' end.
		}
	}
	return errNoExitStatus
}
