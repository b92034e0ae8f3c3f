// Command echoserver is a grpc-go server for rpcx's tests and benchmarks.
//
// It has the published services grpc.examples.echo.Echo (all four kinds) and
// helloworld.Greeter (which, unlike the example server, logs nothing), and lets flags
// choose what the examples leave fixed: which reflection there is and of how many services,
// how many streams a connection may have, how long it lives, how large its window is.
//
// The first line of its output is the address it listens on.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // understands and answers gzip
	echopb "google.golang.org/grpc/examples/features/proto/echo"
	hellopb "google.golang.org/grpc/examples/helloworld/helloworld"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
)

var (
	host          = flag.String("host", "127.0.0.1", "address to listen on")
	port          = flag.Int("port", 0, "port to listen on; 0 takes any that is free")
	versions      = flag.String("reflection", "v1,v1alpha", "reflection to offer: v1, v1alpha, both with a comma, or none")
	extra         = flag.Int("extra-services", 0, "so many more services, which only reflection shows")
	maxStreams    = flag.Uint("max-streams", 0, "open calls allowed on a connection; 0 for no limit")
	maxAge        = flag.Duration("max-connection-age", 0, "close connections at this age; 0 for never")
	maxAgeGrace   = flag.Duration("max-connection-age-grace", 0, "how long open calls may outlive that; 0 for ever")
	initialWindow = flag.Int("initial-window", 0, "flow-control window of a stream in bytes; 0 for grpc-go's own")
	delay         = flag.Duration("delay", 0, "wait so long before each response")
	variedHeaders = flag.Bool("varied-headers", false, "answer SayHello with four headers that differ each time")
	neverRead     = flag.Bool("never-read", false, "client- and bidi-streaming handlers read nothing until the client gives up")
	cert          = flag.String("cert", "", "certificate file (PEM): serve TLS; needs -key")
	key           = flag.String("key", "", "private key file (PEM) of -cert")
	clientCA      = flag.String("client-ca", "", "certificates (PEM) of who may sign those that clients have to show")
)

func main() {
	flag.Parse()
	options, err := serverOptions()
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(options...)
	defaults := treatment{delay: *delay, responses: defaultResponses, neverRead: *neverRead}
	echopb.RegisterEchoServer(server, &echo{defaults: defaults, ledger: newLedger()})
	hellopb.RegisterGreeterServer(server, &greeter{delay: *delay, varied: *variedHeaders})
	if err := registerExtra(server, *extra); err != nil {
		log.Fatal(err)
	}
	if err := registerReflection(server, *versions); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", *host, *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

// serverOptions turns the flags into what grpc.NewServer takes.
func serverOptions() ([]grpc.ServerOption, error) {
	var options []grpc.ServerOption
	if *maxStreams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(uint32(*maxStreams)))
	}
	if *initialWindow > 0 {
		options = append(options, grpc.InitialWindowSize(int32(*initialWindow)))
	}
	if *maxAge > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      *maxAge,
			MaxConnectionAgeGrace: *maxAgeGrace,
			Time:                  time.Hour,
		}))
	}
	if *cert != "" {
		config, err := tlsConfig()
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	return options, nil
}

// tlsConfig holds what -cert, -key and -client-ca ask for.
func tlsConfig() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if *clientCA != "" {
		pem, err := os.ReadFile(*clientCA)
		if err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("-client-ca %q has no certificate", *clientCA)
		}
	}
	return config, nil
}

// registerReflection offers the versions that the list names.
func registerReflection(server *grpc.Server, list string) error {
	for _, version := range strings.Split(list, ",") {
		options := reflection.ServerOptions{Services: server}
		switch version {
		case "v1":
			reflectionv1.RegisterServerReflectionServer(server, reflection.NewServerV1(options))
		case "v1alpha":
			reflectionv1alpha.RegisterServerReflectionServer(server, reflection.NewServer(options))
		case "none":
		default:
			return fmt.Errorf("-reflection %q: there are v1, v1alpha and none", version)
		}
	}
	return nil
}
