"""Drives every operation of the official Python client, unchanged, against the server in ENGRAM_BASE_URL.

Every public method of the client must be called, and what was stored must be read back. Run by `cargo xtask conformance`.
"""

import inspect
import sys
from importlib.metadata import version

from checks import Recorder, expect, expect_all_called, public_methods
from lumetra_engram import EngramClient, EngramError

FACTS = [
    "The user prefers dark mode in every UI.",
    "The user lives in Lisbon.",
    "Der Nutzer trinkt Tee, \N{SNOWMAN} und 日本茶.",
]
BUCKET = "conformance 1/ä%"


def supports(method, parameter):
    return parameter in inspect.signature(getattr(EngramClient, method)).parameters


def expect_error(status, code, call):
    try:
        got = call()
    except EngramError as error:
        expect(error.status == status, f"status {status}", (error.status, str(error)))
        expect(code is None or code in str(error.body), f"the code {code} in the body", error.body)
        return
    raise AssertionError(f"an error {status} was expected: got {got!r}")


def buckets(engram):
    created = engram.create_bucket("described", "What it is for")
    expect(created["name"] == "described" and created["description"] == "What it is for", "the new bucket", created)
    expect(created["id"], "the id of the new bucket", created)
    expect_error(409, None, lambda: engram.create_bucket("described"))
    expect(any(bucket["name"] == "described" for bucket in engram.list_buckets()), "the bucket in the list")
    engram.delete_bucket("described")
    expect(all(bucket["name"] != "described" for bucket in engram.list_buckets()), "the bucket gone from the list")


def memories(engram):
    first = engram.store_memory(FACTS[0], BUCKET)
    expect(first["id"] == first["memory_id"] and first["status"] == "stored", "a stored memory", first)
    expect(first["bucket_name"] == BUCKET and first["token_count"] > 0, "its bucket and length", first)
    again = engram.store_memory(FACTS[0], BUCKET)
    expect(again["status"] == "merged" and again["deduped_into"] == first["id"], "a merged memory", again)
    expect(again["merge_reason"] == "content_hash" and again["similarity_score"] == 1.0, "why it was merged", again)
    if supports("store_memory", "dedup"):
        twin = engram.store_memory(FACTS[0], BUCKET, dedup="off")
        expect(twin["status"] == "stored" and twin["id"] != first["id"], "a memory that is not merged", twin)
        engram.delete_memory(twin["id"], BUCKET)

    rest = engram.store_memories(FACTS[1:], BUCKET)["memories"]
    expect([result["status"] for result in rest] == ["stored", "stored"], "a stored batch", rest)

    listed = engram.list_memories(BUCKET, limit=2)
    expect(listed["total"] == 3 and listed["limit"] == 2 and listed["offset"] == 0, "the page's numbers", listed)
    older = engram.list_memories(BUCKET, limit=2, offset=2)
    contents = [memory["content"] for memory in listed["memories"] + older["memories"]]
    expect(sorted(contents) == sorted(FACTS), "what was stored, read back", contents)
    expect(contents[-1] == FACTS[0], "the oldest memory last", contents)
    counted = [bucket["memory_count"] for bucket in engram.list_buckets() if bucket["name"] == BUCKET]
    expect(counted == [3], "the bucket's count", counted)


def query(engram):
    question = "What are this user's UI preferences?"
    result = engram.query(question, buckets=[BUCKET], top_k=2)
    expect("dark mode" in result["answer"], "the answer", result)
    best = result["explanation"]["retrieved_memories"][0]
    expect(best["content"] == FACTS[0] and best["bucket_name"] == BUCKET and best["memory_id"], "the best memory", best)
    expect(0 < best["raw_score"] <= 1 and 0 < best["weighted_score"] <= 1, "its scores", best)
    expect(result["memories_found"] >= 1 and result["usage"]["output_tokens"] > 0, "the numbers", result)
    bare = engram.query(question, buckets=[BUCKET], skip_synthesis=True, return_explanation=False)
    expect(bare["answer"] == "" and "explanation" not in bare, "retrieval only, unexplained", bare)
    if supports("query", "return_format"):
        options = {"top_k_per_bucket": {BUCKET: 1}, "max_tokens": 50, "min_similarity_threshold": 0.0}
        answer = engram.query(
            question,
            buckets=[BUCKET],
            min_weighted_score=0.0,
            return_format="json",
            response_schema={"type": "object"},
            **options,
        )
        expect(answer["answer_json"] is not None, "the answer in JSON", answer)
        expect(len(answer["explanation"]["retrieved_memories"]) == 1, "one memory of the bucket", answer)
        none = engram.query(question, buckets=[BUCKET], min_similarity_threshold=1.0, return_format="prose")
        expect(none["memories_found"] == 0, "nothing that is alike enough", none)


def stream(engram):
    events = list(engram.query_stream("Where does the user live?", buckets=[BUCKET], top_k=1))
    deltas, last = events[:-1], events[-1]
    expect(deltas and all(event["type"] == "delta" for event in deltas), "deltas first", events)
    text = "".join(event["content"] for event in deltas)
    expect("Lisbon" in text, "the streamed answer", text)
    expect(last["type"] == "done" and last["usage"]["output_tokens"] > 0, "the final event", last)
    expect(last["explanation"]["retrieved_memories"][0]["content"] == FACTS[1], "its explanation", last)


def profiles(engram):
    profile = engram.get_profile(BUCKET)
    expect(profile["profile"] is None and profile["status"] == "not_installed", "no profile", profile)
    expect_error(412, "BUCKET_PROFILER_NOT_INSTALLED", lambda: engram.regenerate_profile(BUCKET))


def deletion(engram):
    newest = engram.list_memories(BUCKET)["memories"][0]
    engram.delete_memory(newest["id"], BUCKET)
    left = [memory["id"] for memory in engram.list_memories(BUCKET)["memories"]]
    expect(len(left) == 2 and newest["id"] not in left, "one memory fewer", left)
    cleared = engram.clear_memories(BUCKET)
    expect(cleared == {"success": True, "cleared_count": 2}, "the rest cleared", cleared)
    expect(engram.list_memories(BUCKET)["total"] == 0, "an empty bucket")
    engram.delete_bucket(BUCKET)
    expect_error(404, None, lambda: engram.delete_bucket(BUCKET))


def strangers(engram):
    stranger = EngramClient(api_key="eng_live_another_tenant")
    expect(all(bucket["name"] != BUCKET for bucket in stranger.list_buckets()), "a tenant's own buckets only")


def main():
    engram = Recorder(EngramClient())
    for step in (buckets, memories, query, stream, profiles, strangers, deletion):
        step(engram)
    offered = public_methods(EngramClient)
    expect_all_called(offered, engram.called)
    print(f"lumetra-engram {version('lumetra-engram')} for Python: all {len(offered)} operations work")


if __name__ == "__main__":
    sys.exit(main())
