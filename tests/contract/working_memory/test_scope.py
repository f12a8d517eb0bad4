"""What a bound credential gets from every method."""

from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.kit.auth import scope
from agent_memory_services.kit.contract.context import Principal
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.stubs import WorkingMemoryStub

Code = grpc.StatusCode
BOUND = Principal("default", "key", Access.ACCESS_WRITER, frozenset({"alice"}), frozenset({"chat"}))
AS_ALICE: dict[str, Any] = {"metadata": [(scope.SCOPE_HEADER, scope.scope_of(BOUND))]}
MESSAGE = Message(role="user", content="x")


def calls(namespace: str, user: str) -> Mapping[str, object]:
    """One request per method that names a session."""
    named: dict[str, Any] = {"namespace": namespace, "session_id": "s", "user_id": user}
    memory = wm.WorkingMemory(messages=[MESSAGE], **named)
    return {
        "GetOrCreateWorkingMemory": rpc.GetOrCreateWorkingMemoryRequest(**named),
        "GetWorkingMemory": rpc.GetWorkingMemoryRequest(**named),
        "SetWorkingMemory": rpc.SetWorkingMemoryRequest(working_memory=memory),
        "AppendMessages": rpc.AppendMessagesRequest(messages=[MESSAGE], **named),
        "AddMemories": rpc.AddMemoriesRequest(memories=[Memory(text="x")], **named),
        "UpdateWorkingMemory": rpc.UpdateWorkingMemoryRequest(working_memory=memory),
        "DeleteWorkingMemory": rpc.DeleteWorkingMemoryRequest(**named),
        "ListMessages": rpc.ListMessagesRequest(**named),
        "ListSessions": rpc.ListSessionsRequest(namespace=namespace, user_id=user),
        "BuildMemoryPrompt": rpc.BuildMemoryPromptRequest(
            query="q", session=rpc.PromptSession(**named)
        ),
    }


@pytest.mark.parametrize(("namespace", "user"), [("work", "alice"), ("chat", "bob")])
async def test_naming_what_lies_outside_is_denied(
    stub: WorkingMemoryStub, namespace: str, user: str
) -> None:
    """PERMISSION_DENIED, whether it exists or not."""
    for method, request in calls(namespace, user).items():
        with refused() as refusal:
            await getattr(stub, method)(request, **AS_ALICE)
        seen = (method, refusal.code, refusal.reason)
        assert seen == (method, Code.PERMISSION_DENIED, "ACCESS_DENIED")
        assert "required_access" in refusal.metadata


async def test_a_bound_caller_lives_in_a_world_of_its_own(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Without naming anybody it works with its user's sessions and sees no others."""
    append = rpc.AppendMessagesRequest(namespace="chat", session_id="s", messages=[MESSAGE])
    await stub.AppendMessages(append, **AS_ALICE)
    for user, session_id in (("bob", "bobs"), ("", "nobodys")):
        await stub.AppendMessages(
            rpc.AppendMessagesRequest(
                namespace="chat", session_id=session_id, user_id=user, messages=[MESSAGE]
            )
        )
        request = rpc.GetWorkingMemoryRequest(namespace="chat", session_id=session_id)
        with refused() as refusal:
            await stub.GetWorkingMemory(request, **AS_ALICE)
        assert refusal.reason == "SESSION_NOT_FOUND"
        part = rpc.PromptSession(namespace="chat", session_id=session_id)
        prompt = await stub.BuildMemoryPrompt(
            rpc.BuildMemoryPromptRequest(query="q", session=part), **AS_ALICE
        )
        assert len(prompt.messages) == 1
    listed = await stub.ListSessions(rpc.ListSessionsRequest(), **AS_ALICE)
    assert [(s.session_id, s.user_id) for s in listed.sessions] == [("s", "alice")]
    assert listed.total_size == 1
    part = rpc.PromptSession(namespace="chat", session_id="s")
    await stub.BuildMemoryPrompt(
        rpc.BuildMemoryPromptRequest(
            query="q", session=part, long_term_search=rpc.LongTermSearch()
        ),
        **AS_ALICE,
    )
    searches = neighbours.long_term.searches
    assert {search.query.filter.user_id.eq for search in searches} == {"alice"}
