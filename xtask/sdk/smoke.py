"""Does every operation with the installed Python SDK against the server in ENGRAM_BASE_URL, and looks at what comes back.

Run by `cargo xtask sdk --smoke`.
"""

import os
from http import HTTPStatus
from typing import TypeVar

from engram_openapi import AuthenticatedClient
from engram_openapi.api.buckets import create_bucket, delete_bucket, list_buckets
from engram_openapi.api.memories import clear_memories, delete_memory, list_memories, store_memory
from engram_openapi.api.profile import get_profile, regenerate_profile
from engram_openapi.api.query import query
from engram_openapi.models import (
    BatchMemory,
    Bucket,
    ClearMemoriesResult,
    CreateBucketRequest,
    Dedup,
    Error,
    ListBucketsResult,
    ListMemoriesResult,
    Memory,
    ProfileResult,
    QueryExplanation,
    QueryOptions,
    QueryRequest,
    QueryResult,
    ReturnFormat,
    StoreMemoriesRequest,
    StoreMemoriesResult,
    StoreMemoryRequest,
    StoreMemoryResult,
    TopKForEach,
)
from engram_openapi.types import Response

BUCKET = "smoke 1/ä%"
FACTS = ["The user prefers dark mode.", "The user lives in Lisbon.", "Der Nutzer trinkt Tee, \N{SNOWMAN} und 日本茶."]

ENGRAM = AuthenticatedClient(
    base_url=os.environ["ENGRAM_BASE_URL"],
    token=os.environ["ENGRAM_API_KEY"],
    raise_on_unexpected_status=True,
)

T = TypeVar("T")


def answer(kind: type[T], got: object) -> T:
    assert isinstance(got, kind), got
    return got


def expect_error(status: HTTPStatus, response: Response[T]) -> Error:
    assert response.status_code == status, response
    return answer(Error, response.parsed)


def listed() -> list[Memory]:
    return answer(ListMemoriesResult, list_memories.sync(BUCKET, client=ENGRAM, limit=10)).memories


def names_of_buckets() -> list[str]:
    return [bucket.name for bucket in answer(ListBucketsResult, list_buckets.sync(client=ENGRAM)).buckets]


def make_bucket() -> None:
    body = CreateBucketRequest(name=BUCKET, description="What it is for")
    bucket = answer(Bucket, create_bucket.sync(client=ENGRAM, body=body))
    assert bucket.name == BUCKET and bucket.description == "What it is for", bucket
    expect_error(HTTPStatus.CONFLICT, create_bucket.sync_detailed(client=ENGRAM, body=body))
    assert BUCKET in names_of_buckets()


def store() -> str:
    one = StoreMemoryRequest(content=FACTS[0])
    stored = answer(StoreMemoryResult, store_memory.sync(BUCKET, client=ENGRAM, body=one))
    assert stored.status == "stored" and stored.memory_id == stored.id, stored
    merged = answer(StoreMemoryResult, store_memory.sync(BUCKET, client=ENGRAM, body=one))
    assert merged.status == "merged" and merged.deduped_into == stored.id, merged
    assert merged.merge_reason == "content_hash" and merged.similarity_score == 1.0, merged
    twin = StoreMemoryRequest(content=FACTS[0], dedup=Dedup.OFF)
    separate = answer(StoreMemoryResult, store_memory.sync(BUCKET, client=ENGRAM, body=twin))
    assert separate.status == "stored" and separate.id != stored.id, separate

    many = StoreMemoriesRequest(memories=[BatchMemory(content=fact) for fact in FACTS[1:]])
    results = answer(StoreMemoriesResult, store_memory.sync(BUCKET, client=ENGRAM, body=many)).memories
    assert [result.status for result in results] == ["stored", "stored"], results
    contents = [memory.content for memory in listed()]
    assert sorted(contents) == sorted([FACTS[0], *FACTS]), contents
    return separate.id


def ask() -> None:
    each = TopKForEach()
    each[BUCKET] = 1
    options = QueryOptions(top_k_per_bucket=each, return_format=ReturnFormat.JSON)
    body = QueryRequest(query="Where does the user live?", buckets=[BUCKET], options=options)
    result = answer(QueryResult, query.sync(client=ENGRAM, body=body))
    assert "Lisbon" in (result.answer or "") and result.answer_json is not None, result
    memories = answer(QueryExplanation, result.explanation).retrieved_memories
    assert isinstance(memories, list) and [memory.content for memory in memories] == [FACTS[1]], memories
    assert isinstance(memories[0].weighted_score, float) and memories[0].weighted_score > 0, memories


def delete(memory_id: str) -> None:
    deleted = delete_memory.sync_detailed(BUCKET, memory_id, client=ENGRAM)
    assert deleted.status_code in (HTTPStatus.OK, HTTPStatus.NO_CONTENT), deleted
    left = [memory.id for memory in listed()]
    assert len(left) == len(FACTS) and memory_id not in left, left
    expect_error(HTTPStatus.NOT_FOUND, delete_memory.sync_detailed(BUCKET, memory_id, client=ENGRAM))


def profile() -> None:
    found = answer(ProfileResult, get_profile.sync(BUCKET, client=ENGRAM))
    assert found.status == "not_installed" and found.profile is None, found
    error = expect_error(HTTPStatus.PRECONDITION_FAILED, regenerate_profile.sync_detailed(BUCKET, client=ENGRAM))
    assert error.code == "BUCKET_PROFILER_NOT_INSTALLED", error


def remove() -> None:
    cleared = answer(ClearMemoriesResult, clear_memories.sync(BUCKET, client=ENGRAM))
    assert cleared.cleared_count == len(FACTS) and listed() == [], cleared
    deleted = delete_bucket.sync_detailed(BUCKET, client=ENGRAM)
    assert deleted.status_code in (HTTPStatus.OK, HTTPStatus.NO_CONTENT), deleted
    assert BUCKET not in names_of_buckets()


def refuse_a_stranger() -> None:
    stranger = AuthenticatedClient(base_url=os.environ["ENGRAM_BASE_URL"], token="eng_live_stranger")
    expect_error(HTTPStatus.UNAUTHORIZED, list_buckets.sync_detailed(client=stranger))


make_bucket()
twin_id = store()
ask()
delete(twin_id)
profile()
remove()
refuse_a_stranger()
print("Python: every operation works")
