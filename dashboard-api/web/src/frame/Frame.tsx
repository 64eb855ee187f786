// The frame around every page: bar above, ledger below.

import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n';
import { Toaster } from '../ui/toasts';
import { Ledger } from './Ledger';
import { Offline } from './Offline';
import { TopBar } from './TopBar';

export function Frame({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('frame.skip')}
      </a>
      <TopBar />
      <Offline />
      <main id="main" className="main" tabIndex={-1}>
        {children}
      </main>
      <Ledger />
      <Toaster />
    </div>
  );
}
