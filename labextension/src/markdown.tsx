/** Words of a model in the panel: Markdown that may still be growing. */
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { useServices } from './components/services';
import { markdownBlocks } from './markdown-blocks';
import { makeModelWordsParser } from './markdown-parser';
import { MarkdownRendering } from './markdown-rendering';
import { ModelWordsSanitizer } from './markdown-sanitizer';

/** JupyterLab's rendermime, with walls around what a model wrote. */
export function modelWordsRendermime(
  rendermime: IRenderMimeRegistry,
  languages: IEditorLanguageRegistry
): IRenderMimeRegistry {
  return rendermime.clone({
    sanitizer: new ModelWordsSanitizer(),
    markdownParser: makeModelWordsParser(languages)
  });
}

export interface MarkdownProps {
  text: string;
  /** The text will not grow any more. */
  final: boolean;
  /** Gets the node of the whole text whenever it was rendered; what is done to it may be undone. */
  onWhole?: (node: HTMLElement) => void;
}

/**
 * While the text grows only its last block is rendered. When it is final it is rendered once more
 * as a whole, out of sight, and then takes the place of the blocks: nothing flickers or jumps.
 */
export const Markdown = memo(function Markdown({ text, final, onWhole }: MarkdownProps) {
  const [grew] = useState(!final);
  const [whole, setWhole] = useState(false);
  const blocks = useMemo(() => markdownBlocks(text), [text]);
  const showsWhole = final && (whole || !grew);
  useEffect(() => {
    if (!final) {
      setWhole(false);
    }
  }, [final]);
  return (
    <div className="codeact-Markdown">
      {!showsWhole && blocks.map((block, index) => <Block key={index} text={block} />)}
      {final && (
        <Block
          text={text}
          hidden={!showsWhole}
          onShown={node => {
            onWhole?.(node);
            setWhole(true);
          }}
        />
      )}
    </div>
  );
});

interface BlockProps {
  text: string;
  hidden?: boolean;
  onShown?: (node: HTMLElement) => void;
}

const Block = memo(
  function Block({ text, hidden, onShown }: BlockProps) {
    const { rendermime } = useServices();
    const host = useRef<HTMLDivElement>(null);
    const rendering = useRef<MarkdownRendering | null>(null);
    const shown = useRef(onShown);
    shown.current = onShown;
    useEffect(() => {
      if (!host.current) {
        return;
      }
      const node = host.current;
      const made = new MarkdownRendering(rendermime, node, () => shown.current?.(node));
      rendering.current = made;
      return () => made.dispose();
    }, [rendermime]);
    useEffect(() => rendering.current?.show(text), [rendermime, text]);
    return <div ref={host} className={hidden ? 'codeact-mod-unseen' : undefined} />;
  },
  (before, after) => before.text === after.text && before.hidden === after.hidden
);
