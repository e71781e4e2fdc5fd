// Numbers, dates and texts, as people read them.

const WHOLE = new Intl.NumberFormat('en')
const SCORE = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const LONGEST_EXCERPT = 400

export const whole = (number) => WHOLE.format(number)
export const score = (number) => SCORE.format(number)
export const count = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`

/// Date and time of an ISO 8601 text; the text itself where it is none.
export const date = (text) => formatted(text, DATE)
export const day = (text) => formatted(text, DAY)

function formatted(text, format) {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? text : format.format(date)
}

/// The beginning of a text that may be very long, with no character cut in two.
export function excerpt(text) {
  if (text.length <= LONGEST_EXCERPT) return text
  return `${text.slice(0, LONGEST_EXCERPT).replace(/[\uD800-\uDBFF]$/, '')}…`
}
