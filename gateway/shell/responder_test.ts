import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../tests/support/wait.ts";
import { type IpAddress, parseAddress } from "../model/address.ts";
import { findResponder, type Responder } from "./responder.ts";

const TARGET = { host: "responder", port: 4500, text: "responder:4500" };

function address(text: string): readonly IpAddress[] {
  const parsed = parseAddress(text);
  return parsed === undefined ? [] : [parsed];
}

async function find(
  lookUp: () => Promise<readonly IpAddress[]>,
): Promise<{ responder: Responder; reasons: string[]; stop: () => void }> {
  const reasons: string[] = [];
  const ending = new AbortController();
  const responder = await findResponder({
    target: TARGET,
    lookUp,
    log: (_level, _event, fields) => void reasons.push(String(fields?.["reason"])),
    signal: ending.signal,
    pauseMs: 5,
    patienceMs: 200,
  });
  return { responder, reasons, stop: () => ending.abort() };
}

function textsOf(responder: Responder): readonly string[] {
  return responder.addresses().map(({ text }) => text);
}

test("findResponder() knows the addresses if the resolver is there", async () => {
  const { responder } = await find(() => Promise.resolve(address("192.0.2.1")));
  deepEqual(textsOf(responder), ["192.0.2.1"]);
});

test("findResponder() goes on without a resolver, and knows more when there is one", async () => {
  let looks = 0;
  const { responder, reasons } = await find(() => {
    looks++;
    if (looks < 4) return Promise.reject(new Error("EAI_AGAIN"));
    return Promise.resolve(address("192.0.2.1"));
  });
  deepEqual(textsOf(responder), []);
  deepEqual(await settle(() => textsOf(responder), (texts) => texts.length > 0), ["192.0.2.1"]);
  deepEqual(reasons, ["EAI_AGAIN", "EAI_AGAIN", "EAI_AGAIN"]);
  equal(looks, 4);
});

test("look() throws what fails while no address is known", async () => {
  const { responder, stop } = await find(() => Promise.reject(new Error("EAI_AGAIN")));
  equal(await responder.look().catch((error: unknown) => String(error)), "Error: EAI_AGAIN");
  stop();
});

test("look() returns the last addresses when it fails or nothing comes, and says so", async () => {
  let looks = 0;
  const { responder, reasons } = await find(() => {
    looks++;
    if (looks === 1) return Promise.resolve(address("192.0.2.1"));
    if (looks === 2) return Promise.reject(new Error("EAI_AGAIN"));
    return new Promise(() => undefined);
  });
  for (const reason of ["EAI_AGAIN", "No answer in 200 ms"]) {
    const [known] = await responder.look();
    deepEqual([known?.text, reasons.at(-1)], ["192.0.2.1", reason]);
  }
});

test("of two look-ups under way the later one wins, whichever ends first", async () => {
  const answers: ((addresses: readonly IpAddress[]) => void)[] = [];
  const finding = find(() => new Promise((resolve) => void answers.push(resolve)));
  answers[0]?.(address("192.0.2.1"));
  const { responder } = await finding;
  const [older, newer] = [responder.look(), responder.look()];
  answers[2]?.(address("192.0.2.3"));
  await newer;
  answers[1]?.(address("192.0.2.2"));
  await older;
  deepEqual(textsOf(responder), ["192.0.2.3"]);
});
