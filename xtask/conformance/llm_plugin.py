"""Drives every tool of llm-engram, a plugin of the command `llm`, unchanged, against the server in ENGRAM_BASE_URL.

The tools run as they do for its users: `llm` finds the plugin, and a model calls the tools. The model is the plugin llm-echo,
which calls what its prompt says. Run by `cargo xtask conformance`.
"""

import json
import os
import sys
import tempfile

from checks import expect, expect_all_called, expect_equal
from click.testing import CliRunner
from llm.cli import cli

# llm-engram puts the names of buckets into URLs as they are, so these need no percent-encoding.
BUCKET = "conformance-llm"
DEFAULT_BUCKET = "conformance-llm-default"
FACTS = ["The user prefers pytest.", "Der Nutzer trinkt Tee, \N{SNOWMAN} und 日本茶.", "The user lives in Lisbon."]


def llm(*arguments):
    result = CliRunner().invoke(cli, arguments)
    expect(result.exit_code == 0, f"`llm {arguments[0]}` works", result.output or result.exception)
    return json.loads(result.output)


class Tools:
    """The plugin's tools, called by a model, with a note of each that was called."""

    def __init__(self):
        self.called = set()

    def text(self, tool, **arguments):
        """What the tool returns to the model."""
        self.called.add(tool)
        prompt = {"raw": "", "tool_calls": [{"name": tool, "arguments": arguments}]}
        answer = llm("prompt", json.dumps(prompt), "--model", "echo", "--tool", tool, "--no-log")
        [result] = answer["tool_results"]
        return result["output"]

    def json(self, tool, **arguments):
        text = self.text(tool, **arguments)
        expect(text.startswith("{"), f"{tool} answers with an object", text)
        return json.loads(text)

    def failure(self, tool, **arguments):
        text = self.text(tool, **arguments)
        expect(text.startswith("Error: "), f"{tool} fails", text)
        return text


def store(tools):
    first = tools.json("engram_store_memory", content=FACTS[0], bucket=BUCKET)
    expect(first["memory_id"] and first["bucket_name"] == BUCKET and first["status"] == "stored", "a memory", first)
    again = tools.json("engram_store_memory", content=FACTS[0], bucket=BUCKET)
    expect(again["status"] == "merged" and again["deduped_into"] == first["memory_id"], "a merged memory", again)
    for fact in FACTS[1:]:
        tools.json("engram_store_memory", content=fact, bucket=BUCKET)
    expect("non-empty" in tools.failure("engram_store_memory", content=" ", bucket=BUCKET), "an empty fact is refused")


def list_memories(tools):
    listed = tools.json("engram_list_memories", bucket=BUCKET)
    contents = [memory["content"] for memory in listed["memories"]]
    expect_equal(contents, FACTS[::-1], "what was stored, newest first")
    expect_equal((listed["total"], listed["limit"], listed["offset"]), (3, 50, 0), "the page's numbers")
    page = tools.json("engram_list_memories", bucket=BUCKET, limit=1, offset=2)
    expect_equal([memory["content"] for memory in page["memories"]], FACTS[:1], "the oldest memory's page")
    missing = tools.failure("engram_list_memories", bucket="missing")
    expect("HTTP 404" in missing and "Bucket not found" in missing, "a missing bucket", missing)


def list_buckets(tools):
    buckets = tools.json("engram_list_buckets")["buckets"]
    expect_equal([(each["name"], each["memory_count"]) for each in buckets], [(BUCKET, 3)], "the bucket")
    expect_equal(tools.json("engram_list_buckets", limit=1, offset=1), {"buckets": []}, "no second bucket")


def query(tools):
    result = tools.json("engram_query_memory", question="Where does the user live?", bucket=BUCKET)
    expect(result["success"] and "Lisbon" in result["answer"] and result["memories_found"] > 0, "an answer", result)
    best = result["explanation"]["retrieved_memories"][0]
    expect(best["content"] == FACTS[2] and best["bucket_name"] == BUCKET, "the memory that it was made from", best)


def delete(tools):
    newest = tools.json("engram_list_memories", bucket=BUCKET)["memories"][0]["id"]
    deleted = tools.json("engram_delete_memory", memory_id=newest, bucket=BUCKET)
    expect_equal(deleted, {"success": True}, "a deleted memory")
    again = tools.failure("engram_delete_memory", memory_id=newest, bucket=BUCKET)
    expect("HTTP 404" in again, "a memory that is gone", again)
    cleared = tools.json("engram_clear_memories", bucket=BUCKET)
    expect_equal(cleared, {"success": True, "cleared_count": 2}, "the rest cleared")
    expect_equal(tools.json("engram_list_memories", bucket=BUCKET)["memories"], [], "an empty bucket")


def default_bucket(tools):
    stored = tools.json("engram_store_memory", content=FACTS[0])
    expect_equal(stored["bucket_name"], DEFAULT_BUCKET, "the bucket of the environment")
    answer = tools.json("engram_query_memory", question="Which test runner does the user prefer?")["answer"]
    expect("pytest" in answer, "an answer from the bucket of the environment", answer)


def main():
    os.environ["LLM_ENGRAM_API_BASE"] = os.environ["ENGRAM_BASE_URL"]
    os.environ["LLM_ENGRAM_API_KEY"] = os.environ["ENGRAM_API_KEY"]
    os.environ["LLM_ENGRAM_DEFAULT_BUCKET"] = DEFAULT_BUCKET
    tools = Tools()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["LLM_USER_PATH"] = directory
        for step in (store, list_memories, list_buckets, query, delete, default_bucket):
            step(tools)
        offered = {tool["name"] for tool in llm("tools", "list", "--json")["tools"] if tool["plugin"] == "engram"}
        [plugin] = [plugin for plugin in llm("plugins") if plugin["name"] == "llm-engram"]
    expect_all_called(offered, tools.called)
    print(f"llm-engram {plugin['version']}: all {len(offered)} tools work")


if __name__ == "__main__":
    sys.exit(main())
