"""Calls of one kind with one official Python client with its default settings, unchanged; its users would share it between threads.

Prints what one turn took as one line of JSON. Run by `cargo xtask bench calls`.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

from lumetra_engram import EngramClient

FACT = (
    "The user prefers a dark interface with large type, reads on a small screen in the evening, "
    "and asks for short answers that name the source of each statement."
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--kind", choices=["store", "query"], required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    arguments = parser.parse_args()
    engram = EngramClient(api_key="eng_live_0123456789abcdef0123456789abcdef", base_url=arguments.base_url)

    def call(_number):
        start = time.perf_counter()
        if arguments.kind == "store":
            engram.store_memory(FACT, bucket="user-123")
        else:
            engram.query("What are this user's UI preferences?", buckets=["user-123"])
        return time.perf_counter() - start

    with ThreadPoolExecutor(arguments.concurrency) as pool:
        list(pool.map(call, range(min(arguments.calls, 100))))
        start, cpu = time.perf_counter(), time.process_time()
        latencies = sorted(pool.map(call, range(arguments.calls)))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    measures = {
        "calls_a_second": arguments.calls / seconds,
        "p50_us": latencies[len(latencies) // 2] * 1e6,
        "p99_us": latencies[len(latencies) * 99 // 100] * 1e6,
        "cpu_us": cpu / arguments.calls * 1e6,
    }
    print(json.dumps({"python": measures}))


main()
