"""Drives all of agent-framework-engram, unchanged, against the server in ENGRAM_BASE_URL.

Its tools and its middleware run in real agents of the Microsoft Agent Framework, with a scripted model. Every name that the
package exports, every tool and every method of the client must be used. Run by `cargo xtask conformance`.
"""

import asyncio
import json
import sys
import warnings
from importlib.metadata import version

import agent_framework_engram
from agent_framework import Agent, BaseChatClient, ChatResponse, Content, FunctionInvocationLayer, Message
from agent_framework_engram.client import EngramError
from checks import Recorder, expect, expect_all_called, expect_equal, public_methods

# agent-framework-engram puts the names of buckets into URLs as they are, so these need no percent-encoding.
BUCKET = "conformance-agent"
RECALLED_BUCKET = "conformance-agent-recalled"
FACTS = ["The user lives in Lisbon.", "Der Nutzer trinkt Tee, \N{SNOWMAN} und 日本茶."]


class Model(FunctionInvocationLayer, BaseChatClient):
    """A scripted model, which calls the tool that the user names, repeats what that returned, and keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def _inner_get_response(self, *, messages, stream, options, **kwargs):
        self.shown = list(messages)
        return ChatResponse(messages=[Message("assistant", [self.reply(messages[-1])])])

    def reply(self, message):
        results = [content.result for content in message.contents if content.type == "function_result"]
        if results:
            return results[0]
        if message.text.startswith("{"):
            return Content.from_function_call("call", **json.loads(message.text))
        return "Noted."


class Tools:
    """The tools, called by an agent's model, with a note of each that was called."""

    def __init__(self, tools):
        self.agent = Agent(Model(), tools=tools)
        self.called = set()

    async def ask(self, tool, session=None, **arguments):
        self.called.add(tool)
        return await self.agent.run(json.dumps({"name": tool, "arguments": arguments}), session=session)

    async def use(self, tool, **arguments):
        return (await self.ask(tool, **arguments)).text


async def expect_missing(call):
    try:
        got = await call
    except EngramError as error:
        expect("404" in str(error) and "not found" in str(error), "a 404", str(error))
        return
    raise AssertionError(f"an error 404 was expected: got {got!r}")


async def contents(client, bucket):
    return [memory["content"] for memory in (await client.list_memories(bucket))["memories"]]


async def tools(package, client):
    bundle = package.EngramTools(BUCKET, client=client)
    tools = Tools(bundle.tools)
    text = await tools.use("engram_store_memory", content=FACTS[0])
    await tools.use("engram_store_memory", content=FACTS[1])
    expect_equal(await contents(client, BUCKET), FACTS[::-1], "what was stored, newest first")
    newest, oldest = (await client.list_memories(BUCKET))["memories"]
    expect_equal(text, f"stored memory {oldest['id']} in bucket '{BUCKET}'", "a stored memory")

    listed = (await tools.use("engram_list_memories", limit=1)).splitlines()
    expect_equal(listed, [f"- [{newest['id'][:8]}] {FACTS[1]}"], "a list of one memory")
    expect_equal(await tools.use("engram_list_buckets"), f"- {BUCKET} (2 memories)", "the bucket")
    expect_equal(await client.list_buckets(limit=1, offset=1), {"buckets": []}, "no second bucket")
    answer = await tools.use("engram_query_memory", query="Where does the user live?")
    expect("Lisbon" in answer, "an answer", answer)

    deleted = await tools.use("engram_delete_memory", memory_id=newest["id"])
    expect_equal(deleted, f"deleted memory {newest['id']}", "a deleted memory")
    expect_equal(await contents(client, BUCKET), FACTS[:1], "one memory fewer")
    await expect_missing(client.delete_memory(BUCKET, newest["id"]))
    await expect_missing(client.list_memories("missing"))

    session = tools.agent.create_session()
    [approval] = (await tools.ask("engram_clear_bucket", session)).user_input_requests
    expect_equal(await contents(client, BUCKET), FACTS[:1], "what is there before the user agrees")
    agreed = Message("user", [approval.to_function_approval_response(True)])
    cleared = (await tools.agent.run(agreed, session=session)).text
    expect_equal(cleared, f"cleared 1 memories from bucket '{BUCKET}'", "a cleared bucket")
    expect_equal(await contents(client, BUCKET), [], "an empty bucket")
    expect_all_called({tool.name for tool in bundle.tools}, tools.called)
    return len(bundle.tools)


async def other_bundles(package):
    """The tools without a bundle, and under the bundle's older name, with clients of their own."""
    [store] = package.engram_tools(RECALLED_BUCKET, include=("store_memory",))
    stored = await Tools([store]).use("engram_store_memory", content=FACTS[0])
    expect(stored.startswith("stored memory "), "a stored memory", stored)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        older = package.EngramSkill(RECALLED_BUCKET, include=("list_memories",))
    expect(any("EngramTools" in str(warning.message) for warning in caught), "a warning of the older name", caught)
    listed = await Tools(older.tools).use("engram_list_memories")
    expect(listed.endswith(FACTS[0]), "the memory that was stored", listed)
    await older.aclose()


async def middleware(package, client):
    """The middleware swallows its errors, so only what the model was shown and what was stored says that it works."""
    question = "Where does the user live?"
    middleware = package.EngramMiddleware(RECALLED_BUCKET)
    model = Model()
    answer = await Agent(model, middleware=[middleware]).run(question)
    expect_equal(answer.text, "Noted.", "an answer")
    # The middleware adds a dict, not a message. The framework takes it up to version 1.12.1, and fails on it from 1.13.0.
    recalled, asked = model.shown
    expect(recalled["role"] == "system" and FACTS[0] in recalled["content"], "a memory for the model", recalled)
    expect_equal(asked.text, question, "the question after it")
    expect_equal(await contents(client, RECALLED_BUCKET), [question, FACTS[0]], "the question stored")

    recalling = package.EngramMiddleware(RECALLED_BUCKET, auto_store=False, client=client)
    await Agent(model, middleware=[recalling]).run("Hi")
    expect_equal(await contents(client, RECALLED_BUCKET), [question, FACTS[0]], "nothing more stored")
    storing = package.EngramMiddleware(RECALLED_BUCKET, auto_recall=False, client=client)
    await Agent(model, middleware=[storing]).run("Ho")
    expect_equal([message.text for message in model.shown], ["Ho"], "nothing recalled")
    expect_equal(await contents(client, RECALLED_BUCKET), ["Ho", question, FACTS[0]], "what was said, stored")
    await middleware.aclose()


async def main():
    package = Recorder(agent_framework_engram)
    client = Recorder(package.EngramClient())
    count = await tools(package, client)
    await other_bundles(package)
    await middleware(package, client)
    await client.aclose()
    expect_all_called(public_methods(agent_framework_engram.EngramClient), client.called)
    expect_all_called(agent_framework_engram.__all__, package.called)
    print(f"agent-framework-engram {version('agent-framework-engram')}: all {count} tools and the middleware work")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
