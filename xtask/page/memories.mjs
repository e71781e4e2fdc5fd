// Buckets and memories, with the local server.

import assert from 'node:assert'
import { scripted } from './scripted.mjs'

const MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script><b id="bold">bold</b> javascript:alert(3)'

/// A row of the list, or a card of what was found, by its text.
const row = (page, text) => page.locator('.row', { hasText: text })
const named = (page, role, name, exact = true) => page.getByRole(role, { name, exact })

export async function buckets_are_listed_with_their_counts_made_and_deleted({ visitor, serve }) {
  const server = await serve()
  const page = await visitor.visit(server.url)
  await page.getByText('Nothing is remembered under this key').waitFor()
  await server.store('default', 'one', 'two')
  await page.reload()
  await named(page, 'link', 'default 2').waitFor()

  const odd = 'a/b <b>c</b> ü%2F'
  await named(page, 'button', 'New…').click()
  await page.getByLabel('Name').fill(odd)
  await page.getByLabel('Description').fill('What it’s for')
  await named(page, 'button', 'Create').click()
  await named(page, 'heading', odd).waitFor()
  await page.getByText('Nothing is remembered here yet').waitFor()
  const { buckets } = await server.send('GET', 'buckets')
  assert.deepEqual(buckets.map(({ name, description }) => [name, description]), [['default', undefined], [odd, 'What it’s for']])

  await named(page, 'button', 'New…').click()
  await page.getByLabel('Name').fill(odd)
  await named(page, 'button', 'Create').click()
  await page.getByText('Bucket already exists').waitFor()
  await page.getByText('Choose another name.').waitFor()
  await page.keyboard.press('Escape')

  await named(page, 'button', 'Delete bucket…').click()
  const confirm = named(page, 'button', 'Delete bucket')
  assert(await confirm.isDisabled())
  await page.getByLabel('Type the bucket’s name to confirm').fill('default')
  assert(await confirm.isDisabled())
  await page.getByLabel('Type the bucket’s name to confirm').fill(odd)
  await confirm.click()
  await page.getByText('The bucket was deleted.').waitFor()
  await named(page, 'heading', 'default').waitFor()
  assert.deepEqual((await server.send('GET', 'buckets')).buckets.map(({ name }) => name), ['default'])
}

export async function memories_are_shown_newest_first_and_in_full({ visitor, serve }) {
  const server = await serve()
  const long = `The beginning.\n\n  ${'Much in the middle. '.repeat(500)}The end.`
  await server.store('default', 'The user prefers tea.', long)
  const page = await visitor.visit(`${server.url}#/default/memories`)
  await page.getByText('2 memories, newest first').waitFor()
  const texts = await page.locator('.row .content').allTextContents()
  assert(texts[0].startsWith('The beginning.') && texts[0].length < 500, texts[0])
  assert.equal(texts[1], 'The user prefers tea.')
  await page.locator('.row .open').first().click()
  assert.equal(await page.locator('dialog .whole').textContent(), long)
  await named(page, 'button', 'Close').click()
  await page.locator('dialog').waitFor({ state: 'detached' })
}

export async function a_memory_with_markup_or_script_is_shown_as_text({ visitor, serve }) {
  const server = await serve()
  await server.store('default', MARKUP)
  const page = await visitor.visit(`${server.url}#/default/memories`)
  await row(page, MARKUP).waitFor()
  await row(page, MARKUP).locator('.open').click()
  assert.equal(await page.locator('dialog .whole').textContent(), MARKUP)
  await page.keyboard.press('Escape')
  await page.getByRole('searchbox').fill('bold')
  await page.keyboard.press('Enter')
  await page.locator('.card', { hasText: MARKUP }).waitFor()
  await named(page, 'link', 'Ask').click()
  await page.getByLabel('Question').fill('bold')
  await page.keyboard.press('Enter')
  await page.locator('.answer', { hasText: MARKUP }).waitFor()
  assert.equal(await page.locator('#bold, main img, main script').count(), 0)
}

export async function a_memory_is_deleted_once_that_is_confirmed_and_not_before({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'first', 'second', 'third', 'fourth')
  const page = await visitor.visit(`${server.url}#/default/memories`)
  const remove = (text) => row(page, text).getByRole('button', { name: 'Delete this memory' }).click()
  await remove('second')
  await page.locator('dialog', { hasText: 'second' }).waitFor()
  await named(page, 'button', 'Cancel').click()
  assert.equal((await server.contents('default')).length, 4)
  await remove('second')
  await named(page, 'button', 'Delete').click()
  await page.getByText('The memory was deleted.').waitFor()
  assert.deepEqual(await server.contents('default'), ['fourth', 'third', 'first'])
  assert.deepEqual(await page.locator('.row .content').allTextContents(), ['fourth', 'third', 'first'])
  await named(page, 'link', 'default 3').waitFor()

  // By another one, meanwhile.
  const { memories } = await server.send('GET', 'buckets/default/memories')
  await server.send('DELETE', `buckets/default/memories/${memories.find(({ content }) => content === 'third').id}`)
  await remove('third')
  await named(page, 'button', 'Delete').click()
  await page.getByText('The memory was gone already.').waitFor()

  // From what is shown in full, and what was found.
  await page.getByRole('searchbox').fill('first')
  await page.keyboard.press('Enter')
  await page.locator('.card .open').click()
  await named(page, 'button', 'Delete…').click()
  await named(page, 'button', 'Delete').click()
  await page.getByText('Nothing matches').waitFor()
  assert.deepEqual(await server.contents('default'), ['fourth'])
}

export async function a_deletion_that_fails_is_said_and_the_memory_stays({ visitor, serve }) {
  const server = await scripted((await serve()).url)
  const memory = { id: 'a/../b', content: 'stays' }
  server.script({
    'GET /v1/buckets': { json: { buckets: [{ name: 'default' }] } },
    'GET /v1/buckets/default/memories': { json: { memories: [memory, { id: '..', content: 'no id' }], total: 2 } },
    'DELETE /v1/buckets/default/memories/a%2F..%2Fb': { status: 507, json: { error: 'The server’s disk is full', code: 'DISK_FULL' } },
  })
  const page = await visitor.visit(`${server.url}#/default/memories`)
  const remove = async (text) => {
    await row(page, text).getByRole('button', { name: 'Delete this memory' }).click()
    await named(page, 'button', 'Delete').click()
  }
  await remove('stays')
  await page.getByText('The server’s disk is full').waitFor()
  server.script({ 'DELETE /v1/buckets/default/memories/a%2F..%2Fb': { frames: ['half'], cut: true } })
  await named(page, 'button', 'Delete').click()
  await page.getByText('It isn’t known whether it was deleted.').waitFor()
  await named(page, 'button', 'Cancel').click()
  await row(page, 'stays').waitFor()
  // Its URL would be that of all memories.
  await remove('no id')
  await page.getByText('No URL can name ".."').waitFor()
  assert.deepEqual(server.requests.map(({ method, path }) => `${method} ${path}`), ['DELETE /v1/buckets/default/memories/a%2F..%2Fb'])
  server.close()
}

export async function a_search_shows_scores_and_leads_back({ visitor, serve }) {
  const server = await serve()
  await server.store('default', ...Array.from({ length: 30 }, (_, number) => `The user drinks tea number ${number}.`), 'The sky is blue.')
  const page = await visitor.visit(`${server.url}#/default/memories`)
  const search = page.getByRole('searchbox')
  await search.fill('blue sky')
  await page.keyboard.press('Enter')
  const card = page.locator('.card').first()
  assert.equal(await card.locator('.content').textContent(), 'The sky is blue.')
  const [score, similarity] = await card.locator('dd').allTextContents()
  assert(Number(score) > 0 && Number(score) <= 1 && Number(similarity) > 0, `${score} ${similarity}`)
  await search.fill('tea')
  await page.keyboard.press('Enter')
  await page.getByText('The 20 memories that match best.').waitFor()
  await named(page, 'button', 'Show more').click()
  await page.getByText('The 30 memories that match best.').waitFor()
  await search.fill('zebra')
  await named(page, 'button', 'Search').click()
  await page.getByText('Nothing matches').waitFor()
  await named(page, 'button', 'Show all memories').click()
  await page.getByText('31 memories, newest first').waitFor()
  await search.fill('tea')
  await page.keyboard.press('Enter')
  await page.locator('.card').first().waitFor()
  await search.press('Escape')
  await page.getByText('31 memories, newest first').waitFor()
}

/// What is in the page of a long list: how many rows there are, and the numbers of the facts that are in the window.
const seen = (page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll('.row')]
    const inWindow = rows.filter((row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight)
    return { rows: rows.length, texts: inWindow.map((row) => row.querySelector('.content, .waiting').textContent) }
  })

async function settled(page, isThere) {
  const start = Date.now()
  for (;;) {
    const now = await seen(page)
    if (isThere(now.texts)) return { ...now, time: Date.now() - start }
    assert(Date.now() - start < 20_000, `not there: ${now.texts}`)
    await page.waitForTimeout(10)
  }
}

export async function a_hundred_thousand_memories_scroll({ visitor, serve }) {
  const server = await serve()
  for (let batch = 0; batch < 10; batch++) {
    await server.store('default', ...Array.from({ length: 10_000 }, (_, number) => `Fact ${batch * 10_000 + number + 1}.`))
  }
  const page = await visitor.visit(`${server.url}#/default/memories`)
  await page.getByText('100,000 memories, newest first').waitFor()
  const loaded = (texts) => texts.length > 3 && texts.every((text) => text.startsWith('Fact'))
  const times = []
  for (const part of [0.5, 0.1, 0.999, 0.3, 0.75]) {
    await page.evaluate((part) => scrollTo(0, document.scrollingElement.scrollHeight * part), part)
    const { rows, texts, time } = await settled(page, loaded)
    times.push(time)
    assert(rows < 60, `${rows} rows are in the page`)
    const numbers = texts.map((text) => Number(text.match(/\d+/)[0]))
    assert(Math.abs(numbers[0] - 100_000 * (1 - part)) < 100, `${numbers[0]} at ${part}`)
    numbers.slice(1).forEach((number, place) => assert.equal(number, numbers[0] - place - 1))
  }
  // Far with the wheel, as people do it.
  await page.evaluate(() => scrollTo(0, 0))
  page.urls.length = 0
  for (let turn = 0; turn < 60; turn++) await page.mouse.wheel(0, 1500)
  await settled(page, loaded)
  const requests = page.urls.filter((url) => url.includes('/memories?')).length
  assert(requests > 3 && requests < 60, `${requests} requests`)
  // And with the keyboard alone.
  await page.locator('.row .open').nth(3).focus()
  await page.keyboard.press('End')
  await settled(page, (texts) => texts.includes('Fact 1.'))
  const focused = () => page.evaluate(() => document.activeElement.textContent)
  assert.equal(await focused(), 'Fact 1.')
  await page.keyboard.press('ArrowUp')
  assert.equal(await focused(), 'Fact 2.')
  await page.keyboard.press('PageUp')
  await settled(page, loaded)
  await page.keyboard.press('Home')
  await settled(page, (texts) => texts.includes('Fact 100000.'))
  assert.equal(await focused(), 'Fact 100000.')
  console.log(`  a jump in 100,000 memories shows them after ${times.join(', ')} ms; 60 turns of the wheel ask ${requests} times`)
}

export async function a_list_that_browsers_cannot_draw_comes_in_stretches({ visitor, serve }) {
  const server = await scripted((await serve()).url)
  const total = 250_050
  server.script({
    'GET /v1/buckets': { json: { buckets: [{ name: 'default', memory_count: total }] } },
    'GET /v1/buckets/default/memories': ({ path }) => {
      const { limit, offset } = Object.fromEntries(new URL(path, 'http://x').searchParams)
      // It takes no limit above 30.
      const count = Math.min(Number(limit), 30, total - Number(offset))
      return { json: { memories: Array.from({ length: count }, (_, place) => ({ id: `${place}`, content: `Fact ${total - offset - place}.` })), total } }
    },
  })
  const page = await visitor.visit(`${server.url}#/default/memories`)
  await page.getByText('1 to 100,000').first().waitFor()
  for (const text of ['100,001 to 200,000', '200,001 to 250,050']) {
    await page.getByRole('button', { name: 'Older' }).first().click()
    await page.getByText(text).first().waitFor()
  }
  await page.evaluate(() => scrollTo(0, document.scrollingElement.scrollHeight))
  await settled(page, (texts) => texts.includes('Fact 1.'))
  assert(await page.getByRole('button', { name: 'Older' }).last().isDisabled())
  await page.getByRole('button', { name: 'Newer' }).last().click()
  await settled(page, (texts) => texts.includes('Fact 150050.'))
  server.close()
}

export async function what_was_stored_meanwhile_is_announced_and_shown_when_asked_for({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'old')
  const page = await visitor.visit(`${server.url}#/default/memories`)
  await row(page, 'old').waitFor()
  await server.store('default', 'new')
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await page.getByText('There are 2 now.').waitFor()
  assert.equal(await row(page, 'new').count(), 0)
  await named(page, 'button', 'Show them').click()
  await row(page, 'new').waitFor()
  await named(page, 'link', 'default 2').waitFor()
  await server.send('DELETE', 'buckets/default/memories')
  await page.reload()
  await page.getByText('Nothing is remembered here yet').waitFor()
  await server.store('default', 'again')
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await row(page, 'again').waitFor()
}

export async function all_of_it_works_with_the_keyboard_alone({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'The user prefers tea.', 'The user lives in Lisbon.')
  await server.store('work', 'The team meets on Monday.')
  const page = await visitor.visit(server.url)
  const { keyboard } = page
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim())
  /// Goes on with the Tab key until this has the focus.
  async function tabTo(wanted) {
    for (let presses = 0; presses < 40; presses++) {
      await keyboard.press('Tab')
      if ((await focused()).startsWith(wanted)) return
    }
    assert.fail(`Tab does not lead to ${wanted}`)
  }
  await page.locator('.row').first().waitFor()
  const address = page.url()
  await tabTo('Skip')
  await keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
  assert.equal(page.url(), address)
  await page.evaluate(() => document.activeElement.blur())
  await page.reload()
  await page.locator('.row').first().waitFor()
  await tabTo('work')
  await keyboard.press('Enter')
  await row(page, 'Monday').waitFor()
  // The focus stays where it was, though the list is drawn anew.
  assert.equal(await focused(), 'work1')
  await server.store('work', 'The team has cake.')
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await named(page, 'link', 'work 2').waitFor()
  assert.equal(await focused(), 'work2')
  await keyboard.press('Shift+Tab')
  assert.equal(await focused(), 'default2')
  await keyboard.press('Enter')
  await row(page, 'Lisbon').waitFor()
  await tabTo('The user lives in Lisbon.')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await focused(), 'The user lives in Lisbon.')
  await keyboard.press('ArrowDown')
  assert.equal(await focused(), 'The user prefers tea.')
  await keyboard.press('Tab')
  assert.equal(await focused(), 'Delete this memory')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  assert.equal(await focused(), 'Cancel')
  await keyboard.press('Tab')
  await keyboard.press('Enter')
  await page.getByText('The memory was deleted.').waitFor()
  assert.deepEqual(await server.contents('default'), ['The user lives in Lisbon.'])
  assert.equal(await page.evaluate(() => document.activeElement.closest('.row') !== null), true)
  await page.getByText('The memory was deleted.').waitFor({ state: 'detached' })
  await page.evaluate(() => document.activeElement.blur())
  await tabTo('Ask')
  await keyboard.press('Enter')
  await page.getByLabel('Question').waitFor()
  await keyboard.press('Tab')
  await keyboard.press('Tab')
  await keyboard.type('Where does the user live?')
  await keyboard.press('Enter')
  await page.locator('.answer', { hasText: 'Lisbon' }).waitFor()
}
