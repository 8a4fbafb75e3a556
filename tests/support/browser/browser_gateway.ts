// A gateway with clients, for tests that look at it through a browser.

import { ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { expectEcho } from "../echo.ts";
import { type Gateway, startGateway, stopCleanly } from "../gateway.ts";
import type { Originator } from "../originator.ts";
import { addPeer, type Peer } from "../peers.ts";
import { type DashboardPage, openPage, reasonToSkip, startBrowser } from "./browser.ts";

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
function dashboardUrl({ api }: Gateway): string {
  return `http://${api.host}:${api.port}/`;
}

/** Opens the dashboard of a gateway. */
export type Open = (
  gateway: Gateway,
  options?: Parameters<typeof openPage>[2],
) => Promise<DashboardPage>;

/** Registers tests that need a browser; all of them share one. */
export function describeInBrowser(name: string, register: (open: Open) => void): void {
  const skip = reasonToSkip();
  if (skip !== undefined) test(name, { skip }, () => {});
  else describe(name, () => register(useBrowser()));
}

/** Runs with a page, which must end without an error. */
export async function withPage(
  opening: Promise<DashboardPage>,
  run: (opened: DashboardPage) => Promise<void>,
): Promise<void> {
  const opened = await opening;
  try {
    await run(opened);
    opened.expectNoErrors();
  } finally {
    await opened.close();
  }
}

/** Runs with a gateway that only this test has; it must end cleanly. */
export async function withGateway(
  args: readonly string[],
  run: (gateway: Gateway) => Promise<void>,
  options?: Parameters<typeof startGateway>[1],
): Promise<void> {
  const gateway = await startGateway(args, options);
  try {
    await run(gateway);
  } finally {
    await stopCleanly(gateway);
  }
}

function useBrowser(): Open {
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
