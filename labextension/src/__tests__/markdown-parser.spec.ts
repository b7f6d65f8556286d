import { makeModelWordsParser } from '../markdown-parser';
import { ModelWordsSanitizer } from '../markdown-sanitizer';

const PICTURE = 'data:image/png;base64,iVBORw0KGgo=';

/** Colours nothing: what code looks like is JupyterLab's matter. */
const languages = {
  findBest: () => ({ name: 'Python', mime: 'text/x-python' }),
  highlight: (code: string, _: unknown, host: HTMLElement) => {
    host.textContent = code;
    return Promise.resolve();
  }
};

const parser = makeModelWordsParser(languages);
const sanitizer = new ModelWordsSanitizer();

async function drawn(markdown: string): Promise<string> {
  return sanitizer.sanitize(await parser.render(markdown)).trim();
}

describe('words of a model', () => {
  it('are Markdown', async () => {
    expect(await drawn('**a** `b`\n\n- c')).toBe(
      '<p><strong>a</strong> <code>b</code></p>\n<ul>\n<li>c</li>\n</ul>'
    );
  });

  it('make no HTML, but for a few tags without attributes', async () => {
    expect(await drawn('a<br>b <sub>c</sub> <img src=x> <b onclick=x>d</b>')).toBe(
      '<p>a<br>b <sub>c</sub> &lt;img src=x&gt; &lt;b onclick=x&gt;d</p>'
    );
  });

  it('load no image, and draw one whose bytes they hold', async () => {
    expect(await drawn('![a](https://b.example/c.png)')).toBe(
      '<p>a <code>https://b.example/c.png</code></p>'
    );
    expect(await drawn(`![a](${PICTURE})`)).toBe(`<p><img src="${PICTURE}" alt="a"></p>`);
    expect(await drawn('![a](data:image/svg+xml;base64,PHN2Zz4=)')).toBe('<p>a</p>');
  });

  it('show where a link leads, and lead nowhere else', async () => {
    expect(await drawn('[a](https://b.example/)')).toBe(
      '<p><a href="https://b.example/" title="https://b.example/" target="_blank" ' +
        'rel="noopener noreferrer">a</a></p>'
    );
    expect(await drawn('[a](javascript:alert`1`) [b](/lab) [c](data:x)')).toBe(
      '<p><a>a</a> <a>b</a> <a>c</a></p>'
    );
  });

  it('make a diagram of no fence', async () => {
    expect(await drawn('```mermaid\ngraph <img src=x>\n```')).toBe(
      '<pre><code>graph &lt;img src=x&gt;</code></pre>'
    );
  });

  it('show tasks of a list as text', async () => {
    expect(await drawn('- [x] a\n- [ ] b')).not.toContain('<input');
  });
});

describe('ModelWordsSanitizer', () => {
  it('lets nothing through that is not listed', () => {
    const dirty =
      '<div id="x" class="jp-Dialog" style="background:url(y)" data-commandlinker-command="z">' +
      '<svg><image href="y"/></svg><form action="y"><input><button>b</button></form>' +
      '<video poster="y"></video><iframe src="y"></iframe><style>*{}</style></div>';
    const clean = sanitizer.sanitize(dirty);
    expect(clean).not.toMatch(/id=|style|class|data-|svg|form|input|button|video|iframe|y/);
  });

  it('breaks commands of maths that load, and leaves code as it is', () => {
    expect(sanitizer.sanitize('<p>$\\require{a} \\alpha$</p><pre><code>\\require</code></pre>')).toBe(
      '<p>$\\\u200brequire{a} \\alpha$</p><pre><code>\\require</code></pre>'
    );
  });
});
