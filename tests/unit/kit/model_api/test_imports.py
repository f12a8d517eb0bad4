"""Modules that the model's library looks at, and that others import meanwhile."""

import subprocess
import sys


def test_no_half_of_a_module_is_seen() -> None:
    """Whoever can open a client has the whole of what the library looks at by its name."""
    code = (
        "import sys, agent_memory_services.shared.model_api.chat\nassert sys.modules['httpx'].URL"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
