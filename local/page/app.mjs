// The page: which bucket and which of its views are shown, as the address says (`#/bucket/view`).

import { listBuckets } from './api.mjs'
import { askView } from './ask.mjs'
import { addressOf, bucketList } from './buckets.mjs'
import { askForKey, confirmDeleteBucket, newBucket } from './dialogs.mjs'
import { button, el, notify } from './dom.mjs'
import { count, day } from './format.mjs'
import { isDefault, key } from './key.mjs'
import { memoriesView } from './memories.mjs'
import { profileView } from './profile.mjs'

const TABS = { memories: ['Memories', memoriesView], ask: ['Ask', askView], profile: ['Profile', profileView] }
const isWide = matchMedia('(min-width: 48rem)')
const main = document.getElementById('main')

let buckets
/// The bucket that is shown, with those of its views that were looked at.
let shown
let isAsking = false

const side = bucketList(document.getElementById('buckets'), { onnew: create, onkey: () => changeKey(false), again: load })

async function load() {
  if (!buckets) side.wait()
  const as = key()
  try {
    const listed = await listBuckets()
    // What another key has is not shown.
    if (as !== key()) return
    buckets = listed
    route()
    shown?.tell()
  } catch (error) {
    if (as !== key()) return
    side.fail(error)
    if (!shown) main.replaceChildren()
  }
}

/// The bucket and the view of the address.
function address() {
  const [, name, tab] = location.hash.match(/^#\/([^/]+)(?:\/(\w+))?$/) ?? []
  try {
    return { name: name && decodeURIComponent(name), tab: Object.hasOwn(TABS, tab ?? '') ? tab : 'memories' }
  } catch {
    return { tab: 'memories' }
  }
}

function route() {
  if (!buckets) return
  const { name, tab } = address()
  // Where there is room for a bucket beside the list, one is shown.
  if (name === undefined && isWide.matches && buckets.length > 0) {
    history.replaceState(null, '', addressOf(buckets[0].name))
    return route()
  }
  document.body.dataset.view = name === undefined ? 'buckets' : 'bucket'
  side.show(buckets, name)
  if (shown?.name !== name) {
    shown?.close()
    shown = undefined
  }
  const bucket = buckets.find((bucket) => bucket.name === name)
  document.title = name === undefined ? 'engram-local' : `${name} · engram-local`
  if (name === undefined) return main.replaceChildren(buckets.length > 0 ? el('p', { class: 'hint' }, 'Choose a bucket to see its memories.') : '')
  if (!bucket) return main.replaceChildren(...missing(name))
  if (!shown) {
    shown = bucketView(name)
    // There the list of buckets, with the link that was followed, is gone.
    if (!isWide.matches) main.focus({ preventScroll: true })
  }
  shown.open(tab)
}

const missing = (name) => [
  el('div', { class: 'empty' }, el('h2', {}, 'There is no such bucket'), el('p', {}, `No bucket is called “${name}”. It may have been deleted.`)),
  el('p', {}, el('a', { href: '#/' }, 'All buckets')),
]

function bucketView(name) {
  const views = new Map()
  const scrolled = new Map()
  const about = el('p', { class: 'meta' })
  const tabs = Object.entries(TABS).map(([tab, [label]]) => el('a', { href: addressOf(name, tab), 'data-tab': tab }, label))
  const place = el('div', { class: 'view' })
  let open
  main.replaceChildren(
    el('a', { class: 'back', href: '#/' }, 'All buckets'),
    el('div', { class: 'title' }, el('h2', {}, el('bdi', {}, name)), button('Delete bucket…', () => remove(name), { class: 'quiet' })),
    about,
    el('nav', { class: 'tabs', 'aria-label': 'Views' }, ...tabs),
    place,
  )

  const view = (tab) => {
    if (!views.has(tab)) views.set(tab, TABS[tab][1](name, { onchange: load, bucketNames: () => buckets.map((bucket) => bucket.name) }))
    return views.get(tab)
  }

  function describe() {
    const bucket = buckets.find((bucket) => bucket.name === name)
    const parts = [
      bucket?.description,
      bucket?.count !== undefined && count(bucket.count, 'memory', 'memories'),
      bucket?.createdAt && `since ${day(bucket.createdAt)}`,
    ]
    about.textContent = parts.filter(Boolean).join(' · ')
  }

  return {
    name,
    /// A view that was left is kept as it was: an answer goes on being written.
    open(tab) {
      describe()
      if (tab === open) return
      if (open !== undefined) {
        scrolled.set(open, scrollY)
        view(open).hide?.()
      }
      open = tab
      tabs.forEach((link) => (link.dataset.tab === tab ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')))
      const { element, show } = view(tab)
      if (!place.contains(element)) place.append(element)
      for (const other of place.children) other.hidden = other !== element
      scrollTo(0, scrolled.get(tab) ?? 0)
      show()
    },
    tell() {
      const bucket = buckets.find((bucket) => bucket.name === name)
      describe()
      views.forEach((view) => view.changed(bucket?.count))
    },
    close: () => views.forEach((view) => view.close()),
  }
}

async function create() {
  const name = await newBucket()
  if (name === undefined) return
  location.hash = addressOf(name)
  await load()
}

async function remove(name) {
  const outcome = await confirmDeleteBucket(buckets.find((bucket) => bucket.name === name))
  if (!outcome) return
  notify(outcome === 'gone' ? 'The bucket was gone already.' : 'The bucket was deleted.')
  location.hash = '#/'
  await load()
}

/// Asks for a key. All that is shown belongs to the one before, so the page begins anew.
async function changeKey(isRefused) {
  if (isAsking) return
  isAsking = true
  const isTaken = await askForKey(isRefused)
  isAsking = false
  if (!isTaken) return
  shown?.close()
  shown = buckets = undefined
  main.replaceChildren()
  history.replaceState(null, '', '#/')
  nameKey()
  load()
}

const keyButton = document.getElementById('key')
const nameKey = () => (keyButton.textContent = isDefault() ? 'Key: local' : 'Key: yours')
nameKey()
keyButton.addEventListener('click', () => changeKey(false))
document.addEventListener('key-refused', () => changeKey(true))
document.querySelector('.skip').addEventListener('click', (event) => {
  // The address says what is shown.
  event.preventDefault()
  main.focus()
})
addEventListener('hashchange', route)
isWide.addEventListener('change', route)
// Agents go on storing while nobody looks.
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && load())
load()
