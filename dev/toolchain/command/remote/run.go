package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"toolchain/command/output"
)

const refusedVariable = `Unable to set '%s'. This only works if your SSH server is configured to accept
	these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could
	prefix the command itself with the variables in the form 'VAR=value command'`

// run runs the command and keeps what it prints. Without a command it does nothing.
//
// As in the official plugin, the connection stays open until this process ends, and a command that has begun is waited
// for even if the update is cancelled.
func (s *State) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	client, err := s.Connection.dial(ctx)
	if err != nil {
		return err
	}
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if err := s.setVariables(ctx, session); err != nil {
		return err
	}
	if s.Stdin != nil {
		session.Stdin = strings.NewReader(*s.Stdin)
	}
	capture := output.NewCapture(ctx, s.Logging)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()

	stdout, stderr, err := capture.Result(*command, session.Run(*command))
	if err == nil {
		s.Stdout, s.Stderr = stdout, stderr
	}
	return err
}

// setVariables sets the environment of the session. A refused variable is an error, but only a warning where it holds
// the output of the last run.
func (s *State) setVariables(ctx context.Context, session *ssh.Session) error {
	if s.Environment != nil {
		for name, value := range *s.Environment {
			if err := session.Setenv(name, value); err != nil {
				p.GetLogger(ctx).Errorf(refusedVariable, name)
				return fmt.Errorf("could not set environment variable %q: %w", name, err)
			}
		}
	}
	for _, variable := range output.Previous(s.AddPreviousOutputInEnv, s.Stdout, s.Stderr) {
		if err := session.Setenv(variable.Name, variable.Value); err != nil {
			p.GetLogger(ctx).Warningf(refusedVariable, variable.Name)
		}
	}
	return nil
}
