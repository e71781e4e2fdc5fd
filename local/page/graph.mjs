// The facts of a graph, as a picture and as a table. The table says all that the picture does, and works with the keyboard.

import { button, el, svg } from './dom.mjs'
import { count, score, whole } from './format.mjs'
import { ENTITY_HEIGHT, layOut } from './layout.mjs'

/// A picture of more facts is a tangle.
const MOST_DRAWN = 80
/// With more facts, only the predicates of what is chosen are written.
const MOST_LABELLED = 30
/// Letters that are smaller than this part of their size aren't read any more; the picture is moved then.
const LEAST_SCALE = 0.8

/// `memoryLink(id)` is what leads to the memory of a fact, and undefined where it isn't on the page.
export function graph({ facts, entities }, memoryLink) {
  const asked = new Set(entities.map(({ name }) => name))
  const chosen = { name: undefined }
  const picture = el('div', { class: 'picture', tabindex: 0, role: 'group', 'aria-label': 'The facts as a picture. The table below says the same.' })
  const element = el(
    'div',
    { class: 'graph' },
    entities.length > 0 && el('p', { class: 'hint' }, 'The question is about ', entities.map((entity) => el('span', { class: 'chip' }, named(entity)))),
    picture,
    facts.length > MOST_DRAWN && el('p', { class: 'hint' }, `The picture shows ${MOST_DRAWN} of ${whole(facts.length)} facts; the table has all.`),
    table(facts, memoryLink, choose),
  )
  const drawn = facts.slice(0, MOST_DRAWN)
  let width = 0
  const observer = new ResizeObserver(() => {
    if (picture.clientWidth === width || picture.clientWidth === 0) return
    width = picture.clientWidth
    picture.replaceChildren(draw(drawn, asked, width, choose))
    mark()
  })
  observer.observe(picture)

  /// Brings out an entity and what is said of it; once more, and all are alike again.
  function choose(name) {
    chosen.name = chosen.name === name ? undefined : name
    mark()
  }

  function mark() {
    element.classList.toggle('has-choice', chosen.name !== undefined)
    for (const part of element.querySelectorAll('[data-entity]')) part.classList.toggle('is-chosen', part.dataset.entity === chosen.name)
    for (const part of element.querySelectorAll('[data-ends]')) {
      part.classList.toggle('is-near', chosen.name !== undefined && JSON.parse(part.dataset.ends).includes(chosen.name))
    }
    for (const choice of element.querySelectorAll('button[data-entity]')) {
      choice.setAttribute('aria-pressed', choice.dataset.entity === chosen.name)
    }
  }

  return { element, close: () => observer.disconnect() }
}

const named = ({ name, score: match }) => (match === undefined ? name : `${name} ${score(match)}`)

function draw(facts, asked, width, choose) {
  const { entities, facts: lines, box } = layOut(facts, { width, measure })
  const scale = Math.max(LEAST_SCALE, Math.min(1, width / box.width))
  return svg(
    'svg',
    {
      role: 'img',
      'aria-label': `${count(entities.length, 'entity', 'entities')} and ${count(lines.length, 'fact')}`,
      class: lines.length <= MOST_LABELLED ? 'is-labelled' : undefined,
      viewBox: `${box.left} ${box.top} ${box.width} ${box.height}`,
      width: box.width * scale,
      height: box.height * scale,
    },
    svg('defs', {}, arrow()),
    lines.map(({ fact, path }) => svg('path', { class: 'fact', d: path, 'marker-end': 'url(#arrow)', 'data-ends': ends(fact) })),
    lines.map(({ fact, label, x, y }) => svg('text', { class: 'predicate', x, y, 'data-ends': ends(fact) }, label)),
    entities.map(({ name, label, x, y, width }) =>
      svg(
        'g',
        { class: asked.has(name) ? 'entity is-asked' : 'entity', 'data-entity': name, 'data-ends': neighbours(name, facts), onclick: () => choose(name) },
        svg('title', {}, name),
        svg('rect', { x: x - width / 2, y: y - ENTITY_HEIGHT / 2, width, height: ENTITY_HEIGHT, rx: ENTITY_HEIGHT / 2 }),
        svg('text', { x, y }, label),
      ),
    ),
  )
}

const arrow = () =>
  svg(
    'marker',
    { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' },
    svg('path', { d: 'M0,0L8,4L0,8z' }),
  )

/// The entities that are brought out with one another, for `mark`.
const ends = ({ subject, object }) => JSON.stringify([subject, object])
const neighbours = (name, facts) =>
  JSON.stringify(facts.filter(({ subject, object }) => subject === name || object === name).flatMap(({ subject, object }) => [subject, object]))

const canvas = document.createElement('canvas').getContext('2d')

/// How wide a text of this size is.
function measure(text, size) {
  canvas.font = `${size}px system-ui, sans-serif`
  return canvas.measureText(text).width
}

function table(facts, memoryLink, choose) {
  const entity = (name) => button(name || '?', () => choose(name), { class: 'plain', 'data-entity': name, 'aria-pressed': 'false' })
  const rows = facts.map((fact) => {
    const show = memoryLink(fact.memory)
    return el(
      'tr',
      { 'data-ends': ends(fact) },
      el('td', {}, entity(fact.subject)),
      el('td', {}, fact.predicate),
      el('td', {}, entity(fact.object)),
      el('td', {}, fact.depth === 0 ? 'direct' : count(fact.depth, 'step')),
      el('td', {}, show ? button('Show', show, { class: 'plain', 'aria-label': `Show the memory of: ${fact.subject} ${fact.predicate} ${fact.object}` }) : '–'),
    )
  })
  const head = ['Subject', 'Predicate', 'Object', 'Distance', 'Memory'].map((name) => el('th', { scope: 'col' }, name))
  return el(
    'div',
    { class: 'table', tabindex: 0, role: 'group', 'aria-label': 'The facts as a table' },
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)),
  )
}
