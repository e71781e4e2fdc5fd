// Opens a reference page in headless Chromium. It must show every operation and, as a file, every schema of the spec, say nothing
// on the browser's console, and ask nothing of any host but its own. Where it comes from a server, a request is tried from it too.
//
//     node page.mjs CHROMIUM SPEC PAGE [SECONDS]
//
// It runs in the folder that has playwright-core. SPEC is a file, in JSON; PAGE another, or a URL. SECONDS is how long it
// waits for what is not shown yet.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const { chromium } = createRequire(`${process.cwd()}/`)('playwright-core')
const [executablePath, file, place, seconds = '20'] = process.argv.slice(2)
const served = place.startsWith('http:')
const address = served ? place : pathToFileURL(place).href
const spec = JSON.parse(readFileSync(file, 'utf8'))
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
const problems = []

const browser = await chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-quic', ...QUIET] })
try {
  const page = await browser.newPage()
  page.setDefaultTimeout(Number(seconds) * 1000)
  listen(page)
  await page.goto(address)
  await page.getByRole('heading', { name: spec.info.title }).waitFor()
  const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, item, ...item[method] })),
  )
  const missing = (what) => (error) => problems.push(`${what} is not shown: ${error.message}`)
  for (const operation of operations) {
    await showsOperation(page, operation).catch(missing(`${operation.method} ${operation.path}`))
  }
  const schemas = Object.entries(spec.components.schemas)
  if (problems.length === 0) await showsSchemas(page, schemas)
  if (served) await sends(page, operations)
  if (problems.length === 0) console.log(`${address} shows ${operations.length} operations${served ? '' : ` and ${schemas.length} schemas`}`)
} catch (error) {
  problems.push(error.message)
} finally {
  await browser.close()
}
problems.forEach((problem) => console.error(problem))
process.exitCode = problems.length > 0 ? 1 : 0

function listen(page) {
  const home = new URL(served ? '/' : '.', address).href
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(home) && !/^(data|blob):/.test(url)) problems.push(`it asks another host: ${url}`)
  })
  page.on('requestfailed', (request) => problems.push(`a request fails: ${request.url()}`))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`a request gets ${response.status()}: ${response.url()}`)
  })
  page.on('pageerror', (error) => problems.push(`the script fails: ${error.message}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`the console has: ${message.text()}`)
  })
}

// Looks for all of them at once: Playwright takes many times as long to look for each.
async function shows(section, what, texts) {
  const end = Date.now() + Number(seconds) * 1000
  let missing = texts
  while (missing.length > 0 && Date.now() < end) {
    missing = await section.evaluate((section, texts) => {
      const visible = [...section.querySelectorAll('*')].filter((element) => element.checkVisibility())
      const shown = new Set(visible.map((element) => element.textContent.trim()))
      return texts.filter((text) => !shown.has(text))
    }, texts)
    if (missing.length > 0) await setTimeout(100)
  }
  missing.forEach((text) => problems.push(`${what} does not show ${text}`))
}

/// The section that the sidebar's link to the operation leads to.
async function open(page, { summary, operationId }) {
  const exactly = (text) => ({ has: page.getByText(text, { exact: true }) })
  await page.getByRole('link', { name: summary }).filter(exactly(summary)).click()
  return page.getByRole('region', { name: summary }).filter(exactly(operationId))
}

async function showsOperation(page, operation) {
  const { path, method, item, summary, operationId } = operation
  const section = await open(page, operation)
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => resolve(parameter).name)
  await shows(section, summary, [operationId, method, path, ...parameters, ...Object.keys(operation.responses)])
}

async function showsSchemas(page, schemas) {
  await page.getByRole('link', { name: 'Schemas', exact: true }).click()
  const all = page.getByRole('region', { name: 'Schemas', exact: true })
  // What a server sends is the same spec and script. Opening takes most of the time, so one is opened there.
  for (const [name, schema] of served ? schemas.slice(0, 1) : schemas) {
    const section = all.getByRole('region', { name, exact: true })
    await expand(section, name)
    await shows(section, name, Object.keys(schema.properties ?? {}))
  }
}

/// Opens a part of the page. A click is lost where the page draws that part anew in the same moment, so it is tried a few times.
async function expand(section, name) {
  const button = (expanded) => section.getByRole('button', { name, expanded })
  for (let tries = 0; tries < 5; tries++) {
    await button(false).click()
    const opened = button(true).waitFor({ timeout: 4_000 })
    if (await opened.then(() => true, () => false)) return
  }
}

function resolve(value) {
  if (!value.$ref) return value
  return value.$ref.split('/').slice(1).reduce((place, key) => place[key], spec)
}

/// Sends a request from the page, of the first operation that needs no parameter.
async function sends(page, operations) {
  const operation = operations.find(({ method, path }) => method === 'get' && !path.includes('{'))
  const section = await open(page, operation)
  await section.getByRole('button', { name: 'Test Request' }).click()
  const client = page.getByRole('dialog')
  const [response] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === operation.path),
    client.getByRole('button', { name: /^Send get request/ }).click(),
  ])
  await client.getByText('200 OK').first().waitFor()
  console.log(`GET ${operation.path}, sent from the page, gets ${response.status()}`)
}
