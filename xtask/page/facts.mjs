// What the local server has a model make of the memories: facts, an answer from them, a profile.

import assert from 'node:assert'
import { model } from './model.mjs'

const QUESTION = 'Where does Ana live?'
const BOLD = '<b id="bold">Bruno</b>'
const FACTS = {
  'Ana lives in Lisbon.': [['Ana', 'lives in', 'Lisbon']],
  [`Ana lives with ${BOLD} and likes tea.`]: [['Ana', 'lives with', BOLD], ['Ana', 'likes', 'tea']],
  // The question has nothing of it, so it is a step away.
  'Lisbon lies on the Tagus.': [['Lisbon', 'lies on', 'the Tagus']],
}

/// A local server that has such a model and has taken the facts of all memories, and the model.
async function taught({ serve }) {
  const scripted = await model({ facts: FACTS, answer: 'In Lisbon, on the Tagus.', profile: 'Ana lives in Lisbon.' })
  const server = await serve(...scripted.options)
  await server.store('default', ...Object.keys(FACTS))
  const known = async () => {
    const { explanation } = await server.send('POST', 'query', { query: QUESTION, options: { skip_synthesis: true } })
    return explanation.graph_facts.length
  }
  const deadline = Date.now() + 20_000
  while ((await known()) < 4) {
    assert(Date.now() < deadline, 'the server takes no facts')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { server, scripted }
}

export async function facts_that_the_server_took_are_drawn_with_the_answer_that_was_made_from_them({ visitor, serve }) {
  const { server, scripted } = await taught({ serve })
  const page = await visitor.visit(`${server.url}#/default/ask`)
  await page.getByLabel('Question').fill(QUESTION)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await page.locator('.answer:not(.is-unfinished)', { hasText: 'In Lisbon, on the Tagus.' }).waitFor()
  await page.getByText('The question is about Ana 1.00').waitFor()
  await page.getByRole('img', { name: '5 entities and 4 facts' }).waitFor()
  assert.deepEqual((await page.locator('svg .entity text').allTextContents()).sort(), [BOLD, 'Ana', 'Lisbon', 'tea', 'the Tagus'])
  assert.equal(await page.locator('#bold').count(), 0)
  // The model was given what is shown.
  const asked = scripted.requests.at(-1)
  const given = asked.facts.map(({ subject, predicate, object }) => [subject, predicate, object])
  assert.deepEqual(given.toSorted(), Object.values(FACTS).flat().toSorted())
  const shown = await page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.textContent))
  for (const [, predicate, object] of given) assert(shown.some((row) => row.includes(predicate) && row.includes(object)), `${predicate} ${object} is not in ${shown}`)
  await page.getByRole('button', { name: 'Show the memory of: Ana lives in Lisbon' }).click()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Ana lives in Lisbon.')
  await visitor.inspect(page, 'facts that the server took')
  scripted.close()
}

export async function a_profile_that_the_server_has_made_is_shown_and_given_to_the_answer({ visitor, serve }) {
  const { server, scripted } = await taught({ serve })
  const page = await visitor.visit(`${server.url}#/default/profile`)
  await page.getByRole('button', { name: 'Make a profile' }).click()
  await page.locator('.profile', { hasText: 'Ana lives in Lisbon.' }).waitFor()
  await page.getByText(/from 3 memories by bucket_profiler$/).waitFor()
  await page.getByRole('link', { name: 'Ask' }).click()
  await page.getByLabel('Question').fill(QUESTION)
  await page.keyboard.press('Enter')
  await page.locator('.answer:not(.is-unfinished)', { hasText: 'In Lisbon' }).waitFor()
  await page.locator('summary', { hasText: 'profile' }).waitFor()
  assert.deepEqual(scripted.requests.at(-1).profiles, { default: 'Ana lives in Lisbon.' })
  scripted.close()
}
