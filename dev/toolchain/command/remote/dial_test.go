package remote

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestAWrongPasswordIsNotShown(t *testing.T) {
	s := newServer(t)
	connection := s.connection()
	connection.Password, connection.DialErrorLimit = new("hush"), new(1)
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate", "password")
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestAnotherHostKeyIsAMismatch(t *testing.T) {
	s := newServer(t)
	other, _ := newKey(t)
	connection := s.connection()
	connection.HostKey, connection.DialErrorLimit = new(string(ssh.MarshalAuthorizedKey(other.PublicKey()))), new(0)
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch")
	if s.logins.Load() != 0 {
		t.Error("the password was sent to the wrong host")
	}
}

func TestAHostKeyThatIsNoneIsRefused(t *testing.T) {
	connection := newServer(t).connection()
	connection.HostKey = new("SHA256:abc")
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "failed to parse host key: ssh: no key found")
}

func TestThePinnedTypeOfKeyIsAskedFor(t *testing.T) {
	s := newServer(t)
	s.config.AddHostKey(newECDSAKey(t)) // the library's first choice; what is pinned is an ed25519 key
	_, closeAll, err := dial(t.Context(), s.connection())
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestAPrivateKeyLogsIn(t *testing.T) {
	s := newServer(t)
	signer, contents := newKey(t)
	s.acceptKey(signer.PublicKey())
	connection := s.connection()
	connection.Password, connection.PrivateKey = nil, &contents
	_, closeAll, err := dial(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestAKeyThatCannotBeReadIsNotShown(t *testing.T) {
	connection := newServer(t).connection()
	connection.PrivateKey = new("-----BEGIN OPENSSH PRIVATE KEY-----\nhush\n-----END OPENSSH PRIVATE KEY-----")
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "ssh: ")
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("the error shows the key: %v", err)
	}
}

func TestAnAgentsKeyLogsIn(t *testing.T) {
	s := newServer(t)
	keyring, socket := newAgent(t)
	signer, contents := newKey(t)
	private, err := ssh.ParseRawPrivateKey([]byte(contents))
	if err != nil {
		t.Fatal(err)
	}
	if err := keyring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	s.acceptKey(signer.PublicKey())
	t.Setenv("SSH_AUTH_SOCK", socket)
	connection := s.connection()
	connection.Password = nil
	_, closeAll, err := dial(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestAnAgentThatIsGoneIsNotTriedAgain(t *testing.T) {
	s := newServer(t)
	s.acceptKey(s.hostKey)
	connection := s.connection()
	connection.Password, connection.DialErrorLimit = nil, new(10)
	connection.AgentSocketPath = new(filepath.Join(t.TempDir(), "gone"))
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "dial unix", "gone")
}

func TestADeadAgentDoesNotStopAPrivateKey(t *testing.T) {
	s := newServer(t)
	signer, contents := newKey(t)
	s.acceptKey(signer.PublicKey())
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(t.TempDir(), "gone"))
	connection := s.connection()
	connection.Password, connection.PrivateKey = nil, &contents
	_, closeAll, err := dial(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestAHostThatIsNotUpYetIsTriedAgain(t *testing.T) {
	s := newServer(t)
	relay := newRelay(t, s)
	relay.refuse.Store(2)
	connection := relay.connection()
	connection.DialErrorLimit = new(2)
	_, closeAll, err := dial(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestAHostThatStaysDownNamesTheLimit(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connection := connectionTo(listener.Addr())
	listener.Close()
	connection.DialErrorLimit = new(1)
	_, _, err = dial(t.Context(), connection)
	wantInError(t, err, "after 1 failed attempts: dial tcp", "refused")
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	connection := connectionTo(listener.Addr())
	connection.DialErrorLimit, connection.PerDialTimeout = new(0), new(1)
	_, _, err = dial(t.Context(), connection)
	wantInError(t, err, "no SSH handshake within 1s")
}

func TestCancellingEndsTheDial(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	connection := connectionTo(listener.Addr())
	connection.DialErrorLimit = new(-1)
	wantWithin(t, 3*time.Second, "end of the dial", func() {
		_, _, err := dial(ctx, connection)
		wantInError(t, err, "cancelled")
	})
}

func TestTheFailureOfAJumpHostNamesIt(t *testing.T) {
	s, jump := newServer(t), newServer(t)
	connection := through(jump, s)
	connection.Proxy.Password, connection.Proxy.DialErrorLimit = new("wrong"), new(0)
	_, _, err := dial(t.Context(), connection)
	wantInError(t, err, "proxy: after 0 failed attempts", "unable to authenticate")
}

// acceptKey lets the holder of the key log in.
func (s *server) acceptKey(key ssh.PublicKey) {
	s.config.PublicKeyCallback = func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		if string(offered.Marshal()) == string(key.Marshal()) {
			return nil, nil
		}
		return nil, io.EOF
	}
}

// through returns the connection to the server by way of the jump host.
func through(jump, s *server) Connection {
	connection := s.connection()
	connection.Proxy = &ProxyConnection{Login: jump.connection().Login}
	return connection
}

func connectionTo(address net.Addr) Connection {
	host, port, _ := net.SplitHostPort(address.String())
	number, _ := strconv.ParseFloat(port, 64)
	return Connection{Login: Login{Host: host, Port: &number, Password: new("right")}}
}

// newAgent starts an SSH agent.
func newAgent(t *testing.T) (agent.Agent, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	keyring := agent.NewKeyring()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()
	return keyring, socket
}

// relay stands between a client and a server, and can refuse connections.
type relay struct {
	target   *server
	listener net.Listener
	refuse   atomic.Int32 // connections still to be refused
}

func newRelay(t *testing.T, target *server) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	r := &relay{target: target, listener: listener}
	go r.serve()
	return r
}

func (r *relay) connection() Connection {
	connection := r.target.connection()
	connection.Port = connectionTo(r.listener.Addr()).Port
	return connection
}

func (r *relay) serve() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		if r.refuse.Add(-1) >= 0 {
			client.Close()
			continue
		}
		upstream, err := net.Dial("tcp", r.target.listener.Addr().String())
		if err != nil {
			client.Close()
			continue
		}
		go r.pass(client, upstream)
		go r.pass(upstream, client)
	}
}

func (r *relay) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		size, err := from.Read(buffer)
		if err != nil {
			to.Close()
			return
		}
		_, _ = to.Write(buffer[:size])
	}
}
