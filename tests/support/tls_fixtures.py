"""Certificates as fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from certificates import Authority, Pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that signs for the tests of one worker."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def server_pair(authority: Authority) -> Pair:
    """A good certificate for localhost, 127.0.0.1 and ::1."""
    return authority.issue("server")


@pytest.fixture(scope="session")
def client_pair(authority: Authority) -> Pair:
    """A certificate for a client."""
    return authority.issue("client", ())


@pytest.fixture(scope="session")
def strangers_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of an authority that signs nothing here."""
    return Authority(tmp_path_factory.mktemp("stranger"), "a stranger").certificate
