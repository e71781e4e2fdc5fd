// What servers send, in one shape. They differ: bare arrays, fields that are missing or have older names, numbers as texts.

const object = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {})
const list = (value) => (Array.isArray(value) ? value.filter((item) => item !== null && typeof item === 'object') : [])
const text = (value) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined)

function number(value) {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  return Number.isFinite(Number(value)) ? Number(value) : undefined
}

/// The list in an answer: the answer itself, or the first of these members that is one.
function listIn(answer, names) {
  if (Array.isArray(answer)) return list(answer)
  return list(names.map((name) => object(answer)[name]).find(Array.isArray))
}

export function bucketsOf(answer) {
  const buckets = listIn(answer, ['buckets', 'data', 'items']).map((bucket) => ({
    name: text(bucket.name) ?? text(bucket.bucket_name),
    description: text(bucket.description),
    createdAt: text(bucket.created_at),
    count: number(bucket.memory_count),
  }))
  return buckets.filter((bucket) => bucket.name)
}

/// A page of memories. `total` is undefined where the server doesn't say it.
export function memoriesOf(answer) {
  const memories = listIn(answer, ['memories', 'data', 'items']).map((memory) => ({
    id: text(memory.id) ?? text(memory.memory_id),
    content: text(memory.content) ?? '',
    bucket: text(memory.bucket_name),
    createdAt: text(memory.created_at),
    tokens: number(memory.token_count),
  }))
  return { memories, total: number(object(answer).total) }
}

/// What an answer was made from.
export function explanationOf(answer) {
  const explanation = object(object(answer).explanation)
  return {
    isThere: Object.keys(explanation).length > 0,
    warning: text(explanation.warning),
    memories: list(explanation.retrieved_memories).map(retrieved),
    facts: unique(list(explanation.graph_facts).map(fact).filter((fact) => fact.subject || fact.object)),
    entities: list(explanation.entity_matches).map(entity).filter((entity) => entity.name),
    profiles: profilesOf(explanation),
  }
}

const retrieved = (memory) => ({
  id: text(memory.memory_id) ?? text(memory.id),
  content: text(memory.content) ?? '',
  bucket: text(memory.bucket_name) ?? text(memory.bucket),
  search: number(memory.raw_score),
  weight: number(memory.weight),
  rank: number(memory.weighted_score) ?? number(memory.score),
  metadata: Object.entries(object(memory.metadata)),
})

const fact = (fact) => ({
  subject: text(fact.subject) ?? '',
  predicate: text(fact.predicate) ?? '',
  object: text(fact.object) ?? '',
  memory: text(fact.memory_id),
  depth: number(fact.depth) ?? 0,
  timestamp: text(fact.timestamp),
})

/// The same fact of the same memory is one.
function unique(facts) {
  const seen = new Set()
  return facts.filter(({ subject, predicate, object, memory }) => {
    const fact = JSON.stringify([subject, predicate, object, memory])
    return !seen.has(fact) && seen.add(fact)
  })
}

const entity = (match) => ({ name: text(match.entity), bucket: text(match.bucket_name), score: number(match.score) })

/// Pairs of a bucket's name, where it is known, and its profile.
function profilesOf({ profile, profiles }) {
  const several = Object.entries(object(profiles))
  const all = several.length > 0 ? several : [[undefined, profile]]
  return all.map(([bucket, profile]) => [bucket, profileText(profile)]).filter(([, profile]) => profile)
}

export function profileOf(answer) {
  const result = object(answer)
  const profile = profileText(result.profile)
  return {
    profile,
    status: text(result.status) ?? (profile ? 'ready' : undefined),
    updatedAt: text(result.updated_at),
    madeFrom: number(result.n_memories_at_gen),
    source: text(result.source),
  }
}

/// A profile is a text, which may be JSON, or an object.
function profileText(profile) {
  if (profile === null || profile === undefined || profile === '') return undefined
  if (typeof profile !== 'string') return JSON.stringify(profile, null, 2)
  try {
    const parsed = JSON.parse(profile)
    return typeof parsed === 'object' && parsed !== null ? JSON.stringify(parsed, null, 2) : profile
  } catch {
    return profile
  }
}

/// Why a request failed, from a body of any shape: what it says, and its code.
export function failureOf(body) {
  const { error, message, detail, code } = object(body)
  const nested = object(error)
  const said = [error, nested.message, nested.error, message, detail].map(text).find(Boolean)
  return { said, code: [code, nested.code, error].map(text).find((code) => /^[A-Z][A-Z0-9_]+$/.test(code ?? '')) }
}
