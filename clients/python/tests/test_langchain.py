"""LangChain's history, tools and retriever, with its own suites where there are some."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import RetrieversIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from agent_memory_client import MemoryClient
from agent_memory_client.integrations.langchain import (
    AgentMemoryChatMessageHistory,
    AgentMemoryRetriever,
    memory_tools,
)

MESSAGES = [
    SystemMessage("Be brief."),
    HumanMessage([{"type": "text", "text": "What is this?"}], id="same"),
    AIMessage(
        "",
        tool_calls=[{"name": "look", "args": {"at": 1}, "id": "call_1", "type": "tool_call"}],
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    ),
    ToolMessage("", tool_call_id="call_1", artifact=None),
    AIMessage(""),
    HumanMessage("Thanks.", id="same", name="Ada"),
]


@pytest.fixture(scope="module", autouse=True)
def remembered(url: str) -> None:
    """Facts for the retriever to find."""
    facts = [f"User visited city number {number}" for number in range(6)]
    with MemoryClient(url) as memory:
        memory.create_long_term_memories(
            [{"text": fact, "user_id": "langchain", "metadata": {"own": 1}} for fact in facts],
            "none",
        )


class TestRetriever(RetrieversIntegrationTests):
    """LangChain's suite for retrievers."""

    @pytest.fixture(autouse=True)
    def _address(self, url: str) -> None:
        self.url = url

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        """The retriever."""
        return AgentMemoryRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """Where it looks."""
        return {"base_url": self.url, "criteria": {"user_id": "langchain"}}

    @property
    def retriever_query_example(self) -> str:
        """A question."""
        return "Which cities?"


class _SearchTool:
    @pytest.fixture(autouse=True)
    def _tools(self, url: str) -> None:
        self.made, _ = memory_tools(url, user_id="langchain")

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool."""
        return self.made

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """Arguments of a call."""
        return {"query": "cities", "max_results": 2}


class TestToolUnit(_SearchTool, ToolsUnitTests):
    """LangChain's suite for tools."""


class TestToolIntegration(_SearchTool, ToolsIntegrationTests):
    """LangChain's suite for tools that call something."""


def test_a_history_keeps_messages_whole(url: str, unique: str) -> None:
    """Of every kind, with contents of parts, calls, names and ids that repeat."""
    history = AgentMemoryChatMessageHistory(unique, url, user_id="langchain")
    assert history.messages == []
    history.add_messages(MESSAGES)
    history.add_user_message("Bye.")
    assert history.messages[:-1] == MESSAGES
    assert isinstance(history.messages[-1], HumanMessage)
    history.clear()
    assert history.messages == []


async def test_a_history_is_the_same_for_coroutines(url: str, unique: str) -> None:
    """What one half adds, the other reads."""
    history = AgentMemoryChatMessageHistory(unique, url)
    await history.aadd_messages(MESSAGES)
    assert await history.aget_messages() == MESSAGES == history.messages
    await history.aclear()
    assert await history.aget_messages() == []


async def test_a_history_reads_what_others_wrote(url: str, unique: str) -> None:
    """Messages that did not come from LangChain."""
    with MemoryClient(url) as memory:
        memory.append_messages_to_working_memory(
            unique,
            [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
                {"role": "narrator", "content": "Night fell."},
            ],
        )
    read = await AgentMemoryChatMessageHistory(unique, url).aget_messages()
    assert [(each.type, each.content) for each in read] == [
        ("human", "Hi"),
        ("ai", "Hello"),
        ("chat", "Night fell."),
    ]


def test_tools_read_arguments_as_models_write_them(url: str, unique: str) -> None:
    """And stay within their user; what is not understood is told to the model."""
    search, remember = memory_tools(url, user_id=unique)
    remember.invoke({"memories": "User likes tea"})
    assert "likes tea" in search.invoke({"q": "drinks", "limit": "3"})
    assert "city" not in search.invoke({"query": "cities", "user_id": "langchain"})
    assert "search_memory takes a JSON object" in search.invoke({"wrong": [1]})
