// From an alert to an exception: what the new one needs to know stands in its address.

import type { AlertDetail } from '../api/types';

/** Values that are longer than this are no name to except by. */
const VALUE_CHARS_MAX = 200;
/** Fields that are offered; the writer takes away what is too much. */
const FIELDS_MAX = 5;

export function exceptionAddress(
  alert: Pick<AlertDetail, 'rule_id' | 'agency' | 'title' | 'matched' | 'user' | 'src_ip'>,
): string {
  const params = new URLSearchParams({ rule: alert.rule_id, agency: alert.agency, title: alert.title });
  const fields = new Map(
    alert.matched.flatMap(({ field, value }) =>
      field && typeof value === 'string' && value !== '' && value.length <= VALUE_CHARS_MAX
        ? [[field, value] as const]
        : [],
    ),
  );
  for (const [field, value] of [...fields].slice(0, FIELDS_MAX)) params.append('field', `${field}:${value}`);
  return `/exceptions/new?${params}`;
}
