// What other servers send, profiles, and errors.

import assert from 'node:assert'
import { scripted } from './scripted.mjs'

const BUCKETS = { 'GET /v1/buckets': { json: [{ name: 'default' }] } }
const MEMORIES = 'GET /v1/buckets/default/memories'
const PROFILE = 'GET /v1/buckets/default/profile'
const REGENERATE = 'POST /v1/buckets/default/profile/regenerate'

async function opened({ visitor, serve }, tab, script) {
  const server = await scripted((await serve()).url)
  server.script({ ...BUCKETS, ...script })
  return { server, page: await visitor.visit(`${server.url}#/default/${tab}`) }
}

export async function buckets_of_every_shape_are_listed({ visitor, serve }) {
  const server = await scripted((await serve()).url)
  server.script({ [MEMORIES]: { json: [] } })
  for (const json of [
    [{ bucket_name: 'default' }, { name: 'work', description: null, memory_count: '12' }, {}, null],
    { buckets: [{ id: 1, name: 'default', memory_count: null }, { name: 'work', memory_count: 12, created_at: 'long ago' }] },
    { data: [{ name: 'default' }, { name: 'work', memory_count: 12 }], total: 2 },
  ]) {
    server.script({ 'GET /v1/buckets': { json } })
    const page = await visitor.visit(server.url)
    await page.getByRole('link', { name: 'work 12', exact: true }).waitFor()
    assert.deepEqual(await page.locator('#buckets .name').allTextContents(), ['default', 'work'])
  }
  server.close()
}

export async function many_buckets_can_be_filtered({ visitor, serve }) {
  const server = await scripted((await serve()).url)
  server.script({ 'GET /v1/buckets': { json: Array.from({ length: 500 }, (_, number) => ({ name: `user-${number}` })) }, 'GET /v1/buckets/user-0/memories': { json: [] } })
  const page = await visitor.visit(server.url)
  await page.getByLabel('Find a bucket').fill('R-49')
  assert.deepEqual(await page.locator('#buckets .name').allTextContents(), ['user-49', ...Array.from({ length: 10 }, (_, number) => `user-49${number}`)])
  await page.getByLabel('Find a bucket').fill('nobody')
  await page.getByText('No bucket has this in its name.').waitFor()
  server.close()
}

export async function memories_of_every_shape_are_listed({ visitor, serve }) {
  const all = Array.from({ length: 250 }, (_, number) => ({ id: `m${number}`, content: `Fact ${number}.` }))
  const page = (asked) => {
    const { limit, offset } = Object.fromEntries(new URL(asked.path, 'http://x').searchParams)
    return all.slice(Number(offset), Number(offset) + Number(limit))
  }
  for (const [what, answer] of [
    ['in an object, with a total', (asked) => ({ json: { memories: page(asked), total: '250' } })],
    ['bare, in pages', (asked) => ({ json: page(asked) })],
    ['bare, all at once', () => ({ json: all })],
    ['under other names', (asked) => ({ json: { items: page(asked).map(({ id, content }) => ({ memory_id: id, content, created_at: null })) } })],
  ]) {
    const { server, page } = await opened({ visitor, serve }, 'memories', { [MEMORIES]: answer })
    await page.locator('.row', { hasText: 'Fact 0.' }).waitFor()
    await page.locator('.row .open').first().focus()
    for (let tries = 0; tries < 5; tries++) {
      await page.keyboard.press('End')
      await page.waitForTimeout(100)
    }
    await page.locator('.row', { hasText: 'Fact 249.' }).waitFor()
    await page.getByText('250 memories, newest first').waitFor()
    assert(server.requests.length < 12, `${what}: ${server.requests.length} requests`)
    server.close()
  }
}

export async function a_profile_is_shown_as_what_it_is({ visitor, serve }) {
  const { server, page } = await opened({ visitor, serve }, 'profile', { [PROFILE]: { json: { profile: 'Likes tea.', status: 'ready', updated_at: '2026-05-22T09:30:00Z', n_memories_at_gen: 12, source: 'bucket_profiler' } } })
  await page.getByText('Likes tea.').waitFor()
  await page.getByText(/^Made .*2026.* from 12 memories by bucket_profiler$/).waitFor()
  for (const [json, ...texts] of [
    [{ profile: { likes: ['tea'] }, status: 'ready' }, 'Ready', '"likes": ['],
    [{ profile: '{"likes":"tea"}' }, 'Ready', '"likes": "tea"'],
    [{ profile: null, status: 'pending' }, 'Pending', 'The profile is being made.'],
    [{ profile: 'Likes tea.', status: 'pending' }, 'Pending', 'A new one is being made. This is the last one.', 'Likes tea.'],
    [{ profile: null, status: 'not_installed' }, 'Not installed', 'There is no profile'],
    [{ profile: null }, 'There is no profile'],
    [{ profile: '', status: 'ready' }, 'The profile is empty'],
    [{ profile: 'Likes tea.', status: 'resting' }, 'resting', 'Likes tea.'],
  ]) {
    server.script({ [PROFILE]: { json } })
    await page.getByRole('button', { name: 'Look again' }).click()
    for (const text of texts) await page.getByText(text).first().waitFor()
  }
  server.close()
}

export async function a_profile_is_made_anew_and_appears_when_it_is_there({ visitor, serve }) {
  const { server, page } = await opened({ visitor, serve }, 'profile', {
    [PROFILE]: { json: { profile: null, status: 'pending' } },
    [REGENERATE]: { status: 412, json: { error: 'No Bucket Profiler is installed on this bucket', code: 'BUCKET_PROFILER_NOT_INSTALLED' } },
  })
  const make = page.getByRole('button', { name: 'Make a profile' })
  await make.click()
  await page.locator('.problem', { hasText: 'No Bucket Profiler is installed on this bucket' }).waitFor()
  server.script({ [REGENERATE]: { json: { profile: null, status: 'pending' } } })
  await make.click()
  await page.getByText('A profile was requested.').waitFor()
  assert.equal(await page.locator('.problem').count(), 0)
  server.script({ [PROFILE]: { json: { profile: 'Likes tea.', status: 'ready' } } })
  await page.getByText('Likes tea.').waitFor()
  server.script({ [REGENERATE]: { json: { profile: 'Likes tea.', status: 'ready' } } })
  await page.getByRole('button', { name: 'Make a new one' }).click()
  await page.getByText('Until it’s there, the last one is shown.').waitFor()
  server.close()
}

export async function errors_say_what_happened_and_what_to_do({ visitor, serve }) {
  const { server, page } = await opened({ visitor, serve }, 'memories', { [MEMORIES]: { status: 500, json: { error: 'The server’s disk cannot be read', code: 'DISK_FAILED' } } })
  const again = page.getByRole('button', { name: 'Try again' })
  for (const [answer, ...texts] of [
    [undefined, 'The server failed', 'The server’s disk cannot be read', 'the server’s log says why'],
    [{ status: 404, json: { error: 'Bucket not found' } }, 'It isn’t there any more', 'Bucket not found'],
    [{ status: 403, json: { error: { message: 'Forbidden' } } }, 'The key doesn’t allow this', 'Forbidden'],
    [{ status: 503, json: { error: 'Another program keeps it locked', code: 'DATABASE_LOCKED' } }, 'The database is in use', 'Another program keeps it locked'],
    [{ status: 200, text: '<html>A portal</html>', type: 'text/html' }, 'The server doesn’t respond', 'it is not JSON'],
    [{ frames: ['{"memories": ['], cut: true }, 'The server doesn’t respond', 'start it if it isn’t'],
  ]) {
    if (answer) {
      server.script({ [MEMORIES]: answer })
      await again.click()
    }
    for (const text of texts) await page.locator('.problem', { hasText: text }).waitFor()
  }
  server.script({ [MEMORIES]: { json: [{ id: '1', content: 'There again.' }] } })
  await again.click()
  await page.locator('.row', { hasText: 'There again.' }).waitFor()
  server.close()
  await page.getByRole('searchbox').fill('tea')
  await page.keyboard.press('Enter')
  await page.locator('.problem', { hasText: 'The server doesn’t respond' }).waitFor()
}

export async function a_search_whose_answer_names_no_memories_is_not_taken_for_an_empty_one({ visitor, serve }) {
  const { server, page } = await opened({ visitor, serve }, 'memories', { [MEMORIES]: { json: [{ id: '1', content: 'tea' }] }, 'POST /v1/query': { json: { answer: '', memories_found: 3 } } })
  const search = async (text) => {
    await page.getByRole('searchbox').fill('tea')
    await page.keyboard.press('Enter')
    await page.getByText(text).waitFor()
  }
  await search('The server doesn’t say what it found')
  server.script({ 'POST /v1/query': { json: { answer: null, explanation: { retrieved_memories: [], warning: 'Found by words alone.' } } } })
  await search('Found by words alone.')
  await page.getByText('Nothing matches').waitFor()
  server.close()
}

export async function a_busy_server_is_asked_again_when_it_says({ visitor, serve }) {
  let asked = 0
  const busy = { status: 429, json: { error: 'Too many concurrent requests' }, headers: { 'retry-after': '1' } }
  const { server, page } = await opened({ visitor, serve }, 'memories', { [MEMORIES]: () => (asked++ < 2 ? busy : { json: [{ id: '1', content: 'There.' }] }) })
  const start = Date.now()
  await page.locator('.row', { hasText: 'There.' }).waitFor()
  assert(Date.now() - start > 1500)
  server.close()
}

export async function a_part_that_fails_is_said_below_the_list_and_can_be_had_again({ visitor, serve }) {
  const all = Array.from({ length: 1000 }, (_, number) => ({ id: `m${number}`, content: `Fact ${number}.` }))
  let isBroken = true
  const { server, page } = await opened({ visitor, serve }, 'memories', {
    [MEMORIES]: ({ path }) => {
      const { limit, offset } = Object.fromEntries(new URL(path, 'http://x').searchParams)
      if (isBroken && offset !== '0') return { status: 500, json: { error: 'Internal server error' } }
      return { json: { memories: all.slice(Number(offset), Number(offset) + Number(limit)), total: 1000 } }
    },
  })
  await page.locator('.row', { hasText: 'Fact 0.' }).waitFor()
  await page.evaluate(() => scrollTo(0, document.scrollingElement.scrollHeight))
  await page.locator('.problem', { hasText: 'Internal server error' }).waitFor()
  assert((await page.getByText('Not loaded.').count()) > 0)
  isBroken = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.row', { hasText: 'Fact 999.' }).waitFor()
  server.close()
}
