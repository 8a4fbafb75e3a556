// Addresses and prefixes from texts that a test knows to be right.

import { type IpAddress, parseAddress } from "../../gateway/model/address.ts";
import { parsePrefix, type Prefix } from "../../gateway/model/prefix.ts";

/** @throws {Error} If `text` is no address */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`Cannot read address ${text}`);
  return parsed;
}

/** @throws {Error} If `text` is no prefix */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if ("problem" in parsed) throw new Error(`Cannot read prefix ${text}: ${parsed.problem}`);
  return parsed.value;
}
