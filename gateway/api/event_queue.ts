// Events that one reader of `/v1/events` has not taken yet. The queue never grows beyond its limit:
// events that do not fit are counted, and the reader is told the count before any newer event. The
// next tick replaces one that was not taken, so ticks take no place in the queue.

import type { Subject } from "../model/event.ts";

/** How many events may wait for one reader. */
export const QUEUE_LEN_MAX = 256;

/** The part of them that events may be. */
const PARTS: Readonly<Record<Subject, number>> = { stranger: 1 / 2, other: 1 };

/** The queue of one reader, and the stream it reads. */
export interface EventQueue {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Adds an event, or counts it as lost. Half of the room is not for events about strangers. */
  push(event: Uint8Array<ArrayBuffer>, subject?: Subject): void;
  /** Sets the newest tick, which leaves after all waiting events. */
  tick(event: Uint8Array<ArrayBuffer>): void;
}

/** What a queue needs of its owner. */
export interface EventQueueOptions {
  /** Makes the event that tells the reader how many were lost. */
  readonly lostEvent: (count: number) => Uint8Array<ArrayBuffer>;
  /** Called when the reader is gone. */
  readonly onGone: () => void;
}

/** Makes an empty queue. */
export function createEventQueue(options: EventQueueOptions): EventQueue {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const losses = createLosses(options.lostEvent);
  let newestTick: Uint8Array<ArrayBuffer> | undefined;
  /** Set while the reader waits for an event. */
  let asked: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;

  function next(): Uint8Array<ArrayBuffer> | undefined {
    const event = waiting.shift() ?? losses.take();
    if (event !== undefined) return event;
    const tick = newestTick;
    newestTick = undefined;
    return tick;
  }

  function flush(): void {
    if (asked === undefined) return;
    const event = next();
    if (event === undefined) return;
    const controller = asked;
    asked = undefined;
    controller.enqueue(event);
  }

  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller): void {
      asked = controller;
      flush();
    },
    cancel(): void {
      asked = undefined;
      options.onGone();
    },
    // The stream takes nothing ahead of its reader, so `waiting` is the only queue.
  }, { highWaterMark: 0 });

  return {
    stream,
    push(event, subject = "other"): void {
      const room = PARTS[subject] * QUEUE_LEN_MAX - waiting.length;
      if (losses.holds(subject) || room < (losses.isAny() ? 2 : 1)) {
        losses.note(subject);
      } else {
        // An event that is kept behind lost ones of strangers has their count in front.
        const told = losses.take();
        if (told !== undefined) waiting.push(told);
        waiting.push(event);
      }
      flush();
    },
    tick(event): void {
      newestTick = event;
      flush();
    },
  };
}

/** The events that were lost, and of which the reader has not heard. */
interface Losses {
  note(subject: Subject): void;
  isAny(): boolean;
  /**
   * Whether newer events are lost, too, until the reader has heard, so that the order holds: those
   * of strangers after any loss, all after a loss of others.
   */
  holds(subject: Subject): boolean;
  /** The event that tells of them, if there are any. */
  take(): Uint8Array<ArrayBuffer> | undefined;
}

function createLosses(lostEvent: EventQueueOptions["lostEvent"]): Losses {
  let lost = 0;
  let lostFor: Subject = "stranger";
  return {
    note(subject): void {
      if (lost === 0 || subject === "other") lostFor = subject;
      lost++;
    },
    isAny: () => lost > 0,
    holds: (subject) => lost > 0 && (subject === "stranger" || lostFor === "other"),
    take(): Uint8Array<ArrayBuffer> | undefined {
      const count = lost;
      lost = 0;
      return count > 0 ? lostEvent(count) : undefined;
    },
  };
}
