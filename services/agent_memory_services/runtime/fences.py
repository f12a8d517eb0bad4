"""Fences: what is still on its way from the sessions of an erased user is taken in no more."""

from agent_memory_services.runtime.ids import derived_id


def fence_name(tenant: str, user: str, session_uid: str) -> str:
    """The name of what bars one user's incarnation of a session, and nobody else's.

    It does not show the user, who must not be found in the store. A session of nobody in
    particular has the empty user.
    """
    return derived_id("fence", tenant, user, session_uid)
