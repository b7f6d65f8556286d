/**
 * Which frames are news.
 *
 * A front end may get a frame twice, by the kernel's socket and by the server's. The kernel's drops
 * messages in a flood, so a frame that says how a thing is (and not only what was added to it)
 * is still news when it comes late, unless something newer about the same thing was seen.
 */
import type { Frame } from './protocol';

export class Sequence {
  /** Whether to take this frame; asking notes it as seen. */
  takes(frame: Frame): boolean {
    const known = this._last.get(frame.run) ?? 0;
    const thing = `${frame.run} ${subject(frame)}`;
    const about = this._about.get(thing) ?? 0;
    if (frame.number <= known && (!isState(frame) || frame.number <= about)) {
      return false;
    }
    this._last.set(frame.run, Math.max(known, frame.number));
    this._about.set(thing, frame.number);
    return true;
  }

  /** Take the frames of a run from its beginning again. */
  forget(run: string): void {
    this._last.delete(run);
    [...this._about.keys()]
      .filter(thing => thing.startsWith(`${run} `))
      .forEach(thing => this._about.delete(thing));
  }

  clear(): void {
    this._last.clear();
    this._about.clear();
  }

  private readonly _last = new Map<string, number>();
  private readonly _about = new Map<string, number>();
}

/** What a frame is about. What is typed is about the step, and about the cell it is typed into. */
function subject(frame: Frame): string {
  switch (frame.type) {
    case 'run':
    case 'answer':
    case 'session':
      return frame.type;
    case 'cell':
      return `cell ${frame.cell.id}`;
    case 'removed':
      return `cell ${frame.cell}`;
    default:
      return `step ${frame.step}`;
  }
}

function isState(frame: Frame): boolean {
  return (
    frame.type === 'answer' ||
    frame.type === 'removed' ||
    frame.type === 'session' ||
    (frame.type === 'cell' && frame.phase === 'final') ||
    (frame.type === 'step' && frame.state !== 'thinking')
  );
}
