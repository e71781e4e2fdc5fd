// A server with the page of another one, and an API that answers as it is told: in the shapes of other servers, with errors, with streams
// that break, and as slowly as it should.

import { createServer, request } from 'node:http'

/// What an answer is: `status`, `json` or `text` with its `type`, `headers`; or `frames` of a stream, each a text to be sent as it is or
/// a number of milliseconds to wait, and `cut` where the connection breaks after them; or `hang`, which answers never.
export async function scripted(page) {
  const requests = []
  let answers = {}
  const server = createServer(async (incoming, outgoing) => {
    if (!incoming.url.startsWith('/v1/')) return pass(page, incoming, outgoing)
    const body = (await incoming.toArray()).join('')
    const asked = { method: incoming.method, path: incoming.url, key: incoming.headers.authorization, body: body && JSON.parse(body) }
    requests.push(asked)
    const found = Object.entries(answers).find(([route]) => matches(route, asked))
    const answer = typeof found?.[1] === 'function' ? found[1](asked) : found?.[1]
    await reply(outgoing, answer ?? { status: 404, json: { error: `Not scripted: ${asked.method} ${asked.path}` } })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests,
    /// The answers by route, such as `GET /v1/buckets`. The query of a URL doesn't count.
    script(more) {
      answers = { ...answers, ...more }
      requests.length = 0
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function matches(route, { method, path }) {
  const [wanted, place] = route.split(' ')
  return method === wanted && path.split('?')[0] === place
}

function pass(page, incoming, outgoing) {
  const url = new URL(incoming.url, page)
  const asked = request(url, { method: incoming.method, headers: { host: url.host }, agent: false }, (response) => {
    outgoing.writeHead(response.statusCode, response.headers)
    response.pipe(outgoing)
  })
  asked.on('error', () => outgoing.destroy())
  asked.end()
}

async function reply(outgoing, { status = 200, json, text, type, headers, frames, cut, hang }) {
  if (hang) return
  if (!frames) {
    outgoing.writeHead(status, { 'content-type': type ?? 'application/json', ...headers })
    outgoing.end(json === undefined ? text : JSON.stringify(json))
    return
  }
  outgoing.writeHead(status, { 'content-type': 'text/event-stream' })
  for (const frame of frames) {
    if (typeof frame === 'number') await new Promise((resolve) => setTimeout(resolve, frame))
    else await new Promise((resolve) => outgoing.write(frame, resolve))
  }
  if (cut) outgoing.destroy()
  else outgoing.end()
}

/// A frame of a stream.
export const frame = (value) => `data: ${JSON.stringify(value)}\n\n`
export const delta = (content) => frame({ choices: [{ delta: { content } }] })
export const DONE = 'data: [DONE]\n\n'
