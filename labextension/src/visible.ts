/**
 * Code, or words on it, as a person must see it to say yes: nothing in it hides anything.
 * As `visible` in codeact_jupyter/frontends/words.py: tests/golden/visible.json holds both to it.
 */

/** What cannot be seen, or moves or conceals what can; Python's `str.isprintable` says the same. */
const HIDING = /[\p{C}\p{Z}]/gu;

/** A line ends where it ends for Python, also at a lone `\r`; what would hide is an escape. */
export function visible(code: string): string {
  return code.replace(/\r\n?/g, '\n').replace(HIDING, each => (' \n\t'.includes(each) ? each : escaped(each)));
}

function escaped(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const [mark, width] = point < 0x100 ? ['x', 2] : point < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${mark}${point.toString(16).padStart(width, '0')}`;
}
