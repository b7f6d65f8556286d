/** What a run in a sandbox changed on disk: each file, how it differs, and the way back. */
import { useCallback, useEffect, useState } from 'react';
import type { FileChange, FilesSeen } from '../api';
import type { TurnView } from '../run-model';
import { useServices } from './services';

type OnRestore = (paths: readonly string[], overwrite: boolean) => Promise<void>;

export function OnDisk({ turn }: { turn: TurnView }) {
  const { trans, model } = useServices();
  const { dialogue } = model;
  const [seen, setSeen] = useState<FilesSeen | null>(null);
  const [busy, setBusy] = useState(false);
  const walled = dialogue?.runs.walls.stand === true;
  const ask = useCallback(
    async (restore: readonly string[], overwrite: boolean) => {
      if (dialogue) {
        const path = dialogue.notebook.context.localPath;
        setSeen(await dialogue.api.files(turn.run, { path, restore, overwrite }));
      }
    },
    [dialogue, turn.run]
  );
  useEffect(() => {
    if (walled) {
      ask([], false).catch(() => setSeen(null)); // of a run that nothing is kept of
    }
  }, [walled, ask]);
  if (!walled || !dialogue || !seen) {
    return null;
  }
  const restore: OnRestore = async (paths, overwrite) => {
    setBusy(true);
    await dialogue.attempt(() => ask(paths, overwrite));
    setBusy(false);
  };
  const shown = seen.files.filter(file => !file.folder);
  const count = shown.length + seen.more;
  return (
    <details className="codeact-OnDisk">
      <summary>
        {count > 0
          ? trans._n('Changed on disk: %1 file', 'Changed on disk: %1 files', count, count)
          : trans.__('Changed on disk: nothing')}
        {seen.notes.length > 0 || shown.some(file => file.warning) ? ' ⚠' : ''}
      </summary>
      <ul className="codeact-OnDisk-files">
        {shown.map(file => (
          <File key={file.path} file={file} busy={busy} onRestore={restore} />
        ))}
        {seen.more > 0 && <li>{trans._n('%1 more', '%1 more', seen.more, seen.more)}</li>}
        {seen.notes.map(note => (
          <li key={note} className="codeact-mod-warn">
            {note}
          </li>
        ))}
      </ul>
      <All seen={seen} busy={busy} onRestore={restore} />
    </details>
  );
}

interface Restoring {
  busy: boolean;
  onRestore: OnRestore;
}

function File({ file, busy, onRestore }: { file: FileChange } & Restoring) {
  const { trans } = useServices();
  const label = file.restored ? trans.__('Bring back') : trans.__('Restore');
  return (
    <li>
      <div className="codeact-OnDisk-file">
        <span className="codeact-Chip" data-kind={file.what}>
          {file.path}
        </span>
        <span className="codeact-OnDisk-state">{stateOf(trans.__.bind(trans), file)}</span>
        <button
          type="button"
          className="codeact-Button"
          disabled={busy}
          aria-label={`${label} ${file.path}`}
          onClick={() => void onRestore([file.path], file.conflict)}
        >
          {file.conflict ? trans.__('%1 anyway', label) : label}
        </button>
      </div>
      {file.warning && <p className="codeact-mod-warn">{file.warning}</p>}
      {file.difference && <Difference file={file} />}
    </li>
  );
}

function Difference({ file }: { file: FileChange }) {
  const { trans } = useServices();
  return (
    <pre
      className="codeact-Code"
      tabIndex={0}
      role="region"
      aria-label={trans.__('How %1 differs', file.path)}
    >
      {file.difference.split('\n').map((line, place) => (
        <span key={place} data-sign={line.charAt(0)}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}

function All({ seen, busy, onRestore }: { seen: FilesSeen } & Restoring) {
  const { trans } = useServices();
  const left = seen.files.filter(file => !file.restored).map(file => file.path);
  return (
    <>
      {seen.said.length > 0 && (
        <p className="codeact-Line" role="status">
          {seen.said.join(' ')}
        </p>
      )}
      {left.length > 1 && (
        <button
          type="button"
          className="codeact-Button"
          disabled={busy}
          onClick={() => void onRestore(left, false)}
        >
          {trans.__('Restore all files')}
        </button>
      )}
    </>
  );
}

function stateOf(say: (text: string) => string, file: FileChange): string {
  const what = {
    added: say('added'),
    changed: say('changed'),
    deleted: say('deleted')
  }[file.what];
  const more = [
    file.restored ? say('restored') : '',
    file.conflict ? say('changed again since') : ''
  ].filter(Boolean);
  return [what, ...more].join(', ');
}
