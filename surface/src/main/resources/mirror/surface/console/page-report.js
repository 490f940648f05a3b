/** The morning report: what happened, what waits, and where each line comes from. */
import { h, put } from './dom.js';
import { Page, head, nothing } from './page.js';
import { view } from './api.js';
import { to } from './route.js';
import { plain } from './visible.js';
import { count, moment } from './format.js';
import { anything, are } from './table.js';
import { markdown } from './markdown.js';

class ReportPage extends Page {
  show() {
    const place = h('div.narrow');
    const day = h('input', { type: 'date', 'aria-label': 'Day of the report', change: () => this.#ask(place, day.value ? ['--date', day.value] : []) });
    put(this, head('Morning report', day, h('button.button', { type: 'button', click: () => this.#ask(place, ['--now']) }, 'As of now')), place);
    this.#ask(place, []);
  }

  #ask(place, args) {
    const coming = view('report', args, this.signal).then((answer) => (answer.data || args.length ? answer : view('report', ['--now'], this.signal).then((now) => ({ ...now, note: answer.error }))));
    this.load(place, coming, ({ data, error, note }) => {
      if (!data) return nothing('There is no such report.', error);
      if (typeof data.text === 'string') return [h('p.quiet', `of ${plain(data.date)}${data.late ? ', made late' : ''}`), markdown(data.text)];
      if (!are(data.sections, 'name')) return anything(data);
      const full = data.sections.filter((section) => section.count || section.trouble);
      const empty = data.sections.filter((section) => !section.count && !section.trouble);
      return [h('p.quiet.report-head', `${note ? 'None was made yet; this is what one would say now. ' : ''}Made ${moment(data.made)}, of events ${count(data.from)} to ${count(data.upto)}.`),
        full.map((section) => h('section.part', h('h2', plain(section.name), section.count > 0 && h('span.quiet', ` ${count(section.count)}`)), section.trouble && h('p.trouble', plain(section.trouble)),
          h('ul.items', (section.lines ?? []).map((line) => h('li.item.report-line', h('span', h('span.title.wrap', plain(line.text)), h('span.under', source(line.source)))))))),
        empty.length ? h('p.quiet', `Nothing of: ${empty.map((section) => plain(section.name).toLowerCase()).join(', ')}.`) : null];
    });
  }
}

/** Where a line comes from: an event, a note, or a command to run. */
function source(text) {
  const name = plain(text ?? '');
  if (/^mirror approve /.test(name)) return h('a', { href: to('approvals', [name.split(' ')[2]]) }, name);
  if (/^mirror session/.test(name)) return h('a', { href: to('sessions') }, name);
  if (/^[\w-]+-\d+(\/\d+)?$/.test(name)) return h('a', { href: to('timeline', [name.split('/')[0]]) }, name);
  return h('code', name);
}

customElements.define('page-report', ReportPage);
