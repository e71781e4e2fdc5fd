"""Drives the client and the memory processor of pipecat-engram, unchanged, against the server in ENGRAM_BASE_URL.

Every method of the client must be called. The processor runs in real Pipecat pipelines, with frames in place of a voice and
a scripted model. Run by `cargo xtask conformance`.
"""

import asyncio
import sys
from importlib.metadata import version

import httpx
from checks import Recorder, expect, expect_all_called, expect_equal, public_methods
from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TextFrame,
    TranscriptionFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import run_test
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner
from pipecat_engram import EngramClient, EngramMemoryProcessor

# pipecat-engram puts the names of buckets into URLs as they are, so these need no percent-encoding.
BUCKET = "conformance-pipecat"
SPOKEN_BUCKET = "conformance-pipecat-spoken"
FACTS = ["The user lives in Lisbon.", "The user prefers Celsius.", "Der Nutzer trinkt Tee, \N{SNOWMAN} und 日本茶."]


async def expect_missing(call):
    try:
        got = await call
    except httpx.HTTPStatusError as error:
        expect(error.response.status_code == 404 and error.response.json()["error"], "a 404", error.response.text)
        return
    raise AssertionError(f"an error 404 was expected: got {got!r}")


async def contents(engram, bucket):
    return [memory["content"] for memory in (await engram.list_memories(bucket))["memories"]]


async def memories(engram):
    first = await engram.store_memory(FACTS[0], bucket=BUCKET)
    expect(first["id"] and first["status"] == "stored" and first["bucket_name"] == BUCKET, "a stored memory", first)
    again = await engram.store_memory(FACTS[0], bucket=BUCKET)
    expect(again["status"] == "merged" and again["deduped_into"] == first["id"], "a merged memory", again)
    for fact in FACTS[1:]:
        await engram.store_memory(fact, bucket=BUCKET)
    expect_equal(await contents(engram, BUCKET), FACTS[::-1], "what was stored, newest first")
    page = await engram.list_memories(BUCKET, limit=1)
    expect_equal([memory["content"] for memory in page["memories"]], FACTS[2:], "a page of one memory")
    expect_equal(page["total"], 3, "how many memories there are")
    await expect_missing(engram.list_memories("missing"))


async def buckets(engram):
    listed = (await engram.list_buckets())["buckets"]
    expect_equal([(each["name"], each["memory_count"]) for each in listed], [(BUCKET, 3)], "the bucket")
    expect_equal(await engram.list_buckets(limit=1, offset=1), {"buckets": []}, "no second bucket")


async def query(engram):
    result = await engram.query_memory("Where does the user live?", bucket=BUCKET)
    expect("Lisbon" in result["answer"] and result["memories_found"] > 0, "an answer", result)


async def deletion(engram):
    newest = (await engram.list_memories(BUCKET))["memories"][0]["id"]
    expect_equal(await engram.delete_memory(BUCKET, newest), {"success": True}, "a deleted memory")
    expect_equal(await contents(engram, BUCKET), FACTS[1::-1], "one memory fewer")
    await expect_missing(engram.delete_memory(BUCKET, newest))
    cleared = await engram.clear_memories(BUCKET)
    expect_equal(cleared, {"success": True, "cleared_count": 2}, "the rest cleared")
    expect_equal(await contents(engram, BUCKET), [], "an empty bucket")


async def stores_under_way():
    """The processor stores without waiting, in tasks which outlive the pipeline."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    if tasks:
        await asyncio.wait(tasks, timeout=30)


def said(text):
    return TranscriptionFrame(text, "user", "2026-01-01T00:00:00Z")


async def frames(engram):
    """Only what the user has said is stored, and only it brings memories back, each in a frame before it."""
    heard = [
        said(FACTS[0]),
        TextFrame(FACTS[1]),
        InterimTranscriptionFrame("Where do", "user", "2026-01-01T00:00:00Z"),
        LLMTextFrame("The model's words."),
        TTSTextFrame("The voice's words.", "word"),
    ]
    storing = EngramMemoryProcessor(bucket=SPOKEN_BUCKET, recall=False, client=engram)
    passed, _ = await run_test(storing, frames_to_send=heard)
    expect_equal(passed, heard, "every frame passed on, and no other")
    await run_test(storing, frames_to_send=[TextFrame("upstream")], frames_to_send_direction=FrameDirection.UPSTREAM)
    await stores_under_way()
    expect_equal(sorted(await contents(engram, SPOKEN_BUCKET)), sorted(FACTS[:2]), "what the user said, stored")

    # A processor with a client of its own, which it makes from the environment and closes at the end.
    question = said("Where does the user live?")
    recalling = EngramMemoryProcessor(bucket=SPOKEN_BUCKET, store=False, min_chars=4, recall_prefix="Known: ")
    passed, _ = await run_test(recalling, frames_to_send=[said("Eh?"), question])
    expect_equal([type(frame) for frame in passed], [TranscriptionFrame, TextFrame, TranscriptionFrame], "the frames")
    recalled = passed[1]
    expect(recalled.text.startswith("Known: ") and "Lisbon" in recalled.text, "a memory", recalled.text)
    expect(recalled.skip_tts and recalled.append_to_context, "a memory for the model, and not for the voice", recalled)
    expect(passed[2] is question, "the question after it", passed)
    expect_equal(len(await contents(engram, SPOKEN_BUCKET)), 2, "how many memories there still are")


class Model(FrameProcessor):
    """A scripted model, which keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        self.shown.append([message["content"] for message in frame.context.messages])
        for part in (LLMFullResponseStartFrame(), LLMTextFrame("Noted."), LLMFullResponseEndFrame()):
            await self.push_frame(part)


async def conversation(engram):
    """Memories reach the model's context: with the assistant's words, where Pipecat files them, so from the next turn on."""
    memory = EngramMemoryProcessor(bucket=SPOKEN_BUCKET, client=engram)
    strategies = LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
    user, assistant = LLMContextAggregatorPair(LLMContext(), user_params=strategies)
    model = Model()
    worker = PipelineWorker(Pipeline([memory, user, model, assistant]))
    words = iter(["Where does the user live?", "And which units does the user prefer?"])

    async def next_turn(*_):
        text = next(words, None)
        turn = [UserStartedSpeakingFrame(), said(text), UserStoppedSpeakingFrame()] if text else [EndFrame()]
        await worker.queue_frames(turn)

    assistant.add_event_handler("on_assistant_turn_stopped", next_turn)
    await next_turn()
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    await stores_under_way()

    expect_equal(len(model.shown), 2, "how many turns the model had")
    question, recalled, follow_up = model.shown[1]
    expect_equal(question, "Where does the user live?", "the first question")
    expect(recalled.startswith("Relevant memory: ") and "Lisbon" in recalled, "a memory in the context", recalled)
    expect_equal(follow_up, "And which units does the user prefer?", "the second question")
    stored = await contents(engram, SPOKEN_BUCKET)
    expect({question, follow_up} <= set(stored), "both turns stored", stored)


async def main():
    warnings = []
    logger.remove()
    logger.add(warnings.append, level="WARNING", filter="pipecat_engram")
    engram = Recorder(EngramClient())
    for step in (memories, buckets, query, deletion, frames, conversation):
        await step(engram)
    await engram.aclose()
    expect_equal(warnings, [], "failures that the processor only logs")
    offered = public_methods(EngramClient)
    expect_all_called(offered, engram.called)
    print(f"pipecat-engram {version('pipecat-engram')}: all {len(offered)} methods and the memory processor work")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
