// Says when there is no connection, and how many changes wait for it.

import { onlineManager, useMutationState } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useI18n } from '../i18n/i18n';
import { Icon } from '../ui/Icon';

export function Offline() {
  const { t } = useI18n();
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  const waiting = useMutationState({ filters: { predicate: ({ state }) => state.isPaused } }).length;
  return (
    <div role="status" className="offline" hidden={online}>
      {!online && (
        <>
          <Icon name="warning" />
          <span>
            {t('offline.lost')} {waiting > 0 ? t('offline.waiting', { count: waiting }) : t('offline.kept')}
          </span>
        </>
      )}
    </div>
  );
}
