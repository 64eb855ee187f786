// The change that takes a change back.

import type { AlertChange, AlertSummary } from '../api/types';

/** Only what differs is sent; the reason of an earlier close is not known here, so that one is reopened by hand. */
export function undoing(before: AlertSummary, after: AlertSummary): AlertChange {
  const change: AlertChange = {};
  if (before.state !== after.state && before.state !== 'closed') change.state = before.state;
  if (before.assignee !== after.assignee) change.assignee = before.assignee;
  return change;
}
