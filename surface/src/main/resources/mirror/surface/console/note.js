/** Notes as the daemon tells of them. */

/** A note with its links in one form, whether they are told as the page has them or as 'mirror vault links' does. */
export function whole(note) {
  const list = (value) => (Array.isArray(value) ? value : []);
  return {
    ...note,
    links: list(note.links).map((each) => ({ to: each.target ?? each.to ?? '', text: each.link ?? each.text ?? '' })),
    backlinks: list(note.backlinks).map((each) => ({ from: each.source ?? each.from ?? '', line: each.line })),
  };
}
