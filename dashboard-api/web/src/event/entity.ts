// Which values of an event have a page of their own.

import { entityAddress } from '../route/route';

type Kind = Parameters<typeof entityAddress>[0];

/** Paths of an OCSF event, by their ends, and what stands there. */
const KINDS: readonly [RegExp, Kind][] = [
  [/(^|\.)(query|url)\.(hostname|domain)$/, 'domain'],
  [/(^|\.)hostname$/, 'host'],
  [/(^|\.)user\.name$/, 'user'],
  [/(^|\.)ip$/, 'ip'],
  [/hashes(\.|\[)\d+\]?\.value$/, 'hash'],
];

/** The address of the page of a value; null where it has none. */
export function entityOf(path: string, value: string | null): string | null {
  if (!value) return null;
  const kind = KINDS.find(([ends]) => ends.test(path))?.[1];
  return kind ? entityAddress(kind, value) : null;
}
