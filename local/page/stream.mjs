// A streamed answer: bytes -> lines -> events -> frames. Only a final frame makes an answer whole.

import { NoAnswer, send } from './api.mjs'
import { failureOf } from './shapes.mjs'

const FINAL = ['answer', 'answer_json', 'explanation', 'memories_found', 'success', 'synthesis_usage', 'usage']

/// The answer broke off. What came of it before is no answer.
export class Broken extends Error {}

/// Asks, and returns the final frame. `ondelta` gets the answer piece by piece.
export async function ask(request, ondelta, signal) {
  const response = await send('POST', 'query', { body: { ...request, stream: true }, signal })
  // A server that can't stream answers at once.
  if (response.headers.get('content-type')?.includes('json')) return parse(await whole(response, signal))
  let deltas = ''
  let final
  for await (const data of events(response.body, signal)) {
    if (data === '[DONE]') break
    const frame = parse(data)
    if (isError(frame)) throw new Broken(`The server says: ${failureOf(frame).said ?? 'an error without words'}`)
    const delta = frame?.choices?.[0]?.delta?.content
    if (typeof delta === 'string' && delta !== '') {
      deltas += delta
      ondelta(delta)
    } else if (!Array.isArray(frame?.choices) && hasAny(frame, FINAL)) {
      final = frame
    }
  }
  if (!final) throw new Broken('The stream ended before the answer was complete.')
  return { ...final, answer: typeof final.answer === 'string' ? final.answer : deltas }
}

function whole(response, signal) {
  return response.text().catch((error) => {
    throw signal?.aborted ? signal.reason : new NoAnswer(error.message)
  })
}

const hasAny = (frame, names) => frame !== null && typeof frame === 'object' && names.some((name) => name in frame)

/// A final frame may say that there is no error. A frame that says nothing else is one.
function isError(frame) {
  if (!hasAny(frame, ['error'])) return false
  return (frame.error !== null && frame.error !== '') || !hasAny(frame, [...FINAL, 'choices'])
}

function parse(data) {
  try {
    return JSON.parse(data)
  } catch {
    throw new Broken('The server sent something that is not JSON.')
  }
}

/// The data of each event. An event without its blank line at the end is not whole, and is left out.
export async function* events(body, signal) {
  let data = []
  for await (const line of lines(body, signal)) {
    if (line === '' && data.length > 0) {
      yield data.join('\n')
      data = []
    } else if (/^data(:|$)/.test(line)) {
      data.push(line.slice(5).replace(/^ /, ''))
    }
  }
}

/// The lines, which end with LF, CR LF or CR.
async function* lines(body, signal) {
  let rest = ''
  for await (const text of texts(body, signal)) {
    rest += text
    // A CR at the end may be the first half of CR LF.
    const whole = rest.split(/\r\n|\n|\r(?!$)/)
    rest = whole.pop()
    yield* whole
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1)
}

async function* texts(body, signal) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : new Broken(`The connection broke: ${error.message}.`)
  } finally {
    // Whoever stops reading needs no more of it.
    reader.cancel().catch(() => {})
  }
}

export const isStopped = (error) => error?.name === 'AbortError'
