/**
 * The time that all pages look at: now, or a moment of the past, and how far back lists go.
 */

const SPANS = { '1h': 3_600e3, '24h': 86_400e3, '7d': 7 * 86_400e3, '30d': 30 * 86_400e3, all: Infinity };

/** Dispatches `change`. */
class When extends EventTarget {
  /** @type {Date|null} null is now */
  #at = null;
  #span = '24h';

  get at() {
    return this.#at;
  }

  get isLive() {
    return this.#at === null;
  }

  /** Name of the span: one of {@link When.spans}. */
  get span() {
    return this.#span;
  }

  static get spans() {
    return Object.keys(SPANS);
  }

  get spans() {
    return When.spans;
  }

  /** Where lists begin, or '' for the start of the log. */
  get from() {
    const length = SPANS[this.#span];
    return Number.isFinite(length) ? new Date((this.#at ?? new Date()).getTime() - length).toISOString() : '';
  }

  /** Where lists end, or '' for now. */
  get to() {
    return this.#at ? this.#at.toISOString() : '';
  }

  /** Whether something of that time belongs to what is looked at. */
  holds(iso) {
    const time = Date.parse(iso);
    if (Number.isNaN(time)) return true;
    return time <= (this.#at?.getTime() ?? Infinity) && !(this.from && time < Date.parse(this.from));
  }

  look(date) {
    this.#at = date;
    this.dispatchEvent(new Event('change'));
  }

  live() {
    if (this.#at) this.look(null);
  }

  within(span) {
    if (!(span in SPANS)) return;
    this.#span = span;
    this.dispatchEvent(new Event('change'));
  }
}

export const when = new When();
