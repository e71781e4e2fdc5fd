// Where the entities and the facts of a graph are drawn. The forces are those of d3-force, and the same graph is always drawn alike.

// It's a classic script, so that it is a file of its package as it is.
const { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } = globalThis.d3

const STEPS = 400
const HEIGHT = 30
const LONGEST_NAME = 24
const MARGIN = 16

/// Entities and facts, with their places, and the box around it all. A fact is a body of its own between its entities, so that no two
/// predicates are written at the same place.
export function layOut(facts, { width, measure }) {
  const entities = entitiesOf(facts, measure)
  const drawn = facts.map((fact) => {
    const label = shortened(fact.predicate)
    return { fact, label, width: measure(label, 12) + 12, from: entities.get(fact.subject), to: entities.get(fact.object) }
  })
  const bodies = [...entities.values(), ...drawn]
  const links = drawn.flatMap(linksOf)
  // What is wide gets high where the page is narrow.
  const shape = Math.max(0.35, Math.min(1.2, width / 760))
  const simulation = forceSimulation(bodies)
    .force('link', forceLink(links).distance(({ distance }) => distance).strength(({ strength }) => strength))
    .force('charge', forceManyBody().strength((body) => (body.fact ? -150 : -700)).distanceMax(600))
    .force('collide', forceCollide((body) => Math.max(HEIGHT / 2, body.width / (body.fact ? 3 : 2.2)) + 4).strength(0.8))
    .force('x', forceX().strength(0.05 / shape))
    .force('y', forceY().strength(0.05 * shape))
    .stop()
  simulation.tick(STEPS)
  drawn.forEach((fact) => Object.assign(fact, { path: line(fact) }))
  return { entities: [...entities.values()], facts: drawn, box: boxAround(bodies) }
}

function entitiesOf(facts, measure) {
  const names = new Set(facts.flatMap(({ subject, object }) => [subject, object]))
  const entity = (name) => {
    const label = shortened(name || '?')
    return [name, { name, label, width: measure(label, 14) + 28 }]
  }
  return new Map([...names].map(entity))
}

/// From entity to fact to entity; and between the entities, so that the line is as straight as others let it be.
function linksOf(fact) {
  const { from, to } = fact
  const half = (source, target) => ({ source, target, distance: 34 + (source.width + target.width) / 4, strength: 0.7 })
  const halves = [half(from, fact), half(fact, to)]
  const distance = halves[0].distance + halves[1].distance
  return from === to ? halves : [...halves, { source: from, target: to, distance, strength: 0.45 }]
}

function shortened(name) {
  const letters = [...name]
  return letters.length <= LONGEST_NAME ? name : `${letters.slice(0, LONGEST_NAME - 1).join('')}…`
}

/// From the edge of one entity, through the place of the predicate, to the edge of the other.
function line({ from, to, x, y }) {
  if (from === to) return loop(from, { x, y })
  // A quadratic curve goes half as far as its control point.
  const control = { x: 2 * x - (from.x + to.x) / 2, y: 2 * y - (from.y + to.y) / 2 }
  return `M${point(edge(from, control, 0))}Q${point(control)} ${point(edge(to, control, 5))}`
}

/// A fact of an entity about itself.
function loop(entity, { x, y }) {
  const [dx, dy] = [x - entity.x, y - entity.y]
  const side = (turn) => ({ x: entity.x + 1.4 * dx - turn * dy * 0.7, y: entity.y + 1.4 * dy + turn * dx * 0.7 })
  const [one, other] = [side(1), side(-1)]
  return `M${point(edge(entity, one, 0))}C${point(one)} ${point(other)} ${point(edge(entity, other, 5))}`
}

/// Where the line from the middle of the entity towards the place leaves it.
function edge({ x, y, width }, place, gap) {
  const [dx, dy] = [place.x - x, place.y - y]
  const part = Math.min((width / 2 + gap) / Math.abs(dx || 1e-6), (HEIGHT / 2 + gap) / Math.abs(dy || 1e-6), 1)
  return { x: x + dx * part, y: y + dy * part }
}

const point = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`

function boxAround(bodies) {
  const xs = bodies.flatMap(({ x, width }) => [x - width / 2, x + width / 2])
  const ys = bodies.flatMap(({ y }) => [y - HEIGHT / 2, y + HEIGHT / 2])
  const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN]
  return { left, top, width: Math.max(...xs) + MARGIN - left, height: Math.max(...ys) + MARGIN - top }
}

export const ENTITY_HEIGHT = HEIGHT
