"""A burst of stores through one official Python client with its default settings, unchanged.

Prints what became of them as one line of JSON. Run by `cargo xtask bench burst`.
"""

import argparse
import json
import time
from collections import Counter
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
    failures = Counter(" ".join(f"{type(error).__name__}: {error}".split()) for error in errors)
    print(json.dumps({"calls": len(stores), "failures": failures, "seconds": seconds}))


main()
