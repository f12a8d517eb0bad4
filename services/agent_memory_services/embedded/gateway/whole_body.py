"""Filter that reads JSON bodies to their end, however long they are."""

from importlib import resources

# What the script notes of a request, as Envoy's routes and its expressions find it.
TOO_LARGE = {
    "filter": "agent_memory",
    "path": [{"key": "too_large"}],
    "value": {"bool_match": True},
}
IS_TOO_LARGE = (
    "'agent_memory' in metadata.filter_metadata && "
    "'too_large' in metadata.filter_metadata['agent_memory']"
)
# A client that sends more than so many times what it may is cut off.
_READ_FACTOR = 8


def whole_body_script(max_request_bytes: int) -> str:
    """Return Lua code for Envoy that lets `max_request_bytes` of a JSON body through."""
    code = resources.files(__package__).joinpath("whole_body.lua").read_text()
    read = _READ_FACTOR * max_request_bytes
    return f"local LIMITS = {{body = {max_request_bytes}, read = {read}}}\n\n{code}"
