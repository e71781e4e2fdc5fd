// A question, its answer as it is written, and what the answer was made from.

import { showMemory } from './dialogs.mjs'
import { button, el, empty } from './dom.mjs'
import { problem } from './errors.mjs'
import { count, whole } from './format.mjs'
import { graph } from './graph.mjs'
import { results, warningBox } from './results.mjs'
import { explanationOf } from './shapes.mjs'
import { Broken, ask, isStopped } from './stream.mjs'

export function askView(bucket, { bucketNames }) {
  const question = el('textarea', { id: 'question', rows: 2, placeholder: 'What would you like to know?', onkeydown })
  const scope = el('select', { id: 'scope' }, el('option', { value: 'one' }, 'this bucket'), el('option', { value: 'all' }, 'all buckets'))
  const submit = el('button', { type: 'submit', class: 'primary' }, 'Ask')
  const stopButton = button('Stop', () => stop?.abort(new DOMException('Stopped', 'AbortError')), { hidden: true })
  const form = el(
    'form',
    { class: 'ask', onsubmit },
    el('label', { for: 'question' }, 'Question'),
    question,
    el('div', { class: 'actions' }, el('label', { for: 'scope' }, 'Search in '), scope, stopButton, submit),
  )
  const outcome = el('div', { class: 'outcome' }, el('p', { class: 'hint' }, 'The answer appears here, with the memories and facts behind it.'))
  const element = el('section', { 'aria-label': 'Ask' }, form, outcome)
  let stop
  let closing = []

  function onkeydown(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  }

  function onsubmit(event) {
    event.preventDefault()
    if (question.value.trim() !== '') answer(question.value.trim(), scope.value === 'all' ? bucketNames() : [bucket])
  }

  function clean() {
    stop?.abort(new DOMException('Stopped', 'AbortError'))
    closing.forEach((close) => close())
    closing = []
  }

  async function answer(query, buckets) {
    clean()
    const own = (stop = new AbortController())
    const status = el('p', { class: 'status', role: 'status' }, 'Looking for memories…')
    const text = el('p', { class: 'answer is-unfinished' })
    outcome.replaceChildren(status, text)
    stopButton.hidden = false
    try {
      const request = { query, buckets, options: { return_explanation: true } }
      const ondelta = (delta) => {
        if (!text.hasChildNodes()) status.textContent = 'Writing…'
        text.append(delta)
      }
      const result = await ask(request, ondelta, own.signal)
      if (own.signal.aborted) return
      text.textContent = result.answer
      text.classList.remove('is-unfinished')
      status.textContent = result.answer === '' ? 'The answer is empty.' : 'Answer'
      outcome.append(...behind(result, buckets.length > 1))
    } catch (error) {
      if (own === stop) failed(error, status, text, () => answer(query, buckets))
    } finally {
      if (own === stop) stopButton.hidden = true
    }
  }

  /// Half an answer stays, and is called that.
  function failed(error, status, text, again) {
    const isHalf = text.textContent !== ''
    text.classList.add('is-broken')
    if (isStopped(error)) {
      status.textContent = isHalf ? 'Stopped. This is only the beginning of an answer.' : 'Stopped.'
      outcome.append(button('Ask again', again))
      return
    }
    status.textContent = isHalf ? 'Broken off. This is only the beginning of an answer.' : 'No answer'
    outcome.append(error instanceof Broken ? broken(error, again) : problem(error, again))
  }

  function behind(result, isOfSeveral) {
    const explanation = explanationOf(result)
    if (!explanation.isThere) return [el('p', { class: 'hint' }, 'The server doesn’t say what this answer is based on.')]
    const { memories, facts } = explanation
    const open = (memory) => showMemory(memory, { canDelete: false })
    const parts = [warningBox(explanation.warning), el('h3', {}, `Memories behind it (${whole(memories.length)})`)]
    if (memories.length === 0) parts.push(el('p', { class: 'hint' }, 'No memory is related to the question.'))
    else parts.push(results({ memories }, { open, buckets: isOfSeveral }))
    parts.push(el('h3', {}, `Facts (${whole(facts.length)})`))
    if (facts.length === 0) {
      parts.push(empty('No facts of a graph', 'Servers that extract facts from memories draw on them for answers. None came with this one.'))
    } else {
      const ids = new Set(memories.map(({ id }) => id))
      const { element, close } = graph(explanation, (id) => (ids.has(id) ? () => lead(id) : undefined))
      closing.push(close)
      parts.push(element)
    }
    for (const [name, profile] of explanation.profiles) {
      const title = name === undefined ? 'The profile that went into it' : `The profile of ${name} that went into it`
      parts.push(el('details', {}, el('summary', {}, title), el('p', { class: 'content whole' }, profile)))
    }
    parts.push(usage(result.usage))
    return parts.filter(Boolean)
  }

  function lead(id) {
    const card = [...outcome.querySelectorAll('[data-memory]')].find((card) => card.dataset.memory === id)
    card.scrollIntoView({ block: 'center' })
    card.querySelector('button').focus()
  }

  return {
    element,
    show: () => {
      scope.closest('.actions').classList.toggle('has-one', bucketNames().length < 2)
    },
    changed: () => {},
    close: clean,
  }
}

function broken(error, again) {
  return el(
    'div',
    { class: 'problem', role: 'alert' },
    el('strong', {}, 'The answer broke off'),
    el('p', { class: 'said' }, error.message),
    el('p', {}, 'Ask again. If it breaks off again, the server’s log says why.'),
    button('Ask again', again),
  )
}

function usage(usage) {
  const read = usage?.actual_input_tokens ?? usage?.input_tokens
  const written = usage?.actual_output_tokens ?? usage?.output_tokens
  if (typeof read !== 'number' || typeof written !== 'number') return undefined
  return el('p', { class: 'hint' }, `${count(read, 'token')} read, ${whole(written)} written.`)
}
