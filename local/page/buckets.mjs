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
  let all = []
  let current

  const head = () => el('div', { class: 'head' }, el('h2', {}, 'Buckets'), button('New…', onnew, { class: 'quiet' }))

  function fill() {
    const wanted = filter.value.trim().toLowerCase()
    const shown = all.filter(({ name }) => name.toLowerCase().includes(wanted))
    list.replaceChildren(...shown.map(item))
    none.hidden = shown.length > 0
  }

  function item({ name, count, description }) {
    const attributes = { href: addressOf(name), title: description, 'aria-current': name === current ? 'page' : undefined }
    const label = count === undefined ? undefined : el('span', { class: 'count' }, whole(count))
    return el('li', {}, el('a', attributes, el('bdi', { class: 'name' }, name), label))
  }

  return {
    wait: () => place.replaceChildren(head(), loading('Loading the buckets…')),
    fail: (error) => place.replaceChildren(head(), problem(error, again)),
    show(buckets, name) {
      all = buckets
      current = name
      if (buckets.length === 0) {
        const box = empty('Nothing is remembered under this key', 'Each key has memories of its own. If your agent uses another one, enter that.')
        box.append(button('Enter a key…', onkey))
        place.replaceChildren(head(), box)
        return
      }
      filter.hidden = buckets.length <= MANY
      const had = document.activeElement === filter
      place.replaceChildren(head(), filter, list, none)
      if (had) filter.focus()
      fill()
    },
  }
}
