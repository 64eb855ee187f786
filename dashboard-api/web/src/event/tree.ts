// An event as lines of a folding tree.

import type { Json, OcsfEvent } from '../api/types';

export interface Line {
  /** Dotted, with list positions: `evidences.0.process.name`. */
  path: string;
  name: string;
  depth: number;
  /** A leaf's value as text; null for a branch. */
  value: string | null;
  /** How many entries a branch holds. */
  entries: number;
  isList: boolean;
  parent: string | null;
}

/** The raw log has a place of its own, above the tree. */
const ELSEWHERE = new Set(['raw_data']);
/** What a reader looks for first, in this order; the rest follows by name. */
const FIRST = [
  'message',
  'time',
  'class_name',
  'activity_name',
  'device',
  'actor',
  'user',
  'src_endpoint',
  'dst_endpoint',
];

/** Every line of the event, top down. */
export function lines(event: OcsfEvent): Line[] {
  const found: Line[] = [];
  const names = Object.keys(event).filter((name) => !ELSEWHERE.has(name));
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'));
  for (const name of names) add(found, name, name, event[name] ?? null, 0, null);
  return found;
}

function rank(name: string): number {
  const at = FIRST.indexOf(name);
  return at === -1 ? FIRST.length : at;
}

function add(
  found: Line[],
  path: string,
  name: string,
  value: Json,
  depth: number,
  parent: string | null,
): void {
  if (value === null || typeof value !== 'object') {
    found.push({ path, name, depth, value: String(value), entries: 0, isList: false, parent });
    return;
  }
  const entries = Object.entries(value);
  found.push({
    path,
    name,
    depth,
    value: null,
    entries: entries.length,
    isList: Array.isArray(value),
    parent,
  });
  for (const [key, inner] of entries) add(found, `${path}.${key}`, key, inner, depth + 1, path);
}

/** The lines that show when these branches are folded. */
export function unfolded(all: Line[], folded: ReadonlySet<string>): Line[] {
  const hidden = new Set<string>();
  return all.filter((line) => {
    const isHidden = line.parent !== null && (hidden.has(line.parent) || folded.has(line.parent));
    if (isHidden) hidden.add(line.path);
    return !isHidden;
  });
}

/** Folded at first: what the pipeline itself wrote down, and lists of things said elsewhere. */
export function firstFolded(all: Line[]): Set<string> {
  return new Set(
    all
      .filter(({ path, entries }) => entries > 0 && (path === 'metadata' || path === 'observables'))
      .map(({ path }) => path),
  );
}

/** The path of a value without list positions, as filters name it. */
export function filterPath(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, '');
}

/** OCSF writes moments as milliseconds since the epoch, in fields named for time. */
const TIME_NAME = /(^|_)time$/;
const PLAUSIBLE_MS = /^1\d{12}$/;

/** The moment a line means, if it means one. */
export function momentOf({ name, value }: Line): number | null {
  return value !== null && TIME_NAME.test(name) && PLAUSIBLE_MS.test(value) ? Number(value) : null;
}
