// Events that one reader of `/v1/events` has not taken yet. The queue never grows beyond its limit:
// events that do not fit are counted, and the reader is told the count before any newer event. The
// next tick replaces one that was not taken, so ticks take no place in the queue.

/** How many events may wait for one reader. */
export const QUEUE_LEN_MAX = 256;

/** The queue of one reader, and the stream it reads. */
export interface EventQueue {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Adds an event, or counts it as lost. */
  push(event: Uint8Array<ArrayBuffer>): void;
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
  let lost = 0;
  let newestTick: Uint8Array<ArrayBuffer> | undefined;
  /** Set while the reader waits for an event. */
  let asked: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;

  function next(): Uint8Array<ArrayBuffer> | undefined {
    const event = waiting.shift();
    if (event !== undefined) return event;
    if (lost > 0) {
      const count = lost;
      lost = 0;
      return options.lostEvent(count);
    }
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
    push(event): void {
      // After a loss, newer events are lost too until the reader knows, so that the order holds.
      if (lost > 0 || waiting.length >= QUEUE_LEN_MAX) lost++;
      else waiting.push(event);
      flush();
    },
    tick(event): void {
      newestTick = event;
      flush();
    },
  };
}
