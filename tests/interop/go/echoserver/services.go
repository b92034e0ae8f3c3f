package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	echopb "google.golang.org/grpc/examples/features/proto/echo"
	hellopb "google.golang.org/grpc/examples/helloworld/helloworld"
	"google.golang.org/grpc/metadata"
)

// echo implements grpc.examples.echo.Echo.
type echo struct {
	echopb.UnimplementedEchoServer
	defaults treatment
	ledger   *ledger
}

// begin counts the execution of one handler and reads how the call is to be treated.
func (e *echo) begin(ctx context.Context) (treatment, error) {
	e.ledger.enter(ctx)
	return e.defaults.with(ctx)
}

// UnaryEcho says the message back; with the header `want: counts` it says instead, as
// JSON, how often handlers ran.
func (e *echo) UnaryEcho(ctx context.Context, request *echopb.EchoRequest) (*echopb.EchoResponse, error) {
	if header(ctx, "want") == "counts" {
		return &echopb.EchoResponse{Message: e.ledger.json()}, nil
	}
	call, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := call.pause(ctx); err != nil {
		return nil, err
	}
	return &echopb.EchoResponse{Message: request.GetMessage()}, call.status
}

// ServerStreamingEcho says the message back several times.
func (e *echo) ServerStreamingEcho(request *echopb.EchoRequest, stream grpc.ServerStreamingServer[echopb.EchoResponse]) error {
	call, err := e.begin(stream.Context())
	if err != nil {
		return err
	}
	for range call.responses {
		if err := call.pause(stream.Context()); err != nil {
			return err
		}
		if err := stream.Send(&echopb.EchoResponse{Message: request.GetMessage()}); err != nil {
			return err
		}
	}
	return call.status
}

// ClientStreamingEcho says the last message back.
func (e *echo) ClientStreamingEcho(stream grpc.ClientStreamingServer[echopb.EchoRequest, echopb.EchoResponse]) error {
	call, err := e.begin(stream.Context())
	if err != nil {
		return err
	}
	if call.neverRead {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	last := ""
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		last = request.GetMessage()
	}
	if err := call.pause(stream.Context()); err != nil {
		return err
	}
	if call.status != nil {
		return call.status
	}
	return stream.SendAndClose(&echopb.EchoResponse{Message: last})
}

// BidirectionalStreamingEcho says each message back as it comes.
func (e *echo) BidirectionalStreamingEcho(stream grpc.BidiStreamingServer[echopb.EchoRequest, echopb.EchoResponse]) error {
	call, err := e.begin(stream.Context())
	if err != nil {
		return err
	}
	if call.neverRead {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return call.status
		}
		if err != nil {
			return err
		}
		if err := call.pause(stream.Context()); err != nil {
			return err
		}
		if err := stream.Send(&echopb.EchoResponse{Message: request.GetMessage()}); err != nil {
			return err
		}
	}
}

// greeter implements helloworld.Greeter on the shortest way: benchmarks measure against it.
type greeter struct {
	hellopb.UnimplementedGreeterServer
	delay  time.Duration
	varied bool // send headers that differ with every answer
	calls  atomic.Uint64
}

// SayHello greets.
func (g *greeter) SayHello(ctx context.Context, request *hellopb.HelloRequest) (*hellopb.HelloReply, error) {
	if g.delay > 0 {
		if err := wait(ctx, g.delay); err != nil {
			return nil, err
		}
	}
	if g.varied {
		if err := grpc.SetHeader(ctx, variedHeader(g.calls.Add(1))); err != nil {
			return nil, err
		}
	}
	return &hellopb.HelloReply{Message: "Hello " + request.GetName()}, nil
}

// variedHeader has what servers often add to each answer: identifiers and times.
func variedHeader(call uint64) metadata.MD {
	now := time.Now()
	return metadata.Pairs(
		"x-request-id", fmt.Sprintf("%016x", call*0x9e3779b97f4a7c15),
		"x-trace-id", fmt.Sprintf("%032x", call*0xbf58476d1ce4e5b9),
		"x-served-at", now.UTC().Format(time.RFC3339Nano),
		"x-sequence", strconv.FormatUint(call, 10),
	)
}
