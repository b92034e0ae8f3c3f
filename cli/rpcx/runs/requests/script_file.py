"""`--script`: the steps of a conversation, read from a file for one method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.documents.textfiles import read_bytes
from rpcx.errors import DataError, UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.plans.script import Step


def read_script(path: str, method: MethodDescriptor, pool: DescriptorPool) -> tuple[Step, ...]:
    """Return the steps of a file for a method.

    Raises:
        DataError: It cannot be read, or something in it is not a step.
        UsageError: The method's client side does not stream, and there is more than one message.
    """
    from rpcx.codec import JsonEncoder
    from rpcx.codec.matching import MessageMatchers
    from rpcx.plans.script import ScriptReader, Send

    encoder = JsonEncoder(method.input_type, pool)
    matchers = MessageMatchers(method.output_type, pool)
    reader = ScriptReader(encoder.parse, encoder.build, matchers.matcher)
    data = read_bytes(path, f"--script {printable(path)!r}", DataError)
    try:
        steps = reader.read(data)
    except DataError as error:
        raise DataError(f"--script {printable(path)}: {error}") from None
    sends = [step for step in steps if isinstance(step, Send)]
    if not method.client_streaming and len(sends) != 1:
        raise UsageError(
            f"--script {printable(path)} sends {len(sends)} messages, and"
            f" {printable(method.full_name)} takes one; let it send one"
        )
    return steps
