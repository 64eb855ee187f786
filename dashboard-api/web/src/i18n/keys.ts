// The key of every message, from the English catalogue: a file for each room of the dashboard.

import type alert from './en/alert.json';
import type audit from './en/audit.json';
import type fleet from './en/fleet.json';
import type cases from './en/cases.json';
import type entity from './en/entity.json';
import type frame from './en/frame.json';
import type governance from './en/governance.json';
import type intel from './en/intel.json';
import type letters from './en/letters.json';
import type palette from './en/palette.json';
import type measures from './en/measures.json';
import type queue from './en/queue.json';
import type rules from './en/rules.json';
import type search from './en/search.json';

/** Rooms whose words come with the first page. */
interface Shell {
  alert: typeof alert;
  frame: typeof frame;
  queue: typeof queue;
  search: typeof search;
}

/** Rooms whose words come with the room: only files in `src/<room>` say them. */
interface Rooms {
  audit: typeof audit;
  fleet: typeof fleet;
  governance: typeof governance;
  cases: typeof cases;
  entity: typeof entity;
  measures: typeof measures;
  intel: typeof intel;
  letters: typeof letters;
  palette: typeof palette;
  rules: typeof rules;
}

export type Room = keyof Rooms;

type KeysOf<T> = { [Name in keyof T]: keyof T[Name] }[keyof T];

export type Key = KeysOf<Shell> | KeysOf<Rooms>;
