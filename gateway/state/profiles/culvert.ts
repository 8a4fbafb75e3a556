// The profile that `culvert connect --profile` reads (`gateway/config/profile.ts`).

import { Buffer } from "node:buffer";
import type { ProfileParts } from "./parts.ts";

/** Writes Culvert's own profile. */
export function culvertProfile(
  { name, psk, server, serverId, inner, remote }: ProfileParts,
): string {
  const psk64 = Buffer.from(psk).toString("base64");
  return [
    `# Culvert profile of ${name}: culvert connect --profile FILE`,
    "# It holds a secret: keep it with mode 0600.",
    `server = ${quoted(server.text)}`,
    `id = ${quoted(name)}`,
    `server_id = ${quoted(serverId)}`,
    `psk = ${quoted(psk64)}`,
    ...remote === null ? [] : [`remote = [${remote.map(quoted).join(", ")}]`],
    ...inner === null ? [] : [`inner = ${quoted(inner)}`],
    "",
  ].join("\n");
}

/** None of these texts has a character that TOML would escape otherwise than JSON does. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
