import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { watchKeys } from "../../tests/support/watch_keys.ts";
import { ConfigError } from "./error.ts";
import { readStaticSas } from "./static_sas.ts";
import { parseToml } from "./toml.ts";

const TABLE = `[[sa]]
spi = "0x100"
direction = "inbound"
peer = "p"
aead = "aes-gcm-16"
keyMaterial = "00112233445566778899aabbccddeeff01020304"
local = ["10.1.0.0/24"]
remote = ["10.2.0.0/24"]
`;

for (const [change, second] of [["peer", TABLE.replace('"p"', '""')], ["spi", TABLE]] as const) {
  test(`readStaticSas() wipes the key of a table when another is refused for its ${change}`, () => {
    const toml = parseToml("culvert.toml", TABLE + second);
    const keys = watchKeys(() => {
      throws(() => readStaticSas({ path: "culvert.toml", toml }, { isAllowed: true }), ConfigError);
    });
    equal(keys.length, change === "spi" ? 2 : 1);
    for (const key of keys) deepEqual(key, new Uint8Array(20));
  });
}
