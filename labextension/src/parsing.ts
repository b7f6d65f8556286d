/**
 * Reads what travels.
 *
 * A kernel may publish anything, so whatever comes in is read field by field: a frame that was
 * read has every field with its type. Unknown types and versions are dropped, not guessed at.
 */
import type * as nbformat from '@jupyterlab/nbformat';
import type { PartialJSONObject } from '@lumino/coreutils';
import {
  APPROVALS,
  type Change,
  type Figure,
  type Frame,
  type Head,
  type Meter,
  PARTS,
  PHASES,
  type Printed,
  type ProjectedCell,
  type Rebuilt,
  RUN_STATES,
  type ServerMessage,
  STEP_STATES,
  SUPPORTS,
  type Variable,
  VERSION,
  WAITING
} from './protocol';
import * as read from './reading';

/** The frame that `data` holds; null when it is of no type or version known here. */
export function parseFrame(data: unknown): Frame | null {
  const from = read.record(data);
  const head = { run: read.text(from.run), number: read.number(from.number) };
  if (from.version !== VERSION || !head.run || head.number < 1) {
    return null;
  }
  return READERS.get(read.text(from.type))?.(head, from) ?? null;
}

/** The server's message that `data` holds; null when it is none known here. */
export function parseServerMessage(data: unknown): ServerMessage | null {
  const from = read.record(data);
  const path = read.text(from.path);
  switch (from.type) {
    case 'following':
      return { type: 'following', path, lead: from.lead === true, runs: read.texts(from.runs) };
    case 'lead':
      return { type: 'lead', path, lead: from.lead === true };
    case 'frame': {
      const frame = parseFrame(from.frame);
      return frame && { type: 'frame', path, frame, hosted: from.hosted === true };
    }
    case 'printed':
      return {
        type: 'printed',
        path,
        run: read.text(from.run),
        cell: read.text(from.cell),
        messages: read.list(from.messages).map(parsePrinted),
        last: read.text(from.last)
      };
    case 'rebuilding':
      return { type: 'rebuilding', path, cell: read.number(from.cell), of: read.number(from.of) };
    case 'rebuilt':
      return { type: 'rebuilt', path, found: from.found ? parseRebuilt(from.found) : null };
    case 'queue':
      return { type: 'queue', path, tasks: read.texts(from.tasks) };
    case 'refused':
      return {
        type: 'refused',
        path,
        kernel: read.text(from.kernel),
        message: read.text(from.message)
      };
    default:
      return null;
  }
}

/** How a rebuilding went, as the server tells it. */
export function parseRebuilt(data: unknown): Rebuilt {
  const from = read.record(data);
  return {
    lines: read.texts(from.lines),
    kinds: read.texts(from.kinds),
    same: from.same === true
  };
}

function parsePrinted(data: unknown): Printed['messages'][number] {
  const from = read.record(data);
  return { kind: read.text(from.kind), content: read.record(from.content) as PartialJSONObject };
}

function parseFigure(data: unknown): Figure {
  const from = read.record(data);
  return {
    text: read.text(from.text),
    support: read.oneOf(SUPPORTS, from.support, 'task'),
    cells: read.texts(from.cells)
  };
}

type Reader = (head: Head, from: read.Fields) => Frame | null;

const READERS_BY_TYPE: Readonly<Record<Frame['type'], Reader>> = {
  run: (head, from) => ({
    type: 'run',
    ...head,
    task: read.text(from.task),
    model: read.text(from.model),
    notice: read.text(from.notice),
    state: read.oneOf(RUN_STATES, from.state, 'running'),
    reason: read.text(from.reason),
    waiting: read.oneOf(WAITING, from.waiting, ''),
    conversation: read.text(from.conversation),
    turn: read.number(from.turn),
    started: read.text(from.started),
    meter: meter(from.meter)
  }),
  typed: (head, from) => ({
    type: 'typed',
    ...head,
    step: read.number(from.step),
    part: read.oneOf(PARTS, from.part, 'thought'),
    text: read.text(from.text)
  }),
  retrying: (head, from) => ({
    type: 'retrying',
    ...head,
    step: read.number(from.step),
    attempt: read.number(from.attempt),
    seconds: read.number(from.seconds),
    reason: read.text(from.reason)
  }),
  step: (head, from) => ({
    type: 'step',
    ...head,
    step: read.number(from.step),
    state: read.oneOf(STEP_STATES, from.state, 'unknown'),
    thought: read.text(from.thought),
    code: read.text(from.code),
    cells: {
      thought: read.text(read.record(from.cells).thought),
      action: read.text(read.record(from.cells).action)
    },
    seconds: read.number(from.seconds),
    change: change(from.change),
    outputs: read.text(from.outputs),
    lost: read.text(from.lost),
    mistake: read.text(from.mistake),
    approval: read.oneOf(APPROVALS, from.approval, ''),
    input: read.number(from.input),
    output: read.number(from.output),
    cost: read.numberOrNull(from.cost)
  }),
  asked: (head, from) => ({
    type: 'asked',
    ...head,
    step: read.number(from.step),
    code: read.text(from.code),
    hash: read.text(from.hash),
    reasons: read.texts(from.reasons),
    scopes: read.texts(from.scopes)
  }),
  input: (head, from) => ({
    type: 'input',
    ...head,
    step: read.number(from.step),
    request: read.text(from.request),
    prompt: read.text(from.prompt),
    password: from.password === true
  }),
  answer: (head, from) => ({
    type: 'answer',
    ...head,
    step: read.number(from.step),
    text: read.text(from.text),
    cell: read.text(from.cell),
    figures: read.list(from.figures).map(parseFigure)
  }),
  cell: (head, from) => {
    const cell = projected(from.cell);
    const phase = read.oneOf(PHASES, from.phase, null);
    return cell && phase && { type: 'cell', ...head, after: read.text(from.after), phase, cell };
  },
  session: (head, from) => ({
    type: 'session',
    ...head,
    metadata: read.record(from.metadata) as PartialJSONObject
  }),
  removed: (head, from) => ({ type: 'removed', ...head, cell: read.text(from.cell) })
};

// A map, for a type may be called `toString` too.
const READERS = new Map<string, Reader>(Object.entries(READERS_BY_TYPE));

/** A variable of the kernel, as `names` and `step` tell it. */
export function parseVariable(data: unknown): Variable {
  const from = read.record(data);
  return {
    name: read.text(from.name),
    type: read.text(from.type),
    shape: Array.isArray(from.shape) ? from.shape.map(read.number) : null,
    size: read.numberOrNull(from.size),
    detail: read.text(from.detail)
  };
}

function change(data: unknown): Change {
  const from = read.record(data);
  return {
    added: read.list(from.added).map(parseVariable),
    changed: read.list(from.changed).map(parseVariable),
    deleted: read.texts(from.deleted)
  };
}

function meter(data: unknown): Meter {
  const from = read.record(data);
  const context = read.record(from.context);
  const limits = read.record(from.limits);
  return {
    steps: read.number(from.steps),
    input: read.number(from.input),
    output: read.number(from.output),
    cache_read: read.number(from.cache_read),
    cache_write: read.number(from.cache_write),
    cost: read.numberOrNull(from.cost),
    seconds: read.number(from.seconds),
    context: { used: read.number(context.used), of: read.number(context.of) },
    limits: {
      steps: read.numberOrNull(limits.steps),
      tokens: read.numberOrNull(limits.tokens),
      cost: read.numberOrNull(limits.cost),
      seconds: read.numberOrNull(limits.seconds)
    }
  };
}

function projected(data: unknown): ProjectedCell | null {
  const from = read.record(data);
  const id = read.text(from.id);
  const type = read.oneOf(['code', 'markdown'] as const, from.cell_type, null);
  return id && type
    ? {
        id,
        cell_type: type,
        source: read.text(from.source),
        metadata: read.record(from.metadata) as nbformat.IBaseCellMetadata,
        outputs: Array.isArray(from.outputs) ? (from.outputs as nbformat.IOutput[]) : null,
        execution_count: read.numberOrNull(from.execution_count)
      }
    : null;
}
