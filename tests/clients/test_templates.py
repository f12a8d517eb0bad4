"""The templates of the page on clients, for languages that have no client of their own here."""

import json
import re
from pathlib import Path

import pytest

import generate_clients
import protos_archive
from tests.clients.conftest import REPOSITORY, run

pytestmark = pytest.mark.clients

PAGE = (REPOSITORY / "docs/clients.md").read_text()
TEMPLATES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# Plugins of protoc itself, which comes from the registry of the language in question.
BUILTIN = [each for each in TEMPLATES if "local:" not in each]


@pytest.mark.parametrize("language", ["java"])
@pytest.mark.parametrize(
    "template", BUILTIN, ids=lambda each: re.findall(r"builtin: (\w+)", each)[0]
)
def test_a_template_generates_code_of_the_archive(
    template: str, language: str, tmp_path: Path
) -> None:
    """With nothing but the archive and protoc, for every proto of the product and its imports."""
    generate_clients.prepare(language)
    path = json.dumps(str(generate_clients.PROTOC))
    template = re.sub(r"( +)(out: )", rf"\1protoc_path: {path}\n\1\2", template)
    (tmp_path / "buf.gen.yaml").write_text(template)
    run("tar", "xzf", protos_archive.write(tmp_path), cwd=tmp_path)
    (command,) = re.findall(r"^buf generate .*$", PAGE, re.MULTILINE)
    run(*command.split(), cwd=tmp_path)
    made = [each for each in (tmp_path / "gen").rglob("*") if each.is_file()]
    texts = [each.read_text() for each in made]
    plugins = re.findall(r"builtin: (\w+)", template)
    for message in ("SearchMemoriesRequest", "BuildMemoryPromptRequest", "WatchJobsRequest"):
        assert sum(message in text for text in texts) >= len(plugins), message
