// Command webserver is a web server that speaks HTTP/2, in plaintext unless it has a
// certificate, and knows nothing of gRPC: it answers every request with a page.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

var (
	port   = flag.Int("port", 0, "port of 127.0.0.1 to listen on; 0 takes any that is free")
	status = flag.Int("status", http.StatusOK, "HTTP status of every answer")
	cert   = flag.String("cert", "", "certificate file (PEM): serve TLS; needs -key")
	key    = flag.String("key", "", "private key file (PEM) of -cert")
)

func main() {
	flag.Parse()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: http.HandlerFunc(page), Protocols: protocols}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	if *cert != "" {
		log.Fatal(server.ServeTLS(listener, *cert, *key))
	}
	log.Fatal(server.Serve(listener))
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(*status)
	fmt.Fprintln(w, "<!DOCTYPE html><title>a page</title><p>This is no gRPC server.")
}
