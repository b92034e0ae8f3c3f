"""What every test may ask for; the fixtures themselves are in `support/`.

rpcx, rpcx_start, rpcx_tty    run the command line           support/cli_fixtures.py
demo_server, demo_with        run the bundled server         support/demo_fixtures.py
demo_client                   call it with plain grpcio      support/demo_fixtures.py
go_server and its kin         run servers built from Go      support/go_fixtures.py
authority                     a certificate authority        support/tls_fixtures.py
free_port, silent_port, …     ports that behave badly      support/port_fixtures.py
serve_schema                  run a server of any .proto     support/schema_server.py
regenerate                    `pytest --regenerate`          here
"""

from __future__ import annotations

import sys
from pathlib import Path

import hypothesis
import pytest

# How long an example may take is a matter of the machine and of what else runs on it.
hypothesis.settings.register_profile("rpcx", deadline=None)
hypothesis.settings.load_profile("rpcx")

# Import mode importlib keeps test folders off the path, and plugins are found there alone.
sys.path.insert(0, str(Path(__file__).parent / "support"))
pytest_plugins = (
    "cli_fixtures",
    "demo_fixtures",
    "go_fixtures",
    "port_fixtures",
    "schema_server",
    "tls_fixtures",
    "fault_fixtures",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--regenerate` and `--rounds`."""
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write checked-in generated files anew where a test would compare them",
    )
    parser.addoption(
        "--rounds", type=int, default=1, help="how often to repeat what depends on the moment"
    )


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether generated files are to be written and not compared."""
    return bool(request.config.getoption("--regenerate"))
