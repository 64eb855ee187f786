// What is on the screen: the sign-in or a page.

import { lazy, Suspense, useEffect, type ComponentType, type ReactNode } from 'react';
import { ChangesProvider } from './alert/changes';
import { Frame } from './frame/Frame';
import { withWords } from './i18n/i18n';
import { Login } from './login/Login';
import { PAGE_NAMES, PAGES, type PageName, type PageProps } from './pages';
import { go, pageOf, usePage } from './route/route';
import { useSession } from './session/session';
import { Boundary } from './ui/Boundary';
import { Skeleton } from './ui/Skeleton';

/** The page where everybody begins. */
const FIRST = '/alerts';

/** The page that was there before anything was drawn: React would show it a third of a second later. */
const early = new Map<PageName, ComponentType<PageProps>>();

/** How each page is drawn, once its file is there. */
const DRAW = new Map<PageName, (id: string | null) => ReactNode>(
  PAGE_NAMES.map((name) => {
    const Late = lazy(PAGES[name].load);
    return [
      name,
      (id) => {
        const Page = early.get(name) ?? Late;
        return <Page id={id} />;
      },
    ];
  }),
);

/** For whom a role asks for a second factor, before anything else. */
const MustEnrol = lazy(() =>
  withWords('governance', () =>
    import('./governance/MustEnrol').then(({ MustEnrol: each }) => ({ default: each })),
  ),
);

/** Begins to load the page of this address, so that it comes together with the session. */
export async function preload(path: string): Promise<void> {
  const name = pageOf(path)?.name ?? 'queue';
  try {
    early.set(name, (await PAGES[name].load()).default);
  } catch {
    // Tried again when the page is drawn, and then it says what is wrong.
  }
}

export function App() {
  const { session } = useSession();
  if (session.kind === 'out') return <Login fault={session.fault} token={session.token} />;
  if (session.kind === 'in' && session.me.must_enrol) {
    return (
      <Suspense fallback={<Skeleton rows={4} />}>
        <MustEnrol />
      </Suspense>
    );
  }
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
  useEffect(() => {
    if (page === null) go(FIRST, { replace: true });
  }, [page]);
  return <Suspense fallback={<Skeleton rows={14} />}>{page && DRAW.get(page.name)?.(page.id)}</Suspense>;
}
