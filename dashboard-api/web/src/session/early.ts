// Who is signed in, asked for while the page is still on its way.

import { getMe } from '../api/endpoints';
import type { Me } from '../api/types';

let asked: Promise<Me> | null = null;

/** Begins to ask. */
export function askMe(): void {
  asked = getMe(undefined);
  asked.catch(() => {});
}

/** The answer, asked for now unless it was before; once. */
export function firstMe(): Promise<Me> {
  const me = asked ?? getMe(undefined);
  asked = null;
  return me;
}
