package remote

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// session is what a command on the test server sees.
type session struct {
	ssh.Channel
	environment map[string]string
	signalled   chan string
}

// server is an SSH server on loopback. It accepts the password "right" and the keys given, and runs every command as
// the function that stands for it. It is to be set up before its connection is asked for: then it begins to serve.
type server struct {
	t        *testing.T
	config   *ssh.ServerConfig
	listener net.Listener
	hostKey  ssh.PublicKey
	accepts  map[string]bool // names of variables that may be set
	commands map[string]func(session) uint32
	logins   atomic.Int32 // attempts to log in
	open     sync.WaitGroup
	start    sync.Once
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, accepts: map[string]bool{}, commands: map[string]func(session) uint32{}}
	signer, _ := newKey(t)
	s.hostKey = signer.PublicKey()
	s.config = &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			s.logins.Add(1)
			if string(password) == "right" {
				return nil, nil
			}
			return nil, errors.New("wrong password")
		},
	}
	s.config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = listener
	t.Cleanup(func() { listener.Close() })
	return s
}

// connection returns what it takes to log in to the server with the right password.
func (s *server) connection() Connection {
	s.start.Do(func() { go s.serve() })
	host, port, _ := net.SplitHostPort(s.listener.Addr().String())
	number, _ := strconv.ParseFloat(port, 64)
	user, password, noRetry, hostKey := "deploy", "right", 0, string(ssh.MarshalAuthorizedKey(s.hostKey))
	return Connection{Login: Login{
		Host: host, Port: &number, User: &user, Password: &password, DialErrorLimit: &noRetry, HostKey: &hostKey,
	}}
}

func (s *server) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.open.Go(func() { s.serveConn(conn) })
	}
}

func (s *server) serveConn(conn net.Conn) {
	defer conn.Close()
	sshConn, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go func() {
		for req := range requests {
			if req.WantReply {
				_ = req.Reply(false, nil)
			}
		}
	}()
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			go s.serveSession(channel)
		case "direct-tcpip":
			go forward(channel)
		default:
			_ = channel.Reject(ssh.UnknownChannelType, "")
		}
	}
	_ = sshConn.Wait()
}

func (s *server) serveSession(newChannel ssh.NewChannel) {
	channel, requests, err := newChannel.Accept()
	if err != nil {
		return
	}
	current := session{Channel: channel, environment: map[string]string{}, signalled: make(chan string, 1)}
	for req := range requests {
		accepted := false
		run := func() {}
		switch req.Type {
		case "env":
			var variable struct{ Name, Value string }
			_ = ssh.Unmarshal(req.Payload, &variable)
			accepted = s.accepts[variable.Name]
			current.environment[variable.Name] = variable.Value
		case "signal":
			var signal struct{ Name string }
			_ = ssh.Unmarshal(req.Payload, &signal)
			current.signalled <- signal.Name
		case "exec":
			var exec struct{ Command string }
			_ = ssh.Unmarshal(req.Payload, &exec)
			command := s.commands[exec.Command]
			if accepted = command != nil; accepted {
				run = func() {
					status := command(current)
					_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
					channel.Close()
				}
			}
		}
		if req.WantReply {
			_ = req.Reply(accepted, nil)
		}
		go run() // after the answer, as a real server does
	}
}

// forward makes the server a jump host.
func forward(newChannel ssh.NewChannel) {
	var target struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	_ = ssh.Unmarshal(newChannel.ExtraData(), &target)
	conn, err := net.Dial("tcp", net.JoinHostPort(target.Host, strconv.Itoa(int(target.Port))))
	if err != nil {
		_ = newChannel.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := newChannel.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		_, _ = io.Copy(channel, conn)
		channel.Close()
	}()
	_, _ = io.Copy(conn, channel)
	conn.Close()
}

// newKey returns a new key and its private half as the contents of a key file.
func newKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

func newECDSAKey(t *testing.T) ssh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
