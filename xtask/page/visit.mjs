// Pages in headless Chromium, and what must never happen on one.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { chromium } = createRequire(`${process.cwd()}/`)('playwright-core')
const ARGS = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
const WIDE = { width: 1280, height: 860 }
export const NARROW = { width: 320, height: 720 }

export class Visitor {
  problems = []
  #browser
  #axe
  #contexts = []

  static async start(executablePath, axe) {
    const visitor = new Visitor()
    visitor.#browser = await chromium.launch({ executablePath, args: ARGS })
    visitor.#axe = readFileSync(axe, 'utf8')
    return visitor
  }

  close() {
    return this.#browser.close()
  }

  /// Closes all pages.
  async leave() {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()))
  }

  /// Opens the page, and tells what happens on it that must not. Returns it with the URLs that it asked for.
  async visit(url, { scheme = 'light', viewport = WIDE, problems = this.problems } = {}) {
    const context = await this.#browser.newContext({ colorScheme: scheme, viewport, reducedMotion: 'reduce' })
    this.#contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const home = new URL('/', url).href
    const urls = []
    page.on('request', (request) => {
      urls.push(request.url())
      if (!request.url().startsWith(home)) problems.push(`it asks another host: ${request.url()}`)
    })
    page.on('pageerror', (error) => problems.push(`the script fails: ${error.message}`))
    page.on('console', (message) => {
      // What a request gets is the page's to show.
      const isExpected = message.text().startsWith('Failed to load resource')
      if (['error', 'warning'].includes(message.type()) && !isExpected) problems.push(`the console has: ${message.text()}`)
    })
    page.on('dialog', (dialog) => {
      problems.push(`a script of a memory runs: ${dialog.message()}`)
      dialog.dismiss()
    })
    await page.goto(url)
    return Object.assign(page, { urls })
  }

  /// What axe-core finds on the page, and whether it is wider than the window.
  async inspect(page, what, { problems = this.problems, runOnly } = {}) {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(this.#axe)
    const options = { resultTypes: ['violations'], ...(runOnly && { runOnly }) }
    const found = await page.evaluate((options) => axe.run(document, options), options)
    for (const { id, nodes } of found.violations) {
      problems.push(`${what}: axe finds ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join('; ')}`)
    }
    const beyond = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth)
    if (beyond > 0) problems.push(`${what}: the page is ${beyond} pixels wider than the window`)
    return found.passes.length
  }
}
