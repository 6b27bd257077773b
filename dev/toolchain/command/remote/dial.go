package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

const (
	firstRetryDelay   = 100 * time.Millisecond
	longestRetryDelay = 5 * time.Second
)

// connector opens the TCP connection to an address: from here, or from a jump host.
type connector func(ctx context.Context, network, address string) (net.Conn, error)

// dial logs in, through the jump host if there is one. The function it returns closes all that was opened.
func dial(ctx context.Context, connection Connection) (*ssh.Client, func(), error) {
	connect := connector((&net.Dialer{}).DialContext)
	closeJump := func() {}
	if connection.Proxy != nil {
		jump, err := connection.Proxy.dial(ctx, connect)
		if err != nil {
			return nil, nil, fmt.Errorf("proxy: %w", err)
		}
		connect = jump.DialContext
		closeJump = func() { jump.Close() }
	}
	client, err := connection.Login.dial(ctx, connect)
	if err != nil {
		closeJump()
		return nil, nil, err
	}
	return client, func() { client.Close(); closeJump() }, nil
}

// dial logs in, and tries again while that may help and dialErrorLimit allows it.
func (l Login) dial(ctx context.Context, connect connector) (*ssh.Client, error) {
	limit := l.dialErrorLimit()
	delay := firstRetryDelay
	for failures := 1; ; failures++ {
		client, err := l.attempt(ctx, connect)
		if err == nil {
			return client, nil
		}
		if ctx.Err() != nil {
			return nil, ending(ctx)
		}
		if final := (finalError{}); errors.As(err, &final) {
			return nil, final.error
		}
		if limit >= 0 && failures > limit {
			return nil, fmt.Errorf("after %d failed attempts: %w", limit, err)
		}
		p.GetLogger(ctx).InfoStatusf("Dial %d/%d failed: retrying", failures, limit)
		sleep(ctx, delay) // The next attempt fails at once if ctx has ended.
		delay = min(delay*3/2, longestRetryDelay)
	}
}

// attempt connects and logs in once, each within the login's attempt limit.
func (l Login) attempt(ctx context.Context, connect connector) (*ssh.Client, error) {
	conn, err := l.connect(ctx, connect)
	if err != nil {
		return nil, err
	}
	client, err := l.shakeHands(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return client, nil
}

func (l Login) connect(ctx context.Context, connect connector) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.attemptLimit())
	defer cancel()
	return connect(ctx, "tcp", l.address())
}

func (l Login) shakeHands(ctx context.Context, conn net.Conn) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, l.attemptLimit())
	defer cancel()
	config, err := l.clientConfig(ctx)
	if err != nil {
		return nil, err
	}
	// A connection through a jump host knows no deadlines: closing it ends the handshake.
	keepOpen := context.AfterFunc(ctx, func() { conn.Close() })
	sshConn, channels, requests, err := ssh.NewClientConn(conn, l.address(), config)
	if !keepOpen() {
		return nil, fmt.Errorf("no SSH handshake within %s", l.attemptLimit())
	}
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(sshConn, channels, requests), nil
}

// sleep waits, or returns early if ctx ends.
func sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}
