// The docker plugin, bridged from kreuzwerker's Terraform provider as the official one is: for machines that reach the
// Go module proxy and not Pulumi's plugin site. It has all of pulumi-docker 5.2.0 but docker.Image, which is written
// by hand in a module that the proxy does not carry.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// The version of pulumi-docker whose names and inputs are served.
const version = "5.2.0"

func info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:              shim.NewProvider(provider.New(version)()),
		Name:           "docker",
		Version:        version,
		ResourcePrefix: "docker",
		// A list that keeps its singular name.
		Config: map[string]*tfbridge.SchemaInfo{"registry_auth": {Name: "registryAuth"}},
		// Names that pulumi-docker gives otherwise than by rule.
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok: tfbridge.MakeResource("docker", "index", "Container"),
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_config": {Tok: tfbridge.MakeResource("docker", "index", "ServiceConfig")},
			"docker_image":  {Tok: tfbridge.MakeResource("docker", "index", "RemoteImage")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: tfbridge.MakeDataSource("docker", "index", "getRemoteImage")},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard("docker")))
	return info
}

func main() {
	tfbridge.Main("docker", version, info(), []byte(`{"name": "docker", "version": "`+version+`"}`))
}
