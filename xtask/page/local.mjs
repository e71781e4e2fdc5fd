// A local server, and requests that a program sends to it.

import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export async function local(program, ...options) {
  const child = spawn(program, ['--in-memory', '--no-model', '--listen', '127.0.0.1:0', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  const url = await address(child)
  /// Sends a request of the API, and returns what it answers.
  async function send(method, path, body, key = 'local') {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}v1/${path}`, { method, headers, body: body && JSON.stringify(body) })
    assert(response.ok, `${method} ${path} gets ${response.status}`)
    return response.json()
  }
  return {
    url,
    send,
    store: (bucket, ...contents) =>
      send('POST', `buckets/${encodeURIComponent(bucket)}/memories`, { memories: contents.map((content) => ({ content })) }),
    contents: async (bucket) => (await send('GET', `buckets/${encodeURIComponent(bucket)}/memories`)).memories.map(({ content }) => content),
    close: () => child.kill(),
  }
}

async function address(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/ENGRAM_BASE_URL=(\S+)/)?.[1]
    if (url) return `${url}/`
  }
  throw new Error('engram-local ended without saying where it listens')
}
