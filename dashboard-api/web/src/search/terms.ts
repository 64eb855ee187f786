// The words and phrases of a search text that an event must have.

import { toLatin } from '../i18n/digits';

/** For marking what was found: what is excluded is not there to be marked. */
export function terms(q: string): string[] {
  return [...toLatin(q).matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)]
    .filter(([, sign]) => sign === '')
    .map(([, , phrase, word]) => (phrase ?? word ?? '').trim())
    .filter((term) => term !== '');
}
