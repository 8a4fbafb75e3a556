// A reader of `GET /v1/events`.

import { get, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import type { Api } from "./api.ts";
import { findSecret } from "./secrets.ts";
import { WAIT_MS, within } from "./wait.ts";

export type EventData = Readonly<Record<string, unknown>>;

export interface Events {
  /** The next event of this name that `isWanted` accepts; others are passed over. */
  next(name: string, isWanted?: (data: EventData) => boolean): Promise<EventData>;
  close(): void;
}

/** Connects, and resolves once the stream has begun. */
export async function openEvents({ host, port }: Api): Promise<Events> {
  const response = await within<IncomingMessage>(
    WAIT_MS,
    "the stream of events",
    (resolve, reject) => {
      get({ host, port, path: "/v1/events", agent: false }, resolve).on("error", reject);
    },
  );
  const seen: { readonly name: string; readonly data: EventData }[] = [];
  let wake = (): void => {};
  const parser = createParser({
    onEvent({ event = "message", data }): void {
      checkText(`${event} ${data}`);
      seen.push({ name: event, data: JSON.parse(data) });
    },
    onComment: checkText,
    onId: checkText,
    onError: (error) => {
      throw error;
    },
  });
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    parser.feed(chunk);
    wake();
  });
  // Closing it is no fault of the gateway's.
  response.on("error", () => {});

  function take(name: string, isWanted: (data: EventData) => boolean): EventData | undefined {
    for (let event = seen.shift(); event !== undefined; event = seen.shift()) {
      if (event.name === name && isWanted(event.data)) return event.data;
    }
    return undefined;
  }

  function next(name: string, isWanted = (_: EventData): boolean => true): Promise<EventData> {
    return within<EventData>(WAIT_MS, `the event ${name}`, (resolve) => {
      wake = (): void => {
        const data = take(name, isWanted);
        if (data === undefined) return;
        // Later events are for the next caller.
        wake = (): void => {};
        resolve(data);
      };
      wake();
    });
  }

  return { next, close: () => void response.destroy() };
}

function checkText(text: string): void {
  if (findSecret(text) !== undefined) throw new Error(`An event has a key: ${text}`);
}
