// Debian's Chromium, driven by playwright-core, and pages of the dashboard in it. A page remembers
// every error of its console and everything that its policy has refused.

import { deepEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { ROOT } from "../program.ts";

/** CULVERT_CHROMIUM names the program where it is not Debian's. */
const CHROMIUM = process.env.CULVERT_CHROMIUM ?? "/usr/bin/chromium";

/** Where pictures go, for people to look at. */
const PICTURES = join(ROOT, "dist/screenshots");

const FLAGS = [
  // Root has no other sandbox, and a container no other user.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The reason to skip the tests; undefined if they must run. Only CULVERT_WITHOUT_CHROMIUM=1 allows
 * skipping, because a run that has shown nothing must not end green by itself.
 */
export function reasonToSkip(): string | undefined {
  if (existsSync(CHROMIUM) || process.env.CULVERT_WITHOUT_CHROMIUM !== "1") return undefined;
  return `CULVERT_WITHOUT_CHROMIUM=1, and there is no ${CHROMIUM}`;
}

/** Starts the browser with a profile of its own. */
export function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    const message = `Cannot start a browser: no ${CHROMIUM} (apt-get install chromium)`;
    return Promise.reject(new Error(message));
  }
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A page of the dashboard. */
export interface DashboardPage {
  readonly page: Page;
  /** Fails if there was an error so far that was not forgotten. */
  expectNoErrors(): void;
  /** Forgets errors that the test has provoked, such as calls to a gateway that is gone. */
  forgetErrors(): void;
  /** Writes the visible part of the page as NAME.png. */
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens `url` as a desktop shows it, unless `options` say otherwise. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<DashboardPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    ...options,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => void errors.push(error.message));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) errors.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  return {
    page,
    expectNoErrors: () => deepEqual(errors, []),
    forgetErrors: () => void errors.splice(0),
    picture: async (name) => {
      await page.evaluate(PAINTED);
      await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    },
    close: () => context.close(),
  };
}

/** Resolves when the visible part has been drawn. */
const PAINTED =
  "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";

/** The faults that axe calls serious or critical, as `rule: elements`. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Run in the page by the debugger's protocol: the page's own policy stays as it is.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
