// Package local is the resource command:local:Command: a command that runs on this machine.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"toolchain/command/output"
)

// Command is the resource's controller.
type Command struct{}

// Inputs are the resource's inputs.
type Inputs struct {
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
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
}

// Outputs are what the last command printed, and the files it was asked for.
type Outputs struct {
	Stdout  string                           `pulumi:"stdout"`
	Stderr  string                           `pulumi:"stderr"`
	Assets  *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *archive.Archive                 `pulumi:"archive,optional"`
}

// State is what the engine keeps.
type State struct {
	Inputs
	Outputs
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
	a.Describe(&c, "A command to run on this machine.")
	a.SetToken("local", "Command")
}

// Annotate describes the inputs for the schema.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Create, "The command to run on creation, and on an update if there is no update command.")
	a.Describe(&i.Update, "The command to run when an input changes.")
	a.Describe(&i.Delete, "The command to run on deletion.")
	a.Describe(&i.Triggers, "A change of any of these values replaces the resource.")
	a.Describe(&i.Interpreter, `The program and arguments that run the command. Defaults to ["/bin/sh", "-c"].`)
	a.Describe(&i.Dir, "The directory to run in. It has to exist. Defaults to the project's.")
	a.Describe(&i.Stdin, "Passed to the command's process as standard input.")
	a.Describe(&i.Environment, "Additional environment variables.")
	a.Describe(&i.Logging, "What of the output is shown while the command runs. Defaults to both streams.")
	a.Describe(&i.AddPreviousOutputInEnv,
		"Whether the last run's output is passed as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. Defaults to true.")
	a.Describe(&i.AssetPaths,
		"Patterns of the files to return as assets, relative to dir. One that begins with ! excludes.")
	a.Describe(&i.ArchivePaths, "Patterns of the files to return as one archive, relative to dir.")
}

// Annotate describes the outputs for the schema.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The standard output of the command's process.")
	a.Describe(&o.Stderr, "The standard error of the command's process.")
	a.Describe(&o.Assets, "The files found by assetPaths, by their path.")
	a.Describe(&o.Archive, "The files found by archivePaths.")
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
	state := State{Inputs: req.Inputs, Outputs: req.State.Outputs}
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

// run runs the command and keeps what it prints and the files it was asked for. Without a command it does nothing.
func (s *State) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	outputs := Outputs{}
	stdout, stderr, err := execute(ctx, s.Inputs, s.environment(), *command)
	if err != nil {
		return err
	}
	outputs.Stdout, outputs.Stderr = stdout, stderr
	dir := valueOr(s.Dir, ".")
	if s.AssetPaths != nil {
		if outputs.Assets, err = findAssets(dir, *s.AssetPaths); err != nil {
			return err
		}
	}
	if s.ArchivePaths != nil {
		if outputs.Archive, err = findArchive(dir, *s.ArchivePaths); err != nil {
			return err
		}
	}
	s.Outputs = outputs
	return nil
}

// environment returns what is added to this process's own environment, as NAME=value.
func (s *State) environment() []string {
	var variables []string
	for name, value := range valueOr(s.Environment, nil) {
		variables = append(variables, name+"="+value)
	}
	if valueOr(s.AddPreviousOutputInEnv, true) {
		if s.Stdout != "" {
			variables = append(variables, "PULUMI_COMMAND_STDOUT="+s.Stdout)
		}
		if s.Stderr != "" {
			variables = append(variables, "PULUMI_COMMAND_STDERR="+s.Stderr)
		}
	}
	return variables
}

func (i Inputs) shown() output.Shown {
	logging := valueOr(i.Logging, "stdoutAndStderr")
	return output.Shown{
		Stdout: logging == "stdout" || logging == "stdoutAndStderr",
		Stderr: logging == "stderr" || logging == "stdoutAndStderr",
	}
}

func valueOr[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
