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

// CommandInputs are the resource's inputs.
type CommandInputs struct {
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
