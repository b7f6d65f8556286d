/** Numbers in words, as short as they stay exact enough. Pure. */
import type { Meter, Variable } from '../protocol';

/** `950`, `12.3k`, `1.2M` */
export function counted(tokens: number): string {
  if (tokens < 1000) {
    return String(tokens);
  }
  const [value, unit] = tokens < 999_950 ? [tokens / 1000, 'k'] : [tokens / 1_000_000, 'M'];
  return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)}${unit}`;
}

/** `0.2 s`, `12 s`, `3 min 05 s`, `1 h 02 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) {
    return `${whole} s`;
  }
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
    : `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `$0.0045`, `$0.32`, `$12.40`; two digits that say something. */
export function money(dollars: number): string {
  if (dollars === 0 || dollars >= 0.095) {
    return `$${dollars.toFixed(2)}`;
  }
  return dollars < 0.0001 ? '<$0.0001' : `$${Number(dollars.toPrecision(2)).toFixed(4).replace(/0$/, '')}`;
}

/** All tokens that went to the model, from the cache or not, and came from it. */
export function allTokens(meter: Meter): number {
  return meter.input + meter.cache_read + meter.cache_write + meter.output;
}

/** The share of a limit that is used, from 0 to 1; null where there is no limit. */
export function share(used: number, limit: number | null): number | null {
  return limit ? Math.min(1, Math.max(0, used / limit)) : null;
}

export function percent(part: number): string {
  return part > 0 && part < 0.01 ? '<1%' : `${Math.round(part * 100)}%`;
}

/** `DataFrame 10×4`, `ndarray 9000×9000, 648 MB`, `int`: the type's own name, and what is big. */
export function described({ type, shape, size }: Variable): string {
  const name = type.slice(type.lastIndexOf('.') + 1);
  const big = size !== null && size >= 1_000_000 ? `, ${Math.round(size / 1_000_000)} MB` : '';
  return `${name}${shape && shape.length > 0 ? ` ${shape.join('×')}` : ''}${big}`;
}
