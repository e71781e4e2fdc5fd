"""Drives llama-index-memory-engram, unchanged, as a LlamaIndex memory, against the server in ENGRAM_BASE_URL.

Every method of the memory and of the interface that it implements must be called. Run by `cargo xtask conformance`.
"""

import asyncio
import os
import sys
from importlib.metadata import version

from checks import Recorder, expect, expect_all_called, expect_equal, public_methods
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import ChatMessage, MessageRole, MockLLM
from llama_index.core.memory import BaseMemory
from llama_index.memory.engram import EngramMemory

import requests

# llama-index-memory-engram puts the names of buckets into URLs as they are, so these need no percent-encoding.
BUCKET = "conformance-llama-index"
CHAT_BUCKET = "conformance-llama-index-chat"
SETTINGS = {"base_url": os.environ["ENGRAM_BASE_URL"]}
HISTORY = [
    ChatMessage(role=MessageRole.SYSTEM, content="Be brief."),
    ChatMessage(role=MessageRole.USER, content="I live in Lisbon: by the river."),
    ChatMessage(role=MessageRole.ASSISTANT, content="\N{SNOWMAN} Schön, 日本茶?"),
    ChatMessage(role=MessageRole.TOOL, content="sunny"),
]


def said(content):
    return ChatMessage(role=MessageRole.USER, content=content)


def texts(messages):
    return [(message.role, message.content) for message in messages]


def expect_messages(got, wanted, what):
    expect_equal(texts(got), texts(wanted), what)


def expect_missing(call):
    try:
        got = call()
    except requests.HTTPError as error:
        expect(error.response.status_code == 404 and error.response.json()["error"], "a 404", error.response.text)
        return
    raise AssertionError(f"an error 404 was expected: got {got!r}")


def messages(memory):
    expect_equal(memory.class_name(), "EngramMemory", "its name")
    expect_messages(memory.get_all(), HISTORY[:2], "the history that it was made with")
    memory.put(HISTORY[2])
    memory.put(said(" "))
    memory.put_messages(HISTORY[3:])
    expect_messages(memory.get_all(), HISTORY, "what was put, oldest first, with its roles")
    expect_messages(memory.get("Where do I live?"), HISTORY, "the same for a question")
    recent = EngramMemory(bucket=BUCKET, read_limit=2, **SETTINGS)
    expect_messages(recent.get_all(), HISTORY[2:], "the two newest messages")


def query(memory):
    result = memory.query("Where does the user live? Lisbon?")
    expect(result["success"] and "Lisbon" in result["answer"] and result["memories_found"] > 0, "an answer", result)
    best = result["explanation"]["retrieved_memories"][0]
    expect_equal(best["content"], f"USER: {HISTORY[1].content}", "the message that it was made from")


def deletion(memory):
    buckets = memory.list_buckets()["buckets"]
    expect_equal([(each["name"], each["memory_count"]) for each in buckets], [(BUCKET, len(HISTORY))], "the bucket")
    expect_equal(memory.list_buckets(limit=1, offset=1), {"buckets": []}, "no second bucket")

    newest = memory.query("sunny")["explanation"]["retrieved_memories"][0]
    expect_equal(memory.delete_memory(newest["memory_id"]), {"success": True}, "a deleted memory")
    expect_messages(memory.get_all(), HISTORY[:3], "one message fewer")
    expect_missing(lambda: memory.delete_memory(newest["memory_id"]))

    memory.set(HISTORY[1:2])
    expect_messages(memory.get_all(), HISTORY[1:2], "another history")
    memory.reset()
    expect_equal(memory.get_all(), [], "an empty history")
    expect_missing(EngramMemory(bucket="missing", **SETTINGS).get_all)


async def without_blocking(memory):
    """The interface's methods for async code."""
    await memory.aput(HISTORY[0])
    await memory.aput_messages(HISTORY[1:])
    expect_messages(await memory.aget_all(), HISTORY, "what was put")
    expect_messages(await memory.aget(), HISTORY, "the same")
    await memory.aset(HISTORY[:1])
    expect_messages(await memory.aget_all(), HISTORY[:1], "another history")
    await memory.areset()
    expect_equal(await memory.aget_all(), [], "an empty history")


def conversation(memory):
    """Engines which share nothing but the memory; the scripted model answers with all that it was shown."""
    SimpleChatEngine.from_defaults(llm=MockLLM(), memory=memory).chat("I live in Lisbon.")
    engine = SimpleChatEngine.from_defaults(llm=MockLLM(), memory=memory)
    answer = engine.chat("Where do I live?").response
    expect("I live in Lisbon." in answer and "Where do I live?" in answer, "a model which remembers", answer)
    roles = [message.role for message in engine.chat_history]
    expect_equal(roles, [MessageRole.USER, MessageRole.ASSISTANT] * 2, "both turns stored")
    expect_equal(engine.chat_history[-1].content, answer, "the answer stored")


def main():
    memory = Recorder(EngramMemory)
    memory.client = memory.from_defaults(bucket=BUCKET, chat_history=HISTORY[:2], llm=MockLLM(), **SETTINGS)
    for step in (messages, query, deletion):
        step(memory)
    asyncio.run(without_blocking(memory))
    conversation(EngramMemory(bucket=CHAT_BUCKET, **SETTINGS))
    offered = public_methods(EngramMemory, BaseMemory) - {"model_post_init"}  # That one is Pydantic's.
    expect_all_called(offered, memory.called)
    print(f"llama-index-memory-engram {version('llama-index-memory-engram')}: all {len(offered)} methods work")


if __name__ == "__main__":
    sys.exit(main())
