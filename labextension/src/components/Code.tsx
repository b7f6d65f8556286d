/** Python as JupyterLab colours it; it may still be growing. */
import { memo, useEffect, useLayoutEffect, useRef } from 'react';
import { useServices } from './services';

export interface CodeProps {
  code: string;
  /** More comes: keep the end in view. */
  growing: boolean;
  label: string;
}

export const Code = memo(function Code({ code, growing, label }: CodeProps) {
  const { languages } = useServices();
  const host = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (host.current) {
      append(host.current, code);
      if (growing) {
        const pre = host.current.parentElement;
        pre?.scrollTo({ top: pre.scrollHeight });
      }
    }
  }, [code, growing]);
  useEffect(() => {
    let stale = false;
    const painted = document.createElement('code');
    void languages.highlight(code, languages.findBest('python'), painted).then(() => {
      if (!stale) {
        host.current?.replaceChildren(...Array.from(painted.childNodes));
      }
    });
    return () => {
      stale = true;
    };
  }, [code, languages]);
  return (
    <pre className="codeact-Code" tabIndex={0} role="region" aria-label={label}>
      <code ref={host} />
    </pre>
  );
});

/** Show new characters at once, without colours; those follow when they are known. */
function append(host: HTMLElement, code: string): void {
  const shown = host.textContent ?? '';
  if (code.startsWith(shown)) {
    host.append(code.slice(shown.length));
  } else {
    host.textContent = code;
  }
}
