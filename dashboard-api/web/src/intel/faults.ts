// What is wrong with a feed or a file, in the reader’s words.

import { Problem } from '../api/client';
import type { I18n, Key } from '../i18n/i18n';
import { faultText } from '../ui/Fault';

/** By the member of the body that the server names. */
const FIELDS: Record<string, Key> = {
  name: 'intel.fault.name',
  confidence: 'intel.fault.confidence',
  days: 'intel.fault.days',
  minutes: 'intel.fault.minutes',
  collection: 'intel.fault.collection',
  server: 'intel.fault.server',
};

export function feedFault(error: unknown, i18n: I18n): string {
  if (!(error instanceof Problem)) return faultText(error, i18n);
  const field =
    String(error.params.field ?? '')
      .split('.')
      .at(-1) ?? '';
  const key =
    error.code === 'version_conflict'
      ? 'intel.fault.conflict'
      : error.code === 'too_many'
        ? 'intel.fault.tooMany'
        : error.code === 'invalid_body'
          ? FIELDS[field]
          : undefined;
  return key ? i18n.t(key, { most: Number(error.params.max ?? 0) }) : faultText(error, i18n);
}

/** The same for a file; what the reader of files says is English, with the line. */
export function fileFault(error: unknown, i18n: I18n): { said: string; detail: string | null } {
  if (error instanceof Problem && error.code === 'invalid_body')
    return { said: i18n.t('intel.fault.file'), detail: error.message };
  if (error instanceof Problem && error.code === 'body_too_large')
    return { said: i18n.t('intel.fault.large'), detail: null };
  return { said: feedFault(error, i18n), detail: null };
}
