// What is on the screen: the sign-in or a page.

import { lazy, Suspense, useEffect } from 'react';
import { ChangesProvider } from './alert/changes';
import { Frame } from './frame/Frame';
import { Login } from './login/Login';
import { go, pageOf, usePage, usePlace } from './route/route';
import { useSession } from './session/session';
import { Boundary } from './ui/Boundary';
import { Skeleton } from './ui/Skeleton';

/** Each page is a file of its own, loaded when it is gone to. */
const LOAD = {
  queue: () => import('./queue/QueuePage').then(({ QueuePage }) => ({ default: QueuePage })),
  search: () => import('./search/SearchPage').then(({ SearchPage }) => ({ default: SearchPage })),
  letters: () => import('./letters/LettersPage').then(({ LettersPage }) => ({ default: LettersPage })),
  audit: () => import('./audit/AuditPage').then(({ AuditPage }) => ({ default: AuditPage })),
};

const QueuePage = lazy(LOAD.queue);
const SearchPage = lazy(LOAD.search);
const LettersPage = lazy(LOAD.letters);
const AuditPage = lazy(LOAD.audit);

/** Begins to load the page of this address, so that it comes together with the session. */
export function preload(path: string): void {
  void LOAD[pageOf(path).name]().catch(() => {});
}

export function App() {
  const { session } = useSession();
  if (session.kind === 'out') return <Login fault={session.fault} />;
  const expired = session.kind === 'expired';
  return (
    <>
      <div className="app" inert={expired}>
        <ChangesProvider>
          <Frame>
            <Boundary>
              <CurrentPage />
            </Boundary>
          </Frame>
        </ChangesProvider>
      </div>
      {expired && (
        <div className="login-over">
          <Login fault={null} expiredUser={session.me.user} />
        </div>
      )}
    </>
  );
}

function CurrentPage() {
  const page = usePage();
  const { path } = usePlace();
  const known = page.name !== 'queue' || path.startsWith('/alerts');
  useEffect(() => {
    if (!known) go('/alerts', { replace: true });
  }, [known, path]);
  return (
    <Suspense fallback={<Skeleton rows={14} />}>
      {page.name === 'queue' && <QueuePage openId={page.alert} />}
      {page.name === 'search' && <SearchPage />}
      {page.name === 'letters' && <LettersPage />}
      {page.name === 'audit' && <AuditPage />}
    </Suspense>
  );
}
