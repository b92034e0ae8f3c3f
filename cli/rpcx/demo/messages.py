"""The message types and services of the demo, out of the descriptor set in the package.

They live in a descriptor pool of their own: a user's program, or grpcio's packages, may
hold other files under the same names in protobuf's default pool.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from google.protobuf import any_pb2, descriptor_pb2, duration_pb2, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import (
    error_details_pb2,
    status_pb2,
)
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

if TYPE_CHECKING:
    from google.protobuf.descriptor import ServiceDescriptor

_INSTALLED = (any_pb2, duration_pb2, status_pb2, error_details_pb2, health_pb2, reflection_pb2)
"""What other packages bring and the demo serves too; each after the files it imports."""


class Messages:
    """The demo's types: message classes and service descriptors by full name.

    Attributes:
        pool: Every file that the server can describe.
        files: The same files as serialised FileDescriptorProtos by name. Those of the demo
            have their comments, which a descriptor from a pool has lost.
    """

    def __init__(self) -> None:
        self.pool = DescriptorPool()
        self.files: dict[str, bytes] = {
            module.DESCRIPTOR.name: module.DESCRIPTOR.serialized_pb for module in _INSTALLED
        }
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
            self.files[file.name] = file.SerializeToString()
        for data in self.files.values():
            self.pool.AddSerializedFile(data)

    def type(self, name: str) -> Any:
        """The class of the message with this full name.

        Raises:
            KeyError: There is none.
        """
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def service(self, name: str) -> ServiceDescriptor:
        """The service with this full name.

        Raises:
            KeyError: There is none.
        """
        return self.pool.FindServiceByName(name)


def descriptor_set() -> bytes:
    """The serialised FileDescriptorSet of the demo's own files, imports first.

    The package's tests compile it from the .proto files; nothing reads those at run time.
    """
    return resources.files("rpcx.demo").joinpath("demo.binpb").read_bytes()
