"""The environment read once: defaults, what wins, and what is refused."""

import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest

from dq_service.settings import SETTINGS, SettingError, Settings


def test_defaults() -> None:
    settings = Settings.from_environment({})
    assert (settings.deadline_ms, settings.max_body, settings.debug, settings.unproved) == (250, 2**20, False, False)
    assert settings.data.name == "dq-service"


def test_orders_are_kept_in_the_data_folder_unless_a_database_is_named(tmp_path: Path) -> None:
    assert Settings(tmp_path).database == f"sqlite:///{tmp_path}/dq.db"


def test_the_option_wins_over_the_variable() -> None:
    assert Settings.from_environment({"DQ_DATA_DIR": "/a"}).data == Path("/a")
    assert Settings.from_environment({"DQ_DATA_DIR": "/a"}, Path("/b")).data == Path("/b")


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("DQ_DEADLINE_MS", "400", "deadline_ms", 400),
        ("DQ_MAX_BODY", "512", "max_body", 512),
        ("DQ_MAX_BODY", "512KiB", "max_body", 2**19),
        ("DQ_MAX_BODY", "4 mib", "max_body", 2**22),
        ("DQ_DEBUG", "yes", "debug", True),
        ("DQ_DEBUG", "", "debug", False),
        ("DQ_DATABASE_URL", "postgresql://db/dq", "database_url", "postgresql://db/dq"),
        ("DQ_DATABASE_URL", "postgresql://db/dq", "database", "postgresql://db/dq"),
        (
            "DQ_WEBHOOK_NETWORKS",
            "127.0.0.0/8, ::1/128",
            "webhook_networks",
            (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        ),
    ],
)
def test_what_a_variable_says(variable: str, text: str, field: str, value: object) -> None:
    assert getattr(Settings.from_environment({variable: text}), field) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DQ_DEADLINE_MS", "0"),
        ("DQ_DEADLINE_MS", "soon"),
        ("DQ_MAX_BODY", "1GB"),
        ("DQ_DEBUG", "perhaps"),
        ("DQ_WEBHOOK_NETWORKS", "example.com"),
    ],
)
def test_what_cannot_be_read_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{variable} wants .*{text}"):
        Settings.from_environment({variable: text})


def test_every_setting_is_described() -> None:
    described = {one.field for one in SETTINGS if one.field}
    assert described == {field.name for field in dataclasses.fields(Settings)}
