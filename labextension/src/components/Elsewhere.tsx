/**
 * What the run of a magic asks: JupyterLab shows the question below the magic's own cell, and only there
 * it can be answered.
 */
import type { TurnView } from '../run-model';
import { isGoingOn } from '../conversations';
import { CommandIds } from '../tokens';
import { useChanges } from './changes';
import { useServices } from './services';

/** Says where the question stands, and leads there. */
export function Elsewhere({ run }: { run: string }) {
  const { model, trans, commands } = useServices();
  const { dialogue } = model;
  const cell = dialogue?.runs.originOf(run);
  const path = dialogue?.notebook.context.localPath;
  return (
    <p className="codeact-Elsewhere">
      <span>{trans.__('The question stands below the cell that has the task.')}</span>
      {cell && (
        <button
          type="button"
          className="codeact-Button"
          onClick={() => void commands.execute(CommandIds.showCell, { path, cell })}
        >
          {trans.__('Go there')}
        </button>
      )}
    </p>
  );
}

/** Whether the running code of a magic's run asks for a line. */
export function useAsksBelow(turn: TurnView): boolean {
  const { model } = useServices();
  const runs = model.dialogue?.runs;
  const context = runs?.notebook.sessionContext;
  useChanges(context?.session?.pendingInput);
  const asks = context?.pendingInput === true && turn.waiting !== 'approval' && isGoingOn(turn);
  return asks && runs?.isHosted(turn.run) === false;
}

/** The code of a magic's run asks for a line. */
export function InputBelow({ turn }: { turn: TurnView }) {
  const { trans } = useServices();
  return (
    useAsksBelow(turn) && (
      <section className="codeact-Input" aria-label={trans.__('The code asks for a line')}>
        <Elsewhere run={turn.run} />
      </section>
    )
  );
}
