/**
 * The second wall around words that a model wrote: what may be in the page is listed, all else goes.
 *
 * JupyterLab's own sanitizer lets through remote images, CSS that loads, forms and buttons that run
 * commands; none of that is for words of a model. Nothing that is left loads anything.
 */
import { Sanitizer } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

const ELEMENTS = new Set(
  (
    'a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ' +
    'mark ol p pre s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul'
  ).split(' ')
);

/** Elements of which not even the text is for reading. */
const VOID = new Set(['script', 'style', 'template', 'iframe', 'object', 'noscript', 'title']);

const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  code: ['class'],
  img: ['src', 'alt'],
  ol: ['start'],
  span: ['class'],
  td: ['align'],
  th: ['align']
};

const LINK = /^(https?:\/\/|mailto:)/i;
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i;

/** TeX commands that load, link, or write attributes of elements. */
const LOADING_TEX =
  /\\(?=(?:require|href|url|style|class|cssId|data|includegraphics|csname|bbox|texttip|mathtip|unicode)(?![a-zA-Z]))/g;

export class ModelWordsSanitizer extends Sanitizer {
  override sanitize(dirty: string, options?: IRenderMime.ISanitizerOptions): string {
    const template = document.createElement('template'); // inert: nothing in it loads or runs
    template.innerHTML = super.sanitize(dirty, options);
    clean(template.content);
    return template.innerHTML;
  }
}

function clean(parent: ParentNode & Node): void {
  for (const node of Array.from(parent.childNodes)) {
    if (node instanceof Element) {
      cleanElement(node);
    } else if (node.nodeType === Node.TEXT_NODE) {
      node.textContent = withoutLoadingTex(node.textContent ?? '');
    } else {
      node.remove();
    }
  }
}

function cleanElement(element: Element): void {
  const name = element.localName;
  if (VOID.has(name)) {
    element.remove();
    return;
  }
  if (!ELEMENTS.has(name) || element.namespaceURI !== 'http://www.w3.org/1999/xhtml') {
    element.replaceWith(element.textContent ?? '');
    return;
  }
  keepAttributes(element);
  if (name === 'a') {
    harden(element);
  }
  if (name === 'img' && !PICTURE.test(element.getAttribute('src') ?? '')) {
    element.replaceWith(element.getAttribute('alt') ?? '');
    return;
  }
  if (name !== 'code' && name !== 'pre') {
    clean(element); // MathJax passes code over, and so may any command stand in it
  } else {
    cleanElements(element);
  }
}

/** Clean the elements below, and leave the text as it is. */
function cleanElements(parent: Element): void {
  for (const child of Array.from(parent.children)) {
    if (child.localName === 'span' || child.localName === 'code') {
      keepAttributes(child);
      cleanElements(child);
    } else {
      child.replaceWith(child.textContent ?? '');
    }
  }
}

/** Take away all attributes but those that are listed for the element. */
function keepAttributes(element: Element): void {
  const kept = ATTRIBUTES[element.localName] ?? [];
  Array.from(element.attributes)
    .filter(attribute => !kept.includes(attribute.name))
    .forEach(attribute => element.removeAttribute(attribute.name));
}

/** A link shows where it leads, and tells the page there nothing. */
function harden(link: Element): void {
  const target = (link.getAttribute('href') ?? '').trim();
  if (!LINK.test(target)) {
    link.removeAttribute('href');
    return;
  }
  link.setAttribute('title', target);
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer');
}

/** Break such commands with an invisible character: MathJax then shows them as unknown. */
function withoutLoadingTex(text: string): string {
  return text.replace(LOADING_TEX, '\\\u200b');
}
