// The key: asked for where one is wanted, kept in the tab, and nowhere else.

import assert from 'node:assert'

const KEY = 'eng_live_secret'

export async function a_server_that_takes_any_key_asks_for_none({ visitor, serve }) {
  const server = await serve()
  await server.store('default', 'The user prefers tea.')
  const page = await visitor.visit(server.url)
  await page.locator('.row', { hasText: 'tea' }).waitFor()
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0)
  // Another key has other memories.
  await server.send('POST', 'buckets/mine/memories', { content: 'Another tenant’s.' }, KEY)
  await page.getByRole('button', { name: 'Key: local' }).click()
  await page.getByLabel('Key', { exact: true }).fill(KEY)
  await page.getByRole('button', { name: 'Use this key' }).click()
  await page.locator('.row', { hasText: 'Another tenant’s.' }).waitFor()
  await page.getByRole('button', { name: 'Key: yours' }).waitFor()
  assert.equal(await page.getByText('tea').count(), 0)
}

export async function a_key_is_asked_for_once_and_kept_in_the_tab_alone({ visitor, serve }) {
  const server = await serve('--api-key', KEY)
  await server.send('POST', 'buckets/default/memories', { content: 'The user prefers tea.' }, KEY)
  const page = await visitor.visit(server.url)
  const field = page.getByLabel('Key', { exact: true })
  await field.waitFor()
  assert.equal(await field.getAttribute('type'), 'password')
  const use = page.getByRole('button', { name: 'Use this key' })
  await field.fill('two words')
  assert(await use.isDisabled())
  await field.fill('wrong')
  await use.click()
  await page.locator('dialog', { hasText: 'Invalid API key' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('#buckets', { hasText: 'The key isn’t accepted' }).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await field.fill(KEY)
  await page.keyboard.press('Enter')
  await page.locator('.row', { hasText: 'tea' }).waitFor()
  await page.reload()
  await page.locator('.row', { hasText: 'tea' }).waitFor()
  assert(!page.urls.some((url) => url.includes(KEY)) && !page.url().includes(KEY))
  const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie, document.documentElement.outerHTML, JSON.stringify(history.state)].join())
  assert(!kept.includes(KEY))
  const other = await page.context().newPage()
  await other.goto(server.url)
  await other.getByLabel('Key', { exact: true }).waitFor()
}
