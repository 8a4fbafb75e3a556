import { deepEqual, equal, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { InstallAction } from "../ike/engine/actions.ts";
import { createSpis } from "./spis.ts";

test("an SPI is none of those that are reserved, and none in use or on offer", () => {
  const octets = [0, 255, 256, 256, 256, 257, 257, 258].map((spi) =>
    Uint8Array.of(0, 0, spi >> 8, spi)
  );
  const spis = createSpis(() => octets.shift() ?? new Uint8Array(4));
  equal(spis.draw(), 256);
  spis.note(install(256));
  deepEqual(spis.offered([install(256)], 0), []);
  equal(spis.draw(), 257);
  deepEqual(spis.offered([], 0), [{ kind: "promise", spi: 257 }]);
  equal(spis.draw(), 258);
});

test("an SPI that a request offers is promised until it is installed, or for a time", () => {
  const spis = createSpis((len) => Uint8Array.from(randomBytes(len)));
  const [kept, late] = [spis.draw(), spis.draw()];
  equal(spis.offered([], 1000).length, 2);
  deepEqual(spis.offered([], 1000), [], "once");
  spis.note(install(kept));
  deepEqual(spis.expired(2000), []);
  deepEqual(spis.expired(200_000), [{ kind: "forget", spi: late }]);
  ok(spis.expired(300_000).length === 0);
});

function install(spi: number): InstallAction {
  return {
    kind: "install",
    direction: "inbound",
    spi,
    child: spi,
    ike: 1,
    aead: "aes-gcm-16",
    suite: "aes256gcm16",
    keyMaterial: new Uint8Array(36),
    local: [],
    remote: [],
    esn: false,
  };
}
