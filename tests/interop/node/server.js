// A grpc-js server that echoes, with the reflection of @grpc/reflection (v1 and v1alpha).
// The first line of its output is the address it listens on.
"use strict";

const path = require("path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { ReflectionService } = require("@grpc/reflection");

const definition = loader.loadSync(path.join(__dirname, "places.proto"), {
  longs: String,
  oneofs: true,
});
const places = grpc.loadPackageDefinition(definition).rpcx.node.Places;

const server = new grpc.Server();
server.addService(places.service, {
  Echo: (call, reply) => reply(null, call.request),
  EchoAll: (call) => {
    call.on("data", (message) => call.write(message));
    call.on("end", () => call.end());
  },
});
new ReflectionService(definition).addToServer(server);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`127.0.0.1:${port}`);
});
