package remote

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// heartbeat is how often the server is asked for a sign of life, and how long it has to give one.
type heartbeat struct{ interval, timeout time.Duration }

// usualHeartbeat notices a host that vanished within 45 seconds.
var usualHeartbeat = heartbeat{interval: 15 * time.Second, timeout: 30 * time.Second}

// watch asks the server for signs of life until ctx ends, and calls lost once if none comes.
func (h heartbeat) watch(ctx context.Context, client *ssh.Client, lost func(error)) {
	for sleep(ctx, h.interval) {
		answered := make(chan error, 1)
		go func() {
			_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-ctx.Done():
			return
		case err := <-answered:
			if err != nil {
				return // The connection is closed: the command's own wait ends with it.
			}
		case <-time.After(h.timeout):
			lost(fmt.Errorf("given up, as the host has not answered for %s", h.timeout))
			return
		}
	}
}

// sleep waits, and says whether it was not cut short by the end of ctx.
func sleep(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
