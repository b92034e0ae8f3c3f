"""Where message types come from: reflection, descriptor sets, .proto files.

Each is a `FileSource`; `Schema` looks through them in order and builds what it finds, so
files can fill the gaps of reflection and the other way round.
"""

from rpcx.schema.lookup import Schema
from rpcx.schema.sources.protocol import Conversation, FileSource

__all__ = ["Conversation", "FileSource", "Schema"]
