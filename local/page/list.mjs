// A list of any length, of which only the rows around the window are in the page. All rows are equally high, and the window scrolls.

import { el } from './dom.mjs'

/// Rows that are made beyond the window, above and below.
const BEYOND = 8

export class LongList {
  #row
  #rows = new Map()
  #height = 0
  #frame = 0
  #count = 0
  /// The row that Tab leads to.
  #current = 0
  #onwindow

  /// `row(place)` makes the element of a row, whose first button is focused by the arrow keys; `onwindow(first, last)` is told what is
  /// looked at.
  constructor({ label, row, onwindow }) {
    this.#row = row
    this.#onwindow = onwindow
    this.element = el('ol', { class: 'long-list', 'aria-label': label, onkeydown: (event) => this.#key(event), onfocusin: (event) => this.#focused(event) })
    this.#onscroll = () => this.#later()
    addEventListener('scroll', this.#onscroll, { passive: true })
    addEventListener('resize', this.#onscroll)
  }

  #onscroll

  close() {
    removeEventListener('scroll', this.#onscroll)
    removeEventListener('resize', this.#onscroll)
    cancelAnimationFrame(this.#frame)
  }

  get current() {
    return this.#current
  }

  /// Draws all rows anew.
  update(count) {
    const focused = this.#focus()
    this.#count = count
    this.#current = Math.max(0, Math.min(this.#current, count - 1))
    this.#rows.forEach((row) => row.remove())
    this.#rows.clear()
    this.#draw()
    if (focused && count > 0) this.#refocus(focused)
  }

  /// The row and the button that have the focus.
  #focus() {
    const button = document.activeElement
    const place = this.element.contains(button) ? this.#placeOf(button) : undefined
    if (place === undefined) return undefined
    return { place, nth: [...this.#rows.get(place).querySelectorAll('button')].indexOf(button) }
  }

  /// Without scrolling: who reads on with the mouse isn't taken back.
  #refocus({ place, nth }) {
    const there = Math.min(place, this.#count - 1)
    if (!this.#rows.has(there)) this.#add(there)
    this.#setCurrent(there)
    const buttons = this.#rows.get(there).querySelectorAll('button')
    ;(buttons[nth] ?? buttons[0])?.focus({ preventScroll: true })
  }

  /// Scrolls to the row and focuses it.
  focus(place) {
    if (this.#count === 0) return
    this.#setCurrent(Math.max(0, Math.min(place, this.#count - 1)))
    const top = this.element.getBoundingClientRect().top + this.#current * this.#height
    const bottom = top + this.#height
    if (top < 0) scrollBy(0, top)
    if (bottom > innerHeight) scrollBy(0, bottom - innerHeight)
    this.#draw()
    this.#rows.get(this.#current)?.querySelector('button')?.focus({ preventScroll: true })
  }

  #later() {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    // Nothing has a place in what is hidden.
    if (this.element.getClientRects().length === 0) return
    this.#measure()
    const { style } = this.element
    style.height = `${this.#count * this.#height}px`
    if (this.#count === 0) return
    const top = -this.element.getBoundingClientRect().top
    const within = (place) => Math.max(0, Math.min(this.#count - 1, place))
    const first = within(Math.floor(top / this.#height) - BEYOND)
    const last = within(Math.ceil((top + innerHeight) / this.#height) + BEYOND)
    if (!this.element.contains(document.activeElement)) this.#current = within(Math.ceil(top / this.#height))
    for (const [place, row] of this.#rows) {
      // Who has gone on with the mouse comes back with the keyboard.
      const isUsed = row.contains(document.activeElement)
      if ((place < first || place > last) && !isUsed) {
        row.remove()
        this.#rows.delete(place)
      }
    }
    for (let place = first; place <= last; place++) {
      if (!this.#rows.has(place)) this.#add(place)
    }
    this.#rows.forEach((row, place) => setTabStop(row, place === this.#current))
    this.#onwindow(first, last)
  }

  #add(place) {
    const row = this.#row(place)
    row.dataset.place = place
    row.setAttribute('aria-setsize', this.#count)
    row.setAttribute('aria-posinset', place + 1)
    row.style.transform = `translateY(${place * this.#height}px)`
    // The order of the elements is that of the rows, since that is the order in which they are read.
    const after = [...this.element.children].find((other) => Number(other.dataset.place) > place)
    this.element.insertBefore(row, after ?? null)
    this.#rows.set(place, row)
  }

  /// The height is the style sheet's, in letters, so it changes with their size.
  #measure() {
    const probe = el('li', { class: 'row', 'aria-hidden': 'true' })
    this.element.append(probe)
    const height = probe.getBoundingClientRect().height
    probe.remove()
    if (height === this.#height) return
    this.#height = height
    this.#rows.forEach((row, place) => (row.style.transform = `translateY(${place * height}px)`))
  }

  #placeOf(element) {
    const place = element.closest('.row')?.dataset.place
    return place === undefined ? undefined : Number(place)
  }

  #setCurrent(place) {
    this.#current = place
    this.#rows.forEach((row, other) => setTabStop(row, other === place))
  }

  #focused(event) {
    const place = this.#placeOf(event.target)
    if (place !== undefined) this.#setCurrent(place)
  }

  #key(event) {
    const screen = Math.max(1, Math.floor(innerHeight / this.#height) - 1)
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: screen, PageUp: -screen, Home: -this.#count, End: this.#count }
    const step = steps[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.focus(this.#current + step)
  }
}

/// A list is one stop of the Tab key: it has too many rows to walk through.
function setTabStop(row, isStop) {
  for (const button of row.querySelectorAll('button')) button.tabIndex = isStop ? 0 : -1
}
