// The API in front of a fake gateway, with its log kept.

import type { LogFields } from "../model/event.ts";
import type { LogLevel } from "../model/log_level.ts";
import { createApi } from "./create_api.ts";
import { createFakeGateway, type FakeGateway } from "./fake_gateway.ts";
import type { Api } from "./route.ts";

export interface FakeApi {
  readonly app: Api;
  readonly gateway: FakeGateway;
  readonly logged: {
    readonly level: LogLevel;
    readonly event: string;
    readonly fields: LogFields;
  }[];
}

/** Makes an API; on loopback and without a token unless told. */
export function createFakeApi(
  options: { readonly token?: string; readonly isLoopback?: boolean } = {},
): FakeApi {
  const { token = null, isLoopback = true } = options;
  const gateway = createFakeGateway();
  const logged: FakeApi["logged"] = [];
  const app = createApi({
    gateway,
    token: () => token,
    bound: { isLoopback },
    readAsset: (name) => Promise.resolve(FAKE_FILES[name]),
    log: (level, event, fields = {}) => void logged.push({ level, event, fields }),
  });
  return { app, gateway, logged };
}

/** Stand in for the dashboard. */
const FAKE_FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "index.html": new TextEncoder().encode("<!DOCTYPE html>"),
  "main.js": new TextEncoder().encode("export {};"),
  "notes.txt": new TextEncoder().encode("not for browsers"),
};

/** A POST of `body` as JSON. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: "POST", body: JSON.stringify(body), headers };
}
