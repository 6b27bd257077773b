package remote

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Login is what it takes to log in to one SSH server. Those with a default are set when a command runs.
type Login struct {
	Host               string   `pulumi:"host"`
	User               *string  `pulumi:"user,optional"`
	Port               *float64 `pulumi:"port,optional"`
	Password           *string  `pulumi:"password,optional"           provider:"secret"`
	PrivateKey         *string  `pulumi:"privateKey,optional"         provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
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

// Annotate sets the connection's defaults.
func (c *Connection) Annotate(a infer.Annotator) { c.Login.setDefaults(a) }

// Annotate sets the jump host's defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) { c.Login.setDefaults(a) }

func (l *Login) setDefaults(a infer.Annotator) {
	a.SetDefault(&l.User, "root")
	a.SetDefault(&l.Port, 22)
	a.SetDefault(&l.DialErrorLimit, 10)
	a.SetDefault(&l.PerDialTimeout, 15)
}

func (l *Login) address() string { return net.JoinHostPort(l.Host, strconv.Itoa(int(*l.Port))) }

// clientConfig returns how to log in.
func (l *Login) clientConfig() (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            *l.User,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         time.Duration(*l.PerDialTimeout) * time.Second,
	}
	if l.HostKey != nil {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*l.HostKey))
		if err != nil {
			return nil, fmt.Errorf("failed to parse host key: %w", err)
		}
		config.HostKeyCallback = ssh.FixedHostKey(key)
		config.HostKeyAlgorithms = []string{key.Type()}
	}
	auth, err := l.authMethods()
	config.Auth = auth
	return config, err
}

// authMethods returns the ways to log in: private key, password, agent. An agent is asked for its keys only where no
// private key was tried, as the library tries each kind of method once.
func (l *Login) authMethods() ([]ssh.AuthMethod, error) {
	var methods []ssh.AuthMethod
	if l.PrivateKey != nil {
		signer, err := l.signer()
		if err != nil {
			return nil, err
		}
		methods = append(methods, ssh.PublicKeys(signer))
	}
	if l.Password != nil {
		methods = append(methods, ssh.Password(*l.Password), ssh.KeyboardInteractive(l.answerWithPassword))
	}
	if socket := l.agentSocket(); socket != nil {
		connection, err := net.Dial("unix", *socket)
		if err != nil {
			return nil, err
		}
		methods = append(methods, ssh.PublicKeysCallback(agent.NewClient(connection).Signers))
	}
	return methods, nil
}

func (l *Login) signer() (ssh.Signer, error) {
	if l.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*l.PrivateKey), []byte(*l.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*l.PrivateKey))
}

func (l *Login) answerWithPassword(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *l.Password
	}
	return answers, nil
}

func (l *Login) agentSocket() *string {
	if l.AgentSocketPath != nil {
		return l.AgentSocketPath
	}
	if socket := os.Getenv("SSH_AUTH_SOCK"); socket != "" {
		return &socket
	}
	return nil
}
