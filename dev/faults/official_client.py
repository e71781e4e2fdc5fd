"""Makes one call of the official Python client, unchanged, and reports as JSON what came of it.

The task is the one argument, as JSON. Run by `cargo xtask faults`.
"""

import json
import sys
import time
import traceback

from lumetra_engram import EngramClient, EngramError

LONGEST_TEXT = 2_000


def client(task):
    call = task["call"]
    return EngramClient(
        api_key=call["argument"] if call["operation"] == "new_client" else task["key"],
        base_url=task["url"],
        timeout_seconds=task["timeout"],
        stream_timeout_seconds=task["timeout"],
        max_retries_on_429=task["retries"],
    )


def make(engram, call):
    operation = call["operation"]
    if operation == "new_client":
        # It looks at its key only when it sends it.
        return engram.list_buckets()
    arguments = {
        "store_memory": ["a fact"],
        "store_memories": [["a fact", "another"]],
        "query": ["a question"],
        "create_bucket": ["b1"],
    }.get(operation, [])
    if "argument" in call:
        arguments = [call["argument"]]
    return getattr(engram, operation)(*arguments)


def read(events, deltas):
    """The last event, with the answer that the deltas make up where the event has none."""
    last = []
    for event in events:
        if event["type"] == "delta":
            deltas.append(str(event["content"]))
        else:
            last.append(event)
    if not last:
        return {"outcome": "ended_quietly"}
    if len(last) > 1:
        return {"outcome": "ended_twice"}
    return {"outcome": "returned", "value": {**last[0], "answer": last[0].get("answer") or "".join(deltas)}}


def shortened(value):
    """The same, with texts that are short and can be written."""
    if isinstance(value, str):
        # Half a surrogate pair is no text outside of Python.
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [shortened(element) for element in value]
    if isinstance(value, dict):
        return {name: shortened(member) for name, member in value.items()}
    return value


def outcome(task, engram, deltas):
    try:
        if task["call"]["operation"] == "query_stream":
            return read(engram.query_stream("a question"), deltas)
        return {"outcome": "returned", "value": make(engram, task["call"])}
    except Exception as error:
        everything = traceback.format_exc() + str(error) + repr(error) + repr(vars(error))
        return {
            "outcome": "raised",
            "kind": type(error).__name__,
            "own": isinstance(error, EngramError),
            # The client says 0 where there was no answer.
            "status": getattr(error, "status", None) or None,
            "code": None,
            "attempts": None,
            "text": " ".join(str(error).split())[:LONGEST_TEXT],
            "shows_key": task["key"] in everything,
        }


def main():
    task = json.loads(sys.argv[1])
    engram = client(task)
    if task["first"]:
        make(engram, task["first"])
    deltas = []
    start = time.monotonic()
    seen = outcome(task, engram, deltas)
    seconds = time.monotonic() - start
    print(json.dumps(shortened({**seen, "deltas": deltas, "seconds": seconds})))


main()
