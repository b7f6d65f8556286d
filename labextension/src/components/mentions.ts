/** What `@` in the composer offers, and what a choice makes of the text. Pure. */

export interface Mention {
  readonly kind: 'variable' | 'cell' | 'file';
  /** What is searched, and shown first. */
  readonly label: string;
  /** The type of a variable, the first line of a cell, the folder of a file. */
  readonly detail: string;
  /** What stands in the text when it is chosen. */
  readonly inserted: string;
  /** The id of a cell. */
  readonly cell?: string;
}

/** Where an `@` that is being written begins, and what stands behind it. */
export interface MentionQuery {
  readonly start: number;
  readonly words: string;
}

const MOST = 6;

/** The mention that is being written at the caret; null when there is none. */
export function mentionAt(text: string, caret: number): MentionQuery | null {
  const before = text.slice(0, caret);
  const found = /(^|[\s([{,])@([^\s@]*)$/.exec(before);
  return found ? { start: caret - found[2].length - 1, words: found[2] } : null;
}

/** The mentions that fit, the best first, at most a few of each kind. */
export function fitting(mentions: readonly Mention[], words: string): readonly Mention[] {
  const ranked = mentions
    .map((mention, place) => ({ mention, place, rank: rankOf(mention, words.toLowerCase()) }))
    .filter(each => each.rank < 4)
    .sort((one, other) => one.rank - other.rank || one.place - other.place);
  return (['variable', 'cell', 'file'] as const).flatMap(kind =>
    ranked.filter(each => each.mention.kind === kind).slice(0, MOST).map(each => each.mention)
  );
}

/** The text with the chosen mention in it, and where the caret goes. */
export function withMention(
  text: string,
  query: MentionQuery,
  inserted: string
): { text: string; caret: number } {
  const end = query.start + 1 + query.words.length;
  const rest = text.slice(end);
  const space = /^\s/.test(rest) ? '' : ' ';
  const head = text.slice(0, query.start) + inserted + space;
  return { text: head + rest, caret: head.length + (space ? 0 : 1) };
}

/** 0: begins so; 1: a part begins so; 2: contains it; 3: the detail does; 4: nothing fits. */
function rankOf(mention: Mention, words: string): number {
  const label = mention.label.toLowerCase();
  const places = [
    label.startsWith(words),
    label.split(/[^a-z0-9]+/).some(part => part.startsWith(words)),
    label.includes(words),
    words.length > 1 && mention.detail.toLowerCase().includes(words)
  ];
  const rank = places.indexOf(true);
  return rank < 0 ? 4 : rank;
}
