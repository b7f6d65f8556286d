/** Lets components follow what is outside of React. */
import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer, useState } from 'react';

/** Render again when the signal was emitted; many times within a frame count as one. */
export function useChanges(signal: ISignal<unknown, unknown> | undefined): void {
  const [, flush] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let frame = 0;
    const onChange = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        flush();
      });
    };
    signal?.connect(onChange);
    flush(); // it may have been emitted before this was connected
    return () => {
      signal?.disconnect(onChange);
      cancelAnimationFrame(frame);
    };
  }, [signal]);
}

/** Seconds since `key` became what it is; counted only while `runs`. */
export function useElapsed(runs: boolean, key: string): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(0);
    if (!runs) {
      return;
    }
    const begun = performance.now();
    const timer = setInterval(() => setSeconds((performance.now() - begun) / 1000), 1000);
    return () => clearInterval(timer);
  }, [runs, key]);
  return seconds;
}
