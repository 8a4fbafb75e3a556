// Serves the gateway's events to all readers of `/v1/events`. Each event is encoded once, however
// many readers there are. This thread reads the counters from shared memory once a second, and only
// while there are readers, so no lane spends time on them.

import type { GatewayEvent, Subject } from "../model/event.ts";
import type { Gateway } from "../model/gateway.ts";
import { createEventQueue, type EventQueue } from "./event_queue.ts";

/** How many may read at once. */
export const READERS_MAX = 256;

/** Time between two `totals` events, ms. */
const TICK_MS = 1000;

/** How long a browser waits before it reconnects, ms. */
const RETRY_MS = 1000;

/** Hands out the events. */
export interface EventFeed {
  /** Opens a stream of all events from now on. Undefined if there are too many readers. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** Number of readers. */
  readers(): number;
}

/** What a feed is made from. */
export interface EventFeedOptions {
  readonly gateway: Gateway;
  /** Runs `tick` every `ms` until you call the result. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

/** Makes a feed. It does nothing while nobody reads. */
export function createEventFeed({ gateway, every }: EventFeedOptions): EventFeed {
  const queues = new Set<EventQueue>();
  let stops: readonly (() => void)[] = [];

  function tell(event: GatewayEvent, subject: Subject): void {
    const octets = eventOctets(event.event, { at: event.at, ...event.fields });
    for (const queue of queues) queue.push(octets, subject);
  }

  function tick(): void {
    const octets = totalsOctets(gateway);
    for (const queue of queues) queue.tick(octets);
  }

  function leave(queue: EventQueue): void {
    if (!queues.delete(queue) || queues.size > 0) return;
    for (const stop of stops) stop();
    stops = [];
  }

  function open(): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
    if (queues.size >= READERS_MAX) return undefined;
    const queue = createEventQueue({
      lostEvent: (count) => eventOctets("lost", { at: nowText(), count }),
      onGone: () => leave(queue),
    });
    if (queues.size === 0) stops = [gateway.subscribe(tell), every(TICK_MS, tick)];
    queues.add(queue);
    queue.push(encode(`retry: ${RETRY_MS}\n\n`));
    queue.tick(totalsOctets(gateway));
    return queue.stream;
  }

  return { open, readers: () => queues.size };
}

function totalsOctets(gateway: Gateway): Uint8Array<ArrayBuffer> {
  const { uptimeSeconds, draining, unready, upstream, totals } = gateway.status();
  const data = { at: nowText(), uptimeSeconds, draining, unready, upstream, totals };
  return eventOctets("totals", data);
}

function eventOctets(name: string, data: unknown): Uint8Array<ArrayBuffer> {
  return encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function nowText(): string {
  return new Date().toISOString();
}
