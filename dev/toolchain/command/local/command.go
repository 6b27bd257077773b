// Package local is the resource command:local:Command: a command that runs on this machine.
package local

import (
	"context"
	"os"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"toolchain/command/output"
)

// Command is the resource's controller.
type Command struct{}

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	Create                 *string            `pulumi:"create,optional"`
	Update                 *string            `pulumi:"update,optional"`
	Delete                 *string            `pulumi:"delete,optional"`
	Triggers               *[]any             `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// State is what the engine keeps: the inputs, and what the last command printed.
type State struct {
	CommandInputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Logging says which of the command's streams are shown while it runs.
type Logging string

// Values lists the choices for the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return output.LoggingChoices[Logging]() }

// Create runs the create command, if there is one.
func (*Command) Create(ctx context.Context, req infer.CreateRequest[CommandInputs]) (infer.CreateResponse[State], error) {
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return infer.CreateResponse[State]{}, err
	}
	state := State{CommandInputs: req.Inputs}
	if !req.DryRun {
		err = state.run(ctx, req.Inputs.Create)
	}
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs the update command or, without one, the create command.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, State],
) (infer.UpdateResponse[State], error) {
	state := State{CommandInputs: req.Inputs, Stdout: req.State.Stdout, Stderr: req.State.Stderr}
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
	words := []string{"/bin/sh", "-c"}
	if s.Interpreter != nil && len(*s.Interpreter) > 0 {
		words = append([]string(nil), *s.Interpreter...)
	}
	words = append(words, *command)

	process := exec.CommandContext(ctx, words[0], words[1:]...)
	process.Env = append(os.Environ(), s.variables()...)
	if s.Dir != nil {
		process.Dir = *s.Dir
	}
	if s.Stdin != nil {
		process.Stdin = strings.NewReader(*s.Stdin)
	}
	capture := output.NewCapture(ctx, s.Logging)
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()

	stdout, stderr, err := capture.Result(*command, process.Run())
	if err == nil {
		s.Stdout, s.Stderr = stdout, stderr
	}
	return err
}

// variables returns what is added to this process's own environment, as NAME=value.
func (s *State) variables() []string {
	var variables []string
	if s.Environment != nil {
		for name, value := range *s.Environment {
			variables = append(variables, name+"="+value)
		}
	}
	for _, variable := range output.Previous(s.AddPreviousOutputInEnv, s.Stdout, s.Stderr) {
		variables = append(variables, variable.Name+"="+variable.Value)
	}
	return variables
}
