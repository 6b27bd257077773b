package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	remoteURN = resource.URN("urn:pulumi:stack::project::command:remote:Command::it")
	localURN  = resource.URN("urn:pulumi:stack::project::command:local:Command::it")
)

func TestTheSchemaIsThatOfTheOfficialPlugin(t *testing.T) {
	response, err := newTestServer(t).GetSchema(p.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	type properties map[string]struct {
		Secret           bool
		ReplaceOnChanges bool
		Default          any
	}
	var schema struct {
		Types     map[string]struct{ Properties properties }
		Resources map[string]struct {
			InputProperties, Properties properties
			RequiredInputs, Required    []string
		}
	}
	if err := json.Unmarshal([]byte(response.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	const both = "addPreviousOutputInEnv create delete environment logging stdin triggers update"
	login := "agentSocketPath dialErrorLimit host hostKey password perDialTimeout port privateKey privateKeyPassword user"
	remote, local := schema.Resources["command:remote:Command"], schema.Resources["command:local:Command"]
	for name, test := range map[string]struct {
		got  properties
		want string
	}{
		"remote inputs":  {remote.InputProperties, both + " connection"},
		"remote outputs": {remote.Properties, both + " connection stderr stdout"},
		"local inputs":   {local.InputProperties, both + " archivePaths assetPaths dir interpreter"},
		"local outputs": {
			local.Properties, both + " archive archivePaths assetPaths assets dir interpreter stderr stdout",
		},
		"connection": {schema.Types["command:remote:Connection"].Properties, login + " proxy"},
		"proxy":      {schema.Types["command:remote:ProxyConnection"].Properties, login},
	} {
		want := strings.Fields(test.want)
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(test.got)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]any{"user": "root", "port": 22.0, "dialErrorLimit": 10.0, "perDialTimeout": 15.0} {
		if got := schema.Types["command:remote:Connection"].Properties[name].Default; got != want {
			t.Errorf("default of %s: got %v, want %v", name, got, want)
		}
	}
	if !remote.InputProperties["connection"].Secret || !remote.Properties["connection"].Secret {
		t.Error("connection is not secret")
	}
	if !remote.InputProperties["triggers"].ReplaceOnChanges || !local.InputProperties["triggers"].ReplaceOnChanges {
		t.Error("triggers do not replace")
	}
	if _, found := schema.Types["command:remote:Logging"]; !found {
		t.Error("no type command:remote:Logging")
	}
	if _, found := schema.Types["command:local:Logging"]; !found {
		t.Error("no type command:local:Logging")
	}
}

func TestCheckSetsTheConnectionsDefaultsAndKeepsItSecret(t *testing.T) {
	response, err := newTestServer(t).Check(p.CheckRequest{
		Urn:    remoteURN,
		Inputs: inputs("connection", inputs("host", "h"), "create", "true"),
	})
	if err != nil || len(response.Failures) > 0 {
		t.Fatalf("got %v, %v", response.Failures, err)
	}
	connection := response.Inputs.Get("connection")
	if !connection.Secret() {
		t.Error("the connection is not secret")
	}
	want := inputs("host", "h", "user", "root", "port", 22.0, "dialErrorLimit", 10.0, "perDialTimeout", 15.0)
	if got := connection.AsMap(); !property.New(got).Equals(property.New(want)) {
		t.Errorf("got %v", got)
	}
}

func TestAMalformedConnectionDoesNotShowThePrivateKey(t *testing.T) {
	server := newTestServer(t)
	for name, connection := range map[string]any{
		"unknown field": inputs("host", "h", "privateKey", "hush", "prot", 22.0),
		"no host":       inputs("privateKey", "hush"),
		"wrong type":    inputs("host", "h", "privateKey", "hush", "port", "x"),
		"key as list":   inputs("host", "h", "privateKey", property.New([]property.Value{property.New("hush")})),
		"a string":      "hush",
	} {
		response, err := server.Check(p.CheckRequest{Urn: remoteURN, Inputs: inputs("connection", connection)})
		if err == nil && len(response.Failures) == 0 {
			t.Errorf("%s: no failure", name)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
		for _, failure := range response.Failures {
			if strings.Contains(failure.Reason, "hush") {
				t.Errorf("%s: the failure shows the key: %s", name, failure.Reason)
			}
			if failure.Property != "" || !strings.HasPrefix(failure.Reason, "connection: ") {
				t.Errorf("%s: the engine would print the value of %q", name, failure.Property)
			}
		}
	}
}

func TestAPreviewedCreateKnowsItsInputsAndNotItsOutputs(t *testing.T) {
	response, err := newTestServer(t).Create(p.CreateRequest{
		Urn:        remoteURN,
		Properties: inputs("connection", unreachable(), "create", "true"),
		DryRun:     true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Properties.Get("create"); got.IsComputed() || got.AsString() != "true" {
		t.Errorf("create: got %v", got)
	}
	for _, name := range []string{"stdout", "stderr"} {
		if !response.Properties.Get(name).IsComputed() {
			t.Errorf("%s is known", name)
		}
	}
}

func TestAPreviewedUpdateWithAnAddedInputDoesNotKnowItsOutputs(t *testing.T) {
	response, err := newTestServer(t).Update(p.UpdateRequest{
		Urn:    remoteURN,
		State:  inputs("connection", unreachable(), "create", "true", "stdout", "old", "stderr", ""),
		Inputs: inputs("connection", unreachable(), "create", "true", "stdin", "added"),
		DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stdout", "stderr"} {
		if !response.Properties.Get(name).IsComputed() {
			t.Errorf("%s is known", name)
		}
	}
}

func TestWithoutACommandNoHostIsContacted(t *testing.T) {
	server := newTestServer(t)
	created, err := server.Create(p.CreateRequest{
		Urn: remoteURN, Properties: inputs("connection", unreachable(), "delete", "false"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Update(p.UpdateRequest{
		Urn: remoteURN, State: created.Properties, Inputs: inputs("connection", unreachable(), "delete", "true"),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = server.Delete(p.DeleteRequest{
		Urn: remoteURN, Properties: inputs("connection", unreachable(), "create", "true", "stdout", "", "stderr", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACommandRunsOnCreateUpdateAndDelete(t *testing.T) {
	server := newTestServer(t)
	first := inputs("create", "echo created", "delete", "exit 9")
	created, err := server.Create(p.CreateRequest{Urn: localURN, Properties: first})
	if err != nil || created.Properties.Get("stdout").AsString() != "created" {
		t.Fatalf("got %v, %v", created.Properties, err)
	}
	second := first.Set("update", property.New(`echo "updated after $PULUMI_COMMAND_STDOUT"`))
	updated, err := server.Update(p.UpdateRequest{Urn: localURN, State: created.Properties, Inputs: second})
	if err != nil || updated.Properties.Get("stdout").AsString() != "updated after created" {
		t.Fatalf("got %v, %v", updated.Properties, err)
	}
	err = server.Delete(p.DeleteRequest{Urn: localURN, Properties: updated.Properties})
	if err == nil || !strings.Contains(err.Error(), "exit status 9") {
		t.Fatalf("got %v", err)
	}
}

func newTestServer(t *testing.T) integration.Server {
	t.Helper()
	provider, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	server, err := integration.NewServer(
		t.Context(), "command", semver.MustParse(version), integration.WithProvider(provider),
	)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// unreachable is a connection to a port at which nobody listens.
func unreachable() property.Map {
	return inputs("host", "127.0.0.1", "port", 1.0, "dialErrorLimit", 0.0)
}

// inputs makes a map of names and values in turn.
func inputs(pairs ...any) property.Map {
	values := map[string]property.Value{}
	for i := 0; i < len(pairs); i += 2 {
		switch value := pairs[i+1].(type) {
		case string:
			values[pairs[i].(string)] = property.New(value)
		case float64:
			values[pairs[i].(string)] = property.New(value)
		case property.Map:
			values[pairs[i].(string)] = property.New(value)
		case property.Value:
			values[pairs[i].(string)] = value
		}
	}
	return property.NewMap(values)
}
