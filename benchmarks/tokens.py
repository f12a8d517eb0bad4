"""How far the offline token counter is from real tokenizers.

    npm install --prefix /tmp/tokenizers gpt-tokenizer
    python benchmarks/tokens.py --node-modules /tmp/tokenizers/node_modules [--text FILE ...]

The package carries the vocabularies, so that nothing is downloaded while it runs. Each kind of
text is counted by `count_tokens`, by cl100k_base and by o200k_base; printed is ours over theirs.
A `--text` is one more kind: of a JSON file every string of at least twenty characters, of any
other file its paragraphs.
"""

import argparse
import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent_memory_services.working_memory.domain.windows import count_tokens

ROOT = Path(__file__).parent.parent
VOCABULARIES = ("cl100k_base", "o200k_base")
SHORTEST = 20
LANGUAGES: dict[str, str] = tomllib.loads((Path(__file__).parent / "small_talk.toml").read_text())

COUNT = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { encode } = require(process.argv[1]);
process.stdout.write(JSON.stringify(texts.map((text) => encode(text).length)));
"""


def repository(pattern: str) -> list[str]:
    """The files of this repository that a pattern names."""
    return [path.read_text() for path in sorted(ROOT.glob(pattern))]


def strings(value: Any) -> Iterator[str]:
    """Every longer string of a JSON document."""
    if isinstance(value, str) and len(value) >= SHORTEST:
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def texts_of(path: Path) -> list[str]:
    """The texts of a file."""
    content = path.read_text()
    if path.suffix == ".json":
        return list(strings(json.loads(content)))
    return [text for text in content.split("\n\n") if text.strip()]


def real_counts(texts: list[str], vocabulary: str, modules: Path) -> list[int]:
    """What a real tokenizer counts."""
    package = modules.absolute() / "gpt-tokenizer" / "cjs" / "encoding" / f"{vocabulary}.js"
    answer = subprocess.run(  # noqa: S603 - the command is ours
        ["node", "-e", COUNT, str(package)],  # noqa: S607 - whichever node there is
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    counts: list[int] = json.loads(answer.stdout)
    return counts


def kinds(files: list[Path]) -> Iterator[tuple[str, list[str]]]:
    """Kinds of text."""
    for path in files:
        yield path.stem, texts_of(path)
    yield "Markdown", repository("docs/*.md")
    yield "Python", repository("services/**/*.py")
    yield "Lua", repository("services/**/*.lua")
    yield "proto", repository("protos/**/*.proto")
    for language, text in LANGUAGES.items():
        yield language, [text]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node-modules", type=Path, required=True)
    parser.add_argument("--text", type=Path, action="append", default=[])
    options = parser.parse_args()
    print(f"{'kind':<16} {'texts':>6} {'tokens':>8}" + "".join(f"{v:>14}" for v in VOCABULARIES))
    for kind, texts in kinds(options.text):
        ours = sum(map(count_tokens, texts))
        real = [sum(real_counts(texts, v, options.node_modules)) for v in VOCABULARIES]
        ratios = "".join(f"{ours / count:>14.2f}" for count in real if count)
        print(f"{kind:<16} {len(texts):>6} {real[0]:>8}{ratios}")


if __name__ == "__main__":
    main()
