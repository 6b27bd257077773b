// Command pulumi-resource-command stands in for Pulumi's own command plugin where that one cannot be downloaded.
//
// It has the schema, the behaviour and the messages of pulumi-command 1.2.1 for command:remote:Command and
// command:local:Command, as far as this project uses them, so that the Python package pulumi_command works with either
// plugin. tests/contract holds for both.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is the release of pulumi-command that this program stands in for.
const version = "1.2.1"

func main() {
	provider, err := newProvider()
	if err == nil {
		err = provider.Run(context.Background(), "command", version)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}
