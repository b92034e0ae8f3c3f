"""The services' functions, called as plain functions."""

from __future__ import annotations

from typing import Any

import pytest

from rpcx.demo.messages import Messages
from rpcx.demo.services import echo, greeter, route_guide
from rpcx.demo.services.features import FEATURES

MESSAGES = Messages()
HELLO = MESSAGES.type("helloworld.HelloRequest")
ECHO = MESSAGES.type("grpc.examples.echo.EchoRequest")
POINT = MESSAGES.type("routeguide.Point")
NOTE = MESSAGES.type("routeguide.RouteNote")
RECTANGLE = MESSAGES.type("routeguide.Rectangle")


def note(message: str, latitude: int = 0) -> Any:
    """A note at a place."""
    return NOTE(message=message, location=POINT(latitude=latitude, longitude=1))


@pytest.mark.parametrize("service", [echo, greeter, route_guide])
def test_every_method_has_its_function(service: Any) -> None:
    """A service does what its descriptor says, no more and no less."""
    declared = {method.name for method in MESSAGES.service(service.NAME).methods}
    assert set(service.methods(MESSAGES)) == declared


def test_greeter_greets() -> None:
    """The greetings are those of grpc-go's example server."""
    methods = greeter.methods(MESSAGES)
    assert methods["SayHello"](HELLO(name="world")).message == "Hello world"
    several = methods["SayHelloStreamReply"](HELLO(name="x"), 2)
    assert [reply.message for reply in several] == ["Hello number 0, x", "Hello number 1, x"]


def test_client_stream_echoes_the_last_message() -> None:
    """Of many messages the last comes back; of none, an empty one."""
    fold = echo.methods(MESSAGES)["ClientStreamingEcho"]()
    assert fold.result().message == ""
    fold.add(ECHO(message="a"))
    fold.add(ECHO(message="b"))
    assert fold.result().message == "b"


def test_the_tutorials_feature_is_there() -> None:
    """The point that gRPC's tutorials ask for has a name; a point at sea has none."""
    get_feature = route_guide.methods(MESSAGES)["GetFeature"]
    known = get_feature(POINT(latitude=409146138, longitude=-746188906))
    assert known.name
    assert known.location.latitude == 409146138
    nowhere = get_feature(POINT(latitude=1, longitude=2))
    assert (nowhere.name, nowhere.location.longitude) == ("", 2)


def test_features_have_places_and_names_of_their_own() -> None:
    """No two features share a point or a name."""
    assert len({feature[:2] for feature in FEATURES}) == len(FEATURES)
    assert len({feature[2] for feature in FEATURES}) == len(FEATURES)


def test_list_features_takes_either_pair_of_corners() -> None:
    """The tutorials' rectangle finds features, whichever corner comes first."""
    list_features = route_guide.methods(MESSAGES)["ListFeatures"]
    lo = {"latitude": 400000000, "longitude": -750000000}
    hi = {"latitude": 420000000, "longitude": -730000000}
    found = list(list_features(RECTANGLE(lo=lo, hi=hi), 0))
    assert len(found) == len(FEATURES)
    assert list(list_features(RECTANGLE(lo=hi, hi=lo), 0)) == found
    assert not list(list_features(RECTANGLE(), 0))


def test_route_is_summed_up() -> None:
    """A degree along the equator is some 111 km; two features were passed on the way."""
    route = route_guide.methods(MESSAGES)["RecordRoute"]()
    route.add(POINT(latitude=0, longitude=0))
    route.add(POINT(latitude=0, longitude=10_000_000))
    summary = route.result()
    assert (summary.point_count, summary.feature_count, summary.distance) == (2, 0, 111194)
    route.add(POINT(latitude=FEATURES[0][0], longitude=FEATURES[0][1]))
    assert route.result().feature_count == 1


@pytest.mark.parametrize("point", [(2**31 - 1, -(2**31)), (900_000_000, 0)])
def test_distance_takes_any_point(point: tuple[int, int]) -> None:
    """Points that are on no globe have a distance too."""
    assert route_guide.distance_m((-(2**31), 2**31 - 1), point) >= 0


def test_chat_answers_with_all_notes_of_the_place() -> None:
    """Each note comes back after those left before it, and none from elsewhere does."""
    chat = route_guide.methods(MESSAGES)["RouteChat"]
    assert [n.message for n in chat(note("a"))] == ["a"]
    assert [n.message for n in chat(note("b", latitude=5))] == ["b"]
    assert [n.message for n in chat(note("c"))] == ["a", "c"]


def test_chat_keeps_a_bounded_number_of_notes() -> None:
    """Old notes, old places and long notes are not kept; each note comes back all the same."""
    board = route_guide.NoteBoard()
    for number in range(route_guide.NOTES_KEPT + 10):
        replies = board.leave(note(str(number)))
    assert len(replies) == route_guide.NOTES_KEPT
    assert replies[-1].message == str(route_guide.NOTES_KEPT + 9)
    long = note("x" * route_guide.LONGEST_NOTE_KEPT)
    assert board.leave(long)[-1] is long
    assert long not in board.leave(note("short"))
    for latitude in range(1, route_guide.PLACES_KEPT + 1):
        board.leave(note("elsewhere", latitude))
    assert len(board.leave(note("again"))) == 1
