package main

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// defaultResponses is how many messages a server stream has, as in grpc-go's examples.
const defaultResponses = 10

// treatment is what one call of Echo is to do. The request headers that choose it are
// named as those of rpcx's demo server.
type treatment struct {
	delay     time.Duration // rpcx-delay: before each response
	responses int           // rpcx-responses: how many a server stream has
	neverRead bool          // rpcx-never-read: leave the client's messages unread
	status    error         // rpcx-status: what the call ends with
}

// with returns the treatment that the headers of a call make of the default one.
func (t treatment) with(ctx context.Context) (treatment, error) {
	var err error
	if text := header(ctx, "rpcx-delay"); text != "" && err == nil {
		t.delay, err = time.ParseDuration(text)
	}
	if text := header(ctx, "rpcx-responses"); text != "" && err == nil {
		t.responses, err = strconv.Atoi(text)
	}
	if text := header(ctx, "rpcx-never-read"); text != "" && err == nil {
		t.neverRead, err = strconv.ParseBool(text)
	}
	if text := header(ctx, "rpcx-status"); text != "" && err == nil {
		var code codes.Code
		err = code.UnmarshalJSON([]byte(strconv.Quote(text)))
		t.status = status.Error(code, header(ctx, "rpcx-status-message"))
	}
	if err != nil {
		return t, status.Error(codes.InvalidArgument, err.Error())
	}
	return t, nil
}

// pause waits as long as a response has to wait, or until the call is over.
func (t treatment) pause(ctx context.Context) error {
	if t.delay <= 0 {
		return nil
	}
	return wait(ctx, t.delay)
}

func wait(ctx context.Context, delay time.Duration) error {
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// header is the first value of a request header, or nothing.
func header(ctx context.Context, key string) string {
	if values := metadata.ValueFromIncomingContext(ctx, key); len(values) > 0 {
		return values[0]
	}
	return ""
}
