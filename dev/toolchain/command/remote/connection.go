package remote

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
	// longestAttempt limits an attempt whose perDialTimeout is 0: sshd itself gives a login no longer.
	longestAttempt = 2 * time.Minute
)

// Login is what it takes to log in to one SSH server.
type Login struct {
	Host               string   `pulumi:"host"`
	User               *string  `pulumi:"user,optional"`
	Port               *float64 `pulumi:"port,optional"`
	Password           *string  `pulumi:"password,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
}

// Connection is a login, and the jump host on the way to it.
type Connection struct {
	Login
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection is the login to a jump host.
type ProxyConnection struct{ Login }

// Annotate describes the connection for the schema, and sets its defaults.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "Instructions for how to connect to a remote endpoint.")
	a.Describe(&c.Proxy, "The connection settings for the bastion/proxy host.")
	c.Login.annotate(a)
}

// Annotate describes the jump host for the schema, and sets its defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "Instructions for how to connect to a remote endpoint via a bastion host.")
	c.Login.annotate(a)
}

func (l *Login) annotate(a infer.Annotator) {
	a.Describe(&l.Host, "The address to connect to.")
	a.Describe(&l.User, "The user to log in as.")
	a.SetDefault(&l.User, defaultUser)
	a.Describe(&l.Port, "The port to connect to. Defaults to 22.")
	a.SetDefault(&l.Port, defaultPort)
	a.Describe(&l.Password, "The password to log in with.")
	a.Describe(&l.PrivateKey, "The contents of an SSH key. It is tried before the password, and in place of the agent.")
	a.Describe(&l.PrivateKeyPassword, "The password of the private key, if it is encrypted.")
	a.Describe(&l.AgentSocketPath, "The SSH agent's socket. Defaults to the environment variable SSH_AUTH_SOCK.")
	a.Describe(&l.HostKey, "The host key to expect, as a line of authorized_keys. If not given, any key is accepted.")
	a.Describe(&l.DialErrorLimit,
		"How many failed attempts to connect are followed by another one. -1: no limit. Defaults to 10.")
	a.SetDefault(&l.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&l.PerDialTimeout, "Seconds that an attempt to connect may take. 0: no limit. Defaults to 15.")
	a.SetDefault(&l.PerDialTimeout, defaultPerDialTimeout)
}

// The engine applies the defaults before a command runs, but a state written by an older release may lack a field.

func (l Login) user() string { return valueOr(l.User, defaultUser) }

func (l Login) address() string {
	return net.JoinHostPort(l.Host, strconv.Itoa(int(valueOr(l.Port, defaultPort))))
}

func (l Login) dialErrorLimit() int { return valueOr(l.DialErrorLimit, defaultDialErrorLimit) }

// attemptLimit is how long connecting, and then shaking hands, may take.
func (l Login) attemptLimit() time.Duration {
	if seconds := valueOr(l.PerDialTimeout, defaultPerDialTimeout); seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return longestAttempt
}

// String names the login in messages: user@host:port.
func (l Login) String() string { return fmt.Sprintf("%s@%s", l.user(), l.address()) }

func valueOr[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
