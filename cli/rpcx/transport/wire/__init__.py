"""The transport on an HTTP/2 connection of our own.

The heart takes bytes and gives events and bytes; it has no socket and no clock:

    frames, peer        RFC 9113, sections 4 and 6.5.2: frames, and what either side announces
    headers             RFC 7541: header blocks, either way
    header_blocks       RFC 9113, section 4.3: blocks put together, and known when they come again
    windows, output     RFC 9113, section 5.2: what may come, and what is to be sent
    stream_table        RFC 9113, section 5.1: what the number of a stream means
    grpc_rules          gRPC's PROTOCOL-HTTP2.md: statuses, timeouts, and the spelling of metadata
    messages            the same document: messages, and their compression
    requests, responses the same document: header blocks of calls
    calls               one call: its request, its response, and how it ends
    sending, receiving  requests on their way, and responses as they come
    connection          RFC 9113, section 6: what each frame does

Around it: `link` (a socket with a connection on it), `dial` (how the socket is made), `backoff`
(when), `links` (which there are), `deadlines`, `facts`, `origin`, `streams` (the Protocol's Stream)
and `transport` (the Protocol itself).
"""
