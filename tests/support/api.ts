// The gateway's HTTP API as a client sees it. Every answer is searched for keys before a test sees
// it.

import { deepEqual, equal } from "node:assert/strict";
import { Agent, request, type RequestOptions as HttpOptions } from "node:http";
import { findSecret } from "./secrets.ts";
import { WAIT_MS, within } from "./wait.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface RequestOptions {
  /** A string goes out as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  readonly host: string;
  readonly port: number;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** The body of a GET that must succeed. */
  get(path: string): Promise<unknown>;
  installSa(sa: unknown): Promise<void>;
  removeSa(spi: number): Promise<void>;
  close(): void;
}

/** Opens a client; `token` goes with each request. */
export function openApi(host: string, port: number, token?: string): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function ask(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { body } = options;
    const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const headers = {
      ...authorization,
      ...(payload === undefined ? {} : {
        "content-type": "application/json",
        "content-length": String(new TextEncoder().encode(payload).length),
      }),
      ...options.headers,
    };
    const answer = await exchange({ host, port, method, path, headers, agent }, payload);
    const secret = findSecret(`${JSON.stringify(answer.headers)}\n${answer.text}`);
    equal(secret, undefined, `${method} ${path} answers with a key`);
    return answer;
  }

  async function get(path: string): Promise<unknown> {
    const { status, text } = await ask("GET", path);
    equal(status, 200, `GET ${path}: ${text}`);
    return JSON.parse(text);
  }

  async function installSa(sa: unknown): Promise<void> {
    const { status, text } = await ask("POST", "/v1/sas", { body: sa });
    deepEqual([status, status === 201 ? "" : text], [201, ""]);
  }

  async function removeSa(spi: number): Promise<void> {
    const { status, text } = await ask("DELETE", `/v1/sas/${spiText(spi)}`);
    equal(status, 204, text);
  }

  return { host, port, request: ask, get, installSa, removeSa, close: () => agent.destroy() };
}

/** An SPI as the API writes it. */
export function spiText(spi: number): string {
  return `0x${spi.toString(16).padStart(8, "0")}`;
}

function exchange(options: HttpOptions, payload?: string): Promise<Answer> {
  return within<Answer>(WAIT_MS, "an answer of the API", (resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (octets: Uint8Array) => void chunks.push(octets));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, text: decode(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((octets) => decoder.decode(octets, { stream: true })).join("") +
    decoder.decode();
}
