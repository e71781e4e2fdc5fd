// Memories that were found, with their scores.

import { button, el } from './dom.mjs'
import { excerpt, score } from './format.mjs'

/// The memories of an explanation, best first, and what the server warns of. `open(memory)` shows one in full.
export function results({ memories, warning }, { open, buckets = false }) {
  const most = Math.max(1, ...memories.map(({ rank }) => rank ?? 0))
  return el(
    'div',
    { class: 'results' },
    warningBox(warning),
    el('ol', { class: 'found' }, ...memories.map((memory) => card(memory, most, open, buckets))),
    el(
      'details',
      { class: 'hint' },
      el('summary', {}, 'What the scores say'),
      el('p', {}, 'Memories are ranked by score: how well they match by words and by meaning together.'),
      el('p', {}, 'Similarity is how near question and memory are in meaning or, for a memory that was found by its words only, how well these match.'),
    ),
  )
}

export const warningBox = (warning) => warning && el('p', { class: 'warning', role: 'note' }, warning)

function card(memory, most, open, buckets) {
  return el(
    'li',
    { class: 'card', 'data-memory': memory.id },
    scores(memory, most),
    button(excerpt(memory.content), () => open(memory), { class: 'content open' }),
    buckets && memory.bucket && el('p', { class: 'meta' }, memory.bucket),
  )
}

function scores({ rank, search, weight }, most) {
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' }, el('span'))
  bar.firstChild.style.inlineSize = `${Math.max(0, Math.min(1, (rank ?? 0) / most)) * 100}%`
  return el(
    'dl',
    { class: 'scores' },
    figure('Score', rank, bar),
    search !== undefined && figure('Similarity', search),
    weight !== undefined && weight !== 1 && figure('Weight', weight),
  )
}

const figure = (name, value, ...more) =>
  el('div', {}, el('dt', {}, name), el('dd', {}, value === undefined ? '–' : score(value), ...more))
