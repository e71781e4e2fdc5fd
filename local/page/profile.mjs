// The profile of a bucket: whether there is one, and a way to have it made anew.

import { getProfile, regenerateProfile } from './api.mjs'
import { button, el, empty, loading, notify } from './dom.mjs'
import { problem } from './errors.mjs'
import { count, date } from './format.mjs'

/// How often a profile that is being made is looked for.
const PAUSE = 4000

export function profileView(bucket) {
  const place = el('div', {}, loading('Loading the profile…'))
  const wrong = el('div', { class: 'wrong' })
  const regenerate = button('Make a profile', onregenerate, { class: 'primary' })
  const element = el('section', { 'aria-label': 'Profile' }, place, wrong, el('div', { class: 'actions' }, button('Look again', load), regenerate))
  const stop = new AbortController()
  let timer
  let isShown = false

  async function load() {
    clearTimeout(timer)
    try {
      draw(await getProfile(bucket, stop.signal))
    } catch (error) {
      if (!stop.signal.aborted) place.replaceChildren(problem(error, load))
    }
  }

  async function onregenerate() {
    regenerate.disabled = true
    wrong.replaceChildren()
    try {
      const profile = await regenerateProfile(bucket)
      draw(profile)
      notify(profile.profile ? 'A new profile was requested. Until it’s there, the last one is shown.' : 'A profile was requested.')
    } catch (error) {
      wrong.replaceChildren(problem(error))
    }
    regenerate.disabled = false
  }

  function draw(profile) {
    place.replaceChildren(...described(profile))
    regenerate.textContent = profile.profile ? 'Make a new one' : 'Make a profile'
    clearTimeout(timer)
    if (profile.status === 'pending' && isShown && !stop.signal.aborted) timer = setTimeout(load, PAUSE)
  }

  return {
    element,
    show: () => {
      isShown = true
      load()
    },
    hide: () => {
      isShown = false
      clearTimeout(timer)
    },
    changed: () => {},
    close: () => {
      stop.abort()
      clearTimeout(timer)
    },
  }
}

function described({ profile, status, updatedAt, madeFrom, source }) {
  const text = profile && el('p', { class: 'content whole profile' }, profile)
  const about = [
    updatedAt && `Made ${date(updatedAt)}`,
    madeFrom !== undefined && `from ${count(madeFrom, 'memory', 'memories')}`,
    source && `by ${source}`,
  ].filter(Boolean)
  const line = about.length > 0 && el('p', { class: 'meta' }, about.join(' '))
  if (status === 'ready') {
    return [badge('ready', 'Ready'), text || empty('The profile is empty', 'The server says that it’s ready, but sends no text.'), line].filter(Boolean)
  }
  if (status === 'pending') {
    const waiting = el('p', {}, profile ? 'A new one is being made. This is the last one.' : 'The profile is being made. It appears here when it’s ready.')
    return [badge('pending', 'Pending'), waiting, text, line].filter(Boolean)
  }
  const none = empty('There is no profile', 'A profile sums up the memories of a bucket. This bucket has no profiler.')
  if (status === 'not_installed') return [badge('none', 'Not installed'), text || none]
  // An older server, or a newer one.
  return [status && badge('none', status), text || empty('There is no profile', 'The server sends none for this bucket.'), line].filter(Boolean)
}

const badge = (kind, label) => el('p', { class: `badge ${kind}` }, label)
