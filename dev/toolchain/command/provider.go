package main

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"toolchain/command/local"
	"toolchain/command/remote"
)

// newProvider returns the provider with its two resources.
func newProvider() (p.Provider, error) {
	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Command").
		WithDescription("Runs commands on remote hosts over SSH, and on this machine.").
		WithResources(
			infer.Resource(&remote.Command{}),
			infer.Resource(&local.Command{}),
		).
		Build()
	if err != nil {
		return p.Provider{}, err
	}
	return keepValuesOutOfFailures(hideOutputsOfUpdatesInPreview(provider)), nil
}

// keepValuesOutOfFailures names the property of a bad input in the text: the engine would print the value of a property
// that is given apart, and with a connection's value the private key.
func keepValuesOutOfFailures(provider p.Provider) p.Provider {
	check := provider.Check
	provider.Check = func(ctx context.Context, request p.CheckRequest) (p.CheckResponse, error) {
		response, err := check(ctx, request)
		for i, failure := range response.Failures {
			response.Failures[i] = p.CheckFailure{Reason: failure.Property + ": " + failure.Reason}
		}
		return response, err
	}
	return provider
}

// hideOutputsOfUpdatesInPreview makes a command's outputs unknown in the preview of every update.
//
// The library does so where an input changed, but not where one was added: dependants would then be previewed with the
// output of the last run.
func hideOutputsOfUpdatesInPreview(provider p.Provider) p.Provider {
	update := provider.Update
	provider.Update = func(ctx context.Context, request p.UpdateRequest) (p.UpdateResponse, error) {
		response, err := update(ctx, request)
		if err != nil || !request.DryRun {
			return response, err
		}
		for _, name := range []string{"stdout", "stderr", "assets", "archive"} {
			if value, ok := response.Properties.GetOk(name); ok {
				unknown := property.New(property.Computed).WithSecret(value.Secret())
				response.Properties = response.Properties.Set(name, unknown)
			}
		}
		return response, nil
	}
	return provider
}
