// Does every operation with the installed TypeScript SDK against the server in ENGRAM_BASE_URL, and looks at what comes back.
// Run by `cargo xtask sdk --smoke`.

import assert from "node:assert/strict";

import { client } from "lumetra-engram-openapi-client/client";
import {
  clearMemories,
  createBucket,
  deleteBucket,
  deleteMemory,
  getProfile,
  listBuckets,
  listMemories,
  query,
  regenerateProfile,
  storeMemory,
  type ListBucketsAnswer,
  type ListMemoriesAnswer,
  type QueryData,
  type QueryRequest,
  type QueryStreamFrame,
  type StoreResult,
  type StoreMemoryResult,
} from "lumetra-engram-openapi-client";

const bucket = "smoke 1/ä%";
const facts = ["The user prefers dark mode.", "The user lives in Lisbon.", "Der Nutzer trinkt Tee, \u2603 und 日本茶."] as const;
const path = { bucket };

client.setConfig({ baseUrl: process.env.ENGRAM_BASE_URL, auth: process.env.ENGRAM_API_KEY });

function one(answer: StoreResult): StoreMemoryResult {
  assert(!Array.isArray(answer) && typeof answer.id === "string");
  return answer as StoreMemoryResult;
}

async function listed() {
  const { data } = await listMemories({ path, query: { limit: 10 }, throwOnError: true });
  const answer: ListMemoriesAnswer = data;
  return Array.isArray(answer) ? answer : answer.memories;
}

async function namesOfBuckets() {
  const { data } = await listBuckets({ throwOnError: true });
  const answer: ListBucketsAnswer = data;
  return (Array.isArray(answer) ? answer : answer.buckets).map((found) => found.name);
}

async function makeBucket() {
  const body = { name: bucket, description: "What it is for" };
  const { data } = await createBucket({ body, throwOnError: true });
  assert.equal(data.name, bucket);
  assert.equal(data.description, "What it is for");
  const again = await createBucket({ body });
  assert.equal(again.response.status, 409);
  assert((await namesOfBuckets()).includes(bucket));
}

async function store(): Promise<string> {
  const body = { content: facts[0] };
  const stored = one((await storeMemory({ path, body, throwOnError: true })).data);
  assert.equal(stored.status, "stored");
  assert.equal(stored.memory_id, stored.id);
  const merged = one((await storeMemory({ path, body, throwOnError: true })).data);
  assert.equal(merged.status, "merged");
  assert.equal(merged.deduped_into, stored.id);
  assert.equal(merged.merge_reason, "content_hash");
  const twin = one((await storeMemory({ path, body: { ...body, dedup: "off" }, throwOnError: true })).data);
  assert.notEqual(twin.id, stored.id);

  const memories = facts.slice(1).map((content) => ({ content }));
  const { data } = await storeMemory({ path, body: { memories }, throwOnError: true });
  assert(!Array.isArray(data) && Array.isArray(data.memories));
  assert.equal(data.memories.length, 2);
  const contents = (await listed()).map((memory) => memory.content);
  assert.deepEqual(contents.sort(), [facts[0], ...facts].sort());
  return twin.id;
}

const question: QueryRequest = { query: "Where does the user live?", buckets: [bucket] };

async function ask() {
  const options = { top_k_per_bucket: { [bucket]: 1 }, return_format: "json" as const };
  const { data } = await query({ body: { ...question, options }, throwOnError: true });
  assert(data.answer?.includes("Lisbon"));
  assert.notEqual(data.answer_json ?? null, null);
  const memories = data.explanation?.retrieved_memories ?? [];
  assert.deepEqual(memories.map((memory) => memory.content), [facts[1]]);
  assert((memories[0]?.weighted_score ?? 0) > 0);
}

async function askForAStream() {
  const url: QueryData["url"] = "/v1/query";
  const body: QueryRequest = { ...question, stream: true };
  const security = [{ scheme: "bearer", type: "http" } as const];
  const options = { url, body, security, sseMaxRetryAttempts: 1 };
  const { stream } = await client.sse.post<{ 200: QueryStreamFrame | "[DONE]" }>(options);
  let text = "";
  let answer: unknown;
  const ends: string[] = [];
  for await (const frame of stream) {
    if (typeof frame === "string") {
      ends.push(frame);
    } else if ("choices" in frame && Array.isArray(frame.choices)) {
      text += frame.choices[0]?.delta?.content ?? "";
    } else if ("answer" in frame) {
      answer = frame.answer;
    }
  }
  assert(text.includes("Lisbon"));
  assert.equal(answer ?? text, text);
  assert.deepEqual(ends, ["[DONE]"]);
}

async function remove(memory_id: string) {
  const deleted = await deleteMemory({ path: { bucket, memory_id } });
  assert([200, 204].includes(deleted.response.status));
  const left = (await listed()).map((memory) => memory.id);
  assert.equal(left.length, facts.length);
  assert(!left.includes(memory_id));
  const again = await deleteMemory({ path: { bucket, memory_id } });
  assert.equal(again.response.status, 404);
  assert.equal(typeof again.error?.error, "string");
}

async function profile() {
  const { data } = await getProfile({ path, throwOnError: true });
  assert.equal(data.status, "not_installed");
  assert.equal(data.profile, null);
  const { response, error } = await regenerateProfile({ path });
  assert.equal(response.status, 412);
  assert.equal(error?.code, "BUCKET_PROFILER_NOT_INSTALLED");
}

async function removeAll() {
  const { data } = await clearMemories({ path, throwOnError: true });
  assert.equal(data.cleared_count, facts.length);
  assert.deepEqual(await listed(), []);
  await deleteBucket({ path, throwOnError: true });
  assert(!(await namesOfBuckets()).includes(bucket));
}

async function refuseAStranger() {
  const { response } = await listBuckets({ auth: "eng_live_stranger" });
  assert.equal(response.status, 401);
}

await makeBucket();
const twinId = await store();
await ask();
await askForAStream();
await remove(twinId);
await profile();
await removeAll();
await refuseAStranger();
console.log("TypeScript: every operation works");
