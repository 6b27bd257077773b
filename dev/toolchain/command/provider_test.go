package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
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
		Resources map[string]struct{ InputProperties, Properties properties }
	}
	if err := json.Unmarshal([]byte(response.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	const both = "addPreviousOutputInEnv create delete environment logging stdin triggers update"
	const login = "agentSocketPath dialErrorLimit host hostKey password perDialTimeout port privateKey " +
		"privateKeyPassword user"
	remote, local := schema.Resources["command:remote:Command"], schema.Resources["command:local:Command"]
	for name, test := range map[string]struct {
		got  properties
		want string
	}{
		"remote inputs":  {remote.InputProperties, both + " connection"},
		"remote outputs": {remote.Properties, both + " connection stderr stdout"},
		"local inputs":   {local.InputProperties, both + " dir interpreter"},
		"local outputs":  {local.Properties, both + " dir interpreter stderr stdout"},
		"connection":     {schema.Types["command:remote:Connection"].Properties, login + " proxy"},
		"proxy":          {schema.Types["command:remote:ProxyConnection"].Properties, login},
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
	for _, name := range []string{"command:remote:Logging", "command:local:Logging"} {
		if _, found := schema.Types[name]; !found {
			t.Errorf("no type %s", name)
		}
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

func TestAPreviewedCreateKnowsItsInputsAndNotItsOutputs(t *testing.T) {
	response, err := newTestServer(t).Create(p.CreateRequest{
		Urn: remoteURN, Properties: inputs("connection", unreachable(), "create", "true"), DryRun: true,
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
	first := inputs("create", "echo created", "delete", "echo deleting; exit 9")
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
	wantError(t, err, `exit status 9: running "echo deleting; exit 9":`+"\ndeleting\n")
}

func TestAnInterpreterRunsTheCommand(t *testing.T) {
	interpreter := property.New([]property.Value{property.New("/bin/echo"), property.New("-n"), property.New("said:")})
	created, err := newTestServer(t).Create(p.CreateRequest{
		Urn: localURN, Properties: inputs("create", "a  b", "interpreter", interpreter),
	})
	if err != nil || created.Properties.Get("stdout").AsString() != "said: a  b" {
		t.Fatalf("got %v, %v", created.Properties, err)
	}
}

func TestALoginThatCannotWorkFailsInTheWordsOfTheOfficialPlugin(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	gone := filepath.Join(t.TempDir(), "gone")
	for name, test := range map[string]struct {
		connection property.Map
		want       string
	}{
		"nobody listens": {
			unreachable(), "after 1 failed attempts: dial tcp 127.0.0.1:1: connect: connection refused",
		},
		"nobody listens at the jump host": {
			unreachable().Set("proxy", property.New(unreachable())),
			"proxy: after 1 failed attempts: dial tcp 127.0.0.1:1: connect: connection refused",
		},
		"no host key": {
			unreachable().Set("hostKey", property.New("SHA256:abc")), "failed to parse host key: ssh: no key found",
		},
		"no private key": {unreachable().Set("privateKey", property.New("hush")), "ssh: no key found"},
		"no agent": {
			unreachable().Set("agentSocketPath", property.New(gone)),
			"dial unix " + gone + ": connect: no such file or directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newTestServer(t)
			checked, err := server.Check(p.CheckRequest{
				Urn: remoteURN, Inputs: inputs("connection", test.connection, "create", "true"),
			})
			if err != nil || len(checked.Failures) > 0 {
				t.Fatalf("got %v, %v", checked.Failures, err)
			}
			_, err = server.Create(p.CreateRequest{Urn: remoteURN, Properties: checked.Inputs})
			wantError(t, err, test.want)
		})
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

// unreachable is a connection to a port at which nobody listens, which is tried twice.
func unreachable() property.Map {
	return inputs("host", "127.0.0.1", "port", 1.0, "dialErrorLimit", 1.0)
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
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
