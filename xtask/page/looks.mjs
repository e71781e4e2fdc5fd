// How the page looks: nothing that axe-core finds, in light and dark, wide and narrow; and proof that what must not happen is noticed.

import assert from 'node:assert'
import { DONE, delta, frame, scripted } from './scripted.mjs'
import { NARROW } from './visit.mjs'

const LONG = `${'A-very-long-word-without-an-end'.repeat(20)} and others.`
const FACTS = [['Ana', 'lives in', 'Lisbon'], ['Ana', 'works on', LONG], ['Bruno', 'likes', 'tea']]

const EXPLANATION = {
  warning: 'Found by words alone.',
  retrieved_memories: [{ memory_id: '1', content: 'Ana lives in Lisbon.', raw_score: 0.7, weight: 2, weighted_score: 1.4, bucket_name: 'default' }, { memory_id: '2', content: LONG, weighted_score: 0.1 }],
  graph_facts: FACTS.map(([subject, predicate, object]) => ({ subject, predicate, object, memory_id: '1' })),
  entity_matches: [{ entity: 'Ana', score: 0.9 }],
  profile: 'An engineer.',
}
const ANSWER = { answer: `Ana lives in Lisbon. ${LONG}`, explanation: EXPLANATION, usage: { input_tokens: 1, output_tokens: 1 } }

/// Goes through the views with the local server, and looks at each.
async function everyView(page, _, look) {
  const dialog = async (open, what) => {
    await open.click()
    await look(what)
    await page.keyboard.press('Escape')
  }
  const go = (hash) => page.goto(new URL(hash, page.url()).href)
  await page.locator('#buckets a').first().waitFor()
  await look('the buckets')
  await dialog(page.getByRole('button', { name: /^Key/ }), 'the key')
  await go('#/default/memories')
  await page.locator('.row .open').first().waitFor()
  await look('memories')
  await dialog(page.locator('.row .open').first(), 'a memory')
  await dialog(page.getByRole('button', { name: 'Delete this memory' }).first(), 'a deletion')
  await dialog(page.getByRole('button', { name: 'Delete bucket…' }), 'the deletion of a bucket')
  await page.getByRole('searchbox').fill('Ana others')
  await page.keyboard.press('Enter')
  await page.locator('.card').first().waitFor()
  await look('a search')
  await go('#/default/profile')
  await page.getByText('There is no profile').waitFor()
  await look('no profile')
  await go('#/nothing/memories')
  await page.getByText('There is no such bucket').waitFor()
  await look('no bucket')
  await go('#/')
  await dialog(page.getByRole('button', { name: 'New…' }), 'a new bucket')
}

/// Goes through what the local server never answers.
async function everyAnswer(page, server, look) {
  const problem = () => page.locator('.problem:visible').waitFor()
  const go = (hash) => page.goto(new URL(hash, page.url()).href)
  await go('#/default/memories')
  await problem()
  await look('an error')
  await go('#/default/profile')
  await page.locator('.profile').waitFor()
  await page.getByRole('button', { name: 'Make a new one' }).click()
  await problem()
  await look('a profile')
  await go('#/default/ask')
  server.script({ 'POST /v1/query': { frames: [delta('Ana lives in'), 2500, frame(ANSWER), DONE] } })
  await page.getByLabel('Question').fill('Where does Ana live?')
  await page.keyboard.press('Enter')
  await page.getByText('Writing…').waitFor()
  await look('half an answer')
  await page.locator('.picture svg').waitFor()
  await look('an answer')
  await page.locator('tbody button').first().click()
  await look('a chosen entity')
  server.script({ 'POST /v1/query': { frames: [delta('Ana lives in')] } })
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await problem()
  await look('a broken answer')
}

export async function axe_finds_nothing_on_any_view_in_light_and_dark_wide_and_narrow({ visitor, serve }) {
  const real = await serve()
  await real.store('default', 'Ana lives in Lisbon.', LONG)
  await real.store('x'.repeat(200), 'A bucket with a long name.')
  const server = await scripted(real.url)
  server.script({
    'GET /v1/buckets': { json: [{ name: 'default', description: LONG, memory_count: 2 }, { name: 'work' }] },
    'GET /v1/buckets/default/memories': { status: 500, json: { error: LONG } },
    'GET /v1/buckets/default/profile': { json: { profile: LONG, status: 'ready' } },
    'POST /v1/buckets/default/profile/regenerate': { status: 412, json: { error: LONG } },
  })
  // The rest is the same in the dark.
  const rules = { dark: ['color-contrast', 'link-in-text-block'] }
  let passes = 0
  for (const scheme of ['light', 'dark']) {
    // Colours don't depend on the width.
    for (const viewport of scheme === 'dark' ? [undefined] : [undefined, NARROW]) {
      for (const [url, walk] of [[real.url, everyView], [server.url, everyAnswer]]) {
        const page = await visitor.visit(url, { scheme, viewport })
        await walk(page, server, async (what) => {
          passes += await visitor.inspect(page, `${what}, ${scheme}, ${viewport ? 'narrow' : 'wide'}`, { runOnly: rules[scheme] })
        })
        await visitor.leave()
      }
    }
  }
  assert(passes > 1000, `axe only looked at ${passes} things`)
  console.log(`  ${passes} checks of axe-core pass`)
  server.close()
}

export async function what_must_not_happen_would_be_noticed({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'tea')
  const problems = []
  const page = await visitor.visit(server.url, { problems })
  await page.locator('.row').first().waitFor()
  await page.evaluate(() => {
    const add = (name, attributes) => document.querySelector('main').append(Object.assign(document.createElement(name), attributes))
    add('img', { src: 'http://127.0.0.1:9/picture', alt: '' })
    add('input', {})
    document.querySelector('main').style.minInlineSize = '3000px'
    const script = document.createElement('script')
    try {
      script.textContent = 'alert(1)'
    } catch (error) {
      console.error(error.message)
    }
    try {
      document.querySelector('main').firstChild.innerHTML = '<b>bold</b>'
    } catch (error) {
      console.error(error.message)
    }
    fetch('http://127.0.0.1:9/').catch(() => {})
  }).catch((error) => problems.push(error.message))
  await page.waitForTimeout(200)
  await visitor.inspect(page, 'spoilt', { problems })
  const found = problems.join('\n')
  for (const sign of [/img-src/, /connect-src/, /TrustedScript/, /TrustedHTML/, /axe finds label/, /pixels wider than the window/]) {
    assert.match(found, sign)
  }
}
