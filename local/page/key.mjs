// The API key. It is kept in this tab until it is closed, and goes nowhere but into the header of requests.

const NAME = 'engram-key'
/// What a server that accepts every key calls its own.
const DEFAULT = 'local'
/// For browsers that keep nothing.
let unkept

export function key() {
  try {
    return sessionStorage.getItem(NAME) ?? DEFAULT
  } catch {
    return unkept ?? DEFAULT
  }
}

export function setKey(key) {
  unkept = key
  try {
    sessionStorage.setItem(NAME, key)
  } catch {
    // It's asked for again when the page is loaded again.
  }
}

export const isDefault = () => key() === DEFAULT

/// Whether it can stand in a header.
export const isWellFormed = (key) => /^[\x21-\x7e]+$/.test(key)
