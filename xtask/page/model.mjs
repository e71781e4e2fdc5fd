// A model behind an endpoint that is compatible with OpenAI's chat completions, which knows the facts of the texts that it is told. It serves
// the local server as a real one does.

import { createServer } from 'node:http'
import { once } from 'node:events'
import { delta, DONE, frame } from './scripted.mjs'

/// `facts` has the facts of a text, each a subject, a predicate and an object; `answer` and `profile` are what it writes otherwise.
export async function model({ facts, answer, profile }) {
  const requests = []
  const server = createServer(async (incoming, outgoing) => {
    const { messages, stream } = JSON.parse((await incoming.toArray()).join(''))
    const rules = messages[0].content
    const data = JSON.parse(messages[1].content)
    requests.push(data)
    const text = rules.startsWith('You take facts') ? factsOf(data, facts) : rules.startsWith('You keep the profile') ? profile : answer
    if (stream) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const piece of text.split(/(?<= )/)) outgoing.write(delta(piece))
      outgoing.end(frame({ choices: [{ delta: {}, finish_reason: 'stop' }] }) + DONE)
    } else {
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: text }, finish_reason: 'stop' }] }))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    /// What a local server is started with to use it, and to take facts from memories.
    options: ['--model-url', `http://127.0.0.1:${server.address().port}/v1`, '--model', 'scripted', '--extract', '--extract-per-minute', '1000'],
    requests,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function factsOf({ memories }, known) {
  const named = ([subject, predicate, object]) => ({ subject, predicate, object })
  return JSON.stringify({ memories: memories.map(({ number, text }) => ({ number, facts: (known[text] ?? []).map(named) })) })
}
