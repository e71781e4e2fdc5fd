// What went wrong, and what to do about it.

import { ApiError, NoAnswer } from './api.mjs'
import { button, el } from './dom.mjs'

const BY_CODE = {
  BYOK_REQUIRED: ['An answer needs a model', 'The server has no key of a model provider. Searching in Memories works without one.'],
  BUCKET_PROFILER_NOT_INSTALLED: ['This bucket has no profiler', 'A profile can be made once one is installed.'],
  HOST_NOT_ALLOWED: ['The server may not be used under this name', undefined],
  ORIGIN_NOT_ALLOWED: ['The server refuses this page', undefined],
  DISK_FULL: ['The disk is full', undefined],
  DATABASE_LOCKED: ['The database is in use', undefined],
}

const BY_STATUS = {
  401: ['The key isn’t accepted', 'Enter a key that this server knows.'],
  403: ['The key doesn’t allow this', 'Enter a key that does.'],
  404: ['It isn’t there any more', 'It may have been deleted meanwhile. Reload to see what is there.'],
  409: ['It already exists', 'Choose another name.'],
  412: ['Something is missing on the server', undefined],
  413: ['It’s too large for the server', 'Send less at once.'],
  422: ['The server can’t use this', 'Change it, then try again.'],
  429: ['The server is busy', 'Too many requests are under way at once. Wait a little, then try again.'],
}

const FAILED = ['The server failed', 'Try again. If it fails again, the server’s log says why.']
const NO_ANSWER = ['The server doesn’t respond', 'Check whether it is running, and start it if it isn’t. Then try again.']
const OTHER = ['Something went wrong in this page', 'Reload the page.']

/// A title, what the server said, and what to do.
export function explain(error) {
  if (error instanceof NoAnswer) return { title: NO_ANSWER[0], said: error.message, advice: NO_ANSWER[1] }
  if (!(error instanceof ApiError)) return { title: OTHER[0], said: error.message, advice: OTHER[1] }
  const known = BY_CODE[error.code] ?? BY_STATUS[error.status] ?? (error.status >= 500 ? FAILED : ['The server refused this', undefined])
  return { title: known[0], said: error.said ?? `HTTP ${error.status}`, advice: known[1] }
}

/// A box that says it, with a button to try again where there is a way.
export function problem(error, again) {
  const { title, said, advice } = explain(error)
  return el(
    'div',
    { class: 'problem', role: 'alert' },
    el('strong', {}, title),
    el('p', { class: 'said' }, said),
    advice && el('p', {}, advice),
    again && button('Try again', again),
  )
}
