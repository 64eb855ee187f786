// The keys that hold together, as the help shows them, and which of them each page has.

import type { Key } from '../i18n/keys';
import {
  ALERT_KEYS,
  EVENT_KEYS,
  GLOBAL_KEYS,
  QUEUE_KEYS,
  SEARCH_KEYS,
  type Binding,
  type Chosen,
} from './map';

export interface Sheet {
  title: Key;
  keys: Record<string, Binding>;
}

export const SHEETS = {
  queue: { title: 'help.queue', keys: QUEUE_KEYS },
  alert: { title: 'help.alert', keys: ALERT_KEYS },
  search: { title: 'help.search', keys: SEARCH_KEYS },
  event: { title: 'help.event', keys: EVENT_KEYS },
  everywhere: { title: 'help.everywhere', keys: GLOBAL_KEYS },
} as const satisfies Record<string, Sheet>;

export type SheetName = keyof typeof SHEETS;

/** What else a key would do beside its binding's own, on the sheets shown together; none: it is free. */
export function taken(
  sheets: readonly Sheet[],
  binding: Binding,
  key: Chosen,
  keyOf: (each: Binding) => Binding,
): Binding | null {
  const all = sheets.flatMap(({ keys }) => Object.values(keys));
  const other = all.find(
    (each) =>
      each.label !== binding.label &&
      !each.ctrl &&
      keyOf(each).code === key.code &&
      (keyOf(each).shift ?? false) === (key.shift ?? false),
  );
  return other ?? null;
}
