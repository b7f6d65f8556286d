/** What the person is writing, and what goes along with it. */
import type { ContextItem } from './api';

export type Attachment =
  | (ContextItem & { readonly key: string })
  | { readonly key: string; readonly kind: 'image'; title: string; mime: string; data: string };

/** What the person is writing. */
export interface Draft {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export const EMPTY: Draft = { text: '', attachments: [] };

/** Two drafts as one: what was written first comes first. */
export function joined(first: Draft, second: Draft): Draft {
  const keys = new Set(second.attachments.map(each => each.key));
  return {
    text: [first.text, second.text].filter(Boolean).join('\n\n'),
    attachments: [...first.attachments.filter(each => !keys.has(each.key)), ...second.attachments]
  };
}

/** What a draft gives along, as the server takes it. */
export function given({ attachments }: Draft): {
  readonly context: readonly ContextItem[];
  readonly images: ReadonlyArray<{ readonly mime: string; readonly data: string }>;
} {
  return {
    context: attachments.filter(each => each.kind !== 'image').map(withoutKey),
    images: attachments.filter(each => each.kind === 'image').map(imageOf)
  };
}

function withoutKey({ kind, title, text }: Attachment & { kind: ContextItem['kind'] }): ContextItem {
  return { kind, title, text };
}

function imageOf({ mime, data }: Attachment & { kind: 'image' }): { mime: string; data: string } {
  return { mime, data };
}
