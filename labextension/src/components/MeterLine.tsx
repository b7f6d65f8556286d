/** What the turn took: one line; all of it when it is pointed at or focused. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';
import type { Meter } from '../protocol';
import { useServices } from './services';
import { allTokens, counted, duration, money, percent, share } from './words';

export const MeterLine = memo(function MeterLine({ meter }: { meter: Meter }) {
  const { trans } = useServices();
  const { used, of } = meter.context;
  const filled = share(used, of || null);
  const line = [
    trans.__('%1 tokens', counted(allTokens(meter))),
    meter.cost === null ? '' : money(meter.cost)
  ];
  return (
    <div className="codeact-Meter">
      <button
        type="button"
        className="codeact-Meter-line"
        aria-label={trans.__('What this turn took: %1', line.filter(Boolean).join(', '))}
        aria-describedby="codeact-meter-details"
      >
        {line.filter(Boolean).join(' · ')}
        {filled !== null && (
          <>
            <Bar part={filled} />
            {trans.__('%1 of context', percent(filled))}
          </>
        )}
      </button>
      <table id="codeact-meter-details" className="codeact-Meter-details" role="tooltip">
        <tbody>
          {rows(trans, meter).map(({ name, value, part }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
              <td>{part === null ? null : <Bar part={part} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});

function Bar({ part }: { part: number }) {
  return (
    <span className="codeact-Bar" data-full={part >= 0.8} aria-hidden="true">
      <span style={{ width: `${part * 100}%` }} />
    </span>
  );
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly part: number | null;
}

function rows(trans: TranslationBundle, meter: Meter): readonly Row[] {
  const { limits, context } = meter;
  const prompt = meter.input + meter.cache_read + meter.cache_write;
  const cached = share(meter.cache_read, prompt || null) ?? 0;
  const row = (name: string, used: string, limit: string | null, part: number | null) => ({
    name,
    value: limit === null ? used : trans.__('%1 of %2', used, limit),
    part
  });
  const all = allTokens(meter);
  return [
    row(trans.__('Sent to the model'), counted(prompt), null, null),
    row(trans.__('  from the cache'), `${counted(meter.cache_read)} (${percent(cached)})`, null, null),
    row(trans.__('  into the cache'), counted(meter.cache_write), null, null),
    row(trans.__('Written by the model'), counted(meter.output), null, null),
    row(trans.__('All tokens'), counted(all), orNull(limits.tokens, counted), share(all, limits.tokens)),
    row(
      trans.__('Cost'),
      meter.cost === null ? trans.__('not known') : money(meter.cost),
      orNull(limits.cost, money),
      share(meter.cost ?? 0, limits.cost)
    ),
    row(trans.__('Steps'), String(meter.steps), orNull(limits.steps, String), share(meter.steps, limits.steps)),
    row(
      trans.__('Time'),
      duration(meter.seconds),
      orNull(limits.seconds, duration),
      share(meter.seconds, limits.seconds)
    ),
    row(
      trans.__('Context filled'),
      counted(context.used),
      context.of ? counted(context.of) : null,
      share(context.used, context.of || null)
    )
  ];
}

function orNull(limit: number | null, said: (limit: number) => string): string | null {
  return limit === null ? null : said(limit);
}
