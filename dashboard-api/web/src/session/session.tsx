// Who is signed in. When a session ends, the page stays as it was behind the sign-in, so that nothing written is lost.

import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { onSignedOut, Problem } from '../api/client';
import { setLanguage, signIn, signOut, type Credentials } from '../api/endpoints';
import type { Me } from '../api/types';
import { firstMe } from './early';
import { changeSettings, settings, type Settings } from '../settings/settings';

export type Session =
  /** `token`: a one-time sign-in that still needs a code. */
  | { kind: 'out'; fault: unknown; token?: string }
  | { kind: 'in'; me: Me }
  /** Signed out by the server while the page was in use. */
  | { kind: 'expired'; me: Me };

interface SessionActions {
  signIn: (credentials: Credentials, code?: string) => Promise<void>;
  signOut: () => Promise<void>;
  chooseLanguage: (language: Settings['language']) => void;
  update: (me: Me) => void;
}

const Context = createContext<{ session: Session; actions: SessionActions } | null>(null);

/** A one-time token in the address signs in; otherwise the cookie decides. The token never stays in the address. */
export async function firstSession(): Promise<Session> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  try {
    return { kind: 'in', me: adopt(token === null ? await firstMe() : await signIn({ token })) };
  } catch (error) {
    const notSignedIn = error instanceof Problem && error.code === 'not_signed_in';
    const needsCode = error instanceof Problem && error.code === 'second_factor_required';
    if (needsCode && token !== null) return { kind: 'out', fault: error, token };
    return { kind: 'out', fault: notSignedIn ? null : error };
  }
}

/** The account's language holds, unless another was chosen before signing in. */
function adopt(me: Me): Me {
  const { language, languageChosen } = settings();
  if (languageChosen && language !== me.language) void setLanguage(language).catch(() => {});
  else changeSettings({ language: me.language });
  changeSettings({ languageChosen: false });
  return me;
}

export function SessionProvider({ first, children }: { first: Session; children: ReactNode }) {
  const [session, setSession] = useState(first);
  const queries = useQueryClient();
  useEffect(
    () => onSignedOut(() => setSession((now) => (now.kind === 'in' ? { kind: 'expired', me: now.me } : now))),
    [],
  );
  const enter = useCallback(
    async (credentials: Credentials, code?: string) => {
      const me = adopt(await signIn(code === undefined ? credentials : { ...credentials, code }));
      setSession((before) => {
        // Another person must not find the first one's page.
        if (before.kind === 'expired' && before.me.user !== me.user) queries.clear();
        return { kind: 'in', me };
      });
      await queries.invalidateQueries();
    },
    [queries],
  );
  const leave = useCallback(async () => {
    const elsewhere = await signOut();
    if (elsewhere) return location.assign(elsewhere.provider);
    queries.clear();
    setSession({ kind: 'out', fault: null });
  }, [queries]);
  const actions = useMemo<SessionActions>(
    () => ({
      signIn: enter,
      signOut: leave,
      chooseLanguage: (language) => {
        changeSettings({ language, languageChosen: session.kind !== 'in' });
        // Kept in this browser either way; the account follows when it can be reached.
        if (session.kind === 'in') void setLanguage(language).catch(() => {});
      },
      update: (me) => setSession({ kind: 'in', me }),
    }),
    [enter, leave, session.kind],
  );
  const value = useMemo(() => ({ session, actions }), [session, actions]);
  return <Context value={value}>{children}</Context>;
}

export function useSession(): { session: Session; actions: SessionActions } {
  const value = useContext(Context);
  if (!value) throw new Error('useSession outside SessionProvider');
  return value;
}

/** The person at the keyboard; only within the signed-in page. */
export function useMe(): Me {
  const { session } = useSession();
  if (session.kind === 'out') throw new Error('useMe while signed out');
  return session.me;
}
