/**
 * A long list of rows of one height, of which only those in sight are elements: thousands of rows, and hundreds of new ones a second,
 * cost what a screenful costs.
 */
import { h } from './dom.js';

/** Rows beyond the edges of what is seen. */
const AHEAD = 6;

export class RowList extends HTMLElement {
  #rows = [];
  #elements = [];
  #height = 44;
  #inner = h('div.rows-inner', { role: 'presentation' });
  #chosen = '';
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

  #paint() {
    const first = Math.max(0, Math.floor(this.scrollTop / this.#height) - AHEAD);
    const many = Math.min(this.#rows.length - first, Math.ceil(this.clientHeight / this.#height) + 2 * AHEAD);
    while (this.#elements.length < many) {
      const element = h('div.row', { role: 'option' });
      this.#elements.push(element);
      this.#inner.append(element);
    }
    while (this.#elements.length > Math.max(many, 0)) this.#elements.pop().remove();
    let active = '';
    this.#elements.forEach((element, index) => {
      const row = this.#rows[first + index];
      const chosen = this.nameOf(row) === this.#chosen;
      element.at = first + index;
      element.id = `row-${first + index}`;
      element.style.transform = `translateY(${(first + index) * this.#height}px)`;
      element.setAttribute('aria-posinset', first + index + 1);
      element.setAttribute('aria-setsize', this.#rows.length);
      element.setAttribute('aria-selected', chosen);
      if (chosen) active = element.id;
      this.fill(element, row);
    });
    if (active) this.setAttribute('aria-activedescendant', active);
    else this.removeAttribute('aria-activedescendant');
    if (first + many >= this.#rows.length - 5) this.ended();
  }
}

customElements.define('row-list', RowList);
