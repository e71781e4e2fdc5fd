// Questions: the answer as it is written, what becomes of one that breaks off, and what it was made from.

import assert from 'node:assert'
import { DONE, delta, frame, scripted } from './scripted.mjs'

const BUCKETS = { 'GET /v1/buckets': { json: [{ name: 'default', memory_count: 3 }, { name: 'work', memory_count: 1 }] } }
const HALF = 'Ana lives in'
const memory = (id, content, score) => ({ memory_id: id, content, raw_score: 0.5, weight: 1, weighted_score: score, bucket_name: 'default', metadata: {} })

/// A scripted server, and a page of it on which questions can be asked.
async function asking({ visitor, serve }, query) {
  const server = await scripted((await serve()).url)
  server.script({ ...BUCKETS, 'POST /v1/query': query })
  const page = await visitor.visit(`${server.url}#/default/ask`)
  const ask = async (question = 'Where does Ana live?') => {
    await page.getByLabel('Question').fill(question)
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
  }
  return { server, page, ask }
}

const status = (page, text) => page.locator('.status', { hasText: text }).waitFor()

export async function a_question_is_answered_from_memories_that_are_shown_with_their_scores({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'Ana lives in Lisbon.', 'Ana prefers tea.')
  await server.store('work', 'Ana lives for work.')
  const page = await visitor.visit(`${server.url}#/default/ask`)
  await page.getByLabel('Question').fill('Where does Ana live?')
  await page.keyboard.press('Enter')
  await status(page, 'Answer')
  assert.equal(await page.locator('.answer').textContent(), 'From memory: Ana lives in Lisbon.')
  await page.getByRole('heading', { name: 'Memories behind it (2)' }).waitFor()
  assert.match(await page.locator('.card').first().textContent(), /Score0\.\d\dSimilarity0\.\d\dAna lives in Lisbon\./)
  await page.getByText('No facts of a graph').waitFor()
  await page.getByText(/^\d+ tokens read, \d+ written\.$/).waitFor()
  // An answer stays while one looks elsewhere.
  await page.getByRole('link', { name: 'Profile' }).click()
  await page.getByText('There is no profile').waitFor()
  await page.getByRole('link', { name: 'Ask' }).click()
  assert(await page.locator('.answer').isVisible())
  await page.getByLabel('Search in').selectOption('all buckets')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await page.getByRole('heading', { name: 'Memories behind it (3)' }).waitFor()
  assert.match(await page.locator('.found').textContent(), /Ana lives for work\.work/)
  await page.getByLabel('Question').fill('What is the capital of Peru?')
  await page.keyboard.press('Enter')
  await page.locator('.answer', { hasText: 'No relevant memories found.' }).waitFor()
}

export async function an_answer_is_shown_while_it_is_written_and_called_whole_when_it_is({ visitor, serve }) {
  const whole = { answer: 'Ana lives in Lisbon.', explanation: { retrieved_memories: [memory('1', 'Ana lives in Lisbon.', 0.9)] } }
  const { server, page, ask } = await asking({ visitor, serve }, { frames: [delta(HALF), 700, delta(' Lisbon'), frame(whole), DONE] })
  await ask()
  await status(page, 'Writing…')
  assert.equal(await page.locator('.answer.is-unfinished').textContent(), HALF)
  await status(page, 'Answer')
  // What the final frame says counts.
  assert.equal(await page.locator('.answer:not(.is-unfinished)').textContent(), 'Ana lives in Lisbon.')
  const asked = server.requests.find(({ path }) => path === '/v1/query')
  assert.deepEqual(asked.body, { query: 'Where does Ana live?', buckets: ['default'], options: { return_explanation: true }, stream: true })
  assert(!page.urls.some((url) => url.includes('Ana')))
  server.close()
}

export async function every_form_of_a_stream_is_read({ visitor, serve }) {
  const { server, page, ask } = await asking({ visitor, serve })
  const crlf = (text) => text.replaceAll('\n', '\r\n')
  const cr = (text) => text.replaceAll('\n', '\r')
  const ü = Buffer.from(delta('Lüge'))
  const at = ü.indexOf(0xc3) + 1
  for (const [what, answer, expected] of [
    ['no answer in the final frame', { frames: [delta('a '), delta('b'), frame({ usage: {} }), DONE] }, 'a b'],
    ['CR LF, cut in two', { frames: [crlf(delta('a')).slice(0, -3), 30, crlf(delta('a')).slice(-3), crlf(frame({ success: true }))] }, 'a'],
    ['CR', { frames: [cr(delta('a')), cr(frame({ success: true })), cr(DONE)] }, 'a'],
    ['a letter cut in two', { frames: [ü.subarray(0, at), 30, ü.subarray(at), frame({ success: true }), DONE] }, 'Lüge'],
    ['comments and other fields', { frames: [': hello\n\nevent: x\nid: 1\n', delta('a'), 'data: {"new": 1}\n\n', frame({ success: true }), DONE] }, 'a'],
    ['data without a space, and in two lines', { frames: ['data:{"choices":\ndata:[{"delta":{"content":"a"}}]}\n\n', frame({ success: true, error: null }), DONE] }, 'a'],
    ['deltas without text', { frames: [frame({ choices: [] }), frame({ choices: [{ delta: null }] }), frame({ choices: [{ delta: { content: null } }] }), delta('a'), frame({ success: true }), DONE] }, 'a'],
    ['no stream at all', { json: { answer: 'whole', memories_found: 0 } }, 'whole'],
    ['an older server', { json: { answer: 'older', explanation: { retrieved_memories: [{ id: 1, content: 'Ana.', score: '0.83', bucket: 'default' }] } } }, 'older'],
  ]) {
    server.script({ 'POST /v1/query': answer })
    await page.locator('.outcome').evaluate((outcome) => outcome.replaceChildren())
    await ask(what)
    await status(page, 'Answer')
    assert.equal(await page.locator('.answer').textContent(), expected, what)
  }
  assert.match(await page.locator('.card').textContent(), /Score0\.83Ana\./)
  server.close()
}

export async function half_an_answer_is_never_shown_as_a_whole_one({ visitor, serve }) {
  const { server, page, ask } = await asking({ visitor, serve })
  for (const [answer, said] of [
    [{ frames: [delta(HALF), 200], cut: true }, 'The connection broke'],
    [{ frames: [delta(HALF)] }, 'The stream ended before the answer was complete.'],
    [{ frames: [delta(HALF), DONE] }, 'The stream ended before the answer was complete.'],
    [{ frames: [delta(HALF), frame({ answer: 'no blank line' }).trimEnd()] }, 'The stream ended before the answer was complete.'],
    [{ frames: [delta(HALF), frame({ error: 'The model is not available' })] }, 'The server says: The model is not available'],
    [{ frames: [delta(HALF), frame({ error: { message: 'Overloaded' }, answer: HALF }), DONE] }, 'The server says: Overloaded'],
    [{ frames: [delta(HALF), frame({ error: null }), DONE] }, 'an error without words'],
    [{ frames: [delta(HALF), 'data: {"answer": "Ana\n\n'] }, 'not JSON'],
  ]) {
    server.script({ 'POST /v1/query': answer })
    await page.locator('.outcome').evaluate((outcome) => outcome.replaceChildren())
    await ask()
    await page.locator('.problem', { hasText: said }).waitFor()
    assert.equal(await page.locator('.status').textContent(), 'Broken off. This is only the beginning of an answer.', said)
    assert.equal(await page.locator('.answer.is-broken').textContent(), HALF)
    assert.equal(await page.locator('.outcome h3').count(), 0)
  }
  server.script({ 'POST /v1/query': { json: { answer: 'Ana lives in Lisbon.' } } })
  await page.getByRole('button', { name: 'Ask again' }).click()
  await status(page, 'Answer')
  assert.equal(await page.locator('.problem').count(), 0)
  server.close()
}

export async function an_answer_that_never_began_says_why({ visitor, serve }) {
  const { server, page, ask } = await asking({ visitor, serve })
  for (const [answer, said] of [
    [{ status: 412, json: { error: 'No model provider key configured', code: 'BYOK_REQUIRED' } }, 'Searching in Memories works without one.'],
    [{ status: 412, json: { error: { code: 'BYOK_REQUIRED', message: 'Bring a key' } } }, 'Bring a key'],
    [{ status: 502, text: 'upstream timed out', type: 'text/plain' }, 'upstream timed out'],
    [{ status: 503, text: '<html><h1>Bad gateway</h1>', type: 'text/html' }, 'HTTP 503'],
    [{ status: 418, json: 'what?' }, 'The server refused this'],
    [{ frames: [frame({ error: 'The model is not available' })] }, 'The server says: The model is not available'],
  ]) {
    server.script({ 'POST /v1/query': answer })
    await page.locator('.outcome').evaluate((outcome) => outcome.replaceChildren())
    await ask()
    await page.locator('.problem', { hasText: said }).waitFor()
    assert.equal(await page.locator('.status').textContent(), 'No answer')
    assert(!(await page.locator('.answer').isVisible()))
  }
  server.close()
}

export async function an_answer_can_be_stopped_and_another_question_takes_its_place({ visitor, serve }) {
  const { server, page, ask } = await asking({ visitor, serve }, { frames: [delta(HALF), 60_000] })
  await ask()
  await status(page, 'Writing…')
  await page.getByRole('button', { name: 'Stop' }).click()
  await status(page, 'Stopped. This is only the beginning of an answer.')
  await page.getByRole('button', { name: 'Ask again' }).click()
  await status(page, 'Writing…')
  server.script({ 'POST /v1/query': { json: { answer: 'Another one.' } } })
  await ask('Another question?')
  await status(page, 'Answer')
  assert.equal(await page.locator('.outcome').getByText(HALF).count(), 0)
  assert(await page.getByRole('button', { name: 'Stop' }).isHidden())
  server.close()
}

export async function what_the_server_warns_of_and_the_profile_are_shown({ visitor, serve }) {
  const explanation = { warning: 'The memories were found by words alone.', retrieved_memories: [], profiles: { default: 'Ana is an engineer.', work: { role: 'designer' }, none: null } }
  const { server, page, ask } = await asking({ visitor, serve }, { frames: [frame({ answer: 'Yes.', explanation }), DONE] })
  await ask()
  await page.locator('.warning', { hasText: 'found by words alone' }).waitFor()
  await page.getByText('No memory is related to the question.').waitFor()
  await page.getByText('The profile of work that went into it').click()
  await page.getByText('"role": "designer"').waitFor()
  assert.equal(await page.locator('summary').count(), 2)
  server.close()
}

const FACTS = [
  ['Ana', 'lives in', 'Lisbon', 'm1', 0],
  ['Ana', 'works with', 'Bruno', 'm2', 0],
  ['Bruno', 'works with', 'Ana', 'm2', 1],
  ['Ana', 'works with', 'Bruno', 'm2', 0],
  ['Ana', 'is', 'Ana', undefined, 1],
  ['<b id="bold">Bruno</b>', 'is', 'bold', 'nowhere', 2],
]
const fact = ([subject, predicate, object, memory_id, depth]) => ({ subject, predicate, object, memory_id, depth, weight: 1, timestamp: null })

export async function facts_are_drawn_and_listed_and_lead_to_their_memories({ visitor, serve }) {
  const explanation = {
    retrieved_memories: [memory('m1', 'Ana lives in Lisbon.', 0.9), memory('m2', 'Ana works with Bruno.', 0.4)],
    graph_facts: FACTS.map(fact),
    entity_matches: [{ entity: 'Ana', score: 0.97 }, { bucket_name: 'no entity' }],
  }
  const { server, page, ask } = await asking({ visitor, serve }, { frames: [frame({ answer: 'In Lisbon.', explanation }), DONE] })
  await ask()
  await page.getByRole('heading', { name: 'Facts (5)' }).waitFor()
  await page.getByText('The question is about Ana 0.97').waitFor()
  await page.getByRole('img', { name: '5 entities and 5 facts' }).waitFor()
  assert.equal(await page.locator('svg .entity').count(), 5)
  assert.equal(await page.locator('svg .is-asked').textContent(), 'AnaAna')
  assert.equal(await page.locator('tbody tr').count(), 5)
  assert.equal(await page.locator('#bold').count(), 0)
  // No two names are drawn upon one another.
  const overlaps = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.entity rect')].map((rect) => rect.getBoundingClientRect())
    return boxes.filter((one) => boxes.some((other) => one !== other && one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom)).length
  })
  assert.equal(overlaps, 0)
  await page.locator('tbody').getByRole('button', { name: 'Lisbon', exact: true }).click()
  assert.equal(await page.locator('svg .is-chosen').textContent(), 'LisbonLisbon')
  assert.equal(await page.locator('svg .fact.is-near').count(), 1)
  assert.equal(await page.locator('tr.is-near').count(), 1)
  await page.locator('svg .entity', { hasText: 'Lisbon' }).click()
  assert.equal(await page.locator('svg .is-chosen').count(), 0)
  await page.getByRole('button', { name: 'Show the memory of: Ana lives in Lisbon' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Ana lives in Lisbon.')
  assert.equal(await page.getByRole('button', { name: /^Show the memory/ }).count(), 3)
  // It is drawn anew where there is less room.
  const width = () => page.locator('.picture svg').evaluate((picture) => picture.getBoundingClientRect().width)
  const wide = await width()
  await page.setViewportSize({ width: 320, height: 720 })
  await page.waitForFunction((wide) => document.querySelector('.picture svg').getBoundingClientRect().width < wide, wide)
  server.close()
}

export async function a_picture_of_very_many_facts_says_that_it_has_not_all({ visitor, serve }) {
  const graph_facts = Array.from({ length: 300 }, (_, number) => fact([`person ${number % 60}`, 'knows', `person ${(number * 7 + 1) % 61}`, `m${number}`, 1]))
  const { server, page, ask } = await asking({ visitor, serve }, { frames: [frame({ answer: 'All of them.', explanation: { graph_facts } }), DONE] })
  await ask()
  await page.getByText('The picture shows 80 of 300 facts; the table has all.').waitFor()
  assert.equal(await page.locator('svg .fact').count(), 80)
  assert.equal(await page.locator('tbody tr').count(), 300)
  server.close()
}
