/**
 * A long list of rows of one height, of which only those in sight are elements: thousands of rows, and hundreds of new ones a second,
 * cost what a screenful costs.
 */
import { h } from './dom.js';

/** Rows beyond the edges of what is seen. */
const AHEAD = 6;

/** How long nothing moves before the elements are put in order, in ms. */
const SETTLED = 300;

let made = 0;

export class RowList extends HTMLElement {
  #rows = [];
  #elements = [];
  #height = 44;
  #inner = h('div.rows-inner', { role: 'presentation' });
  #chosen = '';
  #settling = 0;
  #sized = new ResizeObserver(() => this.#paint());

  /** Fills one element with one row. @type {(element: HTMLElement, row: *) => void} */
  fill = () => {};
  /** @type {(row: *) => void} */
  choose = () => {};
  /** Called near the end of the list. */
  ended = () => {};
  /** Name of a row, by which it stays chosen. */
  nameOf = (row) => row.id;

  connectedCallback() {
    this.setAttribute('role', 'listbox');
    this.tabIndex = 0;
    this.append(this.#inner);
    this.#height = Number.parseFloat(getComputedStyle(this).getPropertyValue('--row')) || 44;
    this.addEventListener('scroll', () => this.#paint(), { passive: true });
    this.addEventListener('click', (event) => {
      const element = event.target.closest('.row');
      if (element) this.#pick(this.#rows[element.at]);
    });
    this.addEventListener('keydown', (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
      if (by) this.step(by);
      else if (event.key === 'Enter') this.#pick(this.#rows[this.#at()]);
      else return;
      event.preventDefault();
    });
    this.#sized.observe(this);
  }

  disconnectedCallback() {
    this.#sized.disconnect();
    clearTimeout(this.#settling);
  }

  get rows() {
    return this.#rows;
  }

  /** Whether the newest row is in sight. */
  get isAtTop() {
    return this.scrollTop < this.#height / 2;
  }

  /**
   * @param {*[]} rows newest first
   * @param {number} before how many of them were put before those that are in sight now, which stay where they are
   */
  show(rows, before = 0) {
    const stay = before > 0 && !this.isAtTop;
    this.#rows = rows;
    this.#inner.style.height = `${rows.length * this.#height}px`;
    if (stay) this.scrollTop += before * this.#height;
    this.#paint();
  }

  step(by) {
    if (!this.#rows.length) return;
    const now = this.#at();
    const next = Math.max(0, Math.min(this.#rows.length - 1, now < 0 ? 0 : now + by));
    this.#chosen = this.nameOf(this.#rows[next]);
    const top = next * this.#height;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top + this.#height > this.scrollTop + this.clientHeight) this.scrollTop = top + this.#height - this.clientHeight;
    this.#paint();
  }

  open() {
    this.#pick(this.#rows[this.#at()]);
  }

  #at() {
    return this.#rows.findIndex((row) => this.nameOf(row) === this.#chosen);
  }

  #pick(row) {
    if (!row) return;
    this.#chosen = this.nameOf(row);
    this.#paint();
    this.choose(row);
  }

  /** A row keeps its element as long as it is in sight, so that one that only moved is not made again. */
  #paint() {
    const first = Math.max(0, Math.floor(this.scrollTop / this.#height) - AHEAD);
    const rows = this.#rows.slice(first, first + Math.ceil(this.clientHeight / this.#height) + 2 * AHEAD);
    const names = rows.map((row) => this.nameOf(row));
    const wanted = new Set(names);
    const kept = new Map();
    const spare = [];
    for (const element of this.#elements) {
      if (wanted.has(element.name) && !kept.has(element.name)) kept.set(element.name, element);
      else spare.push(element);
    }
    this.#elements = rows.map((row, index) => {
      const element = kept.get(names[index]) ?? spare.pop() ?? this.#inner.appendChild(h('div.row', { role: 'option', id: `row-${++made}` }));
      const chosen = names[index] === this.#chosen;
      element.name = names[index];
      element.at = first + index;
      element.style.transform = `translateY(${element.at * this.#height}px)`;
      element.setAttribute('aria-posinset', element.at + 1);
      element.setAttribute('aria-setsize', this.#rows.length);
      element.setAttribute('aria-selected', chosen);
      this.fill(element, row);
      return element;
    });
    for (const element of spare) element.remove();
    const active = this.#elements.find((element) => element.name === this.#chosen);
    if (active) this.setAttribute('aria-activedescendant', active.id);
    else this.removeAttribute('aria-activedescendant');
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settle(), SETTLED);
    if (first + rows.length >= this.#rows.length - 5) this.ended();
  }

  /** Those who hear the page hear the rows in their order. */
  #settle() {
    if (this.#elements.some((element, index) => this.#inner.children[index] !== element)) this.#inner.append(...this.#elements);
  }
}

customElements.define('row-list', RowList);
