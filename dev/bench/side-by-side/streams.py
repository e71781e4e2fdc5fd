"""Streams with the official Python client, as `src/bin/streams.rs` has them, and what they took, as one line of JSON.

Run by `cargo xtask bench streams`.
"""

import argparse
import json
import time

from lumetra_engram import EngramClient


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--long", type=int, required=True)
    parser.add_argument("--short", type=int, required=True)
    arguments = parser.parse_args()
    engram = EngramClient(api_key="eng_live_0123456789abcdef0123456789abcdef", base_url=arguments.base_url)

    def read(question):
        """The number of deltas, and the nanoseconds from the making of the first one to its being here."""
        deltas, first = 0, None
        for event in engram.query_stream(question):
            if event["type"] == "delta":
                first = first or time.clock_gettime_ns(time.CLOCK_MONOTONIC) - int(event["content"])
                deltas += 1
        return deltas, first

    read("first")
    start, cpu = time.perf_counter(), time.process_time()
    deltas = sum(read("many")[0] for _ in range(arguments.long))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    first = sorted(read("first")[1] / 1e3 for _ in range(arguments.short))
    measures = {
        "deltas_a_second": deltas / seconds,
        "cpu_us": cpu / deltas * 1e6,
        "first_p50_us": first[len(first) // 2],
        "first_p99_us": first[len(first) * 99 // 100],
    }
    print(json.dumps({"python": measures}))


main()
