// What one reader of `/v1/events` has not taken yet. It never grows beyond its limit: what does not fit is counted, and the reader is
// told the count before anything newer. A tick that was not taken is replaced by the next one, so it costs no place.

/** Events that wait for one reader. */
export const QUEUE_LEN_MAX = 256;

/** The queue of one reader, and the stream that it reads. */
export interface EventQueue {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Adds an event, or counts it as lost. */
  push(event: Uint8Array<ArrayBuffer>): void;
  /** Sets the newest tick, which leaves after the events. */
  tick(event: Uint8Array<ArrayBuffer>): void;
}

export interface EventQueueOptions {
  /** Makes the event that says how many were lost. */
  readonly lostEvent: (count: number) => Uint8Array<ArrayBuffer>;
  /** The reader is gone. */
  readonly onGone: () => void;
}

/** Makes an empty queue. */
export function createEventQueue(options: EventQueueOptions): EventQueue {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let lost = 0;
  let newestTick: Uint8Array<ArrayBuffer> | undefined;
  /** The reader has asked, and got nothing yet. */
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
    // Nothing is taken ahead of the reader: the queue here is the only one.
  }, { highWaterMark: 0 });

  return {
    stream,
    push(event): void {
      // Once something is lost, order keeps newer events out too, until the reader has been told.
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
