// Says when there is no connection, and how many changes wait for it.

import { onlineManager, useMutationState, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { Problem } from '../api/client';
import { useI18n } from '../i18n/i18n';
import { LEDGER } from './Ledger';
import { Icon } from '../ui/Icon';

/** Whether the last word of the server is missing: the ledger is asked for all the time. */
function useServerGone(): boolean {
  const { error } = useQuery({ ...LEDGER, enabled: false });
  return error instanceof Problem && error.status === 0;
}

export function Offline() {
  const { t } = useI18n();
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  const waiting = useMutationState({ filters: { predicate: ({ state }) => state.isPaused } }).length;
  const serverGone = useServerGone();
  const kept = waiting > 0 ? t('offline.waiting', { count: waiting }) : t('offline.kept');
  return (
    <div role="status" className="offline" hidden={online && !serverGone}>
      {(!online || serverGone) && (
        <>
          <Icon name="warning" />
          <span>{online ? t('offline.server') : `${t('offline.lost')} ${kept}`}</span>
        </>
      )}
    </div>
  );
}
