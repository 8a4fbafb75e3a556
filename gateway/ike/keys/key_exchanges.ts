// The key exchange methods that there are, by id.

import { curve } from "./curves.ts";
import type { KeyExchange, KeyExchangeId } from "./key_exchange.ts";
import { mlKem } from "./ml_kem.ts";
import { modp } from "./modp.ts";

/** The methods by id. */
export const KEY_EXCHANGES: Readonly<Record<KeyExchangeId, KeyExchange>> = {
  14: modp(14),
  15: modp(15),
  16: modp(16),
  19: curve(19),
  20: curve(20),
  21: curve(21),
  31: curve(31),
  36: mlKem(36),
  37: mlKem(37),
};
