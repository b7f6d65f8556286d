/**
 * Gives the person's word on code that asks, by a socket that no script of an output can use.
 *
 * What an output shows may run scripts in this page. So the socket is opened when the page starts,
 * before there is any output, with the ticket that the server put into this page's own HTML; it is
 * held in a closure, and the server takes answers from it alone. What is needed to use it is kept as
 * it was at that time, so that a script that puts its own functions in the place of the browser's, or
 * of those that all arrays and objects share, learns and changes nothing.
 */
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ROUTES } from './api';
import { type Give, used } from './press';

/** Says what is wrong with a word, as the server tells it. */
export class PersonError extends Error {}

interface Told {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly message?: unknown;
  readonly reload?: unknown;
}

const TICKET = 'codeactTicket';
const CONFIG = 'jupyter-config-data';
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
const PATIENCE = 15000;

const { apply } = Reflect;
const { stringify, parse } = JSON;
const { send } = WebSocket.prototype;
const { addEventListener } = EventTarget.prototype;
const later = setTimeout.bind(window);
const dataOf = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')?.get;
const ticket = takeTicket();

/**
 * Claim this page for the person, and return what gives their word.
 *
 * `told` hears why the page cannot answer until it is loaded again, or nothing when it can: what is
 * made of it is only shown.
 */
export function claimPage(
  told: (trouble: string) => void = () => undefined,
  settings = ServerConnection.makeSettings()
): Give {
  const { WebSocket: Socket } = settings;
  const address = addressOf(settings);
  const claim = stringify({ type: 'claim', secret: newSecret(), ticket });
  const waiting: Record<number, (message: string) => void> = ofNothing();
  const unsent: Record<number, string> = ofNothing();
  let socket: WebSocket | null = null;
  let pause = FIRST_PAUSE;
  let count = 0;

  const open = () => {
    const opened = new Socket(address);
    const on = (kind: string, listener: (event: Event) => void) =>
      apply(addEventListener, opened, [kind, listener]);
    on('open', () => {
      socket = opened;
      pause = FIRST_PAUSE;
      apply(send, opened, [claim]);
      for (let id = 1; id <= count; id++) {
        if (unsent[id]) {
          apply(send, opened, [unsent[id]]);
          delete unsent[id];
        }
      }
    });
    on('message', event => hear(parse(textOf(event)) as Told));
    on('close', () => {
      socket = null;
      later(open, pause);
      pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
    });
  };
  const hear = ({ type, id, message, reload }: Told) => {
    if (type === 'decided' && typeof id === 'number') {
      waiting[id]?.(String(message));
      delete waiting[id];
    } else if (type === 'claimed') {
      told(typeof reload === 'string' ? reload : '');
    }
  };
  open();

  return (run, word, press) => {
    if (!used(press)) {
      return Promise.reject(new PersonError('Only a press of yours can answer.'));
    }
    const id = ++count;
    const text = stringify({ __proto__: null, ...word, type: 'decide', id, run });
    if (socket) {
      apply(send, socket, [text]);
    } else {
      unsent[id] = text;
    }
    return new Promise((done, fail) => {
      waiting[id] = message => (message ? fail(new PersonError(message)) : done());
      later(() => {
        delete unsent[id]; // else it would come after what they say next
        waiting[id]?.('The server did not answer; try again.');
        delete waiting[id];
      }, PATIENCE);
    });
  };
}

/** What has no properties but its own, and on which none can be put from outside. */
function ofNothing<T>(): Record<number, T> {
  return Object.create(null) as Record<number, T>;
}

function addressOf({ wsUrl, appendToken, token }: ServerConnection.ISettings): string {
  const url = new URL(URLExt.join(wsUrl, ROUTES, 'person'));
  if (appendToken && token) {
    url.searchParams.append('token', token);
  }
  return url.href;
}

function textOf(message: Event): string {
  return dataOf ? (apply(dataOf, message, []) as string) : '';
}

/** This page's ticket, which is taken out of the page. */
function takeTicket(): string {
  const taken = PageConfig.getOption(TICKET);
  PageConfig.setOption(TICKET, '');
  const element = document.getElementById(CONFIG);
  if (taken && element) {
    const { [TICKET]: _, ...others } = JSON.parse(element.textContent ?? '{}') as Record<string, unknown>;
    element.textContent = JSON.stringify(others);
  }
  return taken;
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
