// The HTTP API: a request in, JSON out. It uses nothing else of the server.

import { key } from './key.mjs'
import { bucketsOf, failureOf, memoriesOf, profileOf } from './shapes.mjs'

const MOST_RETRIES = 3
const LONGEST_WAIT = 30
const TIMEOUT = 60_000
const LONGEST_SAID = 300

/// The server said no.
export class ApiError extends Error {
  constructor(status, { said, code } = {}) {
    super(said ?? `HTTP ${status}`)
    Object.assign(this, { status, said, code })
  }
}

/// No answer came, so it isn't known whether the request had an effect.
export class NoAnswer extends Error {}

/// Sends a request and returns the response, which is a success.
export async function send(method, path, { body, signal, as = key() } = {}) {
  const headers = { authorization: `Bearer ${as}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (body?.stream) headers.accept = 'text/event-stream'
  // What was confirmed is done, though the tab is closed at once.
  const options = { method, headers, body: body && JSON.stringify(body), signal, cache: 'no-store', keepalive: method === 'DELETE' }
  // Relative, so that it is right behind a proxy too.
  const sent = () => fetch(`v1/${path}`, options)
  for (let retries = 0; ; retries++) {
    const response = await sent().catch((error) => {
      throw signal?.aborted ? signal.reason : new NoAnswer(error.message)
    })
    if (response.ok) return response
    if (response.status === 429 && retries < MOST_RETRIES) {
      await pause(Number(response.headers.get('retry-after')) || 2 ** retries, signal)
      continue
    }
    const error = await failure(response)
    if (error.status === 401) document.dispatchEvent(new Event('key-refused'))
    throw error
  }
}

/// What is said in the response, whatever its shape.
async function failure(response) {
  const text = await response.text().catch(() => '')
  try {
    return new ApiError(response.status, failureOf(JSON.parse(text)))
  } catch {
    const isPlain = !/^\s*</.test(text) && text.trim() !== ''
    return new ApiError(response.status, isPlain ? { said: text.trim().slice(0, LONGEST_SAID) } : {})
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, Math.min(seconds, LONGEST_WAIT) * 1000)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/// Sends a request and returns the JSON of the answer, or null where it has no body.
async function json(method, path, { signal, ...options } = {}) {
  const limit = AbortSignal.timeout(TIMEOUT)
  const stop = signal ? AbortSignal.any([signal, limit]) : limit
  try {
    const response = await send(method, path, { ...options, signal: stop })
    const text = await response.text()
    return text.trim() === '' ? null : JSON.parse(text)
  } catch (error) {
    if (error instanceof ApiError || error instanceof NoAnswer || signal?.aborted) throw error
    if (limit.aborted) throw new NoAnswer(`nothing came within ${TIMEOUT / 1000} seconds`)
    throw new NoAnswer(error instanceof SyntaxError ? 'it is not JSON' : error.message)
  }
}

/// A name or an id as one segment of a path. These three would make it the path of something else.
function segment(text) {
  if (['', '.', '..'].includes(text)) throw new ApiError(422, { said: `No URL can name ${JSON.stringify(text)}` })
  return encodeURIComponent(text)
}

const bucketPath = (bucket) => `buckets/${segment(bucket)}`

export const listBuckets = async (options) => bucketsOf(await json('GET', 'buckets', options))
export const checkKey = (as) => json('GET', 'buckets?limit=1', { as })
export const createBucket = (name, description) => json('POST', 'buckets', { body: { name, description } })
export const deleteBucket = (bucket) => json('DELETE', bucketPath(bucket))

export const listMemories = async (bucket, limit, offset, signal) =>
  memoriesOf(await json('GET', `${bucketPath(bucket)}/memories?limit=${limit}&offset=${offset}`, { signal }))
export const deleteMemory = (bucket, id) => json('DELETE', `${bucketPath(bucket)}/memories/${segment(id)}`)

/// The memories that match best, without an answer.
export const search = (bucket, query, count, signal) =>
  json('POST', 'query', {
    body: { query, buckets: [bucket], options: { top_k: count, skip_synthesis: true, return_explanation: true } },
    signal,
  })

export const getProfile = async (bucket, signal) => profileOf(await json('GET', `${bucketPath(bucket)}/profile`, { signal }))
export const regenerateProfile = async (bucket) => profileOf(await json('POST', `${bucketPath(bucket)}/profile/regenerate`))
