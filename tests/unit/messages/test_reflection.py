"""Schemas from a server's reflection, good and bad."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2

from rpcx.codec import encoder, json_decoder
from rpcx.documents.json_documents import Document
from rpcx.errors import SchemaError
from rpcx.results import Status
from rpcx.schema.example import example_request
from rpcx.schema.listing import as_text
from rpcx.schema.proto_text.symbol import source_of

if TYPE_CHECKING:
    from collections.abc import Callable

METHOD = "rpcx.test.three.ThreeService/Unary"
V1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
V1ALPHA = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
BAD_FILE = FileDescriptorProto(name="bad.proto", package="rpcx.test.three")
BAD_FILE.service.add(name="ThreeService")
BAD_FILE.message_type.add(name="no name")


def refused(ask: Callable[[], Any]) -> str:
    """The sentence that a question ends in."""
    with pytest.raises(SchemaError) as caught:
        ask()
    assert str(caught.value).isprintable()
    return str(caught.value)


def garbage(**parts: Any) -> bytes:
    """An answer of one's own making."""
    return reflection_pb2.ServerReflectionResponse(**parts).SerializeToString()


def simple(name: str, *imports: str, uses: str = "") -> FileDescriptorProto:
    """A file `name` with a message `M` in the package of the same name."""
    package = name.removesuffix(".proto")
    file = FileDescriptorProto(name=name, package=package, syntax="proto3", dependency=imports)
    message = file.message_type.add(name="M")
    if uses:
        message.field.add(name="used", number=1, type=11, type_name=uses, label=1)
    file.service.add(name="S").method.add(
        name="Do", input_type=f".{package}.M", output_type=f".{package}.M"
    )
    return file


class TestRoundTrips:
    """No more is asked than a command needs."""

    def test_one_for_a_method(self, reflection: Any) -> None:
        """A server that sends imports along is asked once."""
        schema = reflection.schema()
        assert schema.method(METHOD).input_type.full_name == "rpcx.test.three.Three"
        assert reflection.asked == [("file_containing_symbol", "rpcx.test.three.ThreeService")]
        assert reflection.paths == [V1]

    def test_none_for_what_everybody_has(self, reflection: Any) -> None:
        """Well-known imports are not asked for, even if the server does not send them along."""
        reflection.transitive = False
        schema = reflection.schema()
        schema.method(METHOD)
        assert len(reflection.asked) == 1

    def test_one_for_each_other_import(self, reflection: Any) -> None:
        """An import that did not come along is asked for by its file name."""
        reflection.transitive = False
        reflection.schema().symbol("rpcx.test.shadow.Outer")
        assert reflection.asked == [
            ("file_containing_symbol", "rpcx.test.shadow.Outer"),
            ("file_by_filename", "three.proto"),
        ]

    def test_none_for_what_is_known(self, reflection: Any) -> None:
        """What came with an earlier answer is not asked for again."""
        schema = reflection.schema()
        schema.method(METHOD)
        schema.symbol("rpcx.test.three.Colour")
        schema.symbol("rpcx.test.three.ThreeService.Both")
        schema.services()
        schema.services()
        assert [kind for kind, _ in reflection.asked] == [
            "file_containing_symbol",
            "list_services",
        ]

    def test_closed_before_the_first_call(self, reflection: Any) -> None:
        """Once closed no stream is open, and a later question opens one again."""
        schema = reflection.schema()
        schema.method(METHOD)
        assert reflection.open_now == 1
        schema.close()
        assert reflection.open_now == 0
        schema.close()
        schema.services()
        schema.close()
        assert (reflection.open_now, len(reflection.paths)) == (0, 2)

    def test_v1alpha_is_remembered(self, reflection: Any) -> None:
        """Where v1 is UNIMPLEMENTED v1alpha serves, and v1 is not tried again."""
        reflection.versions = ["v1alpha"]
        schema = reflection.schema()
        schema.method(METHOD)
        schema.close()
        schema.services()
        assert reflection.paths == [V1, V1ALPHA, V1ALPHA]

    def test_extensions_come_along(self, reflection: Any) -> None:
        """A method's messages have their extensions, wherever those are defined."""
        file = simple("ext.proto", "two.proto")
        field = file.extension.add(name="far", number=150, type=9, label=1, json_name="far")
        field.extendee = ".rpcx.test.two.Two"
        reflection.files["ext.proto"] = file
        schema = reflection.schema()
        message = schema.method("rpcx.test.two.TwoService/One").input_type
        data = encoder(message, schema.pool)(Document(b'{"name":"n","[ext.far]":"f"}'))
        assert json_decoder(message, schema.pool)(data) == b'{"name":"n","[ext.far]":"f"}'

    def test_types_inside_any(self, reflection: Any) -> None:
        """A type that only an Any names is found by asking, while the server can be asked."""
        schema = reflection.schema()
        schema.method("rpcx.test.three.ThreeService/Unary")
        assert schema.find("rpcx.test.edition.Edition")
        assert not schema.find("no.Such")
        assert schema.symbol("rpcx.test.edition.Edition").full_name == "rpcx.test.edition.Edition"

    def test_types_inside_any_with_extensions(self, reflection: Any) -> None:
        """What is looked for by name comes with its extensions too, from wherever."""
        file = simple("ext.proto", "two.proto")
        field = file.extension.add(name="far", number=150, type=9, label=1, json_name="far")
        field.extendee = ".rpcx.test.two.Two"
        reflection.files["ext.proto"] = file
        schema = reflection.schema()
        assert schema.find("rpcx.test.two.Two")
        assert schema.pool.FindExtensionByName("ext.far").number == 150


class TestNames:
    """What is not there is told with what is."""

    def test_spellings(self, reflection: Any) -> None:
        """A method may be written with a slash, a dot, or as its path."""
        schema = reflection.schema()
        for name in (METHOD, METHOD.replace("/", "."), f"/{METHOD}"):
            assert schema.method(name).full_name == METHOD.replace("/", ".")

    def test_unknown_service(self, reflection: Any) -> None:
        """A service that is not there names the nearest and all."""
        assert refused(lambda: reflection.schema().method("rpcx.test.three.TreeService/Unary")) == (
            'the server has no service "rpcx.test.three.TreeService"; '
            "did you mean rpcx.test.three.ThreeService or rpcx.test.two.TwoService? "
            "Its services are rpcx.test.three.ThreeService, rpcx.test.shadow.Empty, "
            "rpcx.test.two.TwoService"
        )

    def test_odd_lists(self, reflection: Any) -> None:
        """A service is listed once, however often a server names it, and none without a name."""
        reflection.listed = ["a.B", "", "a.B", "c.D"]
        assert list(reflection.schema().services()) == ["a.B", "c.D"]

    def test_unknown_method(self, reflection: Any) -> None:
        """A method that is not there names the nearest of its service."""
        sentence = refused(lambda: reflection.schema().method("rpcx.test.three.ThreeService/Unari"))
        assert sentence == (
            'the service rpcx.test.three.ThreeService has no method "Unari"; '
            "did you mean Unary? Its methods are Unary, Server, Client, Both"
        )

    def test_service_for_a_method(self, reflection: Any) -> None:
        """A service where a method was due lists its methods."""
        assert refused(lambda: reflection.schema().method("rpcx.test.three.ThreeService")) == (
            '"rpcx.test.three.ThreeService" is a service, not a method: '
            "its methods are Unary, Server, Client, Both"
        )

    def test_no_name_of_a_method(self, reflection: Any) -> None:
        """A bare word is no method, and the services are listed."""
        sentence = refused(lambda: reflection.schema().method("Unary"))
        assert sentence.startswith('"Unary" is no method: write package.Service/Method')

    def test_message_for_a_service(self, reflection: Any) -> None:
        """A message where a service was due is told to be none."""
        sentence = refused(lambda: reflection.schema().method("rpcx.test.three.Three/Unary"))
        assert sentence == '"rpcx.test.three.Three" is no service: rpcx describe shows what it is'

    def test_unknown_member(self, reflection: Any) -> None:
        """A part that a symbol does not have names the nearest part."""
        assert "did you mean COLOUR_RED" not in refused(
            lambda: reflection.schema().symbol("rpcx.test.three.Plain.messag")
        )
        assert refused(lambda: reflection.schema().symbol("rpcx.test.three.Plain.messag")) == (
            'rpcx.test.three.Plain has no "messag"; did you mean message? '
            "Its only member is message"
        )

    def test_hostile_names(self, reflection: Any) -> None:
        """Names from a server are data: nothing in them reaches the terminal as it is."""
        reflection.listed = ["\x1b[2J[/x]", "x" * 100_000]
        sentence = refused(lambda: reflection.schema().method("no.Such/Method"))
        assert "\\u001b[2J[/x]" in sentence
        assert len(sentence) < 1000

    @pytest.mark.parametrize("name", ["", "/", ".", "..", "a b.C/d", "☺.S/M", "\ud800.S/M"])
    def test_no_names_at_all(self, reflection: Any, name: str) -> None:
        """Whatever was typed, there is a sentence."""
        schema = reflection.schema()
        refused(lambda: schema.method(name))
        refused(lambda: schema.symbol(name))


class TestBadServers:
    """Servers that do it badly, or not at all."""

    def test_no_reflection(self, reflection: Any) -> None:
        """Without either version the sentence says what would work."""
        reflection.versions = []
        assert refused(lambda: reflection.schema().method(METHOD)) == (
            "the server has no reflection, neither v1 nor v1alpha (unknown service); "
            "give its schema with --protoset or --proto"
        )
        assert reflection.open_now == 0

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            (Status.UNAUTHENTICATED, ("ends with UNAUTHENTICATED: said \\u001b[2J no; give "
             "credentials with -H, or with --reflect-header for reflection alone")),
            (Status.DEADLINE_EXCEEDED, "gives no answer in time; raise --connect-timeout, or"),
            (Status.OK, "ends without an answer; give its schema"),
            (Status.INTERNAL, "ends with INTERNAL: said \\u001b[2J no; give its schema"),
        ],
    )  # fmt: skip
    def test_failures(self, reflection: Any, status: Status, sentence: str) -> None:
        """A stream that ends tells how, and what would work instead."""
        reflection.fails = status
        assert sentence in refused(lambda: reflection.schema().services())
        assert (reflection.open_now, reflection.paths) == (0, [V1])

    @pytest.mark.parametrize("status", [Status.OK, Status.UNAVAILABLE])
    def test_one_answer_a_stream(self, reflection: Any, status: Status) -> None:
        """A server that ends each stream after one answer is asked on another."""
        reflection.ends_after_each = status
        reflection.transitive = False
        schema = reflection.schema()
        schema.symbol("rpcx.test.shadow.Outer")
        schema.close()
        assert (reflection.paths, reflection.open_now) == ([V1, V1], 0)

    def test_not_found_by_status(self, reflection: Any) -> None:
        """A server may end the stream with NOT_FOUND where an error answer was due."""
        reflection.fails = Status.NOT_FOUND
        assert not reflection.schema().find("no.Such")

    def test_listed_but_not_described(self, reflection: Any) -> None:
        """A service that is listed and cannot be described is told so, in the server's words."""
        reflection.listed = ["ghost.Service"]
        assert refused(lambda: reflection.schema().method("ghost.Service/Do")) == (
            'the server lists the service "ghost.Service" but cannot describe it (not here: ); '
            "give its file with --protoset or --proto"
        )

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (Status.INTERNAL, " (reflection answers INTERNAL: bro\\u001bken)"),
            (99, " (reflection answers error 99: bro\\u001bken)"),
            (Status.NOT_FOUND, ""),
            (Status.INVALID_ARGUMENT, ""),
        ],
    )
    def test_reflection_that_fails(self, reflection: Any, code: int, words: str) -> None:
        """An answer that is an error, and not that there is no such thing, is quoted."""
        error = garbage(error_response={"error_code": code, "error_message": "bro\x1bken"})
        reflection.replies = [error]
        sentence = refused(lambda: as_text(reflection.schema(), "a.B"))
        assert sentence.startswith(f'the server has no symbol "a.B"{words}; its services are rpcx')

    def test_reflection_of_itself(self, reflection: Any) -> None:
        """Reflection v1, which some servers list and cannot describe, is known anyway."""
        service = reflection.schema().symbol("grpc.reflection.v1.ServerReflection")
        asked = service.methods_by_name["ServerReflectionInfo"].input_type
        assert asked.full_name == "grpc.reflection.v1.ServerReflectionRequest"

    @pytest.mark.parametrize(
        ("reply", "sentence"),
        [
            (b"\xff", "answers with bytes that are no reflection response"),
            (b"", "answers with an empty response where file_descriptor_response was due"),
            (garbage(list_services_response={}), "answers with list_services_response where"),
            (
                garbage(file_descriptor_response={"file_descriptor_proto": [b"\xff\xff"]}),
                "a file of the schema (2 bytes) is no file descriptor",
            ),
            (
                garbage(
                    file_descriptor_response={
                        "file_descriptor_proto": [BAD_FILE.SerializeToString()]
                    }
                ),
                'ThreeService has no method "Unary"; it has no methods',
            ),
        ],
    )
    def test_garbage(self, reflection: Any, reply: bytes, sentence: str) -> None:
        """Answers that are not valid are reported as such."""
        reflection.replies = [reply]
        assert sentence in refused(lambda: reflection.schema().method(METHOD))

    def test_the_wrong_file(self, reflection: Any) -> None:
        """A file that does not define what was asked for counts as not having it."""
        data = FileDescriptorProto(name="other.proto").SerializeToString()
        reflection.replies = [garbage(file_descriptor_response={"file_descriptor_proto": [data]})]
        assert "but cannot describe it" in refused(lambda: reflection.schema().method(METHOD))

    def test_circle(self, reflection: Any) -> None:
        """Files that import each other are told with the way round."""
        reflection.files = {
            "a.proto": simple("a.proto", "b.proto"),
            "b.proto": simple("b.proto", "c.proto"),
            "c.proto": simple("c.proto", "a.proto"),
        }
        assert refused(lambda: reflection.schema().method("a.S/Do")) == (
            "the schema's files import each other in a circle: "
            '"a.proto" → "b.proto" → "c.proto" → "a.proto"'
        )

    def test_long_circle(self, reflection: Any) -> None:
        """Of a long way round both ends are shown."""
        names = [f"f{number}.proto" for number in range(50)]
        reflection.files = {
            name: simple(name, names[(number + 1) % 50]) for number, name in enumerate(names)
        }
        assert '"f0.proto" → "f1.proto" → "…" → "f49.proto" → "f0.proto"' in refused(
            lambda: reflection.schema().method("f0.S/Do")
        )

    def test_missing_import_that_is_needed(self, reflection: Any) -> None:
        """A type that an import would have is taken as empty, and named."""
        reflection.files = {"a.proto": simple("a.proto", "gone.proto", uses=".gone.M")}
        schema = reflection.schema()
        schema.symbol("a.S")
        [note] = schema.notes
        assert note.startswith('the schema\'s file "a.proto": its type gone.M is nowhere to be had')

    def test_missing_import_that_is_not(self, reflection: Any) -> None:
        """An import that nothing uses may be missing, in the middle of a chain too."""
        middle = simple("b.proto", "gone.proto", "a.proto", uses=".a.M")
        middle.public_dependency.append(1)
        reflection.files = {
            "a.proto": simple("a.proto"),
            "b.proto": middle,
            "c.proto": simple("c.proto", "b.proto", uses=".a.M"),
        }
        assert reflection.schema().method("c.S/Do").input_type.fields[0].name == "used"

    def test_long_chain(self, reflection: Any) -> None:
        """A chain of imports may be as long as it likes."""
        reflection.files = {
            f"f{number}.proto": simple(f"f{number}.proto", f"f{number + 1}.proto")
            for number in range(2000)
        }
        reflection.files["f2000.proto"] = simple("f2000.proto")
        assert reflection.schema().method("f0.S/Do").name == "Do"

    def test_endless_chain(self, reflection: Any) -> None:
        """A server that makes up files without end is stopped."""
        count = 0

        def endless(name: str, response: Any) -> None:
            nonlocal count
            count += 1
            file = simple(name or "f.proto", f"f{count}.proto")
            response.file_descriptor_response.file_descriptor_proto.append(file.SerializeToString())

        reflection._file_by_filename = endless
        reflection.files = {"f.proto": simple("f.proto")}
        assert refused(lambda: reflection.schema().method("f.S/Do")) == (
            "the schema has more than 10,000 files"
        )

    def test_relative_names(self, reflection: Any) -> None:
        """What grpc-js sends, with names unresolved and imports left out, is made whole."""
        for file in reflection.files.values():
            holders = list(file.message_type)
            while holders:
                message = holders.pop()
                holders += message.nested_type
                for field in message.field:
                    prefix = f".{file.package}."
                    field.type_name = field.type_name.removeprefix(prefix).removeprefix(".")
                    if not field.type_name:
                        field.ClearField("type_name")
                    field.ClearField("proto3_optional")
                names = [oneof.name for oneof in message.oneof_decl]
                oneofs = sorted(range(len(names)), key=names.__getitem__)
                decls = sorted(names)
                del message.oneof_decl[:]
                for name in decls:
                    message.oneof_decl.add(name=name)
                for field in message.field:
                    if field.HasField("oneof_index"):
                        field.oneof_index = oneofs.index(field.oneof_index)
        asked = reflection._file_by_filename

        def bundled(name: str, response: Any) -> None:
            asked(name, response)
            files = response.file_descriptor_response.file_descriptor_proto
            for place, data in enumerate(files):
                file = FileDescriptorProto.FromString(data)
                del file.dependency[:]
                files[place] = file.SerializeToString()

        reflection._file_by_filename = bundled
        schema = reflection.schema()
        message = schema.method(METHOD).input_type
        assert message.fields_by_name["w_any"].message_type.full_name == "google.protobuf.Any"
        assert message.fields_by_name["r_message"].message_type is message
        assert message.fields_by_name["m_enum"].message_type.GetOptions().map_entry
        text = (
            b'{"pInt32":0,"cString":"","wStruct":{"a":[null]},"wTimestamp":"2026-01-02T03:04:05Z"}'
        )
        data = encoder(message, schema.pool)(Document(text))
        shown = json_decoder(message, schema.pool)(data)
        assert json.loads(shown) == json.loads(text)
        source = source_of(message, schema.file_of(message))
        assert "  optional string p_string = 61;\n" in source
        assert "  map<string, rpcx.test.three.Three> m_message = 45;\n" in source

    def test_types_named_like_well_known_ones(self, reflection: Any) -> None:
        """A type that is only named like a well-known one is a message like any other."""
        file = simple("own.proto", uses=".google.protobuf.Value")
        fake = FileDescriptorProto(name="fake.proto", package="google.protobuf", syntax="proto3")
        fake.message_type.add(name="Value").field.add(name="nullValue", number=1, type=9, label=1)
        file.dependency.append("fake.proto")
        reflection.files = {"own.proto": file, "fake.proto": fake}
        schema = reflection.schema()
        message = schema.method("own.S/Do").input_type
        text = b'{"used":{"nullValue":"x"}}'
        assert (
            json_decoder(message, schema.pool)(encoder(message, schema.pool)(Document(text)))
            == text
        )
        assert example_request(message, indent=False) == b'{"used":{"nullValue":""}}'

    def test_list_refused(self, reflection: Any) -> None:
        """A server that will not list its services is quoted."""
        reflection.replies = [garbage(error_response={"error_code": 7, "error_message": "no"})]
        assert refused(lambda: reflection.schema().services()) == (
            "the server's reflection lists no services: PERMISSION_DENIED: no"
        )
