// The dashboard in a real browser, in front of a real gateway with real clients. It writes pictures
// of the tested pages for people.

import { deepEqual, equal, ok } from "node:assert/strict";
import { after, describe } from "node:test";
import process from "node:process";
import { expectEcho } from "../support/echo.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { openIkeDaemon } from "../support/ike_daemon.ts";
import { addPeer } from "../support/peers.ts";
import { prepare, scenario } from "../support/scenario.ts";
import { settle } from "../support/wait.ts";
import { tempFile } from "../support/temp.ts";
import { seriousFaults } from "../support/browser/browser.ts";
import {
  addClient,
  describeInBrowser,
  type Open,
  withGateway,
  withPage,
} from "../support/browser/browser_gateway.ts";
import { openEchoDaemon } from "../support/browser/crowd.ts";
import { keepTraffic } from "../support/browser/traffic.ts";

const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

describeInBrowser("dashboard", (open) => {
  describe("in front of a gateway at work", () => atWork(open));
  describe("in front of a gateway of its own", () => ofItsOwn(open));
});

function atWork(open: Open): void {
  let gateway: Gateway | undefined;
  let ending = (): Promise<void> => Promise.resolve();
  const running = (): Gateway => {
    ok(gateway !== undefined, "the gateway runs");
    return gateway;
  };
  prepare(async () => {
    const daemon = await openEchoDaemon();
    gateway = await startGateway(["--upstream", `127.0.0.1:${daemon.port}`, "--lanes", "2"]);
    const clients = [];
    for (let i = 0; i < 12; i++) clients.push(await addClient(gateway));
    const stop = keepTraffic(gateway, clients);
    ending = async () => {
      await stop();
      daemon.close();
    };
  });
  after(async () => {
    await ending();
    await stopCleanly(gateway);
  });

  scenario("a connection shows within 2 s, with its rates, and goes", async () => {
    await withPage(open(running()), async ({ page }) => {
      await page.locator("#link[data-kind=live]").waitFor();
      const { connection, peer, remote } = await addClient(running());
      const row = page.locator(".rows .row", { hasText: remote });
      await row.waitFor({ timeout: 2000 });
      equal(await row.locator("div.state").innerText(), "enabled");
      for (let i = 0; i < 50; i++) await expectEcho(connection, peer);
      await row.locator(".in", { hasText: /bit\/s/ }).waitFor({ timeout: 2000 });
      await row.locator(".spis", { hasText: "0x" }).waitFor({ timeout: 2000 });
      connection.close();
      await row.waitFor({ state: "detached", timeout: 2000 });
    });
  });

  for (const colorScheme of ["light", "dark"] as const) {
    scenario(`everything has a place and enough contrast when it is ${colorScheme}`, async () => {
      await withPage(open(running(), { colorScheme }), async ({ page, picture }) => {
        await page.locator("#drops tr", { hasText: "seq replayed" }).waitFor();
        await page.locator("#delay-bars > div").first().waitFor();
        await page.locator("#closes tr", { hasText: "prefix mismatch" }).waitFor();
        // Long enough for a line of some length.
        await page.waitForTimeout(6000);
        equal(await page.evaluate(FILTER), "none");
        await picture(`overview-${colorScheme}`);
        deepEqual(await seriousFaults(page), []);
        await page.locator(".rows .client").first().click();
        await page.locator("#c-sas li").first().waitFor();
        await picture(`connection-${colorScheme}`);
        deepEqual(await seriousFaults(page), []);
      });
    });
  }

  scenario("the switch turns the colours, and they stay after a reload", async () => {
    await withPage(open(running()), async ({ page }) => {
      const ground = (): Promise<string> =>
        page.evaluate("getComputedStyle(document.body).backgroundColor");
      equal(await ground(), "rgb(246, 247, 249)");
      await page.getByLabel("Theme").selectOption("dark");
      equal(await ground(), "rgb(14, 17, 22)");
      await page.reload();
      equal(await ground(), "rgb(14, 17, 22)");
      await page.getByLabel("Theme").selectOption("system");
      equal(await ground(), "rgb(246, 247, 249)");
    });
  });

  scenario("a phone shows all of it without scrolling sideways", async () => {
    await withPage(open(running(), PHONE), async ({ page, picture }) => {
      await page.locator(".rows .row").first().waitFor();
      await page.waitForTimeout(4000);
      const width = (): Promise<number> => page.evaluate("document.documentElement.scrollWidth");
      equal(await width(), 390);
      await picture("phone-overview");
      await page.locator("#h-connections").scrollIntoViewIfNeeded();
      await page.evaluate("document.querySelector('.list').scrollIntoView()");
      await page.waitForTimeout(1500);
      await picture("phone-connections");
      deepEqual(await seriousFaults(page), []);
      await page.locator(".rows .client").first().tap();
      await page.locator("#c-sas li").first().waitFor();
      equal(await width(), 390);
      await picture("phone-connection");
      deepEqual(await seriousFaults(page), []);
    });
  });

  for (const width of [768, 1024, 1180]) {
    scenario(`a screen of ${width} pixels shows its columns whole, with their lines`, async () => {
      const viewport = { width, height: 1024 };
      await withPage(open(running(), { viewport }), async ({ page, picture }) => {
        await page.locator(".rows .row").first().waitFor();
        ok(await settle(() => page.evaluate<boolean>(LINES_DRAWN), Boolean), "lines are drawn");
        equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        deepEqual(await page.evaluate(CELLS_OUTSIDE), []);
        await page.evaluate("document.querySelector('.list').scrollIntoView()");
        await picture(`tablet-${width}`);
        deepEqual(await seriousFaults(page), []);
      });
    });
  }

  scenario("a connection of many peers says how many SAs it does not list", async () => {
    const { connection, remote } = await addClient(running());
    for (let i = 0; i < 5; i++) await expectEcho(connection, await addPeer(running().api));
    await withPage(open(running()), async ({ page }) => {
      const row = page.locator(".rows .row", { hasText: remote });
      await row.locator(".spis", { hasText: "+11" }).waitFor();
      await row.locator(".client").click();
      await page.locator("#c-sas-more", { hasText: "and 4 more" }).waitFor();
      equal(await page.locator("#c-sas li").count(), 8);
      connection.close();
    });
  });

  scenario("keys alone find, open, leave and close a connection", async () => {
    await withPage(open(running()), async ({ page, picture }) => {
      const { connection, remote } = await addClient(running());
      await page.locator(".rows .row", { hasText: remote }).waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type(remote);
      await page.locator("#shown-count", { hasText: /^1 of / }).waitFor();
      await page.keyboard.press("Tab");
      await page.locator("#grid").focus();
      await page.keyboard.press("ArrowDown");
      await page.locator('.rows .row[aria-selected="true"]', { hasText: remote }).waitFor();
      await picture("keyboard");
      await page.keyboard.press("Enter");
      await page.locator("h1#c-title:focus", { hasText: remote }).waitFor();
      await page.keyboard.press("Escape");
      await page.locator("#overview").waitFor();
      await page.keyboard.press("Delete");
      const dialog = page.getByRole("dialog");
      await dialog.getByText(`Close the connection of ${remote}?`).waitFor();
      deepEqual(await seriousFaults(page), []);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      ok(connection.isOpen(), "Escape closes nothing");
      await page.keyboard.press("Delete");
      await dialog.getByText(`Close the connection of ${remote}?`).waitFor();
      await page.getByRole("button", { name: "Cancel" }).and(page.locator(":focus")).waitFor();
      await page.keyboard.press("Tab");
      await dialog.locator("button:focus", { hasNotText: "Cancel" }).waitFor();
      await page.keyboard.press("Enter");
      await connection.ended();
      await page.locator("#grid-empty", { hasText: "No connection matches" }).waitFor();
    });
  });

  scenario("a question that is asked again at once is answered by its own answer", async () => {
    await withPage(open(running()), async ({ page }) => {
      const { connection, remote } = await addClient(running());
      await page.locator(".rows .row", { hasText: remote }).locator(".client").click();
      await page.getByRole("button", { name: "Close…" }).click();
      // Both before the task that tells of the first one's end.
      await page.evaluate(ASK_AGAIN);
      const dialog = page.getByRole("dialog");
      await dialog.getByText(`Close the connection of ${remote}?`).waitFor();
      await page.getByRole("button", { name: "Close connection" }).click();
      await connection.ended();
    });
  });

  scenario("a kick is confirmed, happens, and its page says so", async () => {
    await withPage(open(running()), async ({ page, picture }) => {
      const { connection, remote } = await addClient(running());
      await page.locator(".rows .row", { hasText: remote }).locator(".client").click();
      await page.getByRole("button", { name: "Close…" }).click();
      await page.waitForTimeout(200);
      await picture("kick");
      await page.getByRole("button", { name: "Cancel" }).click();
      ok(connection.isOpen(), "Cancel closes nothing");
      await page.getByRole("button", { name: "Close…" }).click();
      await page.getByRole("button", { name: "Close connection" }).click();
      await connection.ended();
      await page.getByText("This connection has closed.").waitFor();
      await page.getByText(`Closed the connection of ${remote}`).waitFor();
      await page.getByRole("link", { name: "All connections" }).click();
      await page.locator("#closes tr", { hasText: "kicked" }).waitFor();
    });
  });
}

function ofItsOwn(open: Open): void {
  scenario("the page of the single binary is whole", async () => {
    await withGateway([], async (gateway) => {
      const { connection, remote } = await addClient(gateway);
      await withPage(open(gateway), async ({ page }) => {
        await page.locator("#build", { hasText: /on bun / }).waitFor();
        const row = page.locator(".rows .row", { hasText: remote });
        await row.locator(".client").click();
        await page.locator("#c-sas li").first().waitFor();
        deepEqual(await seriousFaults(page), []);
        await page.getByRole("button", { name: "Close…" }).click();
        await page.getByRole("button", { name: "Close connection" }).click();
        await connection.ended();
      });
    }, { subject: "binary" });
  });

  scenario("a gateway without clients says what to do next", async () => {
    await withGateway([], async (gateway) => {
      await withPage(open(gateway), async ({ page, picture }) => {
        await page.getByText("No client is connected.").waitFor();
        await page.waitForTimeout(1500);
        await picture("empty");
        deepEqual(await seriousFaults(page), []);
      });
    });
  });

  scenario("a drain is confirmed, happens, and shows", async () => {
    await withGateway([], async (gateway) => {
      const { connection } = await addClient(gateway);
      await withPage(open(gateway), async ({ page, picture }) => {
        await page.locator(".rows .row").waitFor();
        await page.getByRole("button", { name: "Drain…" }).click();
        await page.getByText("Open connections (1) close").waitFor();
        await page.waitForTimeout(200);
        await picture("drain");
        equal((await gateway.api.request("GET", "/readyz")).status, 200);
        await page.getByRole("button", { name: "Drain", exact: true }).click();
        await connection.ended();
        await page.getByText("The gateway is draining.").waitFor();
        equal((await gateway.api.request("GET", "/readyz")).status, 503);
        await picture("draining");
        deepEqual(await seriousFaults(page), []);
      });
    });
  });

  scenario(
    "a daemon that is away shows on every page, and with which address it knows a client",
    async () => {
      const daemon = await openIkeDaemon();
      await withGateway(["--upstream", `127.0.0.1:${daemon.port}`], async (gateway) => {
        const connection = await gateway.connect();
        await connection.send(ikeFrame(ikeMessage()));
        const { address, port } = await daemon.next();
        await withPage(open(gateway), async ({ page, picture }) => {
          await page.getByText(`IKE daemon: 127.0.0.1:${daemon.port}`).waitFor();
          await page.locator("#filter").fill(`${address}:${port}`);
          await page.locator("#shown-count", { hasText: /^1$/ }).waitFor();
          await daemon.close();
          await connection.send(ikeFrame(ikeMessage()), ikeFrame(ikeMessage()));
          await page.getByText("New clients are not served.").waitFor();
          await page.getByText(/cannot be reached \(ECONNREFUSED\)/).waitFor();
          await picture("unready");
          await page.locator(".rows .row .client").click();
          await page.getByText(`The IKE daemon knows it as ${address}:${port}.`).waitFor();
          await page.getByText("New clients are not served.").waitFor();
          deepEqual(await seriousFaults(page), []);
        });
      });
    },
  );

  scenario("a gateway that goes is missed at once, and greeted when it is back", async () => {
    const gateway = await startGateway();
    const { host, port } = gateway.api;
    await addClient(gateway);
    await withPage(open(gateway), async ({ page, picture, forgetErrors }) => {
      await page.locator(".rows .row").waitFor();
      gateway.program.kill("SIGKILL");
      await page.getByText("The gateway does not answer.").waitFor({ timeout: 3000 });
      await page.getByText(/The data shown is [2-9] s old/).waitFor();
      equal(await page.evaluate(FILTER), "grayscale(1)");
      await picture("gone");
      deepEqual(await seriousFaults(page), []);
      await withGateway(["--api", `${host}:${port}`], async () => {
        await page.locator("#link[data-kind=live]").waitFor();
        await page.getByText("No client is connected.").waitFor();
        await page.locator("#banner").waitFor({ state: "hidden" });
        // A browser calls each call that finds nobody an error.
        forgetErrors();
      });
      await page.locator("#link[data-kind=gone]").waitFor();
      forgetErrors();
    });
    gateway.closeConnections();
    gateway.api.close();
  });

  scenario("a gateway that falls silent is missed within 6 s", async () => {
    await withGateway([], async (gateway) => {
      await withPage(open(gateway), async ({ page, forgetErrors }) => {
        await page.locator("#link[data-kind=live]").waitFor();
        process.kill(gateway.program.pid, "SIGSTOP");
        try {
          await page.locator("#link[data-kind=gone]").waitFor({ timeout: 7000 });
        } finally {
          process.kill(gateway.program.pid, "SIGCONT");
        }
        await page.locator("#link[data-kind=live]").waitFor();
        forgetErrors();
      });
    });
  });

  scenario("the token is asked for, kept for the tab, and needed", async () => {
    const file = tempFile("right-token-of-the-test\n");
    const args = ["--api", "0.0.0.0:0", "--api-token-file", file];
    await withGateway(args, async (gateway) => {
      const { connection } = await addClient(gateway);
      await withPage(open(gateway), async ({ page, picture, forgetErrors }) => {
        await page.getByText("The API of this gateway needs its token.").waitFor();
        await picture("token");
        deepEqual(await seriousFaults(page), []);
        await page.locator("#token-input").fill("wrong");
        await page.keyboard.press("Enter");
        await page.getByText("The token was not accepted.").waitFor();
        await page.locator("#token-input").fill("right-token-of-the-test");
        await page.keyboard.press("Enter");
        await page.locator(".rows .row").waitFor();
        // A browser calls each 401 an error.
        forgetErrors();
        await page.reload();
        await page.locator(".rows .row .kick").click();
        await page.getByRole("button", { name: "Close connection" }).click();
        await connection.ended();
        equal(await page.evaluate("localStorage.length"), 0);
        forgetErrors();
      });
    }, { token: "right-token-of-the-test" });
  });
}

/** Numbers of a gateway that has gone have no colour, and only those. */
const FILTER = 'getComputedStyle(document.querySelector("main")).filter';

/** Cancels a question, and asks it again. */
const ASK_AGAIN = `document.querySelector("#confirm").close("no");
document.querySelector("#c-kick").click();`;

/** Both lines of the first row are there to be seen. */
const LINES_DRAWN =
  `[...document.querySelectorAll(".rows .row:first-child .sparkline")].filter((line) => {
  return line.clientWidth >= 40 && line.firstElementChild.getBBox().width >= 1;
}).length === 2`;

/** Cells of the table that are cut off by its edge. */
const CELLS_OUTSIDE = `(() => {
  const { right } = document.querySelector(".grid").getBoundingClientRect();
  return [...document.querySelectorAll(".grid .cell")]
    .filter((cell) => cell.getBoundingClientRect().right > right).map((cell) => cell.className);
})()`;
