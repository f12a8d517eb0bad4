"""Distribution of this package, and the check that no other one overwrites it.

Imported first: files of another distribution would fail in ways that explain nothing.
"""

from importlib.metadata import PackageNotFoundError, version

OWN = "agent-memory-suite-client"
OTHER = "agent-memory-client"


def own_version() -> str:
    """Read the installed version.

    Raises:
        ImportError: A distribution that installs the same package is there too, so that files of
            both are mixed in one folder.
    """
    try:
        other = version(OTHER)
    except PackageNotFoundError:
        return version(OWN)
    raise ImportError(
        f"{OTHER} {other} installs its files over those of {OWN}, under the same package name "
        f"agent_memory_client; run `pip uninstall -y {OTHER} {OWN}` and then `pip install {OWN}`"
    )


__version__ = own_version()
