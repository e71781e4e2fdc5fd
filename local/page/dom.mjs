// Elements. Whatever comes from the server gets into the page as text, and in no other way.

const SVG = 'http://www.w3.org/2000/svg'

/// An element with attributes, listeners (`onclick`) and children. A child that is no element is a text.
export const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children)

export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children)

function fill(element, attributes = {}, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

export const button = (label, onclick, attributes) => el('button', { type: 'button', onclick, ...attributes }, label)

/// Something that is being waited for.
export const loading = (what) => el('p', { class: 'loading', role: 'status' }, what)

/// Nothing is there, and what to do about it.
export const empty = (title, ...advice) => el('div', { class: 'empty' }, el('h3', {}, title), ...advice.map((text) => el('p', {}, text)))

/// Says something for a while, also to who can't see it.
export function notify(text) {
  const place = document.getElementById('notice')
  place.replaceChildren(el('p', {}, text))
  clearTimeout(notify.timer)
  notify.timer = setTimeout(() => place.replaceChildren(), 6000)
}
