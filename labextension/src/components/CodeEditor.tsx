/** JupyterLab's own editor, for code that the person changes before it runs. */
import { CodeEditor as Editor } from '@jupyterlab/codeeditor';
import { useEffect, useRef } from 'react';
import { useServices } from './services';

export interface CodeEditorProps {
  code: string;
  label: string;
  onChange: (code: string) => void;
}

export function CodeEditor({ code, label, onChange }: CodeEditorProps) {
  const { editors } = useServices();
  const host = useRef<HTMLDivElement>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const initial = useRef(code);
  useEffect(() => {
    if (!host.current) {
      return;
    }
    const model = new Editor.Model({ mimeType: 'text/x-ipython' });
    model.sharedModel.setSource(initial.current);
    const editor = editors.factoryService.newInlineEditor({
      host: host.current,
      model,
      config: { lineNumbers: false }
    });
    const onEdit = () => changed.current(model.sharedModel.getSource());
    model.sharedModel.changed.connect(onEdit);
    editor.focus();
    return () => {
      model.sharedModel.changed.disconnect(onEdit);
      editor.dispose();
      model.dispose();
    };
  }, [editors]);
  return <div ref={host} className="codeact-CodeEditor" role="group" aria-label={label} />;
}
