"""Working memory in a dictionary."""

# ruff: noqa: N802 - the contract names the methods

from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.common.v1.search_pb2 import MemoryHit
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as types
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceServicer
from tests.contract.client.services.long_term_memory import LongTermMemory
from tests.contract.client.services.matching import matches
from tests.contract.client.services.paging import page
from tests.contract.client.services.refusal import not_found, refusal, refuse
from tests.contract.client.services.script import Script

Context = grpc.aio.ServicerContext[Any, Any]


class WorkingMemory(WorkingMemoryServiceServicer):
    """Sessions with their logs; prompts take every memory that the filter matches."""

    def __init__(self, long_term_memory: LongTermMemory) -> None:
        self.sessions: dict[tuple[str, str], types.WorkingMemory] = {}
        self.logs: dict[tuple[str, str], list[Message]] = {}
        self.watch: Script[rpc.WatchWorkingMemoryRequest] = Script()
        self._long_term_memory = long_term_memory

    async def WatchWorkingMemory(
        self, request: rpc.WatchWorkingMemoryRequest, context: Context
    ) -> AsyncIterator[rpc.WatchWorkingMemoryResponse]:
        async for answer in self.watch.play(request, context):
            yield answer

    async def GetOrCreateWorkingMemory(
        self, request: rpc.GetOrCreateWorkingMemoryRequest, context: Context
    ) -> rpc.GetOrCreateWorkingMemoryResponse:
        session, created = await self._open(request, context)
        return rpc.GetOrCreateWorkingMemoryResponse(
            working_memory=_shown(session, request), created=created
        )

    async def GetWorkingMemory(
        self, request: rpc.GetWorkingMemoryRequest, context: Context
    ) -> rpc.GetWorkingMemoryResponse:
        session = self.sessions.get((request.namespace, request.session_id))
        if session is None or request.user_id not in {"", session.user_id}:
            await refuse(context, not_found("session", request.session_id))
        return rpc.GetWorkingMemoryResponse(working_memory=_shown(session, request))

    async def SetWorkingMemory(
        self, request: rpc.SetWorkingMemoryRequest, context: Context
    ) -> rpc.SetWorkingMemoryResponse:
        given = request.working_memory
        session, _ = await self._open(given, context)
        known = [(m.role, m.content) for m in session.messages]
        new = [m for m in given.messages if (m.role, m.content) not in known]
        for field in ("messages", "memories", "data", "context", "extraction", "ttl"):
            session.ClearField(field)
        kept = types.WorkingMemory()
        kept.CopyFrom(given)
        kept.ClearField("etag")
        session.MergeFrom(kept)
        self._log(session, new)
        return rpc.SetWorkingMemoryResponse(working_memory=session, new_message_count=len(new))

    async def AppendMessages(
        self, request: rpc.AppendMessagesRequest, context: Context
    ) -> rpc.AppendMessagesResponse:
        session, created = await self._open(request, context)
        messages = self._log(session, request.messages)
        session.messages.extend(messages)
        return rpc.AppendMessagesResponse(
            messages=messages,
            new_message_count=len(messages),
            last_sequence=session.last_sequence,
            etag=session.etag,
            session_uid=session.session_uid,
            created=created,
        )

    async def AddMemories(
        self, request: rpc.AddMemoriesRequest, context: Context
    ) -> rpc.AddMemoriesResponse:
        session, _ = await self._open(request, context)
        if request.policy == types.SESSION_MEMORY_POLICY_REPLACE:
            session.ClearField("memories")
        for memory in request.memories:
            placed = session.memories.add()
            placed.CopyFrom(memory)
            placed.user_id = placed.user_id or session.user_id
            placed.namespace = placed.namespace or session.namespace
        added = session.memories[-len(request.memories) :]
        return rpc.AddMemoriesResponse(
            memories=added, etag=session.etag, session_uid=session.session_uid
        )

    async def UpdateWorkingMemory(
        self, request: rpc.UpdateWorkingMemoryRequest, context: Context
    ) -> rpc.UpdateWorkingMemoryResponse:
        given = request.working_memory
        session = self.sessions.get((given.namespace, given.session_id))
        if session is None:
            await refuse(context, not_found("session", given.session_id))
        await self._open(given, context)
        if given.etag and given.etag != session.etag:
            stale = refusal(
                grpc.StatusCode.ABORTED, "ETAG_MISMATCH", metadata={"current_etag": session.etag}
            )
            await refuse(context, stale)
        data = _merged(session.data, given.data, request.data_policy)
        for path in request.update_mask.paths:
            session.ClearField(path)  # type: ignore[arg-type] # a variable name
        request.update_mask.MergeMessage(given, session)
        if "data" in request.update_mask.paths:
            session.data.CopyFrom(data)
        self._touch(session)
        return rpc.UpdateWorkingMemoryResponse(working_memory=session)

    async def ForkWorkingMemory(
        self, request: rpc.ForkWorkingMemoryRequest, context: Context
    ) -> rpc.ForkWorkingMemoryResponse:
        source = self.sessions.get((request.namespace, request.session_id))
        if source is None:
            await refuse(context, not_found("session", request.session_id))
        copy = types.WorkingMemory()
        copy.CopyFrom(source)
        copy.session_id, copy.session_uid = request.new_session_id, "uid-copy"
        ids = [message.id for message in copy.messages]
        if request.message_id:
            del copy.messages[ids.index(request.message_id) + 1 :]
        copy.forked_from.session_id = request.session_id
        copy.forked_from.session_uid = source.session_uid
        copy.forked_from.last_sequence = copy.messages[-1].sequence
        self.sessions[request.namespace, request.new_session_id] = copy
        return rpc.ForkWorkingMemoryResponse(working_memory=copy)

    async def DeleteWorkingMemory(
        self, request: rpc.DeleteWorkingMemoryRequest, _: Context
    ) -> rpc.DeleteWorkingMemoryResponse:
        gone = self.sessions.pop((request.namespace, request.session_id), None)
        return rpc.DeleteWorkingMemoryResponse(
            deleted=gone is not None,
            session_uid="" if gone is None else gone.session_uid,
            user_id="" if gone is None else gone.user_id,
        )

    async def ListSessions(
        self, request: rpc.ListSessionsRequest, _: Context
    ) -> rpc.ListSessionsResponse:
        found = [
            types.SessionSummary(
                namespace=s.namespace,
                session_id=s.session_id,
                user_id=s.user_id,
                view_size=len(s.messages),
                last_sequence=s.last_sequence,
            )
            for s in reversed(self.sessions.values())
            if (not request.HasField("namespace") or s.namespace == request.namespace)
            and (not request.HasField("user_id") or s.user_id == request.user_id)
        ]
        part, token = page(found, request.page_size or 20, request.page_token)
        return rpc.ListSessionsResponse(sessions=part, next_page_token=token, total_size=len(found))

    async def ListMessages(
        self, request: rpc.ListMessagesRequest, _: Context
    ) -> rpc.ListMessagesResponse:
        log = self.logs.get((request.namespace, request.session_id), [])
        wanted = [m for m in log if m.sequence > request.after_sequence]
        if request.descending:
            wanted.reverse()
        part, token = page(wanted, request.page_size or 100, request.page_token)
        return rpc.ListMessagesResponse(messages=part, next_page_token=token, total_size=len(log))

    async def BuildMemoryPrompt(
        self, request: rpc.BuildMemoryPromptRequest, _: Context
    ) -> rpc.BuildMemoryPromptResponse:
        messages, hits = [], []
        if request.HasField("session"):
            key = (request.session.namespace, request.session.session_id)
            session = self.sessions.get(key, types.WorkingMemory())
            if session.context:
                messages.append(types.PromptMessage(role="system", content=session.context))
            messages += [
                types.PromptMessage(
                    role=m.role,
                    content=m.content,
                    tool_calls=m.tool_calls,
                    tool_call_id=m.tool_call_id,
                )
                for m in session.messages
            ]
        if request.HasField("long_term_search"):
            search = request.long_term_search
            every = self._long_term_memory.memories.values()
            hits = [
                MemoryHit(memory=memory, score=0.5)
                for memory in every
                if matches(search.query.filter, memory)
            ][: search.limit or 10]
            lines = "\n".join(hit.memory.text for hit in hits)
            messages.append(types.PromptMessage(role="system", content=f"Memories:\n{lines}"))
        if not request.omit_query:
            messages.append(types.PromptMessage(role="user", content=request.query))
        report = types.PromptSectionReport(
            section=types.PROMPT_SECTION_MEMORIES, tokens=7, cap=9, included=len(hits)
        )
        return rpc.BuildMemoryPromptResponse(
            messages=messages, hits=hits, sections=[report], tokens=42
        )

    async def GetPrincipal(
        self, _request: rpc.GetPrincipalRequest, _: Context
    ) -> rpc.GetPrincipalResponse:
        return rpc.GetPrincipalResponse(
            principal=types.Principal(
                tenant="acme",
                subject="key:one",
                access=Access.ACCESS_WRITER,
                users=types.PrincipalLimit(names=["alice", "bob"]),
            )
        )

    async def EraseUser(self, request: rpc.EraseUserRequest, _: Context) -> rpc.EraseUserResponse:
        gone = [key for key, s in self.sessions.items() if s.user_id == request.user_id]
        for key in gone:
            del self.sessions[key]
        receipt = EraseReceipt(
            receipt_id="wm", service="working_memory", erased={"sessions": len(gone)}
        )
        return rpc.EraseUserResponse(receipt=receipt)

    async def _open(self, wanted: Any, context: Context) -> tuple[types.WorkingMemory, bool]:
        """The session that a request names, and whether it is new."""
        key = (wanted.namespace, wanted.session_id)
        created = key not in self.sessions
        if created:
            self.sessions[key] = types.WorkingMemory(
                namespace=wanted.namespace,
                session_id=wanted.session_id,
                session_uid=f"uid-{wanted.session_id}",
                etag="1",
            )
        session = self.sessions[key]
        if wanted.user_id and session.user_id not in {"", wanted.user_id}:
            foreign = refusal(grpc.StatusCode.PERMISSION_DENIED, "OWNER_MISMATCH")
            await refuse(context, foreign)
        session.user_id = session.user_id or wanted.user_id
        return session, created

    def _log(self, session: types.WorkingMemory, messages: Sequence[Message]) -> list[Message]:
        log = self.logs.setdefault((session.namespace, session.session_id), [])
        for message in messages:
            entry = Message()
            entry.CopyFrom(message)
            entry.sequence = len(log) + 1
            entry.id = entry.id or f"m{entry.sequence}"
            log.append(entry)
        session.last_sequence = len(log)
        self._touch(session)
        return log[len(log) - len(messages) :]

    def _touch(self, session: types.WorkingMemory) -> None:
        session.etag = str(int(session.etag) + 1)
        session.update_time.GetCurrentTime()


def _shown(session: types.WorkingMemory, request: Any) -> types.WorkingMemory:
    shown = types.WorkingMemory()
    shown.CopyFrom(session)
    if limit := request.recent_messages_limit:
        del shown.messages[:-limit]
    if request.HasField("window"):
        shown.usage.total_percent = 12.5
        shown.usage.until_summarization_percent = 17.0
    return shown


def _merged(old: Struct, new: Struct, policy: types.DataPolicy.ValueType) -> Struct:
    before, change = json_format.MessageToDict(old), json_format.MessageToDict(new)
    if policy == types.DATA_POLICY_MERGE:
        change = before | change
    if policy == types.DATA_POLICY_DEEP_MERGE:
        change = _deep(before, change)
    result = Struct()
    result.update(change)
    return result


def _deep(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return before | {
        key: _deep(before[key], value)
        if isinstance(value, dict) and isinstance(before.get(key), dict)
        else value
        for key, value in change.items()
    }
