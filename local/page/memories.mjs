// The memories of a bucket: newest first, or those that match best. One is deleted when the server says so, and not before.

import { listMemories, search } from './api.mjs'
import { confirmDeleteMemory, showMemory } from './dialogs.mjs'
import { button, el, empty, loading, notify } from './dom.mjs'
import { problem } from './errors.mjs'
import { count, date, excerpt, whole } from './format.mjs'
import { LongList } from './list.mjs'
import { Pages } from './pages.mjs'
import { results, warningBox } from './results.mjs'
import { explanationOf } from './shapes.mjs'

/// Browsers draw nothing that is some ten million pixels high, so longer lists are shown in stretches.
const STRETCH = 100_000
const [FIRST_MATCHES, MORE_MATCHES] = [20, 100]

export function memoriesView(bucket, { onchange }) {
  const input = el('input', { type: 'search', id: 'search', placeholder: 'Search these memories', 'aria-label': 'Search these memories', autocomplete: 'off' })
  const form = el('form', { class: 'search', role: 'search', onsubmit }, input, el('button', { type: 'submit' }, 'Search'))
  const place = el('div')
  const element = el('section', { 'aria-label': 'Memories' }, form, place)
  let shown = everything()

  input.addEventListener('input', () => {
    if (input.value === '' && shown.isSearch) show(everything)
  })
  // Chromium clears the field at Escape; others don't.
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    input.value = ''
    if (shown.isSearch) show(everything)
  })

  function onsubmit(event) {
    event.preventDefault()
    const question = input.value.trim()
    show(question === '' ? everything : () => matches(question, FIRST_MATCHES))
  }

  function show(make) {
    shown.close()
    place.replaceChildren()
    shown = make()
  }

  /// Shows a memory in full, and deletes it where that is wanted.
  async function open(memory, gone) {
    if ((await showMemory(memory, { canDelete: Boolean(memory.id) })) === 'delete') await remove(memory, gone)
  }

  async function remove(memory, gone) {
    const outcome = await confirmDeleteMemory(memory.bucket ?? bucket, memory)
    if (!outcome) return
    notify(outcome === 'gone' ? 'The memory was gone already.' : 'The memory was deleted.')
    gone(memory)
    onchange()
  }

  function everything() {
    const head = el('div', { class: 'list-head' })
    const foot = el('div')
    let base = 0
    const list = new LongList({
      label: 'Memories, newest first',
      row: (place) => row(pages.at(base + place)),
      onwindow: (first, last) => pages.want(base + first, base + last),
    })
    const pages = new Pages((limit, offset, signal) => listMemories(bucket, limit, offset, signal), draw)
    place.replaceChildren(loading('Loading the memories…'))
    pages.open()

    const gone = (memory) => pages.remove(memory.id)

    function row(memory) {
      if (!memory) return el('li', { class: 'row' }, el('p', { class: 'waiting' }, pages.error ? 'Not loaded.' : 'Loading…'))
      return el(
        'li',
        { class: 'row' },
        button(excerpt(memory.content), () => open(memory, gone), { class: 'content open' }),
        el('p', { class: 'meta' }, ...meta(memory)),
        memory.id && button('Delete', () => remove(memory, gone), { class: 'quiet', 'aria-label': 'Delete this memory' }),
      )
    }

    function draw() {
      if (pages.error && pages.count === 0) return place.replaceChildren(problem(pages.error, () => show(everything)))
      if (pages.count === 0) return place.replaceChildren(nothing())
      if (list.element.parentNode !== place) place.replaceChildren(head, list.element, foot)
      head.replaceChildren(...heading())
      foot.replaceChildren(...(pages.error ? [problem(pages.error, () => pages.again())] : stretches()))
      list.update(Math.min(STRETCH, pages.count - base))
    }

    function heading() {
      const changed = pages.changedTo !== undefined
      return [
        el('p', {}, `${count(pages.count, 'memory', 'memories')}${pages.isWhole ? '' : ' or more'}, newest first`),
        changed && el('p', { class: 'hint' }, `There are ${whole(pages.changedTo)} now. `, button('Show them', () => show(everything))),
        ...stretches(),
      ].filter(Boolean)
    }

    /// Ways to the other stretches of a very long list.
    function stretches() {
      if (pages.count <= STRETCH) return []
      const go = (to) => {
        base = to
        list.update(0)
        draw()
        place.scrollIntoView({ block: 'start' })
      }
      const last = Math.min(base + STRETCH, pages.count)
      return [
        el(
          'nav',
          { class: 'stretches', 'aria-label': 'Parts of the list' },
          button('Newer', () => go(base - STRETCH), { disabled: base === 0 }),
          el('span', {}, `${whole(base + 1)} to ${whole(last)}`),
          button('Older', () => go(base + STRETCH), { disabled: last === pages.count }),
        ),
      ]
    }

    return {
      isSearch: false,
      redraw: () => pages.count > 0 && list.update(Math.min(STRETCH, pages.count - base)),
      changed: (total) => {
        if (total === undefined || !pages.isOpen || pages.error) return
        if (pages.count === 0 && total > 0) return show(everything)
        pages.changedTo = total === pages.count ? undefined : total
        draw()
      },
      close: () => {
        pages.close()
        list.close()
      },
    }
  }

  function matches(question, most) {
    const stop = new AbortController()
    place.replaceChildren(loading('Searching…'))
    const gone = () => show(() => matches(question, most))
    search(bucket, question, most, stop.signal).then(
      (answer) => {
        const explanation = explanationOf(answer)
        const { memories } = explanation
        if (!explanation.isThere) return place.replaceChildren(empty('The server doesn’t say what it found', 'Its response has no memories.'))
        if (memories.length === 0) return place.replaceChildren(warningBox(explanation.warning) ?? '', noMatch(question))
        const more = memories.length >= most && most < MORE_MATCHES
        place.replaceChildren(
          el('p', { class: 'list-head' }, `The ${count(memories.length, 'memory', 'memories')} that ${memories.length === 1 ? 'matches' : 'match'} best. `, button('Show all memories', clear, { class: 'plain' })),
          results(explanation, { open: (memory) => open(memory, gone) }),
          more ? button('Show more', () => show(() => matches(question, MORE_MATCHES))) : '',
        )
      },
      (error) => {
        if (!stop.signal.aborted) place.replaceChildren(problem(error, () => show(() => matches(question, most))))
      },
    )
    return { isSearch: true, redraw: () => {}, changed: () => {}, close: () => stop.abort() }
  }

  function clear() {
    input.value = ''
    show(everything)
    input.focus()
  }

  const noMatch = (question) => {
    const box = empty('Nothing matches', `No memory of this bucket is related to “${excerpt(question)}”. Try other words.`)
    box.append(button('Show all memories', clear))
    return box
  }

  return {
    element,
    show: () => shown.redraw(),
    changed: (total) => shown.changed(total),
    close: () => shown.close(),
  }
}

const nothing = () => empty('Nothing is remembered here yet', 'What your agent stores in this bucket appears here.')

/// The small print of a memory.
function meta(memory) {
  const parts = []
  if (memory.createdAt) parts.push(el('time', { datetime: memory.createdAt }, date(memory.createdAt)))
  if (memory.tokens !== undefined) parts.push(el('span', {}, count(memory.tokens, 'token')))
  return parts
}
