// Starts the page: settings, language and session first, so that nothing is drawn twice.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Problem } from './api/client';
import { App, preload } from './app';
import { I18nProvider, loadCatalogue, speak } from './i18n/i18n';
import { firstSession, SessionProvider } from './session/session';
import { applyTheme, settings } from './settings/settings';
import './styles/index.css';

/** What the server refused it will refuse again; what did not reach it is tried twice more. */
const RETRIES_MAX = 2;
const FRESH_MS = 5000;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (count, error) => count < RETRIES_MAX && !(error instanceof Problem && error.status in REFUSED),
    },
    mutations: { retry: false },
  },
});

/** Statuses that trying again does not change. */
const REFUSED: Record<number, true> = {
  400: true,
  401: true,
  403: true,
  404: true,
  412: true,
  422: true,
  428: true,
};

async function start(): Promise<void> {
  applyTheme();
  const page = preload(location.pathname);
  // The words come beside the session; an account may then ask for those of the other language.
  const words = loadCatalogue(settings().language);
  const session = await firstSession();
  const asked = settings().language;
  const early = await words;
  const first = early.language === asked ? early : await loadCatalogue(asked);
  speak(first.language);
  if (session.kind === 'in') await page;
  createRoot(document.getElementById('app')!).render(
    <QueryClientProvider client={queries}>
      <I18nProvider first={first}>
        <SessionProvider first={session}>
          <App />
        </SessionProvider>
      </I18nProvider>
    </QueryClientProvider>,
  );
}

void start();
