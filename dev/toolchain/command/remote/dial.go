package remote

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/retry"
	"golang.org/x/crypto/ssh"
)

// dial logs in, through the jump host if there is one.
func (c *Connection) dial(ctx context.Context) (*ssh.Client, error) {
	config, err := c.clientConfig()
	if err != nil {
		return nil, err
	}
	if c.Proxy == nil {
		return retryDial(ctx, "Dial", *c.DialErrorLimit, func() (*ssh.Client, error) {
			return ssh.Dial("tcp", c.address(), config)
		})
	}
	client, err := c.dialThroughProxy(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return client, nil
}

func (c *Connection) dialThroughProxy(ctx context.Context, config *ssh.ClientConfig) (*ssh.Client, error) {
	proxyConfig, err := c.Proxy.clientConfig()
	if err != nil {
		return nil, err
	}
	proxy, err := retryDial(ctx, "Dial proxy", *c.Proxy.DialErrorLimit, func() (*ssh.Client, error) {
		return ssh.Dial("tcp", c.Proxy.address(), proxyConfig)
	})
	if err != nil {
		return nil, err
	}
	connection, err := retryDial(ctx, "Dial from proxy", *c.DialErrorLimit, func() (net.Conn, error) {
		return proxy.Dial("tcp", c.address())
	})
	if err != nil {
		return nil, err
	}
	return retryDial(ctx, "Dial", *c.DialErrorLimit, func() (*ssh.Client, error) {
		login, channels, requests, err := ssh.NewClientConn(connection, c.address(), config)
		if err != nil {
			return nil, err
		}
		return ssh.NewClient(login, channels, requests), nil
	})
}

// retryDial dials until it succeeds or has failed more often than the limit; -1 is no limit.
func retryDial[T any](ctx context.Context, what string, limit int, dial func() (T, error)) (T, error) {
	var result T
	ok, _, err := retry.Until(ctx, retry.Acceptor{
		Accept: func(try int, _ time.Duration) (bool, any, error) {
			var err error
			if result, err = dial(); err == nil {
				return true, nil, nil
			}
			if limit > -1 && try >= limit {
				return true, nil, fmt.Errorf("after %d failed attempts: %w", try, err)
			}
			of := "inf"
			if limit > -1 {
				of = strconv.Itoa(limit)
			}
			p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, try+1, of)
			return false, nil, nil
		},
	})
	if err == nil && !ok {
		err = ctx.Err()
	}
	return result, err
}
