"""Imports of the library that calls models, beside those of other threads."""

import subprocess
import sys


def test_httpx_is_imported_before_any_client_is_opened() -> None:
    """The library looks into `sys.modules` for it, where another thread may be importing it."""
    code = (
        "import sys, agent_memory_services.shared.model_api.chat\nassert sys.modules['httpx'].URL"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
