"""A burst of stores through one official Python client with its default settings, unchanged.

Prints what became of them as one line of JSON. Run by `cargo xtask bench burst`.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from lumetra_engram import EngramClient

THREADS = 64


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--calls", type=int, required=True)
    arguments = parser.parse_args()
    engram = EngramClient(api_key="eng_live_burst", base_url=arguments.base_url)

    start = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        stores = [pool.submit(engram.store_memory, f"Fact number {number}") for number in range(arguments.calls)]
        errors = [error for error in (store.exception() for store in stores) if error]
    seconds = time.monotonic() - start
    if errors:
        print(f"{len(errors)} failed: {type(errors[0]).__name__}: {errors[0]}", file=sys.stderr)
    print(json.dumps({"python": {"seconds": seconds, "failed": len(errors)}}))


main()
