package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

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
		return fmt.Errorf("the hostKey of %s cannot be read: expected one line such as "+
			"\"ssh-ed25519 AAAA…\", as ssh-keyscan prints it without the host's name", l)
	}
	// A server has several keys: ask for the pinned one, else another type of key would look like a mismatch.
	config.HostKeyAlgorithms = []string{pinned.Type()}
	if pinned.Type() == ssh.KeyAlgoRSA {
		config.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	config.HostKeyCallback = func(_ string, _ net.Addr, shown ssh.PublicKey) error {
		if bytes.Equal(shown.Marshal(), pinned.Marshal()) {
			return nil
		}
		return finalError{fmt.Errorf("host key mismatch: %s shows %s, the connection's hostKey is %s; "+
			"no command was run. If the host was set up anew, put its new key into hostKey; "+
			"if not, somebody may be listening in", l, ssh.FingerprintSHA256(shown), ssh.FingerprintSHA256(pinned))}
	}
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
	var signer ssh.Signer
	var err error
	if l.PrivateKeyPassword != nil {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(*l.PrivateKey), []byte(*l.PrivateKeyPassword))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(*l.PrivateKey))
	}
	if err != nil {
		return nil, fmt.Errorf("the privateKey for %s cannot be read (expected the key's contents, not its path): %w", l, err)
	}
	return signer, nil
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

// agentSigners returns the agent's keys. The socket stays open until ctx ends, for the agent signs through it.
func (l Login) agentSigners(ctx context.Context, path string) ([]ssh.Signer, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, l.agentError(path, err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, l.agentError(path, err)
	}
	if len(signers) == 0 {
		return nil, l.agentError(path, errors.New("it holds no key"))
	}
	return signers, nil
}

func (l Login) agentError(path string, err error) error {
	return finalError{fmt.Errorf("no login to %s: the SSH agent at %s cannot be used: %w. Start an agent, add your key "+
		"with ssh-add, and see that SSH_AUTH_SOCK (or agentSocketPath) names its socket", l, path, err)}
}

// refused says whether the server turned the login down. The library has no type for it.
func refused(err error) bool {
	for _, sign := range []string{
		"unable to authenticate", "too many authentication", "disconnect, reason 2:", "disconnect, reason 14:",
	} {
		if strings.Contains(strings.ToLower(err.Error()), sign) {
			return true
		}
	}
	return false
}

// offered names what was tried to log in, for the error of a login that was turned down.
func (l Login) offered() string {
	var ways []string
	if l.PrivateKey != nil {
		ways = append(ways, "the connection's privateKey")
	}
	if l.Password != nil {
		ways = append(ways, "the connection's password")
	}
	if path := l.agentSocketPath(); path != "" && l.PrivateKey == nil {
		ways = append(ways, "the keys of the SSH agent at "+path)
	}
	if len(ways) == 0 {
		return "nothing, as there is neither SSH_AUTH_SOCK nor a privateKey"
	}
	return strings.Join(ways, " and ")
}
