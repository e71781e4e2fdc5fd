// Uses every function of the page in headless Chromium: against the local server, which has a scripted model where it needs one, and against a
// scripted server for what that never sends.
//
//     node page.mjs CHROMIUM ENGRAM_LOCAL AXE [PART]
//
// It runs in the folder that has playwright-core. AXE is axe-core's script. With PART, only what has this text in its name is tried.

import { local } from './local.mjs'
import { Visitor } from './visit.mjs'
import * as looks from './looks.mjs'
import * as memories from './memories.mjs'
import * as questions from './questions.mjs'
import * as facts from './facts.mjs'
import * as shapes from './shapes.mjs'
import * as keys from './keys.mjs'

const [chromium, program, axe, part = ''] = process.argv.slice(2)
const visitor = await Visitor.start(chromium, axe)
const servers = []
const serve = async (...options) => {
  const server = await local(program, ...options)
  servers.push(server)
  return server
}
let tried = 0
try {
  for (const promises of [memories, questions, facts, shapes, keys, looks]) {
    for (const [name, keeps] of Object.entries(promises)) {
      const promise = name.replaceAll('_', ' ')
      if (!promise.includes(part)) continue
      const before = visitor.problems.length
      const start = Date.now()
      await keeps({ visitor, serve }).catch((error) => visitor.problems.push(error.stack))
      await visitor.leave()
      const isKept = visitor.problems.length === before
      console.log(`${isKept ? 'holds' : 'FAILS'}: ${promise} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
      tried += 1
    }
  }
} finally {
  await visitor.close()
  servers.forEach((server) => server.close())
}
if (tried === 0) visitor.problems.push(`nothing has ${part} in its name`)
visitor.problems.forEach((problem) => console.error(problem))
// Scripted servers may still wait.
process.exit(visitor.problems.length > 0 ? 1 : 0)
