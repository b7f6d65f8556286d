/**
 * The first wall around words that a model wrote: Markdown of them makes no HTML of theirs.
 *
 * JupyterLab's parser passes HTML on and hands fences to block renderers (mermaid loads what its
 * labels say). This one knows neither: HTML is shown as the text that it is, but for a few tags
 * without attributes; an image is drawn only when its bytes are in the text itself.
 */
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Marked, type RendererObject, type Token } from 'marked';

const HARMLESS =
  /&lt;(\/?)(b|br|del|details|em|i|ins|kbd|mark|s|small|strong|sub|summary|sup|u)\s*\/?&gt;/gi;

/** A parser for rendermime that colours code with JupyterLab's own languages. */
export function makeModelWordsParser(
  languages: Pick<IEditorLanguageRegistry, 'findBest' | 'highlight'>
): IRenderMime.IMarkdownParser {
  const coloured = new WeakMap<Token, string>();
  const marked = new Marked({
    async: true,
    gfm: true,
    renderer: makeRenderer(coloured),
    walkTokens: async token => {
      if (token.type === 'code') {
        const { lang, text } = token as { lang?: string; text: string };
        coloured.set(token, await colour(languages, text, lang ?? ''));
      }
    }
  });
  return { render: async source => marked.parse(source) };
}

function makeRenderer(coloured: WeakMap<Token, string>): RendererObject {
  return {
    code: token => `<pre><code>${coloured.get(token) ?? escaped(token.text)}</code></pre>\n`,
    html: ({ text }) => escaped(text).replace(HARMLESS, '<$1$2>'),
    image: ({ href, text }) =>
      /^data:image\//i.test(href)
        ? `<img src="${escaped(href)}" alt="${escaped(text)}">`
        : `${escaped(text)} <code>${escaped(href)}</code>`,
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ ')
  };
}

async function colour(
  languages: Pick<IEditorLanguageRegistry, 'findBest' | 'highlight'>,
  code: string,
  name: string
): Promise<string> {
  const language = name ? languages.findBest(name.split(/\s/)[0]) : null;
  if (!language) {
    return escaped(code);
  }
  const host = document.createElement('div');
  await languages.highlight(code, language, host);
  return host.innerHTML;
}

export function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
