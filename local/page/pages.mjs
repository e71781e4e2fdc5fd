// The memories of a bucket, of which only those around what is looked at are held. Servers say how many there are, and give any part; or
// they don't say it, and the end is where nothing new comes.

const PART = 100
/// So many parts are held.
const MOST_PARTS = 40

export class Pages {
  #load
  #onchange
  #size = PART
  #parts = new Map()
  #stale = new Set()
  #wanted = [0, 0]
  #busy = false
  #stop = new AbortController()
  /// Where the server doesn't say how many there are: whether the end was reached.
  #ended = false
  #isTotalKnown = false
  /// How many memories there are, as far as is known.
  count = 0
  /// What the server says now, where that has changed.
  changedTo
  error
  isOpen = false

  /// `load(limit, offset, signal)` gives a part, and `onchange` is told of whatever has changed.
  constructor(load, onchange) {
    this.#load = load
    this.#onchange = onchange
  }

  close() {
    this.#stop.abort()
  }

  /// Whether there are no more than `count`.
  get isWhole() {
    return this.#isTotalKnown || this.#ended
  }

  /// The memory at this place, if it is held.
  at(place) {
    return this.#parts.get(Math.floor(place / this.#size))?.[place % this.#size]
  }

  /// Says that these are looked at, so that they are loaded.
  want(first, last) {
    this.#wanted = [first, last]
    if (!this.error) this.#pump()
  }

  /// Loads the first part.
  async open() {
    this.error = undefined
    await this.#guarded(async () => {
      const { memories, total } = await this.#load(PART, 0, this.#stop.signal)
      this.#isTotalKnown = total !== undefined
      // The server may take a lower limit than was asked for.
      if (memories.length > 0 && memories.length < (total ?? 0)) this.#size = memories.length
      // A server that doesn't page sends all of them.
      if (total === undefined) this.#size = Math.max(PART, memories.length)
      this.count = memories.length > 0 && total !== undefined ? total : memories.length
      this.#ended = memories.length < PART
      this.isOpen = true
      this.#put(0, memories)
    })
  }

  again() {
    this.error = undefined
    this.#pump()
  }

  /// The memory was deleted: those after it move up.
  remove(id) {
    const found = [...this.#parts].find(([, memories]) => memories.some((memory) => memory.id === id))
    if (!found) return
    const [part, memories] = found
    memories.splice(memories.findIndex((memory) => memory.id === id), 1)
    for (const other of this.#parts.keys()) {
      if (other >= part) this.#stale.add(other)
    }
    this.count -= 1
    this.#onchange()
    this.#pump()
  }

  async #pump() {
    if (this.#busy) return
    this.#busy = true
    await this.#guarded(async () => {
      for (let part = this.#missing(); part !== undefined && !this.#stop.signal.aborted; part = this.#missing()) await this.#fetch(part)
    })
    this.#busy = false
  }

  async #guarded(work) {
    try {
      await work()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.error = error
    }
    this.#onchange()
  }

  /// The first part that is looked at and not held.
  #missing() {
    const [first, last] = this.#wanted.map((place) => Math.floor(place / this.#size))
    for (let part = first; part <= last; part++) {
      if ((!this.#parts.has(part) || this.#stale.has(part)) && part * this.#size < this.count) return part
    }
    const isAtEnd = this.#wanted[1] >= this.count - 1
    return !this.#isTotalKnown && !this.#ended && isAtEnd ? Math.floor(this.count / this.#size) : undefined
  }

  async #fetch(part) {
    const offset = part * this.#size
    const { memories, total } = await this.#load(this.#size, offset, this.#stop.signal)
    this.#stale.delete(part)
    if (this.#isTotalKnown) {
      if (total !== undefined) this.changedTo = total === this.count ? undefined : total
      this.#put(part, memories)
    } else {
      this.#append(part, offset, memories)
    }
    this.#onchange()
  }

  #append(part, offset, memories) {
    const known = new Set([...this.#parts].filter(([other]) => other !== part).flatMap(([, memories]) => memories.map(({ id }) => id)))
    // A server that doesn't page sends the same memories each time.
    const fresh = memories.filter(({ id }) => !known.has(id))
    this.#ended = fresh.length < this.#size
    this.#put(part, fresh)
    this.count = Math.max(this.count, offset + fresh.length)
    if (this.#ended) this.count = offset + fresh.length
  }

  #put(part, memories) {
    this.#parts.set(part, memories)
    // Without a total, what is held says where the end is.
    if (!this.#isTotalKnown || this.#parts.size <= MOST_PARTS) return
    const middle = this.#wanted[0] / this.#size
    const far = [...this.#parts.keys()].sort((one, other) => Math.abs(other - middle) - Math.abs(one - middle))
    this.#parts.delete(far[0])
  }
}
