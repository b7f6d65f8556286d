/** Reads JSON of unknown shape: what is not of the type that was asked for is its empty value. */

export type Fields = Readonly<Record<string, unknown>>;

export function record(data: unknown): Fields {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Fields) : {};
}

export function list(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [];
}

/** A string; the lines of a multi-line string of a notebook are joined. */
export function text(data: unknown): string {
  return Array.isArray(data) ? texts(data).join('') : typeof data === 'string' ? data : '';
}

export function texts(data: unknown): readonly string[] {
  return list(data).filter(item => typeof item === 'string');
}

export function number(data: unknown): number {
  return numberOrNull(data) ?? 0;
}

export function numberOrNull(data: unknown): number | null {
  return typeof data === 'number' && Number.isFinite(data) ? data : null;
}

export function oneOf<Known extends string, Other>(
  known: readonly Known[],
  data: unknown,
  otherwise: Other
): Known | Other {
  return known.find(value => value === data) ?? otherwise;
}
