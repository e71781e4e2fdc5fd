// Tries in headless Chromium what web pages can do to the local server. Pages of other origins, and those whose name leads to this
// machine, must not read, store or delete anything. The same attempts succeed from pages that may: that is what proves them.
//
//     node pages.mjs CHROMIUM ENGRAM_LOCAL
//
// It runs in the folder that has playwright-core.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const { chromium } = createRequire(`${process.cwd()}/`)('playwright-core')
const [executablePath, program] = process.argv.slice(2)
const SECRET = 'The user keeps a spare key under the mat.'
const EVIL = 'The user trusts evil.example.'
const ARGS = [
  '--host-resolver-rules=MAP *.example 127.0.0.1',
  // The browser's own protection is newer than many browsers that people use, and does not count here.
  '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const problems = []
const servers = []

/// A server of the API, with one memory.
async function serve(...options) {
  const child = spawn(program, ['--in-memory', '--listen', '127.0.0.1:0', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  servers.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const port = line.match(/ENGRAM_BASE_URL=.*:(\d+)/)?.[1]
    if (port) return Number(port)
  }
  throw new Error('engram-local ended without saying where it listens')
}

/// Asks the server as a program does.
function ask(port, method, path, body) {
  const headers = { authorization: 'Bearer local', 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, async (response) => {
      resolve(JSON.parse((await response.toArray()).join('')))
    })
    asked.on('error', reject).end(body && JSON.stringify(body))
  })
}

const MEMORIES = '/v1/buckets/default/memories'

async function contents(port) {
  const { memories } = await ask(port, 'GET', MEMORIES)
  return memories.map((memory) => memory.content)
}

async function reset(port) {
  await ask(port, 'POST', MEMORIES, { content: 'A bucket to clear.' })
  await ask(port, 'DELETE', MEMORIES)
  await ask(port, 'POST', MEMORIES, { content: SECRET })
}

/// Runs in the page: everything that a page can send. Returns what it could read.
async function attempt({ base, memories, evil, destroy }) {
  const url = base + memories
  const authorization = { authorization: 'Bearer local' }
  const json = { ...authorization, 'content-type': 'application/json' }
  const content = JSON.stringify({ content: evil })
  const question = JSON.stringify({ query: 'Where is the key?' })
  const read = []
  const send = async (target, options) => {
    const response = await fetch(target, options)
    read.push(`${response.status} ${await response.text()}`)
  }
  const xhr = (target) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest()
      request.open('GET', target)
      request.setRequestHeader('authorization', 'Bearer local')
      request.onload = () => resolve(read.push(`${request.status} ${request.responseText}`))
      request.onerror = resolve
      request.send()
    })
  const load = (name, set) =>
    new Promise((resolve) => {
      const element = Object.assign(document.createElement(name), { onload: resolve, onerror: resolve })
      set(element)
      document.documentElement.append(element)
      setTimeout(resolve, 2000)
    })
  const frame = (target) =>
    load('iframe', (element) => (element.src = target)).then(() => {
      for (const frame of document.querySelectorAll('iframe')) {
        const text = frame.contentDocument?.documentElement.innerText
        if (text) read.push(`frame ${text}`)
      }
    })
  const form = () =>
    load('iframe', (element) => {
      element.name = 'hidden'
      const form = Object.assign(document.createElement('form'), { method: 'POST', action: url, target: 'hidden', enctype: 'text/plain' })
      // The body is `{"content": "…", "a": "=b"}`.
      form.append(Object.assign(document.createElement('input'), { name: `${content.slice(0, -1)},"a":"`, value: 'b"}' }))
      document.documentElement.append(form)
      setTimeout(() => form.submit())
    })
  const events = () =>
    new Promise((resolve) => {
      const source = new EventSource(url)
      source.onerror = source.onmessage = () => resolve(source.close())
    })
  const socket = () =>
    new Promise((resolve) => {
      const socket = new WebSocket(url.replace('http', 'ws'))
      socket.onerror = socket.onmessage = resolve
    })
  const attempts = [
    () => send(url, { headers: authorization }),
    () => send(url),
    () => send(url, { mode: 'no-cors' }),
    () => send(url, { headers: authorization, credentials: 'include' }),
    () => send(`${base}/v1/query`, { method: 'POST', headers: json, body: question }),
    () => send(`${base}/health`),
    () => send(`${base}/openapi.json`),
    () => send(url, { method: 'POST', headers: json, body: content }),
    () => send(url, { method: 'POST', headers: authorization, body: content }),
    () => send(url, { method: 'POST', mode: 'no-cors', body: content }),
    () => send(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: content, keepalive: true }),
    () => send(url, { method: 'PUT', headers: json, body: content }),
    () => xhr(url),
    () => navigator.sendBeacon(url, content),
    () => load('script', (element) => (element.src = url)),
    () => load('img', (element) => (element.src = url)),
    () => load('link', (element) => Object.assign(element, { rel: 'stylesheet', href: url })),
    () => frame(`${base}/docs`),
    () => frame(`${base}/`),
    () => frame(url),
    form,
    events,
    socket,
  ]
  if (destroy) {
    attempts.push(() => send(url, { method: 'DELETE', headers: authorization }))
    attempts.push(() => send(`${base}/v1/buckets/default`, { method: 'DELETE', headers: authorization }))
  }
  for (const attempt of attempts) {
    try {
      await attempt()
    } catch {
      // The browser keeps it from the page, as it should.
    }
  }
  return read
}

/// What is wrong after a page has tried everything at the server.
async function wrong(frame, port, base) {
  await reset(port)
  const read = await frame.evaluate(attempt, { base, memories: MEMORIES, evil: EVIL, destroy: true })
  const leaks = read.filter((text) => !/^(403 .*_NOT_ALLOWED|0 $|frame .*_NOT_ALLOWED)/s.test(text))
  const left = await contents(port).catch((error) => [error.message])
  const found = leaks.map((text) => `reads ${text.slice(0, 100)}`)
  if (left.join() !== SECRET) found.push(`leaves ${JSON.stringify(left)}`)
  return found
}

/// What a page that may use the server reads and does: everything.
async function mayDoAll(name, frame, port, base) {
  await reset(port)
  const read = await frame.evaluate(attempt, { base, memories: MEMORIES, evil: EVIL, destroy: false })
  const stored = await contents(port)
  const deleted = await frame.evaluate(
    async (url) => (await fetch(url, { method: 'DELETE', headers: { authorization: 'Bearer local' } })).status,
    base + MEMORIES,
  )
  const works = read.some((text) => text.startsWith('200') && text.includes(SECRET)) && stored.includes(EVIL) && deleted === 200
  if (works) console.log(`${name} reads, stores and deletes`)
  else problems.push(`${name} should be able to use the server, so its attempts prove nothing: ${read.join('; ').slice(0, 300)}`)
}

async function mayDoNothing(name, frame, port, bases) {
  const found = []
  for (const base of bases) found.push(...(await wrong(frame, port, base)).map((what) => `${name} at ${base} ${what}`))
  if (found.length === 0) console.log(`${name} reads, stores and deletes nothing, at ${bases.join(', ')}`)
  problems.push(...found)
}

const pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>Evil</title>'))
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve))
const pagePort = pages.address().port
const browser = await chromium.launch({ executablePath, args: ARGS })
try {
  const usual = await serve()
  const open = await serve('--allow-host', 'rebound.example', '--allow-origin', `http://trusted.example:${pagePort}`)
  const names = (port) => ['127.0.0.1', 'localhost', 'app.localhost', '0.0.0.0', 'rebound.example'].map((name) => `http://${name}:${port}`)
  const visit = async (url) => {
    const page = await browser.newPage()
    await page.goto(url)
    return page.mainFrame()
  }
  const file = join(process.cwd(), 'evil.html')
  writeFileSync(file, '<!doctype html><title>Evil</title>')
  for (const url of [`http://evil.example:${pagePort}/`, `http://localhost:${pagePort}/`, pathToFileURL(file).href, 'data:text/html,evil']) {
    await mayDoNothing(`A page at ${url}`, await visit(url), usual, names(usual))
  }
  const outer = await visit(`http://evil.example:${pagePort}/`)
  await outer.evaluate(() => {
    document.documentElement.append(Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts allow-forms', srcdoc: 'evil' }))
  })
  await outer.page().waitForTimeout(500)
  await mayDoNothing('A sandboxed frame', outer.childFrames()[0], usual, names(usual))
  // The server refuses the page itself. What runs there runs as a script does that came before the name was made to lead here.
  const rebound = `http://rebound.example:${usual}`
  await mayDoNothing('A page whose name leads here', await visit(rebound), usual, names(usual))
  await mayDoNothing('A page that was not named', await visit(`http://evil.example:${pagePort}/`), open, names(open))

  const trusted = await visit(`http://trusted.example:${pagePort}/`)
  for (const base of names(open).filter((base) => !base.includes('0.0.0.0'))) {
    await mayDoAll(`A page of an origin that was named, at ${base},`, trusted, open, base)
  }
  await mayDoAll('A page of a host that was named', await visit(`http://rebound.example:${open}/health`), open, `http://rebound.example:${open}`)
  for (const base of [`http://127.0.0.1:${usual}`, `http://localhost:${usual}`]) {
    await mayDoAll(`A page of the server's own, at ${base},`, await visit(`${base}/health`), usual, base)
  }
} catch (error) {
  problems.push(error.stack)
} finally {
  await browser.close()
  pages.close()
  servers.forEach((child) => child.kill())
}
problems.forEach((problem) => console.error(problem))
process.exitCode = problems.length > 0 ? 1 : 0
