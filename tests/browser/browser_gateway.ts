// A gateway with clients, for tests that look at it through a browser.

import { ok } from "node:assert/strict";
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { expectEcho } from "../support/echo.ts";
import type { Gateway } from "../support/gateway.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, type Peer } from "../support/peers.ts";
import { type DashboardPage, openPage, startBrowser } from "./browser.ts";

/** A connection that has its peer's path. */
export interface Client {
  readonly connection: Originator;
  readonly peer: Peer;
  /** As the gateway calls it. */
  readonly remote: string;
}

/** Connects a client and sends one ping. */
export async function addClient(gateway: Gateway): Promise<Client> {
  const peer = await addPeer(gateway.api);
  const connection = await gateway.connect();
  await expectEcho(connection, peer);
  return { connection, peer, remote: `${connection.localAddress}:${connection.localPort}` };
}

/** Address of a gateway's dashboard. */
export function dashboardUrl({ api }: Gateway): string {
  return `http://${api.host}:${api.port}/`;
}

/** One browser for all tests of a `describe`, started when the first asks for it. */
export function useBrowser(): (
  gateway: Gateway,
  options?: Parameters<typeof openPage>[2],
) => Promise<DashboardPage> {
  let browser: Promise<Browser> | undefined;
  before(() => {
    browser = startBrowser();
    // The first test that awaits it fails with its reason.
    browser.catch(() => undefined);
  });
  after(async () => {
    await (await browser)?.close();
  });
  return async (gateway, options) => {
    ok(browser !== undefined, "the browser runs");
    return await openPage(await browser, dashboardUrl(gateway), options);
  };
}
