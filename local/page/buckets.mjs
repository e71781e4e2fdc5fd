// The buckets, with their counts.

import { button, el, empty, loading } from './dom.mjs'
import { problem } from './errors.mjs'
import { whole } from './format.mjs'

/// With more buckets than this there is a field to find one.
const MANY = 8

export const addressOf = (bucket, tab = 'memories') => `#/${encodeURIComponent(bucket)}/${tab}`

export function bucketList(place, { onnew, onkey, again }) {
  const filter = el('input', { type: 'search', placeholder: 'Find a bucket', 'aria-label': 'Find a bucket', autocomplete: 'off', oninput: () => fill() })
  const list = el('ul')
  const none = el('p', { class: 'hint', hidden: true }, 'No bucket has this in its name.')
  const links = new Map()
  let all = []
  let current

  const head = () => el('div', { class: 'head' }, el('h2', {}, 'Buckets'), button('New…', onnew, { class: 'quiet' }))

  function fill() {
    const wanted = filter.value.trim().toLowerCase()
    const shown = all.filter(({ name }) => name.toLowerCase().includes(wanted))
    const focused = [...links].find(([, link]) => link === document.activeElement)?.[0]
    links.clear()
    list.replaceChildren(...shown.map(item))
    none.hidden = shown.length > 0
    links.get(focused)?.focus()
    mark()
  }

  function item({ name, count, description }) {
    const label = count === undefined ? undefined : el('span', { class: 'count' }, whole(count))
    const link = el('a', { href: addressOf(name), title: description }, el('bdi', { class: 'name' }, name), label)
    links.set(name, link)
    return el('li', {}, link)
  }

  function mark() {
    for (const [name, link] of links) {
      if (name === current) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
  }

  return {
    wait: () => place.replaceChildren(head(), loading('Loading the buckets…')),
    fail: (error) => place.replaceChildren(head(), problem(error, again)),
    show(buckets, name) {
      current = name
      // What has the focus keeps it.
      if (all === buckets) return mark()
      all = buckets
      if (buckets.length === 0) {
        const box = empty('Nothing is remembered under this key', 'Each key has its own memories. If your agent uses another one, enter it.')
        box.append(button('Enter a key…', onkey))
        place.replaceChildren(head(), box)
        return
      }
      filter.hidden = buckets.length <= MANY
      if (list.parentNode !== place) place.replaceChildren(head(), filter, list, none)
      fill()
    },
  }
}
