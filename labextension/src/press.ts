/**
 * Tells the person's own presses of a key or a button from what a script of an output does.
 *
 * Such a script can dispatch events, call handlers, and put functions of its own in the place of the
 * browser's. So what is needed here is kept as it was when the page started; and a press counts only
 * while the browser itself handles it.
 */

/** A press of the person's that was seen; it gives one word. */
export type Press = object;

/** Gives the person's word on a run's code; rejected with what is wrong with it. */
export type Give = (run: string, word: object, press: Press | null) => Promise<void>;

const SOON = 1000; // JupyterLab runs a cell some moments after the key, when it has asked others

const { apply } = Reflect;
const { addEventListener } = EventTarget.prototype;
const { contains } = Node.prototype;
const { closest } = Element.prototype;
const { add, delete: take } = WeakSet.prototype;
const now = performance.now.bind(performance);
const isTrusted = getter(new Event('probe'), 'isTrusted');
const eventPhase = getter(Event.prototype, 'eventPhase');
const eventTarget = getter(Event.prototype, 'target');
const eventType = getter(Event.prototype, 'type');
const keyOf = getter(KeyboardEvent.prototype, 'key');
const shiftKey = getter(KeyboardEvent.prototype, 'shiftKey');
const ctrlKey = getter(KeyboardEvent.prototype, 'ctrlKey');
const metaKey = getter(KeyboardEvent.prototype, 'metaKey');
const altKey = getter(KeyboardEvent.prototype, 'altKey');
const nodeType = getter(Node.prototype, 'nodeType');
const presses = new WeakSet<Press>();
let ranIn: { readonly target: unknown; readonly time: number } | null = null;
apply(addEventListener, window, ['keydown', noteRun, true]);

/**
 * The press that an event is, if the browser is handling it now and it is the person's, inside of
 * something. A script can make the browser handle other events (focus, the end of an animation).
 */
export function pressOf(event: Event, within: Element): Press | null {
  const target = targetOf(event);
  const type = target ? got(eventType, event) : '';
  const isPress = type === 'click' || (type === 'keydown' && got(keyOf, event) === 'Enter');
  return isPress && holds(within, target) ? newPress() : null;
}

/** The press by which the person runs this cell now: Enter, with another key, in it or its notebook. */
export function pressToRun(cell: Element, notebook: Element): Press | null {
  const target = ranIn && now() - ranIn.time < SOON ? ranIn.target : null;
  if (!target || !holds(notebook, target)) {
    return null;
  }
  const own: unknown = apply(closest, target, ['.jp-Cell']);
  if (own !== null && own !== cell) {
    return null;
  }
  ranIn = null;
  return newPress();
}

/** Use a press for a word; whether it was one, and was not used before. */
export function used(press: Press | null): boolean {
  return press !== null && apply(take, presses, [press]) === true;
}

function noteRun(event: Event): void {
  const target = targetOf(event);
  if (target) {
    const isToRun = got(keyOf, event) === 'Enter' && isModified(event);
    ranIn = isToRun ? { target, time: now() } : null;
  }
}

function newPress(): Press {
  const press = {};
  apply(add, presses, [press]);
  return press;
}

function isModified(event: Event): boolean {
  const held = got(shiftKey, event) ?? false;
  return (held || got(ctrlKey, event) || got(metaKey, event) || got(altKey, event)) === true;
}

/** What the person's event that the browser is handling now is about: an element. */
function targetOf(event: Event): unknown {
  const isTheirs = got(isTrusted, event) === true && (got(eventPhase, event) ?? 0) !== 0;
  const target = isTheirs ? got(eventTarget, event) : null;
  return got(nodeType, target) === 1 ? target : null;
}

function holds(element: Element, target: unknown): boolean {
  try {
    return apply(contains, element, [target]) === true;
  } catch {
    return false; // no element at all
  }
}

function getter(of: object, name: string): (() => unknown) | undefined {
  return Object.getOwnPropertyDescriptor(of, name)?.get;
}

/** What a getter of the browser's gives for what should be of its kind; nothing for what is not. */
function got(read: (() => unknown) | undefined, of: unknown): unknown {
  try {
    return read && apply(read, of, []);
  } catch {
    return undefined;
  }
}
