// The real API in front of a fake gateway. It keeps its log.

import { createApi } from "../../gateway/api/create_api.ts";
import type { Api } from "../../gateway/api/route.ts";
import type { Clients } from "../../gateway/model/client.ts";
import type { LogFields } from "../../gateway/model/event.ts";
import type { LogLevel } from "../../gateway/model/log_level.ts";
import { createFakeGateway, type FakeGateway } from "../fakes/gateway.ts";

export interface TestApi {
  readonly app: Api;
  readonly gateway: FakeGateway;
  readonly logged: {
    readonly level: LogLevel;
    readonly event: string;
    readonly fields: LogFields;
  }[];
}

/** Makes an API; by default it is on loopback and has no token. */
export function createTestApi(
  options: {
    readonly token?: string;
    readonly isLoopback?: boolean;
    readonly clients?: Clients;
  } = {},
): TestApi {
  const { token = null, isLoopback = true } = options;
  const gateway = createFakeGateway();
  const logged: TestApi["logged"] = [];
  const app = createApi({
    gateway,
    clients: options.clients ?? null,
    token: () => token,
    bound: { isLoopback },
    readAsset: (name) => Promise.resolve(FAKE_FILES[name]),
    log: (level, event, fields = {}) => void logged.push({ level, event, fields }),
  });
  return { app, gateway, logged };
}

/** The dashboard's files. */
const FAKE_FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "index.html": new TextEncoder().encode("<!DOCTYPE html>"),
  "main.js": new TextEncoder().encode("export {};"),
  "notes.txt": new TextEncoder().encode("not for browsers"),
};

/** A POST of `body` as JSON. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: "POST", body: JSON.stringify(body), headers };
}
