// What the page begins with, and nothing more: the words and the first rows are asked for while the rest of the page
// is still on its way. On a thin link they would come a second later behind it.

import { shellWords } from './i18n/words';
import { askEarly } from './queue/page';
import { askMe } from './session/early';
import { settings } from './settings/settings';

const FIRST = /^\/(alerts\/?)?$/;

// Who comes with a one-time sign-in is nobody yet.
if (!location.hash.includes('token=')) askMe();
void shellWords(settings().language).catch(() => {});
if (FIRST.test(location.pathname)) askEarly(location.search);
void import('./start');
