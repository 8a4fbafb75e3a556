// A client's profile in the format of the program that reads it.

import { appleProfile } from "./apple.ts";
import { culvertProfile } from "./culvert.ts";
import { libreswanProfile } from "./libreswan.ts";
import type { ProfileParts } from "./parts.ts";
import { strongswanProfile } from "./strongswan.ts";

/** The formats, with Culvert's own first. */
export const PROFILE_FORMATS = ["culvert", "strongswan", "libreswan", "apple"] as const;

export type ProfileFormat = (typeof PROFILE_FORMATS)[number];

/** Writes a profile. It holds the secret. */
export function profileText(parts: ProfileParts, format: ProfileFormat): string {
  return WRITERS[format](parts);
}

const WRITERS: Readonly<Record<ProfileFormat, (parts: ProfileParts) => string>> = {
  culvert: culvertProfile,
  strongswan: strongswanProfile,
  libreswan: libreswanProfile,
  apple: appleProfile,
};
