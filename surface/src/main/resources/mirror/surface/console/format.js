/** Times, amounts and names as people read them. What is unknown says so and is never 0. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const whole = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

const valid = (date) => date instanceof Date && !Number.isNaN(date.getTime());

/** 14:03:22, and with the day when that is not today. */
export function time(iso, now = new Date()) {
  const date = new Date(iso);
  if (!iso || !valid(date)) return 'unknown';
  return date.toDateString() === now.toDateString() ? clock.format(date) : `${short.format(date)} ${clock.format(date)}`;
}

/** The time of day alone. */
export function ofDay(iso) {
  const date = new Date(iso);
  return iso && valid(date) ? clock.format(date) : 'unknown';
}

/** Day and time. */
export function moment(iso) {
  const date = new Date(iso);
  return iso && valid(date) ? `${day.format(date)} ${clock.format(date)}` : 'unknown';
}

/** How long: 5 s, 12 min, 3 h, 4 d. */
export function span(ms) {
  if (!Number.isFinite(ms)) return 'unknown';
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** How long ago. */
export function ago(iso, now = Date.now()) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return 'unknown';
  return now - at < 5000 ? 'now' : `${span(now - at)} ago`;
}

export function count(value) {
  return Number.isFinite(value) ? whole.format(value) : 'unknown';
}

/** 1.2M */
export function about(value) {
  return Number.isFinite(value) ? compact.format(value) : 'unknown';
}

/** @param {number} millionths of a US dollar */
export function money(millionths) {
  if (!Number.isFinite(millionths)) return 'unknown';
  const dollars = millionths / 1e6;
  return `$${dollars.toFixed(dollars !== 0 && Math.abs(dollars) < 0.1 ? 4 : 2)}`;
}

export function bytes(value) {
  if (!Number.isFinite(value)) return 'unknown';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** `mirror.action.decided.v1` as `action.decided` */
export function type(name) {
  return String(name).replace(/^mirror\./, '').replace(/\.v\d+$/, '');
}

/** Data of an event that nobody has words for, without its punctuation. */
export function human(text) {
  const all = String(text ?? '');
  if (!/^\{"/.test(all)) return all;
  return all.replace(/^\{|\}$/g, '').replace(/"([\w-]+)":/g, '$1: ').replace(/"/g, '').replace(/,(?=\S)/g, ', ');
}

/** The last folder of a path. */
export function leaf(path) {
  return String(path ?? '').replace(/\/+$/, '').split('/').pop() || String(path ?? '');
}

/** The first characters, whole code points, with … where something is left out. */
export function clip(text, most) {
  const all = String(text ?? '');
  if (all.length <= most) return all;
  return `${[...all.slice(0, most)].slice(0, most - 1).join('')}…`;
}
