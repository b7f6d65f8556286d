/** The server's words on how to go on without a model, as a list. Pure. */

export interface Way {
  /** `a key` */
  readonly name: string;
  readonly text: string;
}

export interface Ways {
  readonly title: string;
  readonly ways: readonly Way[];
}

const WAY = /^\s*\d+\.\s*([^:]+):\s+(.+)$/;

export function waysOf(lines: readonly string[]): Ways {
  const found = lines.map(line => WAY.exec(line));
  const title = lines.filter((line, place) => !found[place] && line.trim()).join(' ');
  const ways = found.flatMap(each => (each ? [{ name: each[1].trim(), text: each[2].trim() }] : []));
  return { title, ways };
}
