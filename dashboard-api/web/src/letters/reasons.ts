// Why a log became a dead letter, as the reader says it.

import type { Key } from '../i18n/i18n';

/** By the code in the letter's header: crates/model/src/dead_letter.rs. */
export const REASONS: Record<string, Key> = {
  empty: 'letters.reason.empty',
  binary: 'letters.reason.binary',
  too_deep: 'letters.reason.too_deep',
  header: 'letters.reason.header',
  too_long: 'letters.reason.too_long',
  bad_origin: 'letters.reason.bad_origin',
  repeated: 'letters.reason.repeated',
  bad_event: 'letters.reason.bad_event',
};
