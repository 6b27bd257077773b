// Command pulumi-resource-command stands in for Pulumi's own command plugin where that one cannot be downloaded.
//
// It has the schema and behaviour of pulumi-command 1.2.1 for command:remote:Command and command:local:Command, so that
// the package pulumi_command 1.2.1 works with either plugin unchanged. It has no CopyToRemote, CopyFile and local.run.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is the release of pulumi-command whose schema and behaviour this program has.
var version = "1.2.1"

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
