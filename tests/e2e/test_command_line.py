"""Commands for people, typed against a running stack."""

import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent_memory_client import MemoryClient
from agent_memory_services.cli import app
from agent_memory_services.commands import terminal
from agent_memory_services.embedded.stack import Stack


class Typed:
    """A person at the command line: what is typed runs in this process."""

    def __init__(self, address: str, home: Path) -> None:
        self.environment = {
            "AGENT_MEMORY_CLIENT_BASE_URL": f"http://{address}",
            "XDG_CONFIG_HOME": str(home),
        }

    def __call__(self, *words: str, given: str = "", fails: bool = False) -> Result:
        """Type a command; it succeeds unless it is said to fail."""
        result = CliRunner().invoke(app, [*words], input=given, env=self.environment)
        assert (result.exit_code != 0) is fails, result.output
        return result

    def rows(self, *words: str) -> list[Any]:
        """What a command prints as JSON, a value a line."""
        return [json.loads(line) for line in self(*words, "--json").stdout.splitlines()]


@pytest.fixture
def typed(stack: Stack, tmp_path: Path) -> Typed:
    """The command line, with the stack's address in its environment and no profile."""
    return Typed(str(stack.address), tmp_path)


@pytest.fixture
def memory(stack: Stack) -> Iterator[MemoryClient]:
    """A client, to look at what became of it."""
    with MemoryClient(f"http://{stack.address}") as client:
        yield client


def test_what_is_remembered_is_found_changed_and_taken_back(typed: Typed) -> None:
    """A memory's whole life, by the id that each command prints."""
    scope = ("--user", "typed-anna")
    typed("remember", "User likes oolong tea", "User is from Riga", "--topic", "drinks", *scope)
    assert "User likes oolong tea" in typed("search", "tea", *scope).stdout
    (found, *_) = typed.rows("search", "oolong", *scope)
    assert found["topics"] == ["drinks"]
    typed("memories", "edit", found["id"], "--text", "User likes green tea", "--reason", "asked")
    assert "User likes oolong tea -> User likes green tea" in (
        typed("memories", "history", found["id"]).stdout
    )
    typed("memories", "revert", found["id"])
    assert "oolong" in typed("memories", "get", found["id"]).stdout
    assert len(typed.rows("memories", "list", *scope)) == 2
    typed("memories", "delete", found["id"], "--yes")
    assert [each["text"] for each in typed.rows("memories", "list", *scope)] == [
        "User is from Riga"
    ]
    assert typed("memories", "get", found["id"], fails=True).stderr.startswith("agent-memory: ")


def test_lines_of_another_command_are_remembered(typed: Typed) -> None:
    """One statement a line; the second time each is there already."""
    scope, lines = ("--user", "typed-bert"), "User plays chess\n\nUser has two sisters\n"
    assert typed("remember", *scope, given=lines).stdout.count("created") == 2
    assert typed("remember", "-", *scope, given=lines).stdout.count("duplicate") == 2


def test_nothing_is_gone_without_a_yes(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can be asked in a pipe; a person who does not say yes keeps everything."""
    (kept, _) = typed.rows("remember", "User paints", "User skates", "--user", "typed-cora")
    for command in (
        ("memories", "delete", kept["memory_id"]),
        ("memories", "forget", "--keep", "1", "--user", "typed-cora"),
        ("users", "erase", "typed-cora"),
    ):
        assert "--yes" in typed(*command, fails=True).stderr
    monkeypatch.setattr(terminal, "is_attended", lambda: True)
    delete = ("memories", "delete", kept["memory_id"])
    assert "nothing was changed" in typed(*delete, given="\n", fails=True).stderr
    assert "1 memory deleted" in typed(*delete, given="y\n").stdout


def test_all_that_a_filter_matches_is_changed_and_deleted(
    typed: Typed, memory: MemoryClient
) -> None:
    """Shown before, in a dry run or with the question; nothing else of anybody is touched."""
    who = "typed-gerd"
    memory.create_long_term_memories(
        [
            {"text": "Gerd cooks", "user_id": who, "metadata": {"agent": {"id": "chef"}, "n": 9}},
            {"text": "Gerd bakes", "user_id": who, "metadata": {"agent": {"id": "chef"}, "n": 2}},
            {"text": "Gerd curls", "user_id": who, "metadata": {"agent": {"id": "coach"}}},
            {"text": "Hans cooks", "user_id": "typed-hans", "metadata": {"agent": {"id": "chef"}}},
        ]
    )
    scope, chefs = ("--user", who), ("--filter", "metadata.agent.id=chef")
    assert len(typed.rows("memories", "list", *chefs, *scope)) == 2
    (found,) = typed.rows("search", "cooking", *chefs, "-f", "metadata.n>=5", *scope)
    assert found["text"] == "Gerd cooks"
    dry = typed("memories", "edit", *chefs, "--topic", "gerds-kitchen", "--dry-run", *scope)
    assert "Gerd bakes" in dry.stdout
    assert dry.stdout.endswith("2 memories would be changed\n")
    edit = ("memories", "edit", *chefs, "--topic", "gerds-kitchen", *scope)
    assert "--yes" in typed(*edit, fails=True).stderr
    assert typed(*edit, "--yes").stdout == "2 memories changed\n"
    food = ("-f", "topics=gerds-kitchen")
    assert len(typed.rows("memories", "list", *food)) == 2
    (report,) = typed.rows("memories", "delete", *food, "--dry-run", *scope)
    assert (report["matched"], report["dry_run"]) == (2, True)
    both = '{"any_of": [{"topics": "gerds-kitchen"}, {"metadata": {"agent.id": "coach"}}]}'
    assert typed("memories", "delete", "-f", both, *scope, "-y").stdout == "3 memories deleted\n"
    assert len(typed.rows("memories", "list", *chefs, "--user", "typed-hans")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("delete",), "--filter"),
        (("delete", "x", "-f", "topics=food"), "either ids, or --filter"),
        (("delete", "-f", "food"), "FIELD=VALUE"),
        (("delete", "-f", "{topics}"), "not JSON"),
        (("delete", "-f", "user_id=a", "-f", "user_id=b"), "says something else"),
        (("edit", "-f", "topics=food"), "nothing to change"),
    ],
)
def test_a_filter_that_says_nothing_is_refused(
    typed: Typed, words: tuple[str, ...], told: str
) -> None:
    """With how to write one."""
    refused = typed("memories", *words, "--dry-run" if "x" not in words else "-y", fails=True)
    assert told in " ".join(refused.stderr.replace("│", " ").split())


def test_sessions_are_listed_shown_prompted_and_deleted(typed: Typed, memory: MemoryClient) -> None:
    """With what was said in them, and what a model would be told."""
    scope = ("--user", "typed-dana", "--namespace", "typed")
    memory.append_messages_to_working_memory(
        "chat",
        [{"role": "user", "content": "I play the cello."}],
        user_id="typed-dana",
        namespace="typed",
    )
    assert [each["session_id"] for each in typed.rows("sessions", "list", *scope)] == ["chat"]
    assert "user: I play the cello." in typed("sessions", "show", "chat", *scope).stdout
    assert "1 of 1 messages" in typed("sessions", "show", "chat", "--log", *scope).stdout
    prompt = typed("sessions", "prompt", "chat", "Which instrument?", *scope)
    assert prompt.stdout.rstrip().endswith("user: Which instrument?")
    assert "tokens" in prompt.stderr
    copied = typed("sessions", "fork", "chat", "copy", *scope).stdout
    assert copied == "copy holds 1 messages of chat\n"
    memory.wait_for_extraction("chat", namespace="typed")
    assert "1 of 1 sessions deleted" in typed("sessions", "delete", "chat", "-y", *scope).stdout
    assert "no session chat" in typed("sessions", "delete", "chat", "-y", *scope, fails=True).stderr


def test_a_caller_is_shown_who_it_is_and_what_was_done(typed: Typed) -> None:
    """Where nobody is asked for a credential, everybody may do everything."""
    shown = typed("whoami").stdout.split()
    assert shown == [
        *("tenant", "default", "credential", "anyone", "role", "admin"),
        *("users", "all", "namespaces", "all"),
    ]
    assert typed.rows("whoami") == [{"tenant": "default", "subject": "anyone", "access": "admin"}]
    assert "wait" in typed("jobs", "statistics", "--period", "minute").stdout


def test_a_user_is_shown_and_erased(typed: Typed) -> None:
    """Counts and standing facts before, nothing after."""
    typed("remember", "User is allergic to nuts", "--standing", "--user", "typed-emil")
    shown = typed("users", "show", "typed-emil").stdout
    assert "User is allergic to nuts" in shown
    assert typed.rows("users", "show", "typed-emil")[0]["memories"]["standing"] == 1
    assert "1 memories erased" in typed("users", "erase", "typed-emil", "--yes").stdout
    assert typed.rows("memories", "list", "--user", "typed-emil") == []


def test_a_profile_says_where_and_whose(typed: Typed, tmp_path: Path) -> None:
    """An option beats a variable, a variable beats a profile; a secret is for its owner alone."""
    folder = tmp_path / "agent-memory"
    folder.mkdir()
    profiles = folder / "config.toml"
    address = typed.environment.pop("AGENT_MEMORY_CLIENT_BASE_URL")
    profiles.write_text(
        f'default_profile = "here"\n[profiles.here]\nbase_url = "{address}"\nuser = "typed-fritz"\n'
        f'[profiles.away]\nbase_url = "http://127.0.0.1:9"\napi_key = "am_secret"\n'
        '[profiles.odd]\nbase_uri = "x"\n'
    )
    profiles.chmod(0o644)
    typed("remember", "User keeps bees")
    assert [each["user_id"] for each in typed.rows("search", "bees")] == ["typed-fritz"]
    assert typed.rows("search", "bees", "--user", "typed-nobody") == []
    assert "chmod 600" in typed("search", "bees", "--profile", "away", fails=True).stderr
    assert "base_uri: unknown" in typed("search", "bees", "--profile", "odd", fails=True).stderr
    assert "away, odd" in typed("search", "bees", "--profile", "lost", fails=True).stderr
    profiles.chmod(0o600)
    down = typed("search", "bees", "--profile", "away", "--timeout", "5", fails=True).stderr
    assert "nothing listens at http://127.0.0.1:9" in down
    assert "agent-memory up" in down
    assert len(down.splitlines()) == 1
    assert "am_secret" not in down


def test_an_address_of_another_service_is_told_by_its_option(typed: Typed, stack: Stack) -> None:
    """With what listens there, and TLS where there is none."""
    other = f"http://{stack.services['working_memory']}"
    swapped = typed("search", "x", "--long-term-memory-address", other, fails=True).stderr
    assert "does not serve this call" in swapped
    assert "look at --base-url or --long-term-memory-address" in swapped
    secure = typed("search", "x", "--base-url", f"https://{stack.address}", fails=True).stderr
    assert f"does not speak TLS: write http://{stack.address}" in secure


def test_changes_are_watched(typed: Typed, memory: MemoryClient) -> None:
    """Each change is a line, for as many as are asked for."""

    def change() -> None:
        while not watched.is_set():
            text = f"User has {next(number)} cats"
            memory.create_long_term_memories([{"text": text, "user_id": "typed-gina"}], False)
            watched.wait(0.1)

    watched, number = threading.Event(), itertools.count()
    changing = threading.Thread(target=change)
    changing.start()
    try:
        told = typed("watch", "--user", "typed-gina", "--count", "2").stdout.splitlines()
    finally:
        watched.set()
        changing.join()
    assert len(told) == 2
    assert all("created" in line and "cats" in line for line in told)
