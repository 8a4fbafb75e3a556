// A reader of `GET /v1/events`: WHATWG HTML §9.2, as far as the gateway uses it.

import { get, type IncomingMessage } from "node:http";
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
  let text = "";
  let wake = (): void => {};
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      if (findSecret(block) !== undefined) throw new Error(`An event has a key: ${block}`);
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (match?.[1] !== undefined && match[2] !== undefined) {
        seen.push({ name: match[1], data: JSON.parse(match[2]) });
      }
    }
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
