// Package remote is the resource command:remote:Command: a command that runs on another host over SSH.
package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"toolchain/command/output"
)

// Command is the resource's controller.
type Command struct{}

// Inputs are the resource's inputs.
type Inputs struct {
	Connection             Connection         `pulumi:"connection" provider:"secret"`
	Create                 *string            `pulumi:"create,optional"`
	Update                 *string            `pulumi:"update,optional"`
	Delete                 *string            `pulumi:"delete,optional"`
	Triggers               *[]any             `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// State is what the engine keeps: the inputs, and what the last command printed.
type State struct {
	Inputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Logging says which of the command's streams are shown while it runs.
type Logging string

// Values lists the choices for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Value: "stdout", Description: "Capture stdout in logs but not stderr"},
		{Value: "stderr", Description: "Capture stderr in logs but not stdout"},
		{Value: "stdoutAndStderr", Description: "Capture stdout and stderr in logs"},
		{Value: "none", Description: "Capture no logs"},
	}
}

// Annotate describes the resource for the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command to run on a remote host. The connection is established via ssh.")
	a.SetToken("remote", "Command")
}

// Annotate describes the inputs for the schema.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "The parameters with which to connect to the remote host.")
	a.Describe(&i.Create, "The command to run on creation, and on an update if there is no update command.")
	a.Describe(&i.Update, "The command to run when an input changes.")
	a.Describe(&i.Delete, "The command to run on deletion.")
	a.Describe(&i.Triggers, "A change of any of these values replaces the resource.")
	a.Describe(&i.Stdin, "Passed to the command's process as standard input.")
	a.Describe(&i.Environment, "Additional environment variables. The SSH server has to accept them (AcceptEnv).")
	a.Describe(&i.Logging, "What of the output is shown while the command runs. Defaults to both streams.")
	a.Describe(&i.AddPreviousOutputInEnv,
		"Whether the last run's output is passed as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. Defaults to true.")
}

// Annotate describes the outputs for the schema.
func (s *State) Annotate(a infer.Annotator) {
	a.Describe(&s.Stdout, "The standard output of the command's process.")
	a.Describe(&s.Stderr, "The standard error of the command's process.")
}

// Create runs the create command, if there is one.
func (*Command) Create(ctx context.Context, req infer.CreateRequest[Inputs]) (infer.CreateResponse[State], error) {
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return infer.CreateResponse[State]{}, err
	}
	state := State{Inputs: req.Inputs}
	if !req.DryRun {
		err = state.run(ctx, req.Inputs.Create)
	}
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs the update command or, without one, the create command.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[Inputs, State],
) (infer.UpdateResponse[State], error) {
	state := State{Inputs: req.Inputs, Stdout: req.State.Stdout, Stderr: req.State.Stderr}
	if req.DryRun {
		return infer.UpdateResponse[State]{Output: state}, nil
	}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	err := state.run(ctx, command)
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs the delete command of the last successful create or update, with its inputs.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}

// run runs the command and keeps what it prints. Without a command it does nothing.
func (s *State) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	stdout, stderr, err := execute(ctx, s.Connection, s.job(*command))
	if err != nil {
		return err
	}
	s.Stdout, s.Stderr = stdout, stderr
	return nil
}

func (s *State) job(command string) job {
	j := job{
		command:     command,
		stdin:       valueOr(s.Stdin, ""),
		environment: valueOr(s.Environment, nil),
		shown:       s.shown(),
	}
	if valueOr(s.AddPreviousOutputInEnv, true) {
		j.previousOutput = map[string]string{}
		if s.Stdout != "" {
			j.previousOutput["PULUMI_COMMAND_STDOUT"] = s.Stdout
		}
		if s.Stderr != "" {
			j.previousOutput["PULUMI_COMMAND_STDERR"] = s.Stderr
		}
	}
	return j
}

func (s *State) shown() output.Shown {
	logging := valueOr(s.Logging, "stdoutAndStderr")
	return output.Shown{
		Stdout: logging == "stdout" || logging == "stdoutAndStderr",
		Stderr: logging == "stderr" || logging == "stdoutAndStderr",
	}
}
