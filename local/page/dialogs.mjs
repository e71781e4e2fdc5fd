// Questions before something is done, and the key. They are the browser's own dialogs: Escape closes them, and focus goes back.

import { ApiError, NoAnswer, checkKey, createBucket, deleteBucket, deleteMemory } from './api.mjs'
import { button, el } from './dom.mjs'
import { problem } from './errors.mjs'
import { count, date, whole } from './format.mjs'
import { isWellFormed, setKey } from './key.mjs'

let number = 0

/// Shows a dialog, and resolves to what it was closed with: undefined where it was cancelled.
function open(title, build) {
  return new Promise((resolve) => {
    const id = `dialog-${++number}`
    const dialog = el('dialog', { 'aria-labelledby': id }, el('h2', { id }, title))
    let result
    const close = (value) => {
      result = value
      dialog.close()
    }
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(result)
    })
    dialog.append(...build(close, dialog))
    document.body.append(dialog)
    dialog.showModal()
  })
}

/// The buttons of a dialog, with a place for what went wrong. While `act` works they can't be pressed again; it resolves to what the dialog
/// is closed with.
function form(close, { fields, label, kind, act, isReady = () => true }) {
  const wrong = el('div')
  const submit = el('button', { type: 'submit', class: kind }, label)
  const cancel = button('Cancel', () => close(), { autofocus: fields.length === 0 })
  const check = () => (submit.disabled = !isReady())
  async function onsubmit(event) {
    event.preventDefault()
    if (submit.disabled) return
    submit.disabled = true
    wrong.replaceChildren()
    try {
      close(await act())
    } catch (error) {
      wrong.replaceChildren(error instanceof Node ? error : problem(error))
    }
    check()
  }
  const element = el('form', { onsubmit, oninput: check }, ...fields, wrong, el('div', { class: 'actions' }, cancel, submit))
  check()
  return element
}

function field(label, input, help) {
  const id = `field-${++number}`
  input.id = id
  if (help) input.setAttribute('aria-describedby', `${id}-help`)
  return el('div', { class: 'field' }, el('label', { for: id }, label), input, help && el('small', { id: `${id}-help` }, help))
}

/// A memory in full. Resolves to 'delete' where it is to be deleted.
export function showMemory(memory, { canDelete }) {
  const facts = [
    ['Bucket', memory.bucket],
    ['Stored', memory.createdAt && date(memory.createdAt)],
    ['Tokens', memory.tokens !== undefined && whole(memory.tokens)],
    ['Id', memory.id],
    ...(memory.metadata ?? []).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  ].filter(([, value]) => value)
  return open('Memory', (close) => [
    el('p', { class: 'content whole', tabindex: 0 }, memory.content),
    el('dl', { class: 'facts' }, ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
    el(
      'div',
      { class: 'actions' },
      canDelete && button('Delete…', () => close('delete'), { class: 'danger' }),
      button('Close', () => close(), { autofocus: true }),
    ),
  ])
}

/// Where it is gone already, it is as it was wanted.
async function deleted(request) {
  try {
    await request
    return 'deleted'
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 'gone'
    if (error instanceof NoAnswer) throw new NoAnswer(`${error.message}. It isn’t known whether it was deleted.`)
    throw error
  }
}

/// Asks whether the memory is to be deleted, and deletes it. Resolves to 'deleted', or to 'gone' where it was deleted before.
export function confirmDeleteMemory(bucket, memory) {
  return open('Delete this memory?', (close) => [
    el('p', { class: 'content quoted', tabindex: 0 }, memory.content),
    el('p', {}, 'It’s deleted with the facts that were made from it. This page can’t bring it back.'),
    form(close, { fields: [], label: 'Delete', kind: 'danger', act: () => deleted(deleteMemory(bucket, memory.id)) }),
  ])
}

export function confirmDeleteBucket(bucket) {
  const input = el('input', { autocomplete: 'off', spellcheck: 'false', autofocus: true })
  const what = bucket.count === undefined ? 'all of its memories' : count(bucket.count, 'memory', 'memories')
  return open(`Delete ${bucket.name}?`, (close) => [
    el('p', {}, `The bucket is deleted with ${what}. This page can’t bring it back.`),
    form(close, {
      fields: [field('Type the bucket’s name to confirm', input)],
      label: 'Delete bucket',
      kind: 'danger',
      isReady: () => input.value === bucket.name,
      act: () => deleted(deleteBucket(bucket.name)),
    }),
  ])
}

/// Makes a bucket, and resolves to its name.
export function newBucket() {
  const name = el('input', { autocomplete: 'off', spellcheck: 'false', autofocus: true, required: true })
  const description = el('input', { autocomplete: 'off' })
  return open('New bucket', (close) => [
    form(close, {
      fields: [field('Name', name), field('Description', description, 'What it’s for. You can leave it empty.')],
      label: 'Create',
      kind: 'primary',
      isReady: () => name.value.trim() !== '',
      act: async () => {
        await createBucket(name.value.trim(), description.value.trim() || undefined)
        return name.value.trim()
      },
    }),
  ])
}

/// Asks for the key, and resolves to true where the server takes it.
export function askForKey(isRefused) {
  const input = el('input', { type: 'password', autocomplete: 'off', spellcheck: 'false', autofocus: true })
  const text = isRefused
    ? 'This server requires a key that it knows.'
    : 'Each key has its own memories. Enter the one that your agent uses.'
  return open('API key', (close) => [
    el('p', {}, text),
    form(close, {
      fields: [field('Key', input, 'It’s kept in this tab until you close it, and is only sent to this server.')],
      label: 'Use this key',
      kind: 'primary',
      isReady: () => isWellFormed(input.value.trim()),
      act: async () => {
        await checkKey(input.value.trim())
        setKey(input.value.trim())
        return true
      },
    }),
  ])
}
