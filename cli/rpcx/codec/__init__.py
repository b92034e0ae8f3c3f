"""Request documents to protobuf bytes and protobuf bytes to JSON; knows no channel."""

from rpcx.codec.json import JsonEncoder, json_decoder

encoder = JsonEncoder

__all__ = ["JsonEncoder", "encoder", "json_decoder"]
