package remote

import (
	"context"
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// finalError is an error that another attempt would not cure.
type finalError struct{ error }

// clientConfig returns how to log in. It serves one attempt: an agent's socket is closed when ctx ends.
func (l Login) clientConfig(ctx context.Context) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: l.user(), HostKeyCallback: ssh.InsecureIgnoreHostKey()}
	if err := l.pinHostKey(config); err != nil {
		return nil, finalError{err}
	}
	auth, err := l.authMethods(ctx)
	if err != nil {
		return nil, finalError{err}
	}
	config.Auth = auth
	return config, nil
}

// pinHostKey makes the login accept the connection's host key only.
func (l Login) pinHostKey(config *ssh.ClientConfig) error {
	if l.HostKey == nil {
		return nil
	}
	pinned, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*l.HostKey))
	if err != nil {
		return fmt.Errorf("failed to parse host key: %w", err)
	}
	// A server has several keys. This asks for the pinned one; another type of key would look like a mismatch.
	config.HostKeyAlgorithms = []string{pinned.Type()}
	config.HostKeyCallback = ssh.FixedHostKey(pinned)
	return nil
}

// authMethods returns the ways to log in, in their order: private key, password, agent.
//
// The library tries each kind of method once, so that an agent after a key would never be asked: it is left out there.
func (l Login) authMethods(ctx context.Context) ([]ssh.AuthMethod, error) {
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
	if path := l.agentSocketPath(); path != "" && l.PrivateKey == nil {
		methods = append(methods, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) { return l.agentSigners(ctx, path) }))
	}
	return methods, nil
}

func (l Login) signer() (ssh.Signer, error) {
	if l.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*l.PrivateKey), []byte(*l.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*l.PrivateKey))
}

func (l Login) answerWithPassword(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *l.Password
	}
	return answers, nil
}

func (l Login) agentSocketPath() string {
	return valueOr(l.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
}

// agentSigners returns the agent's keys. The socket stays open until ctx ends, because the agent signs through it.
func (l Login) agentSigners(ctx context.Context, path string) ([]ssh.Signer, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, finalError{err}
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return agent.NewClient(conn).Signers()
}
