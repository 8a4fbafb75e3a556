import assert from "node:assert/strict";
import { test } from "node:test";
import { valueOf } from "../../../tests/support/ike/messages.ts";
import {
  clientSettings,
  createPair,
  pathOf,
  serverSettings,
  target,
  testTools,
} from "../../../tests/support/ike/pair.ts";
import { IKE_DEFAULTS } from "../suites/suite.ts";
import { FLAG } from "../wire/constants.ts";
import { parseMessage } from "../wire/message.ts";
import { type Context, createContext } from "./context.ts";
import { endEmbryos, hatch } from "./embryo.ts";
import { answerInit } from "./init.ts";

/** A responder that has answered a first request, and both messages. */
function begun(): {
  readonly context: Context;
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
} {
  const settings = { ike: IKE_DEFAULTS };
  const { client } = createPair(serverSettings(settings), clientSettings(settings));
  const [sent] = client.engine.initiate(0, target(), pathOf(1, ON_CLIENT));
  assert.ok(sent?.kind === "send");
  const request = sent.octets;
  const context = createContext(serverSettings(settings), testTools(0x2000));
  context.now = 1000;
  // As it comes: a part of a buffer that has much more in it.
  const octets = new Uint8Array(65_536).subarray(0, request.length);
  octets.set(request);
  const { header, payloads } = valueOf(parseMessage(octets));
  answerInit(context, { header, payloads, octets, path: pathOf(1, ON_SERVER) });
  const [action] = context.actions;
  assert.ok(action?.kind === "send");
  return { context, request, answer: action.octets };
}

test("IS21: of a stranger both messages are kept, once, and no buffer around them", () => {
  const { context, request, answer } = begun();
  const [embryo] = context.embryos.values();
  assert.ok(embryo !== undefined);
  assert.equal(embryo.octets.buffer.byteLength, request.length + answer.length);
  assert.deepEqual(embryo.octets, Uint8Array.of(...request, ...answer));
  const others = Object.values(embryo).filter((value) =>
    value instanceof Uint8Array && value !== embryo.octets
  );
  assert.deepEqual(others, []);
  assert.deepEqual([context.sas.size, context.begun.size, context.halfOpen.size()], [0, 1, 1]);
});

test("IS21: an IKE SA is made by the one message that can be its second", () => {
  const { context, answer } = begun();
  const { spiI, spiR } = valueOf(parseMessage(answer.slice())).header;
  const head = {
    spiI: spiI.slice(),
    spiR: spiR.slice(),
    exchange: 35,
    flags: FLAG.INITIATOR,
    messageId: 1,
    firstType: 46,
    major: 2,
  };
  for (const messageId of [0, 2, 0xffff_ffff]) {
    assert.equal(hatch(context, { ...head, messageId }), undefined);
  }
  assert.equal(hatch(context, { ...head, spiI: spiI.with(0, (spiI[0] ?? 0) ^ 1) }), undefined);
  assert.equal(hatch(context, { ...head, spiR: spiR.with(7, (spiR[7] ?? 0) ^ 1) }), undefined);
  assert.deepEqual([context.sas.size, context.embryos.size], [0, 1]);
  const sa = hatch(context, head);
  assert.deepEqual([sa?.state, sa?.begunAt], ["half_open", 1000]);
  assert.deepEqual([context.sas.size, context.embryos.size, context.halfOpen.size()], [1, 0, 1]);
  assert.equal(hatch(context, head), undefined);
});

test("IS81: one that waits too long is forgotten, with the digest of its request", () => {
  const { context } = begun();
  context.actions = [];
  endEmbryos(context, 999);
  assert.equal(context.embryos.size, 1);
  endEmbryos(context, 1000);
  assert.deepEqual([context.embryos.size, context.begun.size, context.halfOpen.size()], [0, 0, 0]);
  assert.deepEqual(context.actions.map((action) => action.kind === "refused" && action.reason), [
    "timeout",
  ]);
});

const ON_SERVER = true;
const ON_CLIENT = false;
