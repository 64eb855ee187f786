// Lays the newest page over the rows being read, without moving one of them.

import type { AlertSummary, Paged } from '../api/types';

export interface Merged {
  rows: AlertSummary[];
  gone: ReadonlySet<string>;
  /** How many of the newest page are not among the rows. */
  waiting: number;
}

export function mergeHead(rows: AlertSummary[], head: Paged<AlertSummary> | undefined): Merged {
  if (!head) return { rows, gone: new Set(), waiting: 0 };
  const fresh = new Map(head.items.map((item) => [item.id, item]));
  const known = new Set(rows.map(({ id }) => id));
  const last = head.items.findLast(({ id }) => known.has(id));
  // The newest page says nothing of rows below its last one, unless it is the whole list.
  const covered =
    head.next_cursor === null ? rows.length : last ? rows.findIndex(({ id }) => id === last.id) : 0;
  return {
    rows: rows.map((row) => newer(row, fresh.get(row.id))),
    gone: new Set(rows.slice(0, covered).flatMap(({ id }) => (fresh.has(id) ? [] : [id]))),
    waiting: head.items.filter(({ id }) => !known.has(id)).length,
  };
}

function newer(row: AlertSummary, other: AlertSummary | undefined): AlertSummary {
  const grown = (now: AlertSummary) =>
    now.event_count > row.event_count || now.group_alerts !== row.group_alerts;
  return other && (other.version > row.version || grown(other)) ? other : row;
}
