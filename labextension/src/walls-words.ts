/** What the walls around a kernel are called, and what they keep it from, for the person. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Walls } from './walls';

/** A few words, for a mark. */
export function nameOf({ told }: Walls, trans: TranslationBundle): string {
  const name = told?.walls === 'landlock' ? trans.__('Weak sandbox') : trans.__('Sandbox');
  return told?.trusted ? trans.__('%1, scripts trusted', name) : name;
}

/** How far the walls can be relied on, as a style has it: `strong`, `weak`, `trusted`. */
export function strengthOf({ told }: Walls): string {
  return told?.trusted ? 'trusted' : told?.walls === 'landlock' ? 'weak' : 'strong';
}

/** What the kernel can reach, in a few sentences. */
export function wordsOf({ told }: Walls, trans: TranslationBundle): string {
  const hosts = told?.hosts ?? [];
  const network =
    hosts.length > 0
      ? trans.__('Of the network this kernel reaches %1 alone.', hosts.join(', '))
      : trans.__('This kernel has no network.');
  const files = trans.__('It reads no file of yours outside this folder, and writes nowhere else.');
  const lacking = told?.lacking ? trans.__('Its walls are %1.', told.lacking) : '';
  const trusted = told?.trusted ? trans.__('Its outputs run scripts with your rights: you allowed them.') : '';
  return [network, files, lacking, trusted].filter(Boolean).join(' ');
}
