package main

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"toolchain/command/local"
	"toolchain/command/remote"
)

// newProvider returns the provider with its two resources.
func newProvider() (p.Provider, error) {
	return infer.NewProviderBuilder().
		WithDisplayName("Command").
		WithDescription("Runs commands on remote hosts over SSH, and on this machine.").
		WithResources(
			infer.Resource(&remote.Command{}),
			infer.Resource(&local.Command{}),
		).
		Build()
}
