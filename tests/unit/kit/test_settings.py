"""What a process can be told."""

import os
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from pydantic import Field, SecretStr, ValidationError

from agent_memory_services.kit.contract.environment import (
    AlsoFrom,
    SecretUrl,
    SettingsError,
    keys_of,
    refuse_unknown_keys,
    source_of,
)
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.support.settings import configured


class Settings(ProcessSettings):
    """Settings of a service, as services declare them."""

    section: ClassVar[str] = "WORKING_MEMORY"

    partitions: int = Field(default=16, gt=0, description="Number of partitions.")
    models: tuple[str, ...] = Field(default=(), description="Names of models.")
    key: Annotated[SecretStr | None, AlsoFrom("OPENAI_API_KEY")] = Field(
        default=None, description="The key."
    )


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_bare_environment_gives_the_defaults() -> None:
    """Nothing has to be set on a developer's machine."""
    settings = Settings.load()
    assert settings.redis_url == "redis://127.0.0.1:6379"
    assert settings.partitions == 16
    assert settings.key is None


def test_own_fields_have_the_sections_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strings become the fields' types, collections from JSON."""
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_PARTITIONS", "4")
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_MODELS", '["a", "b"]')
    settings = Settings.load()
    assert settings.partitions == 4
    assert settings.models == ("a", "b")


def test_a_shared_field_can_be_set_for_one_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three services in one environment listen on three ports."""
    monkeypatch.setenv("AGENT_MEMORY_LISTEN", "127.0.0.1:1")
    assert Settings.load().listen == "127.0.0.1:1"
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_LISTEN", "127.0.0.1:2")
    assert Settings.load().listen == "127.0.0.1:2"


def test_a_section_may_give_a_shared_field_another_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redeclared field is still read from the shared key too."""

    class Other(ProcessSettings):
        section: ClassVar[str] = "EXTRACTION"
        listen: str = Field(default="127.0.0.1:50053", description="Address.")

    assert Other.load().listen == "127.0.0.1:50053"
    monkeypatch.setenv("AGENT_MEMORY_LISTEN", "127.0.0.1:1")
    assert Other.load().listen == "127.0.0.1:1"


def test_well_known_names_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own key wins over a name that other programs read too."""
    monkeypatch.setenv("REDIS_URL", "redis://shared")
    assert Settings.load().redis_url == "redis://shared"
    monkeypatch.setenv("AGENT_MEMORY_REDIS_URL", "redis://ours")
    assert Settings.load().redis_url == "redis://ours"
    assert keys_of(Settings, "redis_url") == (
        "AGENT_MEMORY_WORKING_MEMORY_REDIS_URL",
        "AGENT_MEMORY_REDIS_URL",
        "REDIS_URL",
    )


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Orchestrators hand secrets over as files; a secret's own variable comes first."""
    file = tmp_path / "secret"
    file.write_text("redis://:from-file@store\n")
    monkeypatch.setenv("AGENT_MEMORY_REDIS_URL_FILE", str(file))
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(file))
    settings = Settings.load()
    assert settings.redis_url == "redis://:from-file@store"
    assert settings.key == SecretStr("redis://:from-file@store")
    assert source_of(Settings, "redis_url", os.environ) == "AGENT_MEMORY_REDIS_URL_FILE"
    monkeypatch.setenv("AGENT_MEMORY_REDIS_URL", "redis://own")
    assert Settings.load().redis_url == "redis://own"


def test_only_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else is seen where it is set."""
    monkeypatch.setenv("AGENT_MEMORY_LISTEN_FILE", "/etc/hostname")
    with pytest.raises(SettingsError, match="AGENT_MEMORY_LISTEN_FILE is not a setting"):
        Settings.load()


def test_a_secrets_file_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process does not start with a default where it was told of a secret."""
    monkeypatch.setenv("AGENT_MEMORY_REDIS_URL_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="AGENT_MEMORY_REDIS_URL_FILE: cannot read"):
        Settings.load()


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What code says is not overruled from outside."""
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_PARTITIONS", "4")
    assert Settings(partitions=2).partitions == 2


def test_a_misspelt_key_is_refused_with_the_closest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that nobody reads does not pass in silence."""
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_PARTITON", "4")
    monkeypatch.setenv("AGENT_MEMORY_XYZZY_QWERTY_PLUGH", "1")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert str(refused.value).splitlines() == [
        (
            "AGENT_MEMORY_WORKING_MEMORY_PARTITON is not a setting; "
            "did you mean AGENT_MEMORY_WORKING_MEMORY_PARTITIONS?"
        ),
        "AGENT_MEMORY_XYZZY_QWERTY_PLUGH is not a setting",
    ]


def test_keys_of_other_sections_are_theirs_to_judge() -> None:
    """One environment serves all processes; strangers' variables mean nothing to us."""
    refuse_unknown_keys(
        Settings,
        {
            "AGENT_MEMORY_EXTRACTION_ANYTHING": "",
            "AGENT_MEMORY_UP_STATE_DIR": "",
            "AGENT_MEMORY_WORKING_MEMORY_ADDRESS": "",
            "PATH": "",
        },
    )


def test_complaints_name_the_key_and_never_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the wrong variable does not end up in a log."""
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_PARTITIONS", "s3cret")
    monkeypatch.setenv("AGENT_MEMORY_DEFAULT_TENANT", "no spaces")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    message = str(refused.value)
    assert "AGENT_MEMORY_WORKING_MEMORY_PARTITIONS: Input should be a valid integer" in message
    assert "AGENT_MEMORY_DEFAULT_TENANT: " in message
    assert "s3cret" not in message
    assert "no spaces" not in message


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "10.1.2.3:1", "memory.internal:1"])
def test_open_doors_stay_on_loopback(listen: str) -> None:
    """Without authentication a server does not listen where others reach it."""
    with pytest.raises(ValidationError, match="loopback"):
        Settings(listen=listen)
    Settings(listen="localhost:0")


def test_settings_are_frozen_and_known() -> None:
    """Nothing changes them later, and no argument is ignored."""
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.partitions = 3
    with pytest.raises(ValidationError):
        Settings(partitons=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis+cluster://:hid@a:1,b:2,[::1]:3", "redis+cluster://***@a:1,b:2,[::1]:3"),
        ("redis://:hid/den@store", "redis://***"),
        ("redis://:12/34@store", "redis://***"),
        ("redis://:hid#den@store", "redis://***"),
        ("redis://:12?34@store", "redis://***"),
        ("redis://[hid", "redis://***"),
        ("unix:///run/store.sock?password=hid", "unix:/run/store.sock"),
    ],
)
def test_no_part_of_a_password_shows(url: str, shown: str) -> None:
    """Not even of one that makes the URL another than it was meant to be."""
    assert SecretUrl(url).redacted == shown


def test_secrets_do_not_show() -> None:
    """Neither repr nor str nor a log line of settings holds a credential."""
    settings = configured(
        Settings, redis_url="rediss://user:pa55@host:6380/1?password=pa55", key=SecretStr("pa55")
    )
    assert "pa55" not in repr(settings)
    assert "pa55" not in str(settings)
    assert repr(settings.redis_url) == "'rediss://***@host:6380/1'"
    assert settings.redis_url == "rediss://user:pa55@host:6380/1?password=pa55"


def test_every_field_is_described() -> None:
    """The reference is generated, so an undescribed field cannot be declared."""
    with pytest.raises(TypeError, match=r"Silent\.flag has no description"):

        class Silent(ProcessSettings):
            flag: bool = False


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("AGENT_MEMORY_WORKING_MEMORY_PARTITIONS", ["9007199254740992", str(2**63)]),
        ("AGENT_MEMORY_DRAIN_SECONDS", ["1e10", "inf", "nan", str(2**53)]),
        ("AGENT_MEMORY_MAX_CONCURRENT_CALLS_BY_METHOD", [f"AppendMessages={2**53}"]),
    ],
)
def test_a_number_that_no_clock_or_counter_has_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: str, values: list[str]
) -> None:
    """Scripts count in doubles, and add spans to the present moment in microseconds."""
    for value in values:
        monkeypatch.setenv(key, value)
        with pytest.raises(SettingsError):
            Settings.load()
