// The frame around every page: bar above, ledger below.

import type { ReactNode } from 'react';
import { UNSAFE_PortalProvider } from 'react-aria/PortalProvider';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Toaster } from '../ui/toasts';
import { Ledger } from './Ledger';
import { Offline } from './Offline';
import { TopBar } from './TopBar';

export function Frame({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const { permissions } = useMe();
  return (
    // Lists and dialogs open within the main part, so that whatever is on the screen belongs to a landmark.
    <UNSAFE_PortalProvider getContainer={() => document.getElementById('main')}>
      <div className="frame">
        <a className="skip" href="#main">
          {t('frame.skip')}
        </a>
        <TopBar />
        <Offline />
        <main id="main" className="main" tabIndex={-1}>
          {children}
        </main>
        {permissions.includes('read_ledger') && <Ledger />}
        <Toaster />
      </div>
    </UNSAFE_PortalProvider>
  );
}
