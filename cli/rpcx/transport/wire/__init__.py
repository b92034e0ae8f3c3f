"""The transport on an HTTP/2 connection of our own.

The heart takes bytes and gives events and bytes; it has no socket and no clock:

    frames       RFC 9113, section 4: frames as bytes
    headers      RFC 7541: header blocks, either way
    windows      RFC 9113, section 5.2: flow control
    grpc_rules   gRPC's PROTOCOL-HTTP2.md: statuses, timeouts, metadata
    messages     the same document: messages, and their compression
    responses    the same document: what a header block says of a call
    calls        one call: its request, its response, and how it ends
    connection   RFC 9113, sections 5 and 6: the rules of a connection

Around it: `link` (a socket with a connection on it), `dial` (how the socket is made), `backoff`
(when), and `transport` (the Protocol of `rpcx.transport`).
"""
