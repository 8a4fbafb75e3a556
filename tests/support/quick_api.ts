// The HTTP API for thousands of requests a second: a few connections that stay, one request at a
// time on each, and no more of the answer than its status. `api.ts` is for everything else.

import { connect, type Socket } from "node:net";
import type { Endpoint } from "./gateway.ts";

/** Asks many things, on all connections at once. */
export interface QuickApi {
  /**
   * Sends `count` requests, each of which must be answered with `status`.
   *
   * @param requestOf The request number `i`, from 0 up
   */
  ask(count: number, status: number, requestOf: (i: number) => QuickRequest): Promise<void>;
  close(): void;
}

export interface QuickRequest {
  readonly method: string;
  readonly path: string;
  /** Goes out as JSON. */
  readonly body?: unknown;
}

/** Connects. */
export function openQuickApi({ host, port }: Endpoint): QuickApi {
  const lines = Array.from({ length: CONNECTIONS }, () => openLine(connect(port, host)));

  async function ask(
    count: number,
    status: number,
    requestOf: (i: number) => QuickRequest,
  ): Promise<void> {
    // All connections take from one row of numbers.
    const numbers = Array.from({ length: count }, (_, i) => i).values();
    await Promise.all(lines.map(async (line) => {
      for (const i of numbers) {
        const answer = await line.exchange(textOf(requestOf(i), `${host}:${port}`));
        if (!answer.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`Answered ${answer}`);
      }
    }));
  }

  return { ask, close: () => lines.forEach((line) => line.close()) };
}

const CONNECTIONS = 8;

interface Line {
  /** Sends a request; resolves to its answer. */
  exchange(request: string): Promise<string>;
  close(): void;
}

function openLine(socket: Socket): Line {
  let text = "";
  let answered: (answer: string) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  socket.setNoDelay();
  socket.setEncoding("latin1");
  socket.on("error", (error) => failed(error));
  socket.on("close", () => failed(new Error("The API has closed the connection")));
  socket.on("data", (part) => {
    text += part;
    if (!isWhole(text)) return;
    const answer = text;
    text = "";
    answered(answer);
  });

  function exchange(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      [answered, failed] = [resolve, reject];
      socket.write(request, "latin1");
    });
  }

  return { exchange, close: () => void socket.destroy() };
}

/** Answers of this API say their length, or have no body. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(answer)?.[1] ?? "0";
  return answer.length >= end + 4 + Number(length);
}

function textOf({ method, path, body }: QuickRequest, host: string): string {
  const json = body === undefined ? "" : JSON.stringify(body);
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  if (json !== "") lines.push("Content-Type: application/json", `Content-Length: ${json.length}`);
  return [...lines, "", json].join("\r\n");
}
